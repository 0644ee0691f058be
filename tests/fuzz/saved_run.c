/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saved_run.c - any text as facts.jsonl: what can be read is judged, and told in every format.
 *
 * A minute: always
 * About: harness/record/saved_run.c harness/record/brief_line.c harness/record/fact_line.c
 * About: harness/judge harness/report/json.c harness/report/junit.c harness/report/text.c
 * About: harness/report/failure.c harness/report/words.c harness/report/xml.c
 */
#include "harness/record/saved_run.h"

#include "harness/judge/judge.h"
#include "harness/record/brief_line.h"
#include "harness/report/report.h"
#include "tests/fuzz/fuzz.h"

static void
report(const struct saved_run *run, const struct judgments *judgments)
{
	struct report r = {.docket = &run->docket,
	    .judgments = judgments,
	    .facts = run->facts,
	    .n_facts = run->n_facts,
	    .started = run->started,
	    .interrupted = run->interrupted,
	    .verbose = true};

	for (size_t i = 0; report_formats[i].name != NULL; i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = must_have(open_memstream(&text, &len));
		struct why why;

		if (report_formats[i].write(&r, out, &why) < 0)
			must_failed(__FILE__, __LINE__, why.text);
		fclose(out);
		fuzz_saw((struct bytes){must_have(text), len});
		free(text);
	}
}

/* A brief is written as it was read. */
static void
write_briefs(const struct docket *docket, struct region *region)
{
	for (size_t i = 0; i < docket->n_briefs; i++) {
		json_t *line = brief_line_new(&docket->briefs[i]), *again;
		struct brief brief;
		struct why why;

		if (brief_line_get(line, region, &brief, &why) < 0)
			must_failed(__FILE__, __LINE__, why.text);
		again = brief_line_new(&brief);
		must(json_equal(line, again));
		json_decref(line);
		json_decref(again);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);
	struct saved_run run;
	struct why why = {""};

	if (saved_run_parse(&run, in, "facts.jsonl", &why) == 0) {
		struct record record = {
		    .facts = run.facts, .n_facts = run.n_facts, .closed = run.closed, .damage = run.damage};
		struct judgments judgments;

		memcpy(record.last_number, run.last_number, sizeof(record.last_number));
		judgments = judge_run(&run.docket, &record);
		must(judgments.n_items == run.docket.n_briefs);
		report(&run, &judgments);
		judgments_free(&judgments);
		write_briefs(&run.docket, run.docket.region);
	} else {
		must(why.text[0] != '\0');
		fuzz_saw_text(why.text);
	}
	saved_run_done(&run);
	fuzz_free(in);
	return 0;
}
