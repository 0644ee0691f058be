/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complete.c - `mitmx complete`: what may stand at the end of a command line, for the shells' completion.
 *
 * Prints WORD<TAB>MEANING a line; ":file", ":folder" and ":program" stand for what the shell itself knows of
 * these. Comes from the tables of options and from what lies on the disk; says nothing where nothing fits.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/mta/flaw.h"
#include "harness/base/must.h"
#include "harness/client/description.h"
#include "harness/command/argument.h"
#include "harness/command/data.h"
#include "harness/command/selection.h"
#include "harness/model/mechanism.h"

/* The words so far; the last is the one to be completed. */
struct asked {
	const struct command *command;
	char **words;
	int n;
	const char *before; /* in front of what is completed: "--level=", "starttls," */
	size_t n_before;
	const char *begun; /* what is there of it */
};

static void
offer(const struct asked *a, const char *word, const char *meaning)
{
	if (strncmp(word, a->begun, strlen(a->begun)) == 0)
		printf("%.*s%s\t%s\n", (int)a->n_before, a->before, word, meaning);
}

/* --- what there is of each kind ------------------------------------------------------------------------- */

static void
offer_words(const struct asked *a, const char *words, const char *meaning)
{
	while (*(words += strspn(words, " ")) != '\0') {
		char word[64];
		size_t len = strcspn(words, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, words);
		offer(a, word, meaning);
		words += len;
	}
}

/* Of the folder that the line names, else of ours; a broken file hides itself alone. */
static void
offer_of_suite(const struct asked *a, enum argument_kind kind)
{
	struct complaints *complaints = complaints_new();
	struct region *r = region_new();
	const char *folder = NULL;
	struct suite *suite = NULL;
	struct why why;

	for (int i = 1; i + 1 < a->n; i++)
		if (text_equal(a->words[i], "--scenarios"))
			folder = a->words[i + 1];
	if (folder == NULL)
		folder = data_folder("scenarios", r, &why);
	if (folder != NULL)
		suite = suite_read(folder, NULL, complaints);
	for (size_t i = 0; kind == ARGUMENT_SCENARIO && suite != NULL && i < suite->n; i++)
		offer(a, suite->scenarios[i]->name, suite->scenarios[i]->title);
	for (size_t i = 0; kind == ARGUMENT_REQUIREMENT && suite != NULL && i < suite->n_requirements; i++)
		offer(a, suite->requirements[i].id, suite->requirements[i].statement);
	suite_free(suite);
	complaints_free(complaints);
	region_free(r);
}

static void
offer_clients(const struct asked *a)
{
	struct region *r = region_new();
	struct why why;
	const char *folder = data_folder("clients", r, &why);
	DIR *dir = folder != NULL ? opendir(folder) : NULL;

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
		struct complaints *complaints = complaints_new();
		struct client *client =
		    e->d_name[0] != '.'
			? description_read(region_printf(r, "%s/%s", folder, e->d_name), complaints)
			: NULL;

		if (client != NULL)
			offer(a, e->d_name, client->about != NULL ? client->about : "");
		client_free(client);
		complaints_free(complaints);
	}
	if (dir != NULL)
		closedir(dir);
	region_free(r);
	puts(":folder");
}

static void
offer_mechanisms(struct asked a)
{
	const char *comma = strrchr(a.begun, ',');

	if (comma != NULL) {
		char *before = must_alloc(a.n_before + strlen(a.begun) + 1);

		memcpy(before, a.before, a.n_before);
		memcpy(before + a.n_before, a.begun, (size_t)(comma - a.begun) + 1);
		a.before = before;
		a.n_before += (size_t)(comma - a.begun) + 1;
		a.begun = comma + 1;
		for (size_t i = 0; i < mechanism_count(); i++)
			offer(&a, mechanism_names[i], "");
		free(before);
		return;
	}
	for (size_t i = 0; i < mechanism_count(); i++)
		offer(&a, mechanism_names[i], "");
}

static void
offer_commands(const struct asked *a)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (commands[i]->summary != NULL)
			offer(a, commands[i]->name, commands[i]->summary);
}

