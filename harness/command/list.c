/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - mitmx list: the scenarios of the suite, one line each. */
#include <stdio.h>
#include <string.h>

#include "harness/command/selection.h"
#include "harness/model/expectations.h"

static const struct command_option options[] = {
    {'s', "select", "GLOB", "only scenarios whose name matches; * also matches / (may be repeated)", true},
    {0, "catches", "FLAW", "only scenarios that find this flaw of the built-in client", false},
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {'q', "quiet", NULL, "names alone", false},
    {0},
};

static size_t
count_flaws(void)
{
	size_t n = 0;

	while (selection_flaws[n] != NULL)
		n++;
	return n;
}

static bool
catches(const struct scenario *one, const char *flaw)
{
	for (size_t i = 0; i < one->n_catches; i++)
		if (text_equal(one->catches[i], flaw))
			return true;
	return flaw == NULL;
}

/* Keeps those that find the flaw; an unknown one is told. NULL keeps all. */
static int
keep_catching(struct selection *s, const char *flaw)
{
	size_t n = 0, known = 0;

	while (flaw != NULL && selection_flaws[known] != NULL && !text_equal(selection_flaws[known], flaw))
		known++;
	if (flaw != NULL && selection_flaws[known] == NULL)
		return command_unknown("flaw", flaw, selection_flaws, count_flaws());
	for (size_t i = 0; i < s->n; i++)
		if (catches(s->chosen[i], flaw))
			s->chosen[n++] = s->chosen[i];
	s->n = n;
	return EXIT_OK;
}

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
	int status = selection_of_line(&s, self, line), width;

	if (status == EXIT_OK)
		status = keep_catching(&s, command_value(self, line, "catches"));
	if (status == EXIT_OK && line->n_words > 0)
		status = command_fail(
		    EXIT_USAGE, "'mitmx list' takes no words; did you mean '--select %s'?", line->words[0]);
	width = widest(&s);
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

const struct command command_list = {
    "list", "[--select GLOB] [--catches FLAW]", "the scenarios of the suite", options, list};
