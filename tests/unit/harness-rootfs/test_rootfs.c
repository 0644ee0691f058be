/* SPDX-License-Identifier: Apache-2.0 */
/* test_rootfs.c - the cache is whole or not at all; a tool that fails is heard; a tar becomes a root, once.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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
#include "harness/base/region.h"
#include "harness/lab/idmap.h"
#include "harness/rootfs/cache.h"
#include "harness/rootfs/rootfs.h"
#include "harness/rootfs/setup.h"
#include "harness/rootfs/tool.h"
#include "tests/unit/need.h"

static char folder[] = "/tmp/mitmx-roots-XXXXXX";
static struct region *region;
static enum lab_mode mode;
static bool has_namespaces;

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
remove_all(void *ctx, const char *path)
{
	(void)ctx;
	cache_remove_tree(path);
}

static void
remove_nothing(void *ctx, const char *path)
{
	(void)ctx;
	(void)path;
}

static const struct cache_hooks alone = {not_expected, remove_all, NULL};

static void
open_entry(struct cache_entry *entry, const char *name)
{
	struct why why;

	if (cache_open(entry, name, &alone, region, &why) < 0)
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

static void
what_cannot_be_removed_is_not_built_upon(void **state)
{
	const struct cache_hooks helpless = {not_expected, remove_nothing, NULL};
	struct cache_entry entry;
	struct why why = {""};

	(void)state;
	open_entry(&entry, "stuck");
	assert_int_equal(mkdir(entry.part, 0755), 0);
	close(entry.lock_fd);
	assert_int_equal(cache_open(&entry, "stuck", &helpless, region, &why), -1);
	assert_non_null(strstr(why.text, "stuck.part, which was not built to the end"));
	entry.hooks = &alone;
	cache_close(&entry);
	assert_false(there(entry.part));
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
		const struct cache_hooks waits = {tell_wait, remove_all, &ends[1]};
		struct cache_entry other;

		close(entry.lock_fd); /* another run would not have it */
		if (cache_open(&other, "shared", &waits, region, &why) < 0)
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
	struct tool tool = {.name = "sh", .argv = argv, .mode = mode};
	struct why why = {""};

	need(has_namespaces, "no user namespace here");
	assert_int_equal(tool_run(&tool, &why), row->says == NULL ? TOOL_DONE : TOOL_FAILED);
	if (row->says != NULL && strstr(why.text, row->says) == NULL)
		fail_msg("got:  %s\nwant: %s", why.text, row->says);
}

static const struct end {
	const char *name;
	int signal, status;
} stops[] = {
    {"a run that is told to end ends its tool", SIGTERM, W_EXITCODE(TOOL_INTERRUPTED, 0)},
    {"a run that is interrupted ends its tool", SIGINT, W_EXITCODE(TOOL_INTERRUPTED, 0)},
    {"the tool of a run that is killed ends too", SIGKILL, W_EXITCODE(0, SIGKILL)},
};