static void
offer_argument(const struct asked *a, const char *placeholder)
{
	struct argument_info info;
	char word[64];

	while (argument_next(&placeholder, &info, word, sizeof(word)))
		switch (info.kind) {
		case ARGUMENT_WORDS:
			offer_words(a, info.words, info.meaning);
			break;
		case ARGUMENT_SCENARIO:
		case ARGUMENT_REQUIREMENT:
			offer_of_suite(a, info.kind);
			break;
		case ARGUMENT_FLAW:
			for (int i = 0; i < FLAWS; i++)
				offer(a, flaw_name((enum flaw)i), flaw_meaning((enum flaw)i));
			break;
		case ARGUMENT_MECHANISMS:
			offer_mechanisms(*a);
			break;
		case ARGUMENT_CLIENT:
			offer_clients(a);
			break;
		case ARGUMENT_COMMAND:
			offer_commands(a);
			break;
		case ARGUMENT_FILE:
		case ARGUMENT_RUN: /* a run's folder, or a file in it */
			puts(":file");
			break;
		case ARGUMENT_FOLDER:
			puts(":folder");
			break;
		case ARGUMENT_NOTHING:
			break;
		}
}

/* --- where the line stands --------------------------------------------------------------------------------
 */

/* The option that this word is, with its value behind it as the next word; NULL when there is none. */
static const struct command_option *
option_of(const struct command *command, const char *word, size_t len)
{
	for (const struct command_option *o = command->options; o->name != NULL; o++) {
		if (len > 2 && strncmp(word, "--", 2) == 0 && strlen(o->name) == len - 2 &&
		    strncmp(word + 2, o->name, len - 2) == 0)
			return o;
		if (len == 2 && word[0] == '-' && word[1] == o->letter && o->letter != 0)
			return o;
	}
	return NULL;
}

static void
offer_options(const struct asked *a)
{
	for (const struct command_option *o = a->command->options; o->name != NULL; o++) {
		char word[64];

		if (o->meaning == NULL)
			continue;
		snprintf(word, sizeof(word), "--%s", o->name);
		offer(a, word, o->meaning);
	}
	offer(a, "--help", "what it does, and its options");
}

static void
offer_for_command(struct asked *a)
{
	const char *equals = strchr(a->begun, '=');
	const struct command_option *o =
	    a->n > 2 ? option_of(a->command, a->words[a->n - 2], strlen(a->words[a->n - 2])) : NULL;
	char placeholder[64];

	for (int i = 1; i + 1 < a->n; i++)
		if (text_equal(a->words[i], "--")) {
			puts(":program");
			return;
		}
	if (o != NULL && o->argument != NULL) {
		offer_argument(a, o->argument);
	} else if (equals != NULL &&
		   (o = option_of(a->command, a->begun, (size_t)(equals - a->begun))) != NULL &&
		   o->argument != NULL) {
		a->before = a->begun;
		a->n_before = (size_t)(equals - a->begun) + 1;
		a->begun = equals + 1;
		offer_argument(a, o->argument);
	} else if (a->begun[0] == '-') {
		offer_options(a);
	} else {
		argument_of_words(a->command, placeholder, sizeof(placeholder));
		offer_argument(a, placeholder);
	}
}

/* bash parts words at '=': the two of them are taken as "--level", "must". */
static int
join(char **words, int n)
{
	static char nothing[] = "";
	int kept = 0;

	for (int i = 0; i < n; i++) {
		if (!text_equal(words[i], "="))
			words[kept++] = words[i];
		else if (i + 1 == n)
			words[kept++] = nothing;
	}
	return kept;
}

static int
complete(const struct command *self, const struct command_line *line)
{
	struct asked a = {.words = line->words, .n = join(line->words, line->n_words), .before = ""};

	(void)self;
	if (a.n == 0)
		return EXIT_OK;
	a.begun = a.words[a.n - 1];
	for (size_t i = 0; a.n > 1 && commands[i] != NULL; i++)
		if (text_equal(commands[i]->name, a.words[0]))
			a.command = commands[i];
	if (a.n == 1) {
		offer_commands(&a);
		offer(&a, "--help", "what there is");
		offer(&a, "--version", "which version this is");
	} else if (a.command != NULL) {
		offer_for_command(&a);
	}
	return EXIT_OK;
}

static const struct command_option options[] = {{0}};

const struct command command_complete = {"complete", "-- WORD...", NULL, options, complete};
