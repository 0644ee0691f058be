/* SPDX-License-Identifier: Apache-2.0 */
/* test_rootfs.c - the cache is whole or not at all; a tool that fails is heard; a tar becomes a root, once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/must.h"
#include "harness/base/text.h"
#include "harness/rootfs/cache.h"
#include "harness/rootfs/rootfs.h"
#include "harness/rootfs/tool.h"

static char folder[] = "/tmp/mitmx-roots-XXXXXX";
static struct region *region;

static const char *
in(const char *name)
{
	return region_printf(region, "%s/%s", folder, name);
}

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
not_expected(void *ctx)
{
	(void)ctx;
	fail_msg("nobody holds this lock");
}

static void
open_entry(struct cache_entry *entry, const char *name)
{
	struct why why;

	if (cache_open(entry, name, not_expected, NULL, region, &why) < 0)
		fail_msg("%s", why.text);
}

static void
what_is_kept_is_there(void **state)
{
	struct cache_entry entry;
	struct why why;

	(void)state;
	open_entry(&entry, "kept");
	assert_false(entry.is_there);
	assert_int_equal(mkdir(entry.part, 0755), 0);
	assert_int_equal(cache_keep(&entry, &why), 0);
	cache_close(&entry);
	open_entry(&entry, "kept");
	assert_true(entry.is_there && there(entry.whole) && !there(entry.part));
	cache_close(&entry);
}

static void
what_is_not_kept_is_gone(void **state)
{
	struct cache_entry entry;

	(void)state;
	open_entry(&entry, "lost");
	assert_int_equal(mkdir(entry.part, 0755), 0);
	put(region_printf(region, "%s/file", entry.part), "x");
	cache_close(&entry);
	assert_false(there(entry.part) || there(entry.whole));
}

static void
what_a_killed_run_left_is_gone(void **state)
{
	struct cache_entry entry;

	(void)state;
	open_entry(&entry, "killed");
	assert_int_equal(mkdir(entry.part, 0755), 0);
	close(entry.lock_fd); /* as the kernel does */
	open_entry(&entry, "killed");
	assert_false(there(entry.part));
	cache_close(&entry);
}

/* The other process tells that it waits; only then is the entry made. */
static void
tell_wait(void *ctx)
{
	must(write(*(int *)ctx, "w", 1) == 1);
}

static void
two_runs_make_it_once(void **state)
{
	struct cache_entry entry;
	struct why why;
	int ends[2], status;
	char said;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	open_entry(&entry, "shared");
	pid = fork();
	if (pid == 0) {
		struct cache_entry other;

		close(entry.lock_fd); /* another run would not have it */
		if (cache_open(&other, "shared", tell_wait, &ends[1], region, &why) < 0)
			_exit(2);
		_exit(other.is_there ? 0 : 1);
	}
	assert_int_equal(read(ends[0], &said, 1), 1);
	assert_int_equal(mkdir(entry.part, 0755), 0);
	assert_int_equal(cache_keep(&entry, &why), 0);
	cache_close(&entry);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	close(ends[0]);
	close(ends[1]);
}

static const struct row {
	const char *name, *script, *says;
} rows[] = {
    {"a tool that does its work says nothing", "echo noise; exit 0", NULL},
    {"a tool that fails is heard", "echo early; echo late >&2; exit 3", "early\nlate"},
    {"a tool that dies is heard", "echo words; kill -9 $$", "words"},
    {"of much only the end is told", "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i + 1)); done; exit 1",
	"line 498\nline 499"},
};

static void
run_row(void **state)
{
	const struct row *row = *state;
	const char *argv[] = {"sh", "-c", row->script, NULL};
	struct tool tool = {.argv = argv};
	struct why why = {""};
	int status;

	if (geteuid() != 0)
		skip(); /* a mount namespace is needed */
	status = tool_run(&tool, &why);
	assert_int_equal(status, row->says == NULL ? 0 : -1);
	if (row->says != NULL && strstr(why.text, row->says) == NULL)
		fail_msg("got:  %s\nwant: %s", why.text, row->says);
}

static void
a_tar_becomes_a_root_once(void **state)
{
	struct rootfs_recipe recipe = {.name = "test", .tar = in("t.tar")};
	const char *root, *again;
	struct why why;

	(void)state;
	if (geteuid() != 0)
		skip();
	mkdir(in("tree"), 0755);
	put(in("tree/hello"), "x");
	must(system(region_printf(region, "tar -C %s -cf %s .", in("tree"), recipe.tar)) == 0);
	root = rootfs_open(&recipe, NULL, region, &why);
	if (root == NULL)
		fail_msg("%s", why.text);
	assert_true(there(region_printf(region, "%s/hello", root)));
	again = rootfs_open(&recipe, NULL, region, &why);
	assert_string_equal(again, root);
}

static void
a_broken_tar_leaves_nothing(void **state)
{
	struct rootfs_recipe recipe = {.name = "test", .tar = in("broken.tar")};
	struct why why;

	(void)state;
	if (geteuid() != 0)
		skip();
	put(recipe.tar, "no tar at all, but long enough to be looked at by whoever expects one");
	assert_null(rootfs_open(&recipe, NULL, region, &why));
	assert_non_null(strstr(why.text, "tar"));
	assert_int_equal(system(region_printf(region, "! ls %s/mitmx/roots | grep -q part", folder)), 0);
}

int
main(void)
{
	struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0]) + 6];
	size_t n = 0;
	int failed;

	must(mkdtemp(folder) != NULL);
	setenv("XDG_CACHE_HOME", folder, 1);
	region = region_new();
	for (; n < sizeof(rows) / sizeof(rows[0]); n++)
		tests[n] =
		    (struct CMUnitTest){rows[n].name, run_row, NULL, NULL, (void *)(uintptr_t)&rows[n]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_kept_is_there);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_not_kept_is_gone);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_a_killed_run_left_is_gone);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(two_runs_make_it_once);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_tar_becomes_a_root_once);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_broken_tar_leaves_nothing);
	failed = _cmocka_run_group_tests("rootfs", tests, n, NULL, NULL);
	must(system(region_printf(region, "rm -rf %s", folder)) == 0);
	region_free(region);
	return failed;
}
