/* SPDX-License-Identifier: Apache-2.0 */
/* cache.c - see cache.h */
#include "harness/rootfs/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/text.h"

#define DESCRIPTORS 32

/* Each folder of the path; what is there already is fine. */
static int
make_folders(char *path, struct why *why)
{
	for (char *at = path + 1;; at++) {
		char c = *at;

		if (c != '/' && c != '\0')
			continue;
		*at = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return why_errno(why,
			    "cannot make the folder %s, where file systems of clients are kept "
			    "(XDG_CACHE_HOME sets another)",
			    path);
		*at = c;
		if (c == '\0')
			return 0;
	}
}

const char *
cache_folder(struct region *r, struct why *why)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *folder;

	if (cache != NULL && cache[0] == '/')
		folder = region_printf(r, "%s/mitmx/roots", cache);
	else if (home != NULL && home[0] == '/')
		folder = region_printf(r, "%s/.cache/mitmx/roots", home);
	else {
		why_set(why, "neither XDG_CACHE_HOME nor HOME says where file systems of clients are kept");
		return NULL;
	}
	if (make_folders(folder, why) < 0)
		return NULL;
	if (access(folder, W_OK | X_OK) == 0)
		return folder;
	why_errno(why,
	    "cannot write to %s, where file systems of clients are kept (XDG_CACHE_HOME sets another)",
	    folder);
	return NULL;
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	remove(path); /* what stays is told by the rename that fails */
	return 0;
}

void
cache_remove_tree(const char *path)
{
	nftw(path, remove_entry, DESCRIPTORS, FTW_PHYS | FTW_DEPTH | FTW_MOUNT);
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* 0 when there is no part any more. */
static int
remove_part(const struct cache_entry *entry, struct why *why)
{
	if (is_there(entry->part))
		entry->hooks->remove(entry->hooks->ctx, entry->part);
	return !is_there(entry->part)
		   ? 0
		   : why_set(why, "cannot remove %s, which was not built to the end", entry->part);
}

/* A lock that was removed with its entry while we waited for it locks nothing. */
static bool
is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

static int
lock(struct cache_entry *entry, const char *path, struct why *why)
{
	entry->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (entry->lock_fd < 0)
		return why_errno(why, "cannot make %s", path);
	if (flock(entry->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			entry->hooks->wait(entry->hooks->ctx);
		while (flock(entry->lock_fd, LOCK_EX) < 0)
			if (errno != EINTR)
				return why_errno(why, "cannot lock %s", path);
	}
	if (!is_removed(entry->lock_fd))
		return 0;
	close(entry->lock_fd);
	return lock(entry, path, why);
}

int
cache_open(struct cache_entry *ret, const char *name, const struct cache_hooks *hooks, struct region *r,
    struct why *why)
{
	const char *folder = cache_folder(r, why);

	*ret = (struct cache_entry){.lock_fd = -1, .hooks = hooks};
	if (folder == NULL)
		return -1;
	ret->whole = region_printf(r, "%s/%s", folder, name);
	ret->part = region_printf(r, "%s/%s.part", folder, name);
	ret->is_there = is_there(ret->whole);
	if (ret->is_there)
		return 0;
	if (lock(ret, region_printf(r, "%s/%s.lock", folder, name), why) < 0)
		return -1;
	ret->is_there = is_there(ret->whole);
	return ret->is_there ? 0 : remove_part(ret, why); /* of one that was killed */
}

/* Else the new name could outlive a power cut, and what is in the files not. */
static int
bring_to_disk(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status = 0;

	if (fd < 0 || syncfs(fd) < 0)
		status = why_errno(why, "cannot bring %s to disk", path);
	if (fd >= 0)
		close(fd);
	return status;
}

int
cache_keep(struct cache_entry *entry, struct why *why)
{
	if (bring_to_disk(entry->part, why) < 0)
		return -1;
	if (rename(entry->part, entry->whole) < 0)
		return why_errno(why, "cannot put %s in its place", entry->whole);
	entry->is_there = true;
	return 0;
}

void
cache_close(struct cache_entry *entry)
{
	if (entry->lock_fd < 0)
		return;
	if (!entry->is_there)
		remove_part(entry, NULL); /* what stays is told by the next one */
	close(entry->lock_fd);
	entry->lock_fd = -1;
}

/* --- all of them ------------------------------------------------------------------------------ */

#define LOCK ".lock"
#define PART ".part"

/* Without this ending; NULL when it has another. */
static const char *
without(struct region *r, const char *name, const char *ending)
{
	size_t len = strlen(name), more = strlen(ending);

	return len > more && strcmp(name + len - more, ending) == 0 ? region_strndup(r, name, len - more)
								    : NULL;
}

/* Whole, it first gets the name of a part: nobody begins to use what is half removed. */
static int
remove_whole(const char *whole, const char *part, const struct cache_hooks *hooks, struct why *why)
{
	if (is_there(part))
		hooks->remove(hooks->ctx, part);
	if (is_there(whole) && rename(whole, part) < 0)
		return why_errno(why, "cannot remove %s", whole);
	if (is_there(part))
		hooks->remove(hooks->ctx, part);
	return is_there(part) ? why_set(why, "cannot remove %s", part) : 0;
}

/* 1 when it is gone, 0 when somebody makes it now, -1 and why. */
static int
remove_named(
    struct region *r, const char *folder, const char *name, const struct cache_hooks *hooks, struct why *why)
{
	const char *whole = region_printf(r, "%s/%s", folder, name);
	const char *lock_path = region_printf(r, "%s" LOCK, whole);
	int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644), result;

	if (fd < 0)
		return why_errno(why, "cannot open %s", lock_path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		result = errno == EWOULDBLOCK ? 0 : why_errno(why, "cannot lock %s", lock_path);
	else
		result = remove_whole(whole, region_printf(r, "%s" PART, whole), hooks, why) < 0 ? -1 : 1;
	if (result > 0)
		unlink(lock_path);
	close(fd);
	return result;
}

/* The entry that a file of the folder belongs to. */
static const char *
entry_of(struct region *r, const char *file)
{
	const char *name = without(r, file, LOCK);

	if (name == NULL)
		name = without(r, file, PART);
	return name != NULL ? name : region_strdup(r, file);
}

static void
add_name(struct region *r, const char ***names, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (text_equal((*names)[i], name))
			return;
	*(const char **)region_push(r, names, n, sizeof(**names)) = name;
}

int
cache_empty(const char *folder, const struct cache_hooks *hooks, size_t *ret_removed, size_t *ret_busy,
    struct why *why)
{
	struct region *r = region_new();
	const char **names = NULL;
	size_t n = 0;
	DIR *dir = opendir(folder);
	int result = 0;

	*ret_removed = *ret_busy = 0;
	for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.')
			add_name(r, &names, &n, entry_of(r, e->d_name));
	if (dir != NULL)
		closedir(dir);
	for (size_t i = 0; i < n && result >= 0; i++) {
		bool was_there = is_there(region_printf(r, "%s/%s", folder, names[i])) ||
				 is_there(region_printf(r, "%s/%s" PART, folder, names[i]));

		result = remove_named(r, folder, names[i], hooks, why);
		*ret_removed += was_there && result > 0;
		*ret_busy += was_there && result == 0;
	}
	rmdir(folder); /* fails where something is left */
	region_free(r);
	return result < 0 ? -1 : 0;
}

unsigned long
cache_hash(unsigned long hash, const void *data, size_t len)
{
	const unsigned char *at = data;

	if (hash == 0)
		hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 0x100000001b3;
	return hash;
}
