/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meeting.h - whether what was armed in a step of the attack leg really went out to the client.
 *
 * Knows moves only by the words in facts: "layer:move", and "layer:move~" for a neutral form.
 */
#ifndef JUDGE_MEETING_H
#define JUDGE_MEETING_H

#include "harness/judge/index.h"

/* Some move, not in its neutral form, is armed in this step. */
bool meeting_is_armed(const struct leg_facts *facts, uint32_t step);

/* The named move ("strip-starttls", "smtp:strip-starttls") was met in this step. */
bool meeting_of_move(const struct leg_facts *facts, uint32_t step, const char *name);

/* Any move was met in this step. */
bool meeting_of_any_move(const struct leg_facts *facts, uint32_t step);

/*
 * Nothing is armed, or something of it was met. What DNS and the policy host told a client stays with
 * it (RFC 8461 s3.3: no new fetch for minutes), so where only these layers are armed, a move that was
 * met in an earlier step and armed ever since counts.
 */
bool meeting_of_attack(const struct leg_facts *facts, uint32_t step);

/*
 * Moves on the SMTP session are armed and none of them was met, although an MX was connected to:
 * that connection. NULL: all is well.
 */
const struct fact *meeting_of_no_session(const struct leg_facts *facts, uint32_t step);

#endif
