/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap.c - TAP version 13: a test point per scenario, with what went wrong as comment lines.
 *
 * Unclear is "not ok": nothing was shown. A violation below the level is a point that passed, with its words.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/report/facts_by_leg.h"
#include "harness/report/report.h"

/* In a description or a reason a `#` begins a directive, and a backslash escapes. */
static void
put_words(FILE *out, const char *text)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '#' || *text == '\\')
			putc('\\', out);
		putc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
}

/* Every line behind "# ", so that no reader takes it for one of its own. */
static void
put_comment(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		fprintf(out, "# %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void
put_point(const struct report *r, const struct facts_by_leg *by_leg, size_t i, FILE *out)
{
	const struct judgment *j = &r->judgments->items[i];
	enum report_result result = report_result_of(r, i);
	bool failed = result == REPORT_FAILURE || result == REPORT_ERROR;
	bool told = j->verdict == VERDICT_VIOLATED || j->verdict == VERDICT_UNCLEAR;
	char *text;

	fprintf(out, "%sok %zu - ", failed ? "not " : "", i + 1);
	put_words(out, j->brief->name);
	if (result == REPORT_SKIPPED) {
		fputs(" # SKIP ", out);
		if (told)
			fprintf(out, "%s, known from the baseline", verdict_name(j->verdict));
		else
			put_words(out, j->why);
	}
	putc('\n', out);
	if (!told)
		return;
	text = report_failure_text(r, by_leg, i);
	put_comment(out, text);
	free(text);
}

int
report_tap(const struct report *r, FILE *out, struct why *why)
{
	struct facts_by_leg *by_leg = facts_by_leg_new(r->facts, r->n_facts);
	const char *other_claims = r->baseline != NULL ? r->baseline->other_claims : NULL;
	size_t n = r->judgments->n_items;

	fprintf(out, "TAP version 13\n1..%zu\n", n + (other_claims != NULL));
	for (size_t i = 0; i < n; i++)
		put_point(r, by_leg, i, out);
	if (other_claims != NULL) {
		fprintf(out, "not ok %zu - baseline/claims\n", n + 1);
		put_comment(out, other_claims);
	}
	facts_by_leg_free(by_leg);
	return report_finish(out, why);
}
