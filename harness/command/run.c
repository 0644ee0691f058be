/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - mitmx run: scenarios played against a client, judged, told, and left in a folder. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakes/mta/flaw.h"
#include "harness/command/again.h"
#include "harness/command/client_root.h"
#include "harness/command/plays.h"
#include "harness/command/probe.h"
#include "harness/command/repeat.h"
#include "harness/command/reporting.h"
#include "harness/command/selection.h"
#include "harness/command/target.h"
#include "harness/model/mechanism.h"

#define JOBS_DEFAULT 32
#define JOBS_MAX 1000
#define DEADLINE_DEFAULT_S 30
#define DEADLINE_MAX_S 3600

static const struct command_option options[] = {
    {'s', "select", "GLOB", "only scenarios whose name matches; * also matches / (may be repeated)", true},
    {'l', "level", "LEVEL", "what counts for the exit status: must (the default), should, may, info", false},
    {'o', "out", "DIR", "the run's folder; mitmx-runs/CLIENT-TIME otherwise", false},
    {'j', "jobs", "N",
	"commands of the client, and starts of its instances, at once (32); 1 also keeps to one machine at a time",
	false},
    {0, "claims", "LIST", "mechanisms that the client is held to, with commas, in place of what it claims",
	false},
    {0, "deadline", "SECONDS", "when a step without an end is given up (30)", false},
    {0, "ip", "4|6", "the address family of honest hosts (4)", false},
    {0, "keep", "all", "captures of all scenarios, not only of those that were not honored", false},
    {0, "baseline", "FILE",
	"the result.json of an earlier run: what it lists as violated or unclear does not count", false},
    {0, "repeat", "N", "plays N times, each time on a fresh machine; a verdict that changes is unclear",
	false},
    {0, "flaw", "FLAW",
	"the built-in client makes this mistake (may be repeated; see mitmx send --list-flaws)", true},
    {0, "root", "DIR|TAR", "the client's file system, in place of its own", false},
    {0, "suite", "SUITE", "the Debian suite that the client's file system is made of, in place of its own",
	false},
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {'f', "format", "FORMAT",
	"what is printed at the end: text (the default), json, junit, html, tap or github", false},
    {'q', "quiet", NULL, "no live line, no summary when all is well", false},
    {'v', "verbose", NULL, "say a word about every scenario", false},
    {0, "plant", "FAULT", NULL, false}, /* for mitmx's own tests: a lie that no verdict may survive */
    {0},
};

/* What the command line asks for. */
struct wish {
	enum level level;
	unsigned jobs, deadline_s, repeat;
	uint8_t family;
	bool keep_all, quiet, verbose;
	enum plan_plant plant;
	const char *flaws; /* with commas; NULL none */
	const char *const *claims;  /* NULL: the client's own */
	size_t n_claims;
	const char *again;         /* see again.h */
	struct baseline *baseline; /* NULL none */
	const struct report_format *format;
	struct region *region;
};

/* --- options ------------------------------------------------------------------------------------ */

static int
read_number(const struct command *self, const struct command_line *line, const char *name, unsigned most,
    unsigned fallback, unsigned *ret)
{
	const char *text = command_value(self, line, name);
	unsigned long n;
	char *end;

	*ret = fallback;
	if (text == NULL)
		return EXIT_OK;
	n = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || text[0] == '-' || n < 1 || n > most)
		return command_fail(
		    EXIT_USAGE, "--%s takes a number from 1 to %u, not '%s'", name, most, text);
	*ret = (unsigned)n;
	return EXIT_OK;
}

/* The index of the option's value among the words, or the fallback. */
static int
read_word(const struct command *self, const struct command_line *line, const char *name,
    const char *const *words, size_t n, unsigned *ret)
{
	const char *text = command_value(self, line, name);

	for (*ret = 0; text != NULL && *ret < n; (*ret)++)
		if (text_equal(text, words[*ret]))
			return EXIT_OK;
	if (text == NULL)
		return EXIT_OK;
	return command_unknown(name, text, words, n);
}

static int
read_claims(struct wish *w, const char *list)
{
	char *rest = list != NULL ? region_strdup(w->region, list) : NULL, *word;
	const char **claims = NULL;

	while (rest != NULL && (word = strsep(&rest, ",")) != NULL) {
		size_t i = 0;

		while (i < mechanism_count() && !text_equal(word, mechanism_names[i]))
			i++;
		if (i == mechanism_count())
			return command_unknown("mechanism", word, mechanism_names, i);
		*(const char **)region_push(w->region, &claims, &w->n_claims, sizeof(*claims)) =
		    mechanism_names[i];
	}
	w->claims = claims;
	return EXIT_OK;
}

static int
read_flaws(struct wish *w, const struct command *self, const struct command_line *line)
{
	const char *known[FLAWS];
	size_t which = 0;

	for (size_t i = 0; i < FLAWS; i++)
		known[i] = flaw_name((enum flaw)i);
	while (!text_equal(options[which].name, "flaw"))
		which++;
	for (unsigned i = 0; i < command_count(self, line, "flaw"); i++) {
		const char *name = line->values[which][i];
		size_t k = 0;

		while (k < FLAWS && !text_equal(name, known[k]))
			k++;
		if (k == FLAWS)
			return command_unknown("flaw", name, known, FLAWS);
		w->flaws = i == 0 ? name : region_printf(w->region, "%s,%s", w->flaws, name);
	}
	return EXIT_OK;
}

