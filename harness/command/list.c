/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - mitmx list: the scenarios of the suite, one line each. */
#include <stdio.h>
#include <string.h>

#include "harness/command/selection.h"
#include "harness/model/expectations.h"

static const struct command_option options[] = {
    {'s', "select", "GLOB", "only scenarios whose name matches; * also matches / (may be repeated)", true},
    {0, "suite", "DIR", "scenarios of this folder, in place of ours", false},
    {'q', "quiet", NULL, "names alone", false},
    {0},
};

static int
widest(const struct selection *s)
{
	size_t most = 0;

	for (size_t i = 0; i < s->n; i++)
		if (strlen(s->chosen[i]->name) > most)
			most = strlen(s->chosen[i]->name);
	return (int)most;
}

static int
list(const struct command *self, const struct command_line *line)
{
	struct selection s;
	int status = selection_of_line(&s, self, line), width = widest(&s);

	if (status == EXIT_OK && line->n_words > 0)
		status = command_fail(
		    EXIT_USAGE, "'mitmx list' takes no words; did you mean '--select %s'?", line->words[0]);
	for (size_t i = 0; status == EXIT_OK && i < s.n; i++) {
		const struct scenario *one = s.chosen[i];

		if (command_count(self, line, "quiet") > 0)
			puts(one->name);
		else
			printf("%-*s  %-6s  %s\n", width, one->name, level_name(one->expectations->level),
			    one->title);
	}
	selection_close(&s);
	return status;
}

const struct command command_list = {"list", "[--select GLOB]", "the scenarios of the suite", options, list};
