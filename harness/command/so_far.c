/* SPDX-License-Identifier: Apache-2.0 */
/* so_far.c - see so_far.h */
#include "harness/command/so_far.h"

#include <stdlib.h>

#include "harness/base/must.h"

struct leg_so_far {
	uint32_t brief, last, n; /* whose it is; the leg's last fact; how many there are */
	bool over;
};

static struct leg_so_far *
leg_of(const struct so_far *s, uint32_t number)
{
	return number < s->n_legs && s->legs[number].brief != FACT_NONE ? &s->legs[number] : NULL;
}

static void
own(struct so_far *s, const struct brief_leg *leg, size_t brief)
{
	if (leg->number == FACT_NONE)
		return;
	for (; s->n_legs <= leg->number; s->n_legs++) {
		s->legs = must_realloc(s->legs, (s->n_legs + 1) * sizeof(*s->legs));
		s->legs[s->n_legs] = (struct leg_so_far){.brief = FACT_NONE, .last = FACT_NONE};
	}
	s->legs[leg->number].brief = (uint32_t)brief;
}

void
so_far_init(struct so_far *s, const struct docket *docket)
{
	*s = (struct so_far){.docket = docket, .starved = FACT_NONE};
	for (size_t i = 0; i < docket->n_briefs; i++) {
		own(s, &docket->briefs[i].attack, i);
		own(s, &docket->briefs[i].control, i);
	}
}

void
so_far_done(struct so_far *s)
{
	free(s->before);
	free(s->legs);
	*s = (struct so_far){0};
}

/* --- one scenario ---------------------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static size_t
collect(const struct so_far *s, uint32_t last, uint32_t *ret)
{
	size_t n = 0;

	for (; last != FACT_NONE; last = s->before[last])
		ret[n++] = last;
	return n;
}

static size_t
count(const struct so_far *s, const struct brief_leg *leg)
{
	return leg->number == FACT_NONE ? 0 : s->legs[leg->number].n;
}

static uint32_t
last_of(const struct so_far *s, const struct brief_leg *leg)
{
	return leg->number == FACT_NONE ? FACT_NONE : s->legs[leg->number].last;
}

static enum verdict
judge_now(const struct so_far *s, const struct brief *brief, const struct fact_store *store)
{
	size_t most = count(s, &brief->attack) + count(s, &brief->control) + s->n_starved, n = 0;
	uint32_t *at = must_alloc((most + 1) * sizeof(*at));
	struct fact *facts = must_alloc((most + 1) * sizeof(*facts));
	enum verdict verdict;

	n += collect(s, last_of(s, &brief->attack), at + n);
	n += collect(s, last_of(s, &brief->control), at + n);
	n += collect(s, s->starved, at + n);
	must(n == most);
	qsort(at, n, sizeof(*at), compare);
	for (size_t i = 0; i < n; i++)
		facts[i] = store->facts[at[i]];
	verdict = judge_alone(s->docket, brief, facts, n, s->delivers);
	free(facts);
	free(at);
	return verdict;
}

/* --- fact by fact ------------------------------------------------------------------------------ */

static void
link_fact(struct so_far *s, const struct fact *f, uint32_t i)
{
	struct leg_so_far *leg = leg_of(s, f->leg);
	uint32_t *last = leg != NULL ? &leg->last : f->kind == FACT_STARVED ? &s->starved : NULL;

	if (f->kind == FACT_ARRIVED && f->arrived.genuine)
		s->delivers = true;
	s->before[i] = FACT_NONE;
	if (last == NULL)
		return;
	s->before[i] = *last;
	*last = i;
	if (leg != NULL)
		leg->n++;
	else
		s->n_starved++;
}

static void
link_new(struct so_far *s, const struct fact_store *store)
{
	if (store->n_facts > s->size) {
		s->size = store->capacity;
		s->before = must_realloc(s->before, s->size * sizeof(*s->before));
	}
	for (; s->n_heard < store->n_facts; s->n_heard++)
		link_fact(s, &store->facts[s->n_heard], (uint32_t)s->n_heard);
}

/* --- leg by leg -------------------------------------------------------------------------------- */

static bool
is_over(const struct so_far *s, const struct brief_leg *leg)
{
	return leg->number == FACT_NONE || s->legs[leg->number].over;
}

void
so_far_leg_over(struct so_far *s, uint32_t number, const struct fact_store *store)
{
	struct leg_so_far *leg = leg_of(s, number);
	const struct brief *brief;

	if (leg == NULL || leg->over)
		return;
	leg->over = true;
	brief = &s->docket->briefs[leg->brief];
	if (!is_over(s, &brief->attack) || !is_over(s, &brief->control))
		return;
	link_new(s, store);
	s->n_over++;
	s->n_violated += judge_now(s, brief, store) == VERDICT_VIOLATED;
}
