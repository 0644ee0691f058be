/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline.c - any text as the result.json of an earlier run, laid beside a new run.
 *
 * About: harness/report/baseline.c
 */
#include "harness/report/baseline.h"

#include "tests/fuzz/fuzz.h"

static const struct brief briefs[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
static struct judgment items[] = {
    {.brief = &briefs[0], .verdict = VERDICT_VIOLATED, .level = LEVEL_MUST},
    {.brief = &briefs[1], .verdict = VERDICT_HONORED, .level = LEVEL_MUST},
    {.brief = &briefs[2], .verdict = VERDICT_UNCLEAR, .level = LEVEL_SHOULD},
};
static const char *const claims[] = {"starttls", "mta-sts"};

static void
look_at(const struct baseline *b)
{
	struct region *r = region_new();
	struct judgments judgments = {.items = items, .n_items = 3};
	const struct baseline_view *view = baseline_view_of(b, claims, 2, &judgments, r);

	for (size_t i = 0; i < judgments.n_items; i++)
		fuzz_saw_number(view->known[i]);
	must(!view->known[1]);
	for (size_t i = 0; i < view->n_gone; i++)
		must(view->gone[i]->verdict != VERDICT_VIOLATED);
	fuzz_saw_number(view->n_unplayed);
	fuzz_saw_text(view->other_claims);
	region_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);
	struct why why = {""};
	struct baseline *b = baseline_parse(in, "result.json", &why);

	if (b != NULL)
		look_at(b);
	else
		must(why.text[0] != '\0');
	fuzz_saw_text(why.text);
	baseline_free(b);
	fuzz_free(in);
	return 0;
}
