/* SPDX-License-Identifier: Apache-2.0 */
/* coverage.c - mitmx coverage: requirements of the RFCs, and which scenarios cover them. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "harness/command/selection.h"

static const struct command_option options[] = {
    {0, "rfc", "RFC", "only requirements of this RFC (may be repeated)", true},
    {'m', "missing", NULL, "only those that no scenario covers, in full", false},
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {'q', "quiet", NULL, "totals alone", false},
    {0},
};

struct wanted {
	const char *const *rfcs; /* numbers */
	size_t n_rfcs;
	char **ids; /* globs */
	int n_ids;
	bool missing, quiet;
};

static bool
is_wanted(const struct wanted *w, const struct requirement *q)
{
	bool rfc = w->n_rfcs == 0, id = w->n_ids == 0;

	for (size_t i = 0; i < w->n_rfcs; i++)
		rfc = rfc || text_equal(q->rfc + strcspn(q->rfc, " ") + 1, w->rfcs[i]);
	for (int i = 0; i < w->n_ids; i++)
		id = id || fnmatch(w->ids[i], q->id, 0) == 0;
	return rfc && id;
}

static bool
covers(const struct scenario *one, const struct requirement *q)
{
	for (size_t i = 0; i < one->n_covers; i++)
		if (text_equal(one->covers[i], q->id))
			return true;
	return false;
}

static size_t
count_covering(const struct suite *suite, const struct requirement *q)
{
	size_t n = 0;

	for (size_t i = 0; i < suite->n; i++)
		n += covers(suite->scenarios[i], q);
	return n;
}

/* Scenarios of one file are told together: "mta-sts/certificate (12)". */
static void
print_covering(const struct suite *suite, const struct requirement *q)
{
	const char *between = "";

	for (size_t i = 0; i < suite->n;) {
		const struct scenario *one = suite->scenarios[i];
		size_t n = 0, first = i;

		for (; i < suite->n && text_equal(suite->scenarios[i]->file, one->file); i++) {
			n += covers(suite->scenarios[i], q);
			if (n == 1 && covers(suite->scenarios[i], q))
				first = i;
		}
		if (n == 0)
			continue;
		one = suite->scenarios[first];
		if (n == 1)
			printf("%s%s", between, one->name);
		else
			printf("%s%.*s (%zu)", between, (int)(strrchr(one->name, '/') - one->name), one->name,
			    n);
		between = ", ";
	}
	puts(between[0] == '\0' ? "none" : "");
}

static void
print_in_full(const struct suite *suite, const struct requirement *q)
{
	printf("%s  %s, section %s (%s, of a %s)\n    %s\n    How it may be seen: %s\n", q->id, q->rfc,
	    q->section, q->level, q->actor, q->statement, q->idea);
	for (size_t i = 0; i < suite->n; i++)
		if (covers(suite->scenarios[i], q))
			printf("    covered by %s\n", suite->scenarios[i]->name);
}

/* One RFC: its head, its rows; returns how many are wanted. */
static size_t
print_rfc(const struct suite *suite, const struct wanted *w, const char *rfc, size_t *covered)
{
	size_t n = 0, has = 0;

	for (size_t i = 0; i < suite->n_requirements; i++) {
		const struct requirement *q = &suite->requirements[i];

		if (!text_equal(q->rfc, rfc) || !is_wanted(w, q))
			continue;
		n++;
		has += count_covering(suite, q) > 0;
	}
	*covered += has;
	if (n == 0)
		return 0;
	printf("%s: %zu of %zu requirements are covered\n", rfc, has, n);
	for (size_t i = 0; !w->quiet && i < suite->n_requirements; i++) {
		const struct requirement *q = &suite->requirements[i];

		if (!text_equal(q->rfc, rfc) || !is_wanted(w, q) ||
		    (w->missing && count_covering(suite, q) > 0))
			continue;
		if (w->missing || w->n_ids > 0) {
			print_in_full(suite, q);
			continue;
		}
		printf("    %-14s %-10s ", q->id, q->level);
		print_covering(suite, q);
	}
	return n;
}

static bool
is_first_of_its_rfc(const struct suite *suite, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (text_equal(suite->requirements[k].rfc, suite->requirements[i].rfc))
			return false;
	return true;
}

static int
print_all(const struct suite *suite, const struct wanted *w)
{
	size_t n = 0, covered = 0;

	for (size_t i = 0; i < suite->n_requirements; i++)
		if (is_first_of_its_rfc(suite, i))
			n += print_rfc(suite, w, suite->requirements[i].rfc, &covered);
	if (n == 0)
		return command_fail(
		    EXIT_USAGE, "no requirement is like that; 'mitmx coverage' shows them all");
	printf("all: %zu of %zu requirements are covered, by %zu scenarios\n", covered, n, suite->n);
	return EXIT_OK;
}

static int
coverage(const struct command *self, const struct command_line *line)
{
	struct selection s;
	struct wanted w = {
	    .rfcs = line->values[0],
	    .n_rfcs = command_count(self, line, "rfc"),
	    .ids = line->words,
	    .n_ids = line->n_words,
	    .missing = command_count(self, line, "missing") > 0,
	    .quiet = command_count(self, line, "quiet") > 0,
	};
	int status = selection_open(&s, command_value(self, line, "scenarios"), NULL, 0);

	if (status == EXIT_OK)
		status = print_all(s.suite, &w);
	selection_close(&s);
	return status;
}

const struct command command_coverage = {
    "coverage", "[ID...]", "requirements of the RFCs, and which scenarios cover them", options, coverage};
