/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - the table of rules for one step: the first that hits gives the verdict.
 */
#ifndef JUDGE_RULES_H
#define JUDGE_RULES_H

#include "harness/judge/doubt.h"
#include "harness/judge/measure.h"

/* One leg of the scenario, measured. A scenario without a control has one without steps. */
struct side {
	const struct brief_leg *leg;
	const struct leg_facts *facts;
	struct course course;
};

/* All that the rules look at. */
struct hearing {
	struct region *region;
	const struct docket *docket;
	const struct brief *brief;
	const struct index *index;
	struct doubt doubt; /* about the lab in this scenario */
	struct side attack, control;
	bool delivers; /* in this run, some message arrived at a genuine host */
	uint32_t step;
};

static inline bool
rules_has_step(const struct side *side, uint32_t step)
{
	return step < side->course.n_steps;
}

static inline const struct course_step *
rules_step(const struct side *side, uint32_t step)
{
	return &side->course.steps[step];
}

/* "control" or "attack" */
static inline const char *
rules_side_name(const struct hearing *h, const struct side *side)
{
	return side == &h->control ? "control" : "attack";
}

struct finding {
	enum verdict verdict;
	enum level level; /* broken level; only of VIOLATED */
	const char *why;  /* owned by the region */
	const struct fact *shown_by;
};

struct finding rules_judge_step(const struct hearing *h);

/* The lab is in doubt, or did not play this step to its end. */
bool rules_lab_failed(const struct hearing *h);

/* The expectation that stands for this client at a step of a leg. */
const struct expectation *rules_expectation(const struct hearing *h, const struct side *side, uint32_t step);

/* An implicit last step that found nothing to do. */
bool rules_has_nothing_to_judge(const struct hearing *h);

/* The process of the client that died of a signal in this step of the leg, or NULL. */
const struct fact *rules_crash(const struct leg_facts *facts, uint32_t step);

#endif
