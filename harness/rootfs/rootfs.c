/* SPDX-License-Identifier: Apache-2.0 */
/* rootfs.c - see rootfs.h; the name of a root, and the steps of its building. */
#include "harness/rootfs/rootfs.h"

#include <string.h>
#include <sys/stat.h>

#include "harness/base/clock.h"
#include "harness/lab/idmap.h"
#include "harness/rootfs/cache.h"
#include "harness/rootfs/debian.h"
#include "harness/rootfs/setup.h"
#include "harness/rootfs/tool.h"

#define BUILD_VERSION "1" /* another one, and no root of before is used any more */

struct building {
	const struct rootfs_recipe *recipe;
	FILE *progress;
	enum lab_mode mode;
	char ids[IDMAP_TEXT_MAX];
	struct region *region;
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

/* With a range of ids the owners are those of this range, else root's own or all ours. */
static unsigned long
begin_hash(const struct building *b)
{
	unsigned long hash = hash_text(0, BUILD_VERSION);

	return b->mode == LAB_USER_MAP ? hash_text(hash, b->ids) : hash;
}

static int
hash_setup(const struct building *b, unsigned long *hash, struct why *why)
{
	return b->recipe->setup != NULL ? hash_file(hash, b->recipe->setup, why) : 0;
}

/* "bookworm-root-0123456789abcdef": all that makes a difference is in it. */
static const char *
name_of_debian(const struct building *b, struct why *why)
{
	const struct rootfs_recipe *recipe = b->recipe;
	unsigned long hash = begin_hash(b);

	for (size_t i = 0; i < recipe->n_packages; i++)
		hash = hash_text(hash, recipe->packages[i]);
	if (hash_setup(b, &hash, why) < 0)
		return NULL;
	return region_printf(b->region, "%s-%s-%016lx", recipe->suite, lab_mode_name(b->mode), hash);
}

/* A tar is known by its path, size and time: reading it all at each run would take too long. */
static const char *
name_of_tar(const struct building *b, struct why *why)
{
	const struct rootfs_recipe *recipe = b->recipe;
	struct stat about;
	unsigned long hash = hash_text(begin_hash(b), recipe->tar);

	if (stat(recipe->tar, &about) < 0) {
		why_errno(why, "cannot read the root of %s, %s", recipe->name, recipe->tar);
		return NULL;
	}
	hash = cache_hash(hash, &about.st_size, sizeof(about.st_size));
	hash = cache_hash(hash, &about.st_mtim, sizeof(about.st_mtim));
	if (hash_setup(b, &hash, why) < 0)
		return NULL;
	return region_printf(b->region, "tar-%s-%016lx", lab_mode_name(b->mode), hash);
}

/* --- building ------------------------------------------------------------------------------- */

static int
make_folder(void *ctx, struct why *why)
{
	return mkdir(ctx, 0755) < 0 ? why_errno(why, "cannot make %s", (char *)ctx) : 0;
}

static enum tool_result
build_tar(const struct building *b, const char *folder, struct why *why)
{
	const char *argv[] = {"tar", "-x", "--numeric-owner", "--exclude=./dev/*", "--exclude=dev/*", "-C",
	    folder, "-f", b->recipe->tar, b->mode == LAB_USER_SINGLE ? "--no-same-owner" : NULL, NULL};
	struct tool tool = {.name = "tar",
	    .argv = argv,
	    .mode = b->mode,
	    .enter = make_folder,
	    .ctx = (void *)(uintptr_t)folder};

	return tool_run(&tool, why);
}

static enum tool_result
run_setup(const struct building *b, const char *folder, struct why *why)
{
	static const char *const env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	    "HOME=/root", "LANG=C", NULL};
	const char *argv[] = {"/bin/sh", "-e", SETUP_INSIDE, NULL};
	struct setup setup = {
	    .script = b->recipe->setup, .root = folder, .pretend = b->mode == LAB_USER_SINGLE};
	struct tool tool = {.name = b->recipe->setup,
	    .argv = argv,
	    .env = env,
	    .mode = b->mode,
	    .enter = setup_enter,
	    .leave = setup_leave,
	    .ctx = &setup};

	return b->recipe->setup != NULL ? tool_run(&tool, why) : TOOL_DONE;
}

