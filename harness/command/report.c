/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - mitmx report: saved runs as one page, one run by itself or several side by side. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/command/command.h"
#include "harness/command/saved.h"
#include "harness/report/html.h"

#define RUNS_MAX 200

static const struct command_option options[] = {
    {0, "html", "FILE", "where the page goes; of a single run, report.html in its folder otherwise", false},
    {0},
};

/* The page is whole or not there: it is written beside its place and then put there. */
static int
write_page(const struct report *const *reports, size_t n, const char *path, struct why *why)
{
	struct region *r = region_new();
	const char *beside = region_printf(r, "%s.tmp", path);
	FILE *out = fopen(beside, "we");
	int status = out != NULL ? 0 : why_errno(why, "cannot write %s", beside);

	if (out != NULL) {
		status = html_write(reports, n, out, why);
		if (fclose(out) != 0 && status == 0)
			status = why_errno(why, "cannot write %s", beside);
		if (status == 0 && rename(beside, path) < 0)
			status = why_errno(why, "cannot put %s in its place", path);
		if (status < 0)
			remove(beside);
	}
	region_free(r);
	return status;
}

static int
open_all(struct saved *runs, const struct report **reports, const struct command_line *line,
    const struct suite *suite)
{
	struct why why;

	for (int i = 0; i < line->n_words; i++) {
		if (saved_open(&runs[i], line->words[i], suite, LEVEL_MUST, &why) < 0)
			return command_fail(EXIT_USAGE, "%s", why.text);
		reports[i] = &runs[i].report;
		if (runs[i].judgments.doubt != NULL)
			command_fail(EXIT_OK, "nothing of %s could be judged: %s", line->words[i],
			    runs[i].judgments.doubt);
	}
	return EXIT_OK;
}

/* A page that was made when more was known is not lost to one that says less. */
static int
default_path(const char **ret, const struct saved *run)
{
	*ret = region_printf(run->run.docket.region, "%s/report.html", run->report.folder);
	if (run->judgments.doubt == NULL || access(*ret, F_OK) != 0)
		return EXIT_OK;
	return command_fail(
	    EXIT_LAB, "%s is left as it is; where shall the new page go? (--html FILE)", *ret);
}

static int
report(const struct command *self, const struct command_line *line)
{
	const char *path = command_value(self, line, "html");
	size_t n = (size_t)line->n_words;
	const struct report **reports;
	struct reporting_suite known;
	struct saved *runs;
	struct why why;
	int status;

	if (n == 0 || n > RUNS_MAX)
		return command_fail(
		    EXIT_USAGE, "'mitmx report' takes 1 to %d saved runs: their folders", RUNS_MAX);
	if (n > 1 && path == NULL)
		return command_fail(
		    EXIT_USAGE, "several runs make a page of their own: where shall it go? (--html FILE)");
	runs = must_alloc(sizeof(*runs) * n);
	reports = must_alloc(sizeof(*reports) * n);
	reporting_suite_open(&known);
	status = open_all(runs, reports, line, known.suite);
	if (status == EXIT_OK && path == NULL)
		status = default_path(&path, &runs[0]);
	if (status == EXIT_OK && write_page(reports, n, path, &why) < 0)
		status = command_fail(EXIT_LAB, "%s", why.text);
	if (status == EXIT_OK)
		puts(path);
	for (size_t i = 0; i < n; i++)
		saved_close(&runs[i]);
	reporting_suite_close(&known);
	free(reports);
	free(runs);
	return status;
}

const struct command command_report = {
    "report", "RUN...", "makes a page of saved runs, several side by side", options, report};
