/* SPDX-License-Identifier: Apache-2.0 */
/* index.c - see index.h; leg numbers may come from a saved run, so nothing is sized by them. */
#include "harness/judge/index.h"

#include <stdlib.h>
#include <string.h>

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = ((const struct leg_facts *)a)->number, y = ((const struct leg_facts *)b)->number;

	return x < y ? -1 : x > y;
}

static struct leg_facts *
find(const struct index *ix, uint32_t number)
{
	struct leg_facts key = {.number = number};

	if (ix->n_legs == 0 || number == FACT_NONE)
		return NULL;
	return bsearch(&key, ix->legs, ix->n_legs, sizeof(key), compare_numbers);
}

static void
list_legs(struct index *ix, const struct docket *docket)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < docket->n_briefs; i++) {
		ix->legs[n++].number = docket->briefs[i].attack.number;
		ix->legs[n++].number = docket->briefs[i].control.number;
	}
	if (n > 0)
		qsort(ix->legs, n, sizeof(*ix->legs), compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (ix->legs[i].number != FACT_NONE &&
		    (kept == 0 || ix->legs[kept - 1].number != ix->legs[i].number))
			ix->legs[kept++].number = ix->legs[i].number;
	ix->n_legs = kept;
}

/* All facts stand in one array, so their addresses are their order of arrival. */
static int
compare_connections(const void *a, const void *b)
{
	const struct fact *x = *(const struct fact *const *)a, *y = *(const struct fact *const *)b;

	if (x->connection != y->connection)
		return x->connection < y->connection ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void
sort_by_connection(struct leg_facts *leg)
{
	if (leg->n == 0)
		return;
	memcpy(leg->by_connection, leg->facts, leg->n * sizeof(*leg->facts));
	qsort(leg->by_connection, leg->n, sizeof(*leg->by_connection), compare_connections);
}

void
index_init(struct index *ret, struct region *region, const struct docket *docket, const struct record *record)
{
	const struct fact **all =
	    region_alloc(region, (record->n_facts * 2 + 1) * sizeof(const struct fact *));
	struct leg_facts *leg;

	ret->legs = region_alloc(region, (docket->n_briefs * 2 + 1) * sizeof(*ret->legs));
	list_legs(ret, docket);
	for (size_t i = 0; i < record->n_facts; i++)
		if ((leg = find(ret, record->facts[i].leg)) != NULL)
			leg->n++;
	for (size_t i = 0; i < ret->n_legs; i++) {
		ret->legs[i].facts = all;
		all += ret->legs[i].n;
		ret->legs[i].by_connection = all;
		all += ret->legs[i].n;
		ret->legs[i].n = 0;
	}
	for (size_t i = 0; i < record->n_facts; i++)
		if ((leg = find(ret, record->facts[i].leg)) != NULL)
			leg->facts[leg->n++] = &record->facts[i];
	for (size_t i = 0; i < ret->n_legs; i++)
		sort_by_connection(&ret->legs[i]);
	ret->starved = NULL;
	ret->n_starved = 0;
	for (size_t i = 0; i < record->n_facts; i++)
		if (record->facts[i].kind == FACT_STARVED)
			*(const struct fact **)region_push(
			    region, &ret->starved, &ret->n_starved, sizeof(*ret->starved)) = &record->facts[i];
}

const struct leg_facts *
index_leg(const struct index *ix, uint32_t number)
{
	static const struct leg_facts none = {.number = FACT_NONE};
	const struct leg_facts *leg = find(ix, number);

	return leg != NULL ? leg : &none;
}

/* Where facts of this connection, or of a higher number, begin. */
static size_t
lower_bound(const struct leg_facts *leg, uint32_t connection)
{
	size_t low = 0, high = leg->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (leg->by_connection[middle]->connection < connection)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct fact *const *
index_connection(const struct leg_facts *leg, uint32_t connection, size_t *ret_n)
{
	size_t from = lower_bound(leg, connection);

	*ret_n = (connection == UINT32_MAX ? leg->n : lower_bound(leg, connection + 1)) - from;
	return leg->n > 0 ? &leg->by_connection[from] : NULL;
}

const struct fact *
index_first(const struct leg_facts *leg, uint32_t step, enum fact_kind kind)
{
	for (size_t i = 0; i < leg->n; i++)
		if (leg->facts[i]->step == step && leg->facts[i]->kind == kind)
			return leg->facts[i];
	return NULL;
}

const struct fact *
index_last(const struct leg_facts *leg, uint32_t step, enum fact_kind kind)
{
	for (size_t i = leg->n; i-- > 0;)
		if (leg->facts[i]->step == step && leg->facts[i]->kind == kind)
			return leg->facts[i];
	return NULL;
}

const struct fact *
index_starved(const struct index *ix, uint64_t from_ns, uint64_t to_ns, int64_t least_ms)
{
	for (size_t i = 0; i < ix->n_starved; i++) {
		const struct fact *f = ix->starved[i];
		uint64_t lasted_ns = f->starved.ms > 0 ? (uint64_t)f->starved.ms * 1000000 : 0;
		uint64_t began_ns = f->t_ns > lasted_ns ? f->t_ns - lasted_ns : 0;

		if (f->starved.ms >= least_ms && f->t_ns >= from_ns && began_ns <= to_ns)
			return f;
	}
	return NULL;
}
