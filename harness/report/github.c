/* SPDX-License-Identifier: Apache-2.0 */
/*
 * github.c - workflow commands of GitHub Actions: what went wrong becomes an annotation of the run.
 *
 * Foreign text is escaped as the commands want it, so that nothing that a server said can be one of them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/facts_by_leg.h"
#include "harness/report/report.h"

/* `more`: further bytes that would end a property. */
static void
put_escaped(FILE *out, const char *text, const char *more)
{
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '%' || *text == '\n' || *text == '\r' || strchr(more, *text) != NULL)
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			putc(*text, out);
	}
}

static void
put_command(FILE *out, const char *command, const char *title, const char *text)
{
	fprintf(out, "::%s title=", command);
	put_escaped(out, title, ":,");
	fputs("::", out);
	put_escaped(out, text, "");
	putc('\n', out);
}

/* An error where the exit status says so; a warning for a violation below the level. */
static const char *
command_of(const struct report *r, size_t i)
{
	switch (report_result_of(r, i)) {
	case REPORT_FAILURE:
	case REPORT_ERROR:
		return "error";
	case REPORT_PASSED:
		return r->judgments->items[i].verdict == VERDICT_VIOLATED ? "warning" : NULL;
	default:
		return NULL;
	}
}

static void
put_summary(const struct report *r, FILE *out)
{
	const uint32_t *count = r->judgments->count;
	char text[200];

	snprintf(text, sizeof(text),
	    "%" PRIu32 " honored, %" PRIu32 " violated, %" PRIu32 " unclear, %" PRIu32 " recorded, %" PRIu32
	    " skipped",
	    count[VERDICT_HONORED], count[VERDICT_VIOLATED], count[VERDICT_UNCLEAR], count[VERDICT_RECORDED],
	    count[VERDICT_SKIPPED]);
	put_command(out, "notice", r->docket->client != NULL ? r->docket->client : "client", text);
}

int
report_github(const struct report *r, FILE *out, struct why *why)
{
	struct facts_by_leg *by_leg = facts_by_leg_new(r->facts, r->n_facts);

	for (size_t i = 0; i < r->judgments->n_items; i++) {
		const char *command = command_of(r, i);
		char *text;

		if (command == NULL)
			continue;
		text = report_failure_text(r, by_leg, i);
		put_command(out, command, r->judgments->items[i].brief->name, text);
		free(text);
	}
	if (r->baseline != NULL && r->baseline->other_claims != NULL)
		put_command(out, "error", "baseline/claims", r->baseline->other_claims);
	put_summary(r, out);
	facts_by_leg_free(by_leg);
	return report_finish(out, why);
}
