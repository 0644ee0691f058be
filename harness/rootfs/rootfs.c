/* SPDX-License-Identifier: Apache-2.0 */
/* rootfs.c - see rootfs.h; recipes to commands of mmdebstrap and tar. */
#include "harness/rootfs/rootfs.h"

#include <string.h>
#include <sys/stat.h>

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/rootfs/cache.h"
#include "harness/rootfs/setup.h"
#include "harness/rootfs/tool.h"

#define BUILD_VERSION "1" /* another one, and no root of before is used any more */
#define ARGUMENTS_MAX 40

/* What is left out: no client reads it, and a root is half as large without. */
static const char *const unread[] = {"doc", "man", "locale", "info", "lintian", "bug"};

static const char *const mode_names[] = {"root", "single"};

struct waiting {
	const struct rootfs_recipe *recipe;
	FILE *progress;
};

/* --- names -------------------------------------------------------------------------------- */

static unsigned long
hash_text(unsigned long hash, const char *text)
{
	return cache_hash(hash, text, strlen(text) + 1);
}

static int
hash_file(unsigned long *hash, const char *path, struct why *why)
{
	FILE *f = fopen(path, "re");
	char buffer[4096];
	size_t n;

	if (f == NULL)
		return why_errno(why, "cannot read %s", path);
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		*hash = cache_hash(*hash, buffer, n);
	fclose(f);
	return 0;
}

/* "bookworm-root-0123456789abcdef": all that makes a difference is in it. */
static const char *
name_of_debian(const struct rootfs_recipe *recipe, struct region *r, struct why *why)
{
	unsigned long hash = hash_text(0, BUILD_VERSION);

	for (size_t i = 0; i < recipe->n_packages; i++)
		hash = hash_text(hash, recipe->packages[i]);
	if (recipe->setup != NULL && hash_file(&hash, recipe->setup, why) < 0)
		return NULL;
	return region_printf(r, "%s-%s-%016lx", recipe->suite, mode_names[recipe->mode], hash);
}

/* A tar is known by its path, size and time: reading it all at each run would take too long. */
static const char *
name_of_tar(const struct rootfs_recipe *recipe, struct region *r, struct why *why)
{
	struct stat about;
	unsigned long hash = hash_text(hash_text(0, BUILD_VERSION), recipe->tar);

	if (stat(recipe->tar, &about) < 0) {
		why_errno(why, "cannot read the root of %s, %s", recipe->name, recipe->tar);
		return NULL;
	}
	hash = cache_hash(hash, &about.st_size, sizeof(about.st_size));
	hash = cache_hash(hash, &about.st_mtim, sizeof(about.st_mtim));
	return region_printf(r, "tar-%s-%016lx", mode_names[recipe->mode], hash);
}

/* --- building ------------------------------------------------------------------------------- */

static int
build_debian(const struct rootfs_recipe *recipe, const char *folder, struct region *r, struct why *why)
{
	static const char *const env[] = {"DEBIAN_FRONTEND=noninteractive", NULL};
	const char *argv[ARGUMENTS_MAX], *include = "ca-certificates";
	size_t n = 0;
	struct tool tool = {.argv = argv, .env = env};

	if (recipe->mode != ROOTFS_ROOT)
		return why_set(why,
		    "only root can build it as yet: run mitmx as root, or give it a file system that you "
		    "have (--root DIR or TAR)");
	if (!tool_is_there("mmdebstrap"))
		return why_set(why,
		    "mmdebstrap is not installed; `scripts/setup clients` (or apt-get install mmdebstrap) "
		    "installs it, --root DIR does without");
	for (size_t i = 0; i < recipe->n_packages; i++)
		include = region_printf(r, "%s,%s", include, recipe->packages[i]);
	argv[n++] = "mmdebstrap";
	argv[n++] = "--mode=root";
	argv[n++] = "--format=directory";
	argv[n++] = "--variant=apt";
	argv[n++] = "--components=main";
	argv[n++] = "--aptopt=APT::Install-Recommends \"false\"";
	if (text_equal(recipe->suite, "sid") || text_equal(recipe->suite, "unstable"))
		argv[n++] =
		    "--aptopt=Acquire::Check-Valid-Until \"false\""; /* snapshots of it age in a week */
	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
		argv[n++] = region_printf(r, "--dpkgopt=path-exclude=/usr/share/%s/*", unread[i]);
	argv[n++] = region_printf(r, "--include=%s", include);
	argv[n++] = recipe->suite;
	argv[n++] = folder;
	argv[n] = NULL;
	return tool_run(&tool, why);
}

static int
run_setup(const struct rootfs_recipe *recipe, const char *folder, struct why *why)
{
	static const char *const env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	    "HOME=/root", "LANG=C", NULL};
	const char *argv[] = {"/bin/sh", "-e", SETUP_INSIDE, NULL};
	struct setup setup = {.script = recipe->setup, .root = folder};
	struct tool tool = {.argv = argv, .env = env, .enter = setup_enter, .ctx = &setup};

	if (recipe->setup == NULL)
		return 0;
	return tool_run(&tool, why) < 0 ? why_prefix(why, "%s", recipe->setup) : 0;
}

static int
build_tar(const struct rootfs_recipe *recipe, const char *folder, struct why *why)
{
	const char *argv[] = {"tar", "-x", "--numeric-owner", "--exclude=./dev/*", "--exclude=dev/*", "-C",
	    folder, "-f", recipe->tar, recipe->mode == ROOTFS_SINGLE ? "--no-same-owner" : NULL, NULL};
	struct tool tool = {.argv = argv, .plain = true};

	if (mkdir(folder, 0755) < 0)
		return why_errno(why, "cannot make %s", folder);
	return tool_run(&tool, why);
}

static int
build(const struct rootfs_recipe *recipe, struct cache_entry *entry, FILE *progress, struct region *r,
    struct why *why)
{
	uint64_t began_ns = clock_ns();
	int status;

	if (progress != NULL) {
		fprintf(progress, "building the file system of %s (%s), once … ", recipe->name,
		    recipe->tar != NULL ? recipe->tar : recipe->suite);
		fflush(progress);
	}
	status = recipe->tar != NULL ? build_tar(recipe, entry->part, why)
				     : build_debian(recipe, entry->part, r, why);
	if (status == 0)
		status = run_setup(recipe, entry->part, why);
	if (status == 0)
		status = cache_keep(entry, why);
	else
		why_prefix(why, "cannot build the file system of %s", recipe->name);
	if (progress != NULL && status == 0)
		fprintf(progress, "done in %.0f s\n", (double)(clock_ns() - began_ns) / 1e9);
	else if (progress != NULL)
		fputs("failed\n", progress);
	return status;
}

static void
tell_wait(void *ctx)
{
	const struct waiting *w = ctx;

	if (w->progress != NULL)
		fprintf(w->progress, "another run builds the file system of %s: waiting for it\n",
		    w->recipe->name);
}

const char *
rootfs_open(const struct rootfs_recipe *recipe, FILE *progress, struct region *r, struct why *why)
{
	const char *name = recipe->tar != NULL ? name_of_tar(recipe, r, why) : name_of_debian(recipe, r, why);
	struct waiting waiting = {recipe, progress};
	struct cache_entry entry;
	int status;

	if (name == NULL)
		return NULL;
	status = cache_open(&entry, name, tell_wait, &waiting, r, why);
	if (status == 0 && !entry.is_there)
		status = build(recipe, &entry, progress, r, why);
	cache_close(&entry);
	return status == 0 ? entry.whole : NULL;
}