static enum tool_result
build(const struct building *b, struct cache_entry *entry, struct why *why)
{
	enum tool_result result = b->recipe->tar != NULL
				      ? build_tar(b, entry->part, why)
				      : debian_build(b->recipe, b->mode, entry->part, b->region, why);

	if (result == TOOL_DONE)
		result = run_setup(b, entry->part, why);
	if (result == TOOL_DONE && cache_keep(entry, why) < 0)
		result = TOOL_FAILED;
	if (result == TOOL_FAILED)
		why_prefix(why, "cannot build the file system of %s", b->recipe->name);
	return result;
}

static enum tool_result
build_and_tell(const struct building *b, struct cache_entry *entry, struct why *why)
{
	static const char *const ends[] = {
	    [TOOL_DONE] = "done", [TOOL_FAILED] = "failed", [TOOL_INTERRUPTED] = "interrupted"};
	uint64_t began_ns = clock_ns();
	enum tool_result result;

	if (b->progress != NULL) {
		fprintf(b->progress, "building the file system of %s (%s), once … ", b->recipe->name,
		    b->recipe->tar != NULL ? b->recipe->tar : b->recipe->suite);
		fflush(b->progress);
	}
	result = build(b, entry, why);
	if (b->progress != NULL && result == TOOL_DONE)
		fprintf(b->progress, "done in %.0f s\n", (double)(clock_ns() - began_ns) / 1e9);
	else if (b->progress != NULL)
		fprintf(b->progress, "%s\n", ends[result]);
	return result;
}

/* --- for the cache ---------------------------------------------------------------------------- */

static void
tell_wait(void *ctx)
{
	const struct building *b = ctx;

	if (b->progress != NULL)
		fprintf(b->progress, "another run builds the file system of %s: waiting for it\n",
		    b->recipe->name);
}

static int
remove_tree(void *ctx, struct why *why)
{
	(void)why;
	cache_remove_tree(ctx);
	return 0;
}

/* Some of the files may be another's in truth, whom we are only in the namespace. */
static void
remove_part(void *ctx, const char *path)
{
	const struct building *b = ctx;
	struct tool tool = {
	    .name = "the removal", .mode = b->mode, .enter = remove_tree, .ctx = (void *)(uintptr_t)path};

	tool_run(&tool, NULL);
}

static enum rootfs_result
open_entry(struct building *b, struct cache_entry *entry, struct why *why)
{
	const struct cache_hooks hooks = {tell_wait, remove_part, b};
	const char *name = b->recipe->tar != NULL ? name_of_tar(b, why) : name_of_debian(b, why);
	enum tool_result result = TOOL_DONE;

	if (name == NULL)
		return ROOTFS_FAILED;
	if (cache_open(entry, name, &hooks, b->region, why) < 0)
		result = TOOL_FAILED;
	else if (!entry->is_there)
		result = build_and_tell(b, entry, why);
	cache_close(entry);
	return result == TOOL_DONE ? ROOTFS_READY
				   : (result == TOOL_FAILED ? ROOTFS_FAILED : ROOTFS_INTERRUPTED);
}

enum rootfs_result
rootfs_open(const struct rootfs_recipe *recipe, FILE *progress, struct region *r, const char **ret_folder,
    struct why *why)
{
	struct building b = {.recipe = recipe, .progress = progress, .region = r};
	struct cache_entry entry;
	enum rootfs_result result;

	*ret_folder = NULL;
	if (idmap_find(&b.mode, b.ids, why) < 0)
		return ROOTFS_FAILED;
	result = open_entry(&b, &entry, why);
	if (result == ROOTFS_READY)
		*ret_folder = entry.whole;
	return result;
}

static void
never_wait(void *ctx)
{
	(void)ctx;
}

int
rootfs_remove_all(struct region *r, const char **ret_folder, size_t *ret_removed, size_t *ret_busy,
    struct why *why)
{
	struct building b = {.region = r};
	const struct cache_hooks hooks = {never_wait, remove_part, &b};

	*ret_folder = cache_folder(r, why);
	if (*ret_folder == NULL || idmap_find(&b.mode, b.ids, why) < 0)
		return -1;
	return cache_empty(*ret_folder, &hooks, ret_removed, ret_busy, why);
}