/* Whoever is left of the tool holds the FIFO open. */
static void
run_stop(void **state)
{
	const struct end *row = *state;
	const char *fifo = in("fifo"), *script = "exec 3> \"$0\"; echo >&3; setsid sleep 1000 & wait",
		   *argv[] = {"sh", "-c", script, fifo, NULL};
	struct tool tool = {.name = "sh", .argv = argv, .mode = mode};
	int fd, status;
	char byte;
	pid_t pid;

	need(has_namespaces, "no user namespace here");
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	pid = fork();
	if (pid == 0)
		_exit(tool_run(&tool, NULL));
	fd = open(fifo, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(kill(pid, row->signal), 0);
	assert_int_equal(read(fd, &byte, 1), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, row->status);
	close(fd);
}

/* A root of the host's own programs; /etc/ld.so.preload names none, and must come through. */
static const char *
make_small_root(void)
{
	const char *tree = in("small");

	mkdir(tree, 0755);
	must(system(region_printf(region,
		 "cd %s && for f in sh chown id cat ls; do f=$(command -v $f); "
		 "cp -L --parents $f $(ldd $f | grep -o '/[^ ]*') .; done && "
		 "mkdir -p bin dev proc etc && cp -L $(command -v sh) bin/ && "
		 "echo '# kept' > etc/ld.so.preload && echo x > file && tar -cf ../small.tar .",
		 tree)) == 0);
	return in("small.tar");
}

static void
a_set_up_may_change_owners(void **state)
{
	struct rootfs_recipe recipe = {.name = "test", .setup = in("setup.sh")};
	const char *root;
	char line[16];
	struct why why;
	FILE *list;

	(void)state;
	need(has_namespaces, "no user namespace here");
	recipe.tar = make_small_root();
	put(recipe.setup, "chown 7:7 /file\nid -u > /uid\n");
	if (rootfs_open(&recipe, NULL, region, &root, &why) != ROOTFS_READY)
		fail_msg("%s", why.text);
	list = fopen(region_printf(region, "%s/etc/ld.so.preload", root), "re");
	assert_non_null(list);
	assert_non_null(fgets(line, sizeof(line), list));
	fclose(list);
	assert_string_equal(line, "# kept\n");
	assert_false(there(region_printf(region, "%s/usr/lib/mitmx", root)));
	assert_false(there(region_printf(region, "%s" SETUP_INSIDE, root)));
}

static void
a_tar_becomes_a_root_once(void **state)
{
	struct rootfs_recipe recipe = {.name = "test", .tar = in("t.tar")};
	const char *root, *again;
	struct why why;

	(void)state;
	need(has_namespaces, "no user namespace here");
	mkdir(in("tree"), 0755);
	put(in("tree/hello"), "x");
	must(system(region_printf(region, "tar -C %s -cf %s .", in("tree"), recipe.tar)) == 0);
	if (rootfs_open(&recipe, NULL, region, &root, &why) != ROOTFS_READY)
		fail_msg("%s", why.text);
	assert_true(there(region_printf(region, "%s/hello", root)));
	assert_int_equal(rootfs_open(&recipe, NULL, region, &again, &why), ROOTFS_READY);
	assert_string_equal(again, root);
}

static void
a_broken_tar_leaves_nothing(void **state)
{
	struct rootfs_recipe recipe = {.name = "test", .tar = in("broken.tar")};
	const char *root;
	struct why why;

	(void)state;
	need(has_namespaces, "no user namespace here");
	put(recipe.tar, "no tar at all, but long enough to be looked at by whoever expects one");
	assert_int_equal(rootfs_open(&recipe, NULL, region, &root, &why), ROOTFS_FAILED);
	assert_non_null(strstr(why.text, "tar"));
	assert_int_equal(system(region_printf(region, "! ls %s/mitmx/roots | grep -q part", folder)), 0);
}

#define N(array) (sizeof(array) / sizeof((array)[0]))

int
main(void)
{
	struct CMUnitTest tests[N(rows) + N(stops) + 8];
	char ids[IDMAP_TEXT_MAX];
	struct why why;
	size_t n = 0;
	int failed;

	has_namespaces = idmap_find(&mode, ids, &why) == 0;
	must(mkdtemp(folder) != NULL);
	setenv("XDG_CACHE_HOME", folder, 1);
	region = region_new();
	for (size_t i = 0; i < N(rows); i++)
		tests[n++] =
		    (struct CMUnitTest){rows[i].name, run_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
	for (size_t i = 0; i < N(stops); i++)
		tests[n++] =
		    (struct CMUnitTest){stops[i].name, run_stop, NULL, NULL, (void *)(uintptr_t)&stops[i]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_kept_is_there);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_not_kept_is_gone);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_a_killed_run_left_is_gone);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_cannot_be_removed_is_not_built_upon);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(two_runs_make_it_once);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_tar_becomes_a_root_once);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_broken_tar_leaves_nothing);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_set_up_may_change_owners);
	must(n == N(tests));
	failed = _cmocka_run_group_tests("rootfs", tests, n, NULL, NULL);
	must(system(region_printf(region, "rm -rf %s", folder)) == 0);
	region_free(region);
	return failed;
}
