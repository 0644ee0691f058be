/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asks.h - whether an expectation holds: outcome sets, and what is asked of the facts of a step.
 */
#ifndef JUDGE_ASKS_H
#define JUDGE_ASKS_H

#include "harness/judge/index.h"

/* Text of any bytes against a word in which `*` stands for any run, without case. */
bool asks_like(struct bytes text, const char *pattern);

/* A condition on a field that the kind does not have never holds. */
bool asks_match(const struct fact_pattern *pattern, const struct fact *f);

/* `row` is the message that reason and fate are asked of; NULL: nothing was judged, both hold. */
bool asks_hold(
    const struct fact_ask *ask, const struct leg_facts *facts, uint32_t step, const struct measured *row);

/* Whether one alternative of this level holds. Nothing expected at the level: it holds. */
bool asks_level_holds(const struct expectation *e, enum level level, const struct leg_facts *facts,
    uint32_t step, const struct measured *row);

#endif
