/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - mitmx check: every mistake of scenario files, or what they may say. */
#include <stdio.h>

#include "harness/command/data.h"
#include "harness/command/selection.h"

static const struct command_option options[] = {
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {0, "keys", NULL, "print what a scenario file may say, and check nothing", false},
    {'q', "quiet", NULL, "say nothing when all is well", false},
    {0},
};

/* Without files: the whole suite. */
static struct suite *
read_all(const struct command_line *line, const char *folder, struct complaints *complaints)
{
	if (line->n_words == 0)
		return suite_read(folder, selection_flaws, complaints);
	return suite_read_files(
	    folder, (const char *const *)line->words, (size_t)line->n_words, selection_flaws, complaints);
}

static int
check(const struct command *self, const struct command_line *line)
{
	struct complaints *complaints = complaints_new();
	struct region *r = region_new();
	const char *folder = command_value(self, line, "scenarios");
	struct suite *suite = NULL;
	int status = EXIT_OK;
	struct why why;

	if (command_count(self, line, "keys") > 0) {
		struct manual *manual = manual_new(stdout, MANUAL_TEXT);

		suite_manual(manual);
		manual_free(manual);
		goto out;
	}
	if (folder == NULL)
		folder = data_folder("scenarios", r, &why);
	if (folder == NULL && line->n_words == 0) {
		status = command_fail(EXIT_USAGE, "%s", why.text);
		goto out;
	}
	suite = read_all(line, folder, complaints);
	complaints_print(complaints, stderr);
	if (complaints_count(complaints) > 0)
		status = command_fail(EXIT_USAGE, "mistakes: %zu; sound scenarios: %zu",
		    complaints_count(complaints), suite->n);
	else if (command_count(self, line, "quiet") == 0)
		printf("%zu scenarios are sound\n", suite->n);
out:
	suite_free(suite);
	complaints_free(complaints);
	region_free(r);
	return status;
}

const struct command command_check = {
    "check", "[FILE...]", "every mistake of scenario files", options, check};
