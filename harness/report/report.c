/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - the table of formats; see report.h */
#include "harness/report/report.h"

const struct report_format report_formats[] = {
    {"text", NULL, "what was wrong, in words, and a summary", report_text},
    {"json", "result.json", "every verdict, for programs", report_json},
    {"junit", "junit.xml", "a test case per scenario, for CI", report_junit},
    {"html", "report.html", "a page for people: verdicts, paths, dialogues", report_html},
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
