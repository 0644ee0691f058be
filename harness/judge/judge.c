/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.c - see judge.h; a scenario takes its worst step.
 */
#include "harness/judge/judge.h"

#include <inttypes.h>

#include "harness/base/must.h"
#include "harness/judge/mechanisms.h"
#include "harness/judge/rules.h"
#include "harness/judge/words.h"

/* What all scenarios of a run are judged with. */
struct court {
	struct region *region;
	const struct docket *docket;
	struct index index;
	struct doubt run;
	struct strays *strays; /* NULL: the witness has not said all yet */
	bool delivers; /* some message arrived */
};

/* --- a scenario from its steps ---------------------------------------------------------- */

static bool
has_step_that_is(const struct judgment *j, enum verdict verdict)
{
	for (size_t s = 0; s < j->n_steps; s++)
		if (j->steps[s].verdict == verdict)
			return true;
	return false;
}

static bool
is_violated(const struct judgment *j)
{
	return has_step_that_is(j, VERDICT_VIOLATED);
}

static bool
is_unclear(const struct judgment *j)
{
	return has_step_that_is(j, VERDICT_UNCLEAR);
}

static bool
is_skipped(const struct judgment *j)
{
	return has_step_that_is(j, VERDICT_SKIPPED);
}

/* No step of the file's own expects anything but to be recorded. */
static bool
is_only_recorded(const struct judgment *j)
{
	for (size_t s = 0; s < j->n_steps; s++) {
		const struct brief_step *step = &j->brief->attack.steps[s];

		if (j->steps[s].verdict == VERDICT_HONORED && step->expectation[FLOOR_MAY].given &&
		    !step->recovery)
			return false;
	}
	return true;
}

static bool
anything(const struct judgment *j)
{
	(void)j;
	return true;
}

static const struct {
	bool (*hits)(const struct judgment *j);
	enum verdict verdict;
} rules[] = {
    {is_violated, VERDICT_VIOLATED},
    {is_unclear, VERDICT_UNCLEAR},
    {is_skipped, VERDICT_SKIPPED},
    {is_only_recorded, VERDICT_RECORDED},
    {anything, VERDICT_HONORED},
};

/* The first step of the worst verdict and the highest broken level; of a good scenario the last that was
 * judged. */
static uint32_t
worst_step(const struct judgment *j)
{
	size_t worst = 0;

	if (j->verdict == VERDICT_HONORED || j->verdict == VERDICT_RECORDED) {
		for (size_t s = 0; s < j->n_steps; s++)
			if (j->steps[s].verdict == j->verdict && j->steps[s].n_attack > 0)
				worst = s;
		return (uint32_t)worst;
	}
	while (worst + 1 < j->n_steps && j->steps[worst].verdict != j->verdict)
		worst++;
	for (size_t s = worst + 1; s < j->n_steps && j->verdict == VERDICT_VIOLATED; s++)
		if (j->steps[s].verdict == VERDICT_VIOLATED && j->steps[s].level < j->steps[worst].level)
			worst = s;
	return (uint32_t)worst;
}

static void
sum_up(struct judgment *j, struct region *region)
{
	size_t i = 0;

	must(j->n_steps > 0);
	while (!rules[i].hits(j))
		i++;
	j->verdict = rules[i].verdict;
	j->worst_step = worst_step(j);
	j->why = j->steps[j->worst_step].why;
	if (j->n_steps > 1)
		j->why = region_printf(region, "step %" PRIu32 ": %s", j->worst_step + 1, j->why);
	if (j->verdict == VERDICT_VIOLATED)
		j->level = j->steps[j->worst_step].level;
}

/* --- hearing a scenario ----------------------------------------------------------------- */

static struct doubt
doubt_of_side(const struct court *court, const struct side *side)
{
	struct doubt d;

	if (court->strays == NULL)
		return doubt_of_facts(court->region, side->facts);
	d = doubt_of_leg(court->region, side->facts, side->leg);
	return d.why != NULL ? d : doubt_of_strays(court->strays, side->leg->number);
}

static struct doubt
doubt_of_scenario(const struct court *court, const struct hearing *h)
{
	struct doubt d = court->run;

	if (d.why == NULL)
		d = doubt_of_side(court, &h->attack);
	if (d.why == NULL)
		d = doubt_of_side(court, &h->control);
	return d;
}

static void
open_side(struct side *side, const struct court *court, const struct brief_leg *leg)
{
	side->leg = leg;
	side->facts = index_leg(&court->index, leg->number);
	measure_leg(&side->course, court->region, court->docket, side->facts, leg);
}

static void
judge_step(struct step_judgment *ret, const struct hearing *h)
{
	struct finding f = rules_judge_step(h);
	const struct course_step *attack = &h->attack.course.steps[h->step];

	ret->verdict = f.verdict;
	ret->level = f.verdict == VERDICT_VIOLATED ? f.level : h->brief->level;
	ret->why = f.why;
	ret->shown_by = f.shown_by;
	ret->attack = attack->rows;
	ret->n_attack = attack->n;
	if (h->step < h->control.course.n_steps) {
		ret->control = h->control.course.steps[h->step].rows;
		ret->n_control = h->control.course.steps[h->step].n;
	}
}

