/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.c - any text as a scenario file: YAML, keys, world, attack and expectation, and what is sound is
 * planned.
 *
 * Seeds: scenarios
 * A minute: always
 * About: harness/files harness/scenario/attack.c harness/scenario/expect.c harness/scenario/file.c
 * About: harness/scenario/pattern.c harness/scenario/soundness.c harness/scenario/world.c
 * About: harness/plan
 */
#include "harness/plan/planner.h"
#include "harness/scenario/reader.h"
#include "tests/fuzz/fuzz.h"

#define SCENARIOS_MAX 40 /* planned; a file may have a row per line */

static const char *const requirements[] = {"STS-5-b", "STS-4.1-c"};

static void
plan(const struct reading *reading)
{
	struct planner_options options = {.now = 1, .seed = 1};
	struct why why;
	size_t n = reading->n < SCENARIOS_MAX ? reading->n : SCENARIOS_MAX;
	struct plan *p = planner_make(reading->scenarios, n, &options, &why);

	if (p == NULL) {
		fuzz_saw_text(why.text);
		return;
	}
	must(p->n_legs >= n);
	for (size_t i = 0; i < p->n_legs; i++) {
		fuzz_saw_text(p->legs[i].domain);
		fuzz_saw_number(p->legs[i].n_steps);
	}
	plan_free(p);
}

static void
tell(const struct complaints *complaints)
{
	for (size_t i = 0; i < complaints_count(complaints); i++) {
		const struct complaint *c = complaints_at(complaints, i);

		must(c->sentence[0] != '\0');
		fuzz_saw_number(c->line);
		fuzz_saw_number(c->column);
		fuzz_saw_text(c->sentence);
		fuzz_saw_text(c->shown);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);
	struct complaints *complaints = complaints_new();
	struct document *document = document_parse("any/file.yaml", in, complaints);
	struct reading reading = {.complaints = complaints,
	    .region = region_new(),
	    .requirements = requirements,
	    .n_requirements = len % 2 * 2}; /* a text of even length may cover anything */

	must(document != NULL || complaints_made(complaints) > 0);
	if (document != NULL)
		file_read(&reading, document, "any/file");
	must(reading.n > 0 || complaints_made(complaints) > 0);
	if (reading.n > 0)
		plan(&reading);
	tell(complaints);
	region_free(reading.region);
	document_free(document);
	complaints_free(complaints);
	fuzz_free(in);
	return 0;
}
