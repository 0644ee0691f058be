/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - mitmx check: every mistake of scenario files and client descriptions, or what scenarios may say.
 */
#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/client/description.h"
#include "harness/command/data.h"
#include "harness/command/selection.h"

static const struct command_option options[] = {
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {0, "keys", NULL, "print what a scenario file may say, and check nothing", false},
    {'q', "quiet", NULL, "say nothing when all is well", false},
    {0},
};

#define DESCRIPTION "client.yaml"

/* What the words name: folders of clients, and scenario files. */
struct named {
	const char **clients, **files;
	size_t n_clients, n_files;
};

static void
add(struct region *r, const char ***items, size_t *n, const char *item)
{
	*(const char **)region_push(r, items, n, sizeof(**items)) = item;
}

static void
add_client_below(struct named *n, struct region *r, const char *folder)
{
	if (access(region_printf(r, "%s/" DESCRIPTION, folder), F_OK) == 0)
		add(r, &n->clients, &n->n_clients, folder);
}

static void
sort_words(struct named *n, struct region *r, const struct command_line *line)
{
	for (int i = 0; i < line->n_words; i++) {
		const char *word = line->words[i];
		size_t before = n->n_clients;

		if (text_equal(basename(region_strdup(r, word)), DESCRIPTION))
			add(r, &n->clients, &n->n_clients, dirname(region_strdup(r, word)));
		else
			add_client_below(n, r, word);
		if (n->n_clients == before)
			add(r, &n->files, &n->n_files, word);
	}
}

static void
name_ours(struct named *n, struct region *r)
{
	struct why why;
	const char *folder = data_folder("clients", r, &why);
	DIR *dir = folder != NULL ? opendir(folder) : NULL;

	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.')
			add_client_below(n, r, region_printf(r, "%s/%s", folder, e->d_name));
	if (dir != NULL)
		closedir(dir);
}

/* How many are sound. */
static size_t
check_clients(const struct named *n, struct complaints *complaints)
{
	size_t sound = 0;

	for (size_t i = 0; i < n->n_clients; i++) {
		struct client *client = description_read(n->clients[i], complaints);

		sound += client != NULL;
		client_free(client);
	}
	return sound;
}

/* Without files: the whole suite. */
static struct suite *
read_scenarios(
    const struct command_line *line, const struct named *n, const char *folder, struct complaints *complaints)
{
	if (line->n_words == 0)
		return suite_read(folder, selection_flaws, complaints);
	return suite_read_files(folder, n->files, n->n_files, selection_flaws, complaints);
}

static int
tell(const struct complaints *complaints, size_t n_scenarios, size_t n_clients, bool quiet)
{
	complaints_print(complaints, stderr);
	if (complaints_count(complaints) > 0)
		return command_fail(EXIT_USAGE, "mistakes: %zu; sound scenarios: %zu, clients: %zu",
		    complaints_count(complaints), n_scenarios, n_clients);
	if (!quiet)
		printf("sound: scenarios %zu, clients %zu\n", n_scenarios, n_clients);
	return EXIT_OK;
}

static int
check(const struct command *self, const struct command_line *line)
{
	struct complaints *complaints = complaints_new();
	struct region *r = region_new();
	const char *folder = command_value(self, line, "scenarios");
	struct named named = {0};
	struct suite *suite = NULL;
	size_t n_clients;
	int status = EXIT_OK;
	struct why why;

	if (command_count(self, line, "keys") > 0) {
		struct manual *manual = manual_new(stdout, MANUAL_TEXT);

		suite_manual(manual);
		manual_free(manual);
		goto out;
	}
	sort_words(&named, r, line);
	if (folder == NULL && line->n_words == 0)
		name_ours(&named, r);
	if (folder == NULL)
		folder = data_folder("scenarios", r, &why);
	if (folder == NULL && line->n_words == 0) {
		status = command_fail(EXIT_USAGE, "%s", why.text);
		goto out;
	}
	n_clients = check_clients(&named, complaints);
	suite = read_scenarios(line, &named, folder, complaints);
	status = tell(complaints, suite->n, n_clients, command_count(self, line, "quiet") > 0);
out:
	suite_free(suite);
	complaints_free(complaints);
	region_free(r);
	return status;
}

const struct command command_check = {
    "check", "[FILE|CLIENT...]", "every mistake of scenario files and client descriptions", options, check};
