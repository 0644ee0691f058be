/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - the table of formats; see report.h */
#include "harness/report/report.h"

#include <stdlib.h>

#include "harness/base/must.h"
#include "harness/report/failure.h"

const struct report_format report_formats[] = {
    {"text", NULL, "what was wrong, in words, and a summary", report_text},
    {"json", "result.json", "every verdict, for programs", report_json},
    {"junit", "junit.xml", "a test case per scenario, for CI", report_junit},
    {"html", "report.html", "a page for people: verdicts, paths, dialogues", report_html},
    {"tap", NULL, "a line per scenario, for programs that read the Test Anything Protocol", report_tap},
    {"github", NULL, "annotations of GitHub Actions: an error or a warning for what went wrong",
	report_github},
    {NULL, NULL, NULL, NULL},
};

const struct report_format *
report_format_of(const char *name)
{
	for (const struct report_format *f = report_formats; f->name != NULL; f++)
		if (text_equal(f->name, name))
			return f;
	return NULL;
}

int
report_finish(FILE *out, struct why *why)
{
	if (fflush(out) != 0 || ferror(out))
		return why_errno(why, "the report cannot be written");
	return 0;
}

bool
report_is_known(const struct report *r, size_t i)
{
	return r->baseline != NULL && r->baseline->known[i];
}

enum report_result
report_result_of(const struct report *r, size_t i)
{
	const struct judgment *j = &r->judgments->items[i];

	switch (j->verdict) {
	case VERDICT_VIOLATED:
		if (j->level > r->level)
			return REPORT_PASSED;
		return report_is_known(r, i) ? REPORT_SKIPPED : REPORT_FAILURE;
	case VERDICT_UNCLEAR:
		return report_is_known(r, i) ? REPORT_SKIPPED : REPORT_ERROR;
	case VERDICT_SKIPPED:
		return REPORT_SKIPPED;
	default:
		return REPORT_PASSED;
	}
}

char *
report_failure_text(const struct report *r, const struct facts_by_leg *by_leg, size_t i)
{
	char *text = NULL;
	size_t len = 0;
	struct page page = {.r = r, .out = open_memstream(&text, &len), .by_leg = by_leg};

	must(page.out != NULL);
	failure_put(&page, &r->judgments->items[i]);
	must(fclose(page.out) == 0);
	return text;
}

const struct measured *
report_worst(const struct measured *rows, size_t n)
{
	const struct measured *worst = NULL;

	for (size_t i = 0; i < n; i++)
		if (worst == NULL || rows[i].exposure > worst->exposure ||
		    (rows[i].exposure == worst->exposure && worst->outcome == OUTCOME_PROTECTED))
			worst = &rows[i];
	return worst;
}