static void
time_side(struct judgment *j, const struct side *side)
{
	for (size_t i = 0; i < side->facts->n; i++) {
		uint64_t t = side->facts->facts[i]->t_ns;

		if (j->began_ns == 0 || t < j->began_ns)
			j->began_ns = t;
		if (t > j->ended_ns)
			j->ended_ns = t;
	}
}

static bool
was_played(const struct side *side)
{
	for (size_t i = 0; i < side->facts->n; i++)
		if (side->facts->facts[i]->kind == FACT_STEP_BEGUN)
			return side->course.n_steps > 0;
	return false;
}

/* The same verdict for all steps, without a hearing. */
static void
dismiss(struct judgment *j, enum verdict verdict, const char *why)
{
	j->verdict = verdict;
	j->why = why;
	for (size_t s = 0; s < j->n_steps; s++) {
		j->steps[s].verdict = verdict;
		j->steps[s].why = why;
	}
}

static void
judge_brief(struct judgment *j, const struct court *court, const struct brief *brief, bool *ret_sound)
{
	struct hearing h = {
	    .region = court->region, .docket = court->docket, .brief = brief, .index = &court->index, .delivers = court->delivers};
	const char *unclaimed = mechanisms_unclaimed(court->docket, brief);

	j->brief = brief;
	j->level = brief->level;
	j->n_steps = brief->attack.n_steps;
	j->steps = region_alloc(court->region, (j->n_steps + 1) * sizeof(*j->steps));
	open_side(&h.attack, court, &brief->attack);
	open_side(&h.control, court, &brief->control);
	for (uint32_t s = 0; s < j->n_steps; s++) {
		j->steps[s].level = brief->level;
		j->steps[s].expected = words_expected(court->region, rules_expectation(&h, &h.attack, s));
	}
	time_side(j, &h.attack);
	time_side(j, &h.control);
	h.doubt = doubt_of_scenario(court, &h);
	*ret_sound = unclaimed == NULL && was_played(&h.attack);
	if (unclaimed != NULL) {
		dismiss(j, VERDICT_SKIPPED,
		    region_printf(court->region, "the client does not claim %s", unclaimed));
		return;
	}
	if (!*ret_sound) {
		dismiss(
		    j, VERDICT_UNCLEAR, h.doubt.why != NULL ? h.doubt.why : "the scenario was not played");
		return;
	}
	for (h.step = 0; h.step < j->n_steps; h.step++) {
		judge_step(&j->steps[h.step], &h);
		*ret_sound = *ret_sound && !rules_lab_failed(&h);
	}
	sum_up(j, court->region);
}

/* --- the run ---------------------------------------------------------------------------- */

static bool
anything_arrived(const struct record *record)
{
	for (size_t i = 0; i < record->n_facts; i++)
		if (record->facts[i].kind == FACT_ARRIVED && record->facts[i].arrived.genuine)
			return true;
	return false;
}

enum verdict
judge_alone(
    const struct docket *docket, const struct brief *brief, const struct fact *facts, size_t n_facts, bool delivers)
{
	struct record record = {.facts = facts, .n_facts = n_facts};
	struct brief only = *brief;
	struct docket small = *docket;
	struct court court = {.region = region_new(), .docket = &small, .delivers = delivers};
	struct judgment judgment = {0};
	bool sound;

	small.briefs = &only;
	small.n_briefs = 1;
	index_init(&court.index, court.region, &small, &record);
	judge_brief(&judgment, &court, &only, &sound);
	region_free(court.region);
	return judgment.verdict;
}

struct judgments
judge_run(const struct docket *docket, const struct record *record)
{
	struct judgments all = {.region = region_new(), .n_items = docket->n_briefs};
	struct court court = {.region = all.region, .docket = docket};
	bool *sound = region_alloc(all.region, (all.n_items + 1) * sizeof(*sound));

	index_init(&court.index, all.region, docket, record);
	court.run = doubt_of_run(all.region, record);
	all.doubt = court.run.why;
	court.strays = doubt_strays(all.region, docket, record);
	court.delivers = anything_arrived(record);
	all.items = region_alloc(all.region, (all.n_items + 1) * sizeof(*all.items));
	for (size_t i = 0; i < all.n_items; i++)
		judge_brief(&all.items[i], &court, &docket->briefs[i], &sound[i]);
	mechanisms_judge(&all, docket, record, &court.index, sound);
	for (size_t i = 0; i < all.n_items; i++)
		all.count[all.items[i].verdict]++;
	return all;
}

void
judgments_free(struct judgments *j)
{
	if (j == NULL)
		return;
	region_free(j->region);
	*j = (struct judgments){0};
}
