/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - mitmx explain: one scenario in plain words. */
#include <stdio.h>

#include "harness/command/explanation.h"
#include "harness/command/selection.h"

static const struct command_option options[] = {
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {0},
};

static int
explain(const struct command *self, const struct command_line *line)
{
	struct selection s;
	int status;

	if (line->n_words == 0)
		return command_fail(EXIT_USAGE, "which scenario? 'mitmx list' shows them all");
	status = selection_open(&s, command_value(self, line, "scenarios"), (const char *const *)line->words,
	    (size_t)line->n_words);
	for (size_t i = 0; status == EXIT_OK && i < s.n; i++) {
		if (i > 0)
			puts("\n----------------------------------------------------------------\n");
		explanation_put(s.chosen[i], s.suite, stdout);
	}
	selection_close(&s);
	return status;
}

const struct command command_explain = {"explain", "GLOB...", "one scenario in plain words", options, explain};
