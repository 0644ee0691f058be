/* SPDX-License-Identifier: Apache-2.0 */
/* client_root.c - see client_root.h */
#include "harness/command/client_root.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "harness/client/description.h"
#include "harness/command/command.h"
#include "harness/rootfs/rootfs.h"

/* --root: a folder is taken as it is, anything else is a tar. */
static int
take_other(struct client *client, const char *root)
{
	char *path = realpath(root, NULL);
	struct stat about;

	if (path == NULL || stat(path, &about) < 0) {
		free(path);
		return command_fail(EXIT_USAGE, "--root: there is no %s", root);
	}
	if (S_ISDIR(about.st_mode)) {
		client->root = region_strdup(client->region, path);
		client->recipe.kind = RECIPE_HOST;
	} else {
		client->recipe.kind = RECIPE_TAR;
		client->recipe.tar = region_strdup(client->region, path);
	}
	free(path);
	return EXIT_OK;
}

static int
take_suite(struct client *client, const char *suite)
{
	if (client->recipe.kind != RECIPE_DEBIAN)
		return command_fail(
		    EXIT_USAGE, "--suite: the file system of %s is not made of a Debian suite", client->name);
	if (!description_is_suite(suite))
		return command_fail(EXIT_USAGE, "--suite: '%s' is no name of a Debian suite", suite);
	client->recipe.suite = region_strdup(client->region, suite);
	return EXIT_OK;
}

int
client_root_open(struct client *client, const char *root, const char *suite, bool quiet)
{
	const struct client_recipe *c = &client->recipe;
	struct why why;
	int status = EXIT_OK;

	if (root != NULL && suite != NULL)
		return command_fail(EXIT_USAGE, "--root and --suite: one file system at a time");
	if (root != NULL)
		status = take_other(client, root);
	else if (suite != NULL)
		status = take_suite(client, suite);
	if (status != EXIT_OK || c->kind == RECIPE_HOST)
		return status;
	struct rootfs_recipe recipe = {
	    .name = client->name,
	    .tar = c->tar,
	    .suite = c->suite,
	    .packages = c->packages,
	    .n_packages = c->n_packages,
	    .setup = c->setup,
	};

	switch (rootfs_open(&recipe, quiet ? NULL : stderr, client->region, &client->root, &why)) {
	case ROOTFS_READY:
		return EXIT_OK;
	case ROOTFS_INTERRUPTED:
		return EXIT_INTERRUPTED;
	case ROOTFS_FAILED:
		break;
	}
	return command_fail(EXIT_LAB, "%s", why.text);
}
