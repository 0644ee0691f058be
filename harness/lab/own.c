/* SPDX-License-Identifier: Apache-2.0 */
/* own.c - see own.h */
#include "harness/lab/own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32
#define ENTRIES_MAX 20000

/* What stands between two paths that grow and shrink together. */
struct copying {
	char from[PATH_MAX], to[PATH_MAX];
	unsigned depth, entries;
};

static int copy_any(struct copying *c, struct why *why);

/* Adds "/NAME" to both, or with NULL cuts them back to these lengths. */
static bool
extend(struct copying *c, size_t from_len, size_t to_len, const char *name)
{
	c->from[from_len] = c->to[to_len] = '\0';
	if (name == NULL)
		return true;
	return snprintf(c->from + from_len, sizeof(c->from) - from_len, "/%s", name) <
		   (int)(sizeof(c->from) - from_len) &&
	       snprintf(c->to + to_len, sizeof(c->to) - to_len, "/%s", name) < (int)(sizeof(c->to) - to_len);
}

static int
copy_entries(struct copying *c, struct why *why)
{
	size_t from_len = strlen(c->from), to_len = strlen(c->to);
	DIR *dir = opendir(c->from);
	struct dirent *entry;
	int result = 0;

	if (dir == NULL)
		return why_errno(why, "cannot read %s in the client's machine", c->from);
	if (++c->depth > DEPTH_MAX)
		result = why_set(why, "%s is nested too deep to be copied", c->from);
	while (result == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++c->entries > ENTRIES_MAX || !extend(c, from_len, to_len, entry->d_name))
			result = why_set(why, "%.*s holds too much to be copied", (int)from_len, c->from);
		else
			result = copy_any(c, why);
		extend(c, from_len, to_len, NULL);
	}
	c->depth--;
	closedir(dir);
	return result;
}

static int
copy_bytes(int from, int to)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, 1 << 20);
	while (n > 0);
	return (int)n;
}

static int
copy_file(const struct copying *c, struct why *why)
{
	int from = open(c->from, O_RDONLY | O_CLOEXEC);
	int to = open(c->to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int result = 0;

	if (from < 0 || to < 0 || copy_bytes(from, to) < 0)
		result = why_errno(why, "cannot copy %s to %s in the client's machine", c->from, c->to);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return result;
}

static int
copy_link(const struct copying *c, struct why *why)
{
	char target[PATH_MAX];
	ssize_t len = readlink(c->from, target, sizeof(target) - 1);

	if (len >= 0)
		target[len] = '\0';
	if (len < 0 || symlink(target, c->to) < 0)
		return why_errno(
		    why, "cannot copy the link %s to %s in the client's machine", c->from, c->to);
	return 0;
}

/* Owner first: to give a file away takes its set*id bits. Where there is one id only, all is ours anyway. */
static void
copy_attributes(const struct copying *c, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (lchown(c->to, st->st_uid, st->st_gid) < 0)
		errno = 0;
	if (!S_ISLNK(st->st_mode) && chmod(c->to, st->st_mode & 07777) < 0)
		errno = 0;
	utimensat(AT_FDCWD, c->to, times, AT_SYMLINK_NOFOLLOW);
}

static int
copy_any(struct copying *c, struct why *why)
{
	struct stat st;
	int result = 0;

	if (lstat(c->from, &st) < 0)
		return why_errno(why, "cannot look at %s in the client's machine", c->from);
	if (S_ISDIR(st.st_mode))
		result = mkdir(c->to, 0700) < 0 && errno != EEXIST
			     ? why_errno(why, "cannot make %s in the client's machine", c->to)
			     : copy_entries(c, why);
	else if (S_ISREG(st.st_mode))
		result = copy_file(c, why);
	else if (S_ISLNK(st.st_mode))
		result = copy_link(c, why);
	else if (S_ISFIFO(st.st_mode))
		result = mkfifo(c->to, 0600) < 0
			     ? why_errno(why, "cannot make %s in the client's machine", c->to)
			     : 0;
	else
		return 0;
	if (result == 0)
		copy_attributes(c, &st);
	return result;
}

/* Every folder on the way to `path`, and with `itself` that one, too. */
static int
make_folders(const char *path, bool itself, struct why *why)
{
	char at[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(at))
		return why_set(why, "the path %s is too long", path);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && (path[i] != '\0' || !itself))
			continue;
		memcpy(at, path, i);
		at[i] = '\0';
		if (mkdir(at, 0755) < 0 && errno != EEXIST)
			return why_errno(why, "cannot make %s in the client's machine", at);
	}
	return 0;
}

static int
make_one(const char *base, const char *path, struct why *why)
{
	struct copying c = {.depth = 0};
	struct stat st;

	if (stat(path, &st) < 0 && make_folders(path, true, why) < 0)
		return -1;
	if (realpath(path, c.from) == NULL)
		return why_errno(why, "cannot look at %s in the client's machine", path);
	if (snprintf(c.to, sizeof(c.to), "%s%s", base, path) >= (int)sizeof(c.to))
		return why_set(why, "the path %s is too long", path);
	return make_folders(c.to, false, why) < 0 ? -1 : copy_any(&c, why);
}

int
own_make(const char *base, char *const *paths, struct why *why)
{
	if (make_folders(base, true, why) < 0)
		return -1;
	for (; *paths != NULL; paths++)
		if (make_one(base, *paths, why) < 0)
			return -1;
	return 0;
}

int
own_enter(const struct own_pair *pairs, size_t n)
{
	if (n > 0 && unshare(CLONE_NEWNS) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (mount(pairs[i].from, pairs[i].to, NULL, MS_BIND, NULL) < 0)
			return -1;
	return 0;
}