static int
read_baseline(struct wish *w, const char *path)
{
	struct why why;

	w->baseline = path != NULL ? baseline_read(path, &why) : NULL;
	if (path != NULL && w->baseline == NULL)
		return command_fail(EXIT_USAGE, "%s", why.text);
	return EXIT_OK;
}

static int
read_wish(struct wish *w, const struct command *self, const struct command_line *line)
{
	static const char *const levels[] = {"must", "should", "may", "info"}, *const families[] = {"4", "6"},
				 *const keeps[] = {"all"};
	static const char *const plants[] = {
	    "nothing", "inert-moves", "withhold-clear", "deaf-witness", "dead-control", "unwatched"};
	unsigned level, family, keep, plant;
	int status = read_word(self, line, "level", levels, 4, &level);

	if (status == EXIT_OK)
		status = read_word(self, line, "ip", families, 2, &family);
	if (status == EXIT_OK)
		status = read_word(self, line, "keep", keeps, 1, &keep);
	if (status == EXIT_OK)
		status = read_word(self, line, "plant", plants, sizeof(plants) / sizeof(plants[0]), &plant);
	if (status == EXIT_OK)
		status = read_number(self, line, "jobs", JOBS_MAX, JOBS_DEFAULT, &w->jobs);
	if (status == EXIT_OK)
		status =
		    read_number(self, line, "deadline", DEADLINE_MAX_S, DEADLINE_DEFAULT_S, &w->deadline_s);
	if (status == EXIT_OK)
		status = read_number(self, line, "repeat", REPEAT_MAX, 1, &w->repeat);
	if (status == EXIT_OK)
		status = read_claims(w, command_value(self, line, "claims"));
	if (status == EXIT_OK)
		status = read_flaws(w, self, line);
	if (status == EXIT_OK)
		status = reporting_format(command_value(self, line, "format"), &w->format);
	if (status != EXIT_OK)
		return status;
	w->level = (enum level)level;
	w->family = family == 0 ? 4 : 6;
	w->plant = (enum plan_plant)plant;
	w->again = again_words(self, line, w->region);
	w->keep_all = command_value(self, line, "keep") != NULL;
	w->quiet = command_count(self, line, "quiet") > 0;
	w->verbose = command_count(self, line, "verbose") > 0;
	return read_baseline(w, command_value(self, line, "baseline"));
}

/* --- the run ----------------------------------------------------------------------------------------- */

/* A bare command line says nothing of itself: it is found out, but for what the user tells. */
static int
probe_first(struct play_options *o, const struct suite *suite, const struct wish *w, struct probe *probe,
    struct why *why)
{
	if (probe_client(probe, suite, o, o->folder, why) < 0)
		return -1;
	if (!w->quiet)
		probe_print(probe, reporting_told(w->format));
	o->floor = probe->floor;
	o->by_wire = probe->by_wire;
	if (w->claims == NULL) {
		o->claims = probe->claims;
		o->n_claims = probe->n_claims;
	}
	return 0;
}

static int
play(const struct client *client, const struct selection *selection, const struct wish *w, const char *out)
{
	struct run_folder folder;
	struct probe probe;
	struct why why;
	struct plays_options plays = {
	    .play = {.scenarios = selection->chosen,
		.n_scenarios = selection->n,
		.client = client,
		.claims = w->claims != NULL ? w->claims : client->claims,
		.n_claims = w->claims != NULL ? w->n_claims : client->n_claims,
		.floor = client->floor,
		.flaws = w->flaws,
		.family = w->family,
		.plant = w->plant,
		.jobs = w->jobs,
		.deadline_s = w->deadline_s,
		.quiet = w->quiet,
		.again = w->again,
		.folder = &folder,
		.started = time(NULL)},
	    .n = w->repeat,
	    .suite = selection->suite,
	    .baseline = w->baseline,
	    .level = w->level,
	    .keep_all = w->keep_all,
	    .verbose = w->verbose,
	    .format = w->format,
	};

	if (run_folder_make(&folder, out, client->name, plays.play.started, &why) < 0)
		return command_fail(EXIT_USAGE, "%s", why.text);
	if (client->argv != NULL && probe_first(&plays.play, selection->suite, w, &probe, &why) < 0)
		return command_fail(EXIT_LAB, "%s", why.text);
	return plays_run(&plays);
}

static int
run(const struct command *self, const struct command_line *line)
{
	struct wish wish = {.region = region_new()};
	struct selection selection = {0};
	struct client *client = NULL;
	int status = read_wish(&wish, self, line);

	if (status == EXIT_OK)
		status = target_open(&client, line);
	if (status == EXIT_OK && wish.flaws != NULL && strncmp(client->name, "built-in", 8) != 0)
		status = command_fail(
		    EXIT_USAGE, "only the built-in client makes mistakes on demand, not %s", client->name);
	if (status == EXIT_OK)
		status = client_root_open(client, command_value(self, line, "root"),
		    command_value(self, line, "suite"), wish.quiet);
	if (status == EXIT_OK) {
		status = selection_of_line(&selection, self, line);
		if (status == EXIT_OK)
			status = play(client, &selection, &wish, command_value(self, line, "out"));
		selection_close(&selection);
	}
	client_free(client);
	baseline_free(wish.baseline);
	region_free(wish.region);
	return status;
}

const struct command command_run = {
    "run", "[CLIENT | -- COMMAND ...]", "plays scenarios against a client and judges it", options, run};
