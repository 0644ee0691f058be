/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - see target.h */
#include "harness/command/target.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/text.h"
#include "harness/client/description.h"
#include "harness/command/data.h"

#define BUILT_IN "built-in"
#define CLIENTS_MAX 256

static int
read_folder(struct client **ret, const char *folder)
{
	struct complaints *complaints = complaints_new();

	*ret = description_read(folder, complaints);
	complaints_print(complaints, stderr);
	complaints_free(complaints);
	return *ret != NULL ? EXIT_OK : EXIT_USAGE;
}

static bool
is_description(const char *folder, struct region *r)
{
	return access(region_printf(r, "%s/client.yaml", folder), F_OK) == 0;
}

/* No such client: says which of ours has a name like it. */
static int
unknown_client(const char *word, const char *clients, struct region *r)
{
	const char *names[CLIENTS_MAX];
	struct dirent *entry;
	DIR *dir = opendir(clients);
	size_t n = 0;

	while (dir != NULL && n < CLIENTS_MAX && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			names[n++] = region_strdup(r, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return command_unknown("client", word, names, n);
}

static int
open_named(struct client **ret, const char *word, struct region *r)
{
	struct why why;
	const char *clients, *ours;

	if (strchr(word, '/') != NULL) {
		if (is_description(word, r))
			return read_folder(ret, word);
		return command_fail(EXIT_USAGE, "%s holds no client.yaml", word);
	}
	clients = data_folder("clients", r, &why);
	if (clients == NULL)
		return command_fail(EXIT_USAGE, "%s", why.text);
	ours = region_printf(r, "%s/%s", clients, word);
	if (is_description(ours, r))
		return read_folder(ret, ours);
	return unknown_client(word, clients, r);
}

int
target_open(struct client **ret, const struct command_line *line)
{
	struct region *r = region_new();
	int status;

	*ret = NULL;
	if (line->dashes && line->n_plain > 0) {
		status =
		    command_fail(EXIT_USAGE, "'%s' and a command line: one client at a time", line->words[0]);
	} else if (line->dashes && line->n_words > 0) {
		*ret = client_of_command((const char *const *)line->words, (size_t)line->n_words);
		status = EXIT_OK;
	} else if (line->dashes) {
		status = command_fail(EXIT_USAGE, "no command stands behind '--'");
	} else if (line->n_words > 1) {
		status = command_fail(EXIT_USAGE,
		    "one client at a time: '%s' and '%s' were named; a command line goes behind '--'",
		    line->words[0], line->words[1]);
	} else {
		status = open_named(ret, line->n_words == 1 ? line->words[0] : BUILT_IN, r);
	}
	region_free(r);
	return status;
}
