/* SPDX-License-Identifier: Apache-2.0 */
/* facts_by_leg.c - see facts_by_leg.h; sorted by leg, then by arrival. */
#include "harness/report/facts_by_leg.h"

#include <stdlib.h>

#include "harness/base/must.h"

struct facts_by_leg {
	const struct fact **sorted;
	size_t n;
};

/* Facts lie in one array, so their addresses tell their order. */
static int
compare(const void *a, const void *b)
{
	const struct fact *x = *(const struct fact *const *)a, *y = *(const struct fact *const *)b;

	if (x->leg != y->leg)
		return x->leg < y->leg ? -1 : 1;
	return x < y ? -1 : x > y;
}

struct facts_by_leg *
facts_by_leg_new(const struct fact *facts, size_t n)
{
	struct facts_by_leg *f = must_alloc(sizeof(*f));

	f->n = n;
	f->sorted = must_alloc(sizeof(*f->sorted) * (n + 1));
	for (size_t i = 0; i < n; i++)
		f->sorted[i] = &facts[i];
	qsort(f->sorted, n, sizeof(*f->sorted), compare);
	return f;
}

void
facts_by_leg_free(struct facts_by_leg *f)
{
	if (f == NULL)
		return;
	free(f->sorted);
	free(f);
}

/* The first place whose leg is not below `leg`. */
static size_t
first_of(const struct facts_by_leg *f, uint64_t leg)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->sorted[middle]->leg < leg)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct fact *const *
facts_by_leg_of(const struct facts_by_leg *f, uint32_t leg, size_t *ret_n)
{
	size_t first = first_of(f, leg), end = first_of(f, (uint64_t)leg + 1);

	*ret_n = leg == FACT_NONE ? 0 : end - first;
	return f->sorted + first;
}
