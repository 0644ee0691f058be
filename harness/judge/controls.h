/* SPDX-License-Identifier: Apache-2.0 */
/*
 * controls.h - rules about what a verdict rests on: the warm-up, the control leg, the clock.
 *
 * Each fills `why` and the fact, and says whether it hits; the order is the table's in rules.c.
 */
#ifndef JUDGE_CONTROLS_H
#define JUDGE_CONTROLS_H

#include "harness/judge/rules.h"

/* A warm-up behind a jump of the clock that failed in the control: the client did not come along. */
bool controls_jump_was_not_followed(const struct hearing *h, struct finding *f);
bool controls_no_policy_to_keep_to(const struct hearing *h, struct finding *f);
/* By this step of the attack leg a whole, genuine policy had gone out to the client. */
bool controls_policy_was_served(const struct hearing *h);
/*
 * The lab got no turn, and so the last policy went out late enough after the client had asked for its record
 * that it may not have waited: where. NULL: it has the policy, or lacks it by itself, or was served none.
 */
const struct fact *controls_policy_was_starved(const struct hearing *h);
bool controls_policy_was_not_kept(const struct hearing *h, struct finding *f);
bool controls_warm_up_failed(const struct hearing *h, struct finding *f);
bool controls_nothing_is_enforced(const struct hearing *h, struct finding *f);
bool controls_clock_did_not_move(const struct hearing *h, struct finding *f);
bool controls_failed(const struct hearing *h, struct finding *f);
bool controls_nothing_arrived(const struct hearing *h, struct finding *f);
bool controls_not_attacked(const struct hearing *h, struct finding *f);

#endif
