/* SPDX-License-Identifier: Apache-2.0 */
/* repeat.c - see repeat.h */
#include "harness/command/repeat.h"

#include <stdlib.h>

#include "harness/base/must.h"

/* Of one scenario over all plays. */
struct tally {
	uint32_t count[VERDICTS];
	enum level broken; /* the highest of violated and unclear verdicts; LEVELS: there was none */
};

struct repeat {
	struct tally *tallies;
	size_t n;
};

struct repeat *
repeat_new(size_t n_scenarios)
{
	struct repeat *r = must_alloc(sizeof(*r));

	r->n = n_scenarios;
	r->tallies = must_alloc(sizeof(*r->tallies) * (n_scenarios + 1));
	for (size_t i = 0; i < n_scenarios; i++)
		r->tallies[i].broken = LEVELS;
	return r;
}

void
repeat_free(struct repeat *r)
{
	if (r == NULL)
		return;
	free(r->tallies);
	free(r);
}

void
repeat_count(struct repeat *r, const struct judgments *play)
{
	must(play->n_items == r->n);
	for (size_t i = 0; i < r->n; i++) {
		const struct judgment *j = &play->items[i];
		struct tally *t = &r->tallies[i];

		t->count[j->verdict]++;
		if ((j->verdict == VERDICT_VIOLATED || j->verdict == VERDICT_UNCLEAR) && j->level < t->broken)
			t->broken = j->level;
	}
}

static bool
has_changed(const struct tally *t)
{
	unsigned kinds = 0;

	for (unsigned v = 0; v < VERDICTS; v++)
		kinds += t->count[v] > 0;
	return kinds > 1;
}

/* "the verdict changed between plays: violated in 1, honored in 2; in the last: ..." */
static const char *
changes_in_words(const struct tally *t, const char *last_why, struct region *region)
{
	const char *text = "the verdict changed between plays", *comma = ":";

	for (unsigned v = 0; v < VERDICTS; v++) {
		if (t->count[v] == 0)
			continue;
		text = region_printf(region, "%s%s %s in %u", text, comma, verdict_name(v), t->count[v]);
		comma = ",";
	}
	if (last_why == NULL || *last_why == '\0')
		return text;
	return region_printf(region, "%s; in the last: %s", text, last_why);
}

void
repeat_merge(const struct repeat *r, struct judgments *last)
{
	must(last->n_items == r->n);
	for (size_t i = 0; i < r->n; i++) {
		struct judgment *j = &last->items[i];
		const struct tally *t = &r->tallies[i];

		if (t->broken != LEVELS)
			j->level = t->broken;
		if (!has_changed(t))
			continue;
		last->count[j->verdict]--;
		last->count[VERDICT_UNCLEAR]++;
		j->why = changes_in_words(t, j->why, last->region);
		j->verdict = VERDICT_UNCLEAR;
	}
}
