/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure.h - exposure, arrival and fate of each message and recipient in each step of one leg.
 *
 * Measures; compares with nothing. What was expected is the business of rules.h.
 */
#ifndef JUDGE_MEASURE_H
#define JUDGE_MEASURE_H

#include "harness/judge/index.h"

/* What the client's words about a message come to. */
enum said { SAID_NOTHING, SAID_DELIVERED, SAID_KEPT, SAID_GAVE_UP, SAIDS };

enum said measure_said(struct bytes fate_word);

/* The partition of outcomes.def: exactly one for each of arrival, exposure and word. */
enum outcome measure_outcome(bool arrived, enum exposure exposure, enum said said);

struct course_step {
	struct measured *rows; /* first what the step judges, then others' messages that were exposed in it */
	size_t n_judged, n;
};

/* One leg from its first step to its last. */
struct course {
	struct course_step *steps;
	size_t n_steps;
};

/* All of it hangs on the region; facts and brief are borrowed. */
void measure_leg(struct course *ret, struct region *region, const struct docket *docket,
    const struct leg_facts *facts, const struct brief_leg *leg);

/* "clear", "intercepted", "attacker": somebody else than a genuine host could read it. */
bool measure_is_open(struct bytes channel);

#endif
