/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - mitmx list: the scenarios of the suite, one line each. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "harness/command/selection.h"
#include "harness/model/expectations.h"
#include "harness/model/mechanism.h"

static const struct command_option options[] = {
    {'s', "select", "GLOB", "only scenarios whose name matches; * also matches / (may be repeated)", true},
    {'l', "level", "LEVEL", "only scenarios of this level", false},
    {0, "catches", "FLAW", "only scenarios that find this flaw of the built-in client", false},
    {0, "needs", "MECHANISM", "only scenarios for clients that claim this", false},
    {0, "covers", "ID", "only scenarios that cover this requirement, or a pattern of them", false},
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {'q', "quiet", NULL, "names alone", false},
    {0},
};

/* What is kept; NULL keeps all. */
struct wanted {
	const char *level, *flaw, *mechanism, *requirement;
};

static bool
holds(const char *const *words, size_t n, const char *glob)
{
	for (size_t i = 0; glob != NULL && i < n; i++)
		if (fnmatch(glob, words[i], 0) == 0)
			return true;
	return glob == NULL;
}

static size_t
count(const char *const *words)
{
	size_t n = 0;

	while (words[n] != NULL)
		n++;
	return n;
}

/* A word that is in none of the lists is a slip. */
static int
check(const struct wanted *w, const struct suite *suite)
{
	static const char *const levels[] = {"must", "should", "may", "info"};
	size_t n = 0;

	if (w->level != NULL && level_of(bytes_of(w->level)) == LEVELS)
		return command_unknown("level", w->level, levels, 4);
	if (w->flaw != NULL && !holds(selection_flaws, count(selection_flaws), w->flaw))
		return command_unknown("flaw", w->flaw, selection_flaws, count(selection_flaws));
	if (w->mechanism != NULL && !holds(mechanism_names, mechanism_count(), w->mechanism))
		return command_unknown("mechanism", w->mechanism, mechanism_names, mechanism_count());
	while (w->requirement != NULL && n < suite->n_requirements &&
	       fnmatch(w->requirement, suite->requirements[n].id, 0) != 0)
		n++;
	if (w->requirement != NULL && n == suite->n_requirements)
		return command_fail(EXIT_USAGE,
		    "no requirement is called '%s'; 'mitmx coverage' shows them all", w->requirement);
	return EXIT_OK;
}

static void
keep(struct selection *s, const struct wanted *w)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct scenario *one = s->chosen[i];

		if (holds(one->catches, one->n_catches, w->flaw) &&
		    holds(one->needs, one->n_needs, w->mechanism) &&
		    holds(one->covers, one->n_covers, w->requirement) &&
		    (w->level == NULL || text_equal(level_name(one->expectations->level), w->level)))
			s->chosen[n++] = one;
	}
	s->n = n;
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
	struct wanted w = {
	    .level = command_value(self, line, "level"),
	    .flaw = command_value(self, line, "catches"),
	    .mechanism = command_value(self, line, "needs"),
	    .requirement = command_value(self, line, "covers"),
	};
	int status = selection_of_line(&s, self, line), width;

	if (status == EXIT_OK)
		status = check(&w, s.suite);
	if (status == EXIT_OK)
		keep(&s, &w);
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

const struct command command_list = {"list", "[OPTIONS]", "the scenarios of the suite", options, list};
