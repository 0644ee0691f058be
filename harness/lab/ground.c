/* SPDX-License-Identifier: Apache-2.0 */
/* ground.c - see ground.h */
#include "harness/lab/ground.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/base/text.h"
#include "harness/lab/mounts.h"

#define LINKS_MAX 32
#define COPY_DEPTH_MAX 32
#define COPY_FILES_MAX 20000
#define OVERFLOW_ID 65534 /* whose owner has no id in our user namespace */

int
ground_init(struct ground *ground, const char *base, const char *uppers, struct why *why)
{
	memset(ground, 0, sizeof(*ground));
	ground->region = region_new();
	ground->base = region_strdup(ground->region, base);
	ground->uppers = region_strdup(ground->region, uppers != NULL ? uppers : base);
	ground->root = region_printf(ground->region, "%s/root", base);
	if (mkdir(ground->root, 0755) < 0)
		return why_errno(why, "cannot make %s", ground->root);
	return 0;
}

void
ground_done(struct ground *ground)
{
	region_free(ground->region);
	memset(ground, 0, sizeof(*ground));
}

/* The innermost piece that `path` lies in, and the rest of it ("" or "/..."). */
static struct piece *
piece_of(struct ground *ground, const char *path, const char **ret_rest)
{
	struct piece *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < ground->n; i++) {
		struct piece *p = &ground->pieces[i];
		size_t len = strlen(p->path);

		if (p->kind == PIECE_FILE || strncmp(path, p->path, len) != 0 ||
		    (path[len] != '/' && path[len] != '\0'))
			continue;
		if (best != NULL && len < best_len)
			continue;
		best = p;
		best_len = len;
	}
	must(best != NULL);
	*ret_rest = path + best_len;
	return best;
}

/* Where a file of the client's `path` is seen now: ours first, then the lower one; NULL when absent. */
static const char *
find(struct ground *ground, const char *path, struct stat *ret)
{
	const char *rest, *at;
	struct piece *p = piece_of(ground, path, &rest);

	at = region_printf(ground->region, "%s%s", p->ground, rest);
	if (lstat(at, ret) == 0)
		return at;
	if (p->kind != PIECE_OVERLAY)
		return NULL;
	at = region_printf(ground->region, "%s%s", p->lower, rest);
	return lstat(at, ret) == 0 ? at : NULL;
}

/* Takes the last component off. */
static void
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* `at` is a link found on the way: what is left to walk becomes its target and `left`. */
static int
follow(const char *at, char *walked, char left[PATH_MAX])
{
	char target[PATH_MAX], joined[PATH_MAX];
	ssize_t len = readlink(at, target, sizeof(target) - 1);

	if (len < 0)
		return -1;
	target[len] = '\0';
	if (snprintf(joined, sizeof(joined), "%s/%s", target, left) >= (int)sizeof(joined)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(left, joined, sizeof(joined));
	if (target[0] == '/')
		walked[0] = '\0';
	else
		go_up(walked);
	return 0;
}

/* One component from `left` to the end of `walked`; 1 while there are more, 0 done, -1 and errno. */
static int
walk(struct ground *ground, char walked[PATH_MAX], char left[PATH_MAX], bool whole)
{
	char name[NAME_MAX + 1];
	size_t skip = strspn(left, "/"), len = strcspn(left + skip, "/");
	struct stat st;
	const char *at;
	bool last;

	if (len == 0)
		return 0;
	if (len >= sizeof(name) || strlen(walked) + len + 2 > PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, left + skip, len);
	name[len] = '\0';
	memmove(left, left + skip + len, strlen(left + skip + len) + 1);
	last = left[strspn(left, "/")] == '\0';
	if (strcmp(name, ".") == 0)
		return 1;
	if (strcmp(name, "..") == 0) {
		go_up(walked);
		return 1;
	}
	strcat(walked, "/");
	strcat(walked, name);
	at = find(ground, walked, &st);
	if (at == NULL || !S_ISLNK(st.st_mode) || (last && !whole))
		return 1;
	return follow(at, walked, left) < 0 ? -1 : 2;
}

const char *
ground_resolve(struct ground *ground, const char *path, bool whole, struct why *why)
{
	char walked[PATH_MAX] = "", left[PATH_MAX];
	unsigned links = 0;
	int more;

	if (path[0] != '/' || strlen(path) >= sizeof(left)) {
		why_set(why, "'%s' is no absolute path", path);
		return NULL;
	}
	memcpy(left, path, strlen(path) + 1);
	while ((more = walk(ground, walked, left, whole)) > 0) {
		if (more < 2 || ++links < LINKS_MAX)
			continue;
		errno = ELOOP;
		more = -1;
		break;
	}
	if (more < 0) {
		why_errno(why, "cannot follow %s in the client's root", path);
		return NULL;
	}
	return region_strdup(ground->region, walked);
}

int
ground_open(struct ground *ground, const char *path)
{
	const char *resolved = ground_resolve(ground, path, true, NULL), *at;
	struct stat st;

	at = resolved != NULL ? find(ground, resolved, &st) : NULL;
	return at != NULL && S_ISREG(st.st_mode) ? open(at, O_RDONLY | O_CLOEXEC) : -1;
}

/* Owner and mode of a lower folder for the one of ours that hides it. What the id map forbids stays ours. */
static void
copy_attributes(const struct stat *from, const char *to)
{
	if (from->st_uid != OVERFLOW_ID && from->st_gid != OVERFLOW_ID &&
	    lchown(to, from->st_uid, from->st_gid) < 0)
		errno = 0;
	if (chmod(to, (from->st_mode & 07777) | 0700) < 0)
		errno = 0;
}

/* `path` is resolved. A folder that is only a lower one gets its twin in the ground. */
static int
ensure_folder(struct ground *ground, const char *path, struct why *why)
{
	const char *rest, *at;
	struct piece *p = piece_of(ground, path, &rest);
	struct stat st;
	char parent[PATH_MAX];

	if (rest[0] == '\0')
		return 0;
	at = region_printf(ground->region, "%s%s", p->ground, rest);
	if (lstat(at, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		return why_set(why, "%s is no folder in the client's root", path);
	}
	snprintf(parent, sizeof(parent), "%s", path);
	go_up(parent);
	if (ensure_folder(ground, parent, why) < 0)
		return -1;
	if (mkdir(at, 0755) < 0)
		return why_errno(why, "cannot make the folder %s of the client's root", path);
	if (p->kind == PIECE_OVERLAY &&
	    lstat(region_printf(ground->region, "%s%s", p->lower, rest), &st) == 0 && S_ISDIR(st.st_mode))
		copy_attributes(&st, at);
	return 0;
}

const char *
ground_place(struct ground *ground, const char *path)
{
	return region_printf(ground->region, "%s%s", ground->root, path);
}

/* Makes the folders of a new piece. */
static int
lay_out(struct ground *ground, struct piece *p, mode_t mode, struct why *why)
{
	struct stat st;

	if (p->kind == PIECE_PLAIN) {
		p->ground = ground_place(ground, p->path);
		mode = 0755;
	} else {
		const char *where = p->kind == PIECE_OVERLAY ? ground->uppers : ground->base;

		p->ground = region_printf(ground->region, "%s/ground%zu", where, ground->n);
		if (mkdir(p->ground, 0755) < 0)
			return why_errno(why, "cannot make %s", p->ground);
	}
	if (p->kind == PIECE_OVERLAY) {
		p->work = region_printf(ground->region, "%s/work%zu", ground->uppers, ground->n);
		if (mkdir(p->work, 0700) < 0)
			return why_errno(why, "cannot make %s", p->work);
	}
	if (p->lower != NULL && stat(p->lower, &st) == 0)
		copy_attributes(&st, p->ground);
	else if (chmod(p->ground, mode) < 0)
		return why_errno(why, "cannot set the mode of %s", p->ground);
	return 0;
}

int
ground_add(struct ground *ground, enum piece_kind kind, const char *path, const char *lower, mode_t mode,
    struct why *why)
{
	struct piece piece = {.kind = kind,
	    .path = region_strdup(ground->region, path),
	    .lower = lower != NULL ? region_strdup(ground->region, lower) : NULL};
	struct piece *added;

	if (ground->n > 0 && ensure_folder(ground, path, why) < 0)
		return -1;
	if (lay_out(ground, &piece, mode, why) < 0)
		return -1;
	added = region_push(ground->region, &ground->pieces, &ground->n, sizeof(piece));
	*added = piece;
	return 0;
}

int
ground_make_folder(struct ground *ground, const char *path, struct why *why)
{
	const char *resolved = ground_resolve(ground, path, true, why);

	return resolved != NULL ? ensure_folder(ground, resolved, why) : -1;
}

/* The name in the ground under which the file `path` is to be made; its parents are there then. */
static const char *
prepare(struct ground *ground, const char *path, struct why *why)
{
	const char *resolved = ground_resolve(ground, path, false, why), *rest;
	char parent[PATH_MAX];
	struct piece *p;

	if (resolved == NULL)
		return NULL;
	snprintf(parent, sizeof(parent), "%s", resolved);
	go_up(parent);
	if (ensure_folder(ground, parent, why) < 0)
		return NULL;
	p = piece_of(ground, resolved, &rest);
	if (rest[0] == '\0') {
		why_set(why, "%s is a folder in the client's root", path);
		return NULL;
	}
	p->used |= !ground->optional;
	for (size_t i = 0; i < ground->n; i++) /* ours is shown instead of the host's */
		if (ground->pieces[i].kind == PIECE_FILE && text_equal(ground->pieces[i].path, resolved))
			ground->pieces[i].lower = NULL;
	rest = region_printf(ground->region, "%s%s", p->ground, rest);
	if (unlink(rest) < 0 && errno != ENOENT) {
		why_errno(why, "cannot replace %s in the client's root", path);
		return NULL;
	}
	return rest;
}

int
ground_show_file(struct ground *ground, const char *path, struct why *why)
{
	struct piece *p;

	if (ground_put(ground, path, "", 0, 0644, why) < 0)
		return -1;
	p = region_push(ground->region, &ground->pieces, &ground->n, sizeof(*p));
	p->kind = PIECE_FILE;
	p->path = p->lower = region_strdup(ground->region, path);
	return 0;
}

static int
create(const char *at, mode_t mode)
{
	int fd = open(at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && fchmod(fd, mode) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
ground_put(
    struct ground *ground, const char *path, const void *data, size_t len, mode_t mode, struct why *why)
{
	const char *at = prepare(ground, path, why), *from = data;
	int fd, result = 0;

	if (at == NULL)
		return -1;
	fd = create(at, mode);
	if (fd < 0)
		return why_errno(why, "cannot make %s in the client's root", path);
	while (len > 0 && result == 0) {
		ssize_t n = write(fd, from, len);

		if (n < 0)
			result = why_errno(why, "cannot write %s in the client's root", path);
		else {
			from += n;
			len -= (size_t)n;
		}
	}
	close(fd);
	return result;
}

int
ground_put_fd(struct ground *ground, const char *path, int from, mode_t mode, struct why *why)
{
	const char *at = prepare(ground, path, why);
	struct stat st;
	ssize_t n;
	int fd;

	if (at == NULL)
		return -1;
	fd = create(at, mode);
	if (fd < 0)
		return why_errno(why, "cannot make %s in the client's root", path);
	do
		n = sendfile(fd, from, NULL, 1 << 24);
	while (n > 0);
	if (n == 0 && fstat(from, &st) == 0) {
		struct timespec times[2] = {st.st_atim, st.st_mtim};

		futimens(fd, times); /* some programs distrust a file that is one second old */
	}
	if (n < 0)
		why_errno(why, "cannot copy to %s in the client's root", path);
	close(fd);
	return n < 0 ? -1 : 0;
}

int
ground_put_link(struct ground *ground, const char *path, const char *target, struct why *why)
{
	const char *at = prepare(ground, path, why);

	if (at == NULL)
		return -1;
	return symlink(target, at) < 0 ? why_errno(why, "cannot make the link %s in the client's root", path)
				       : 0;
}

/* --- copying a folder ------------------------------------------------------------------- */

struct copy {
	struct ground *ground;
	unsigned depth, files;
};

static int copy_entries(struct copy *copy, int from, const char *path, struct why *why);

static int
copy_entry(struct copy *copy, int folder, const char *name, const char *path, struct why *why)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t len;
	int fd, result;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return why_errno(why, "cannot look at %s", name);
	if (S_ISLNK(st.st_mode)) {
		len = readlinkat(folder, name, target, sizeof(target) - 1);
		if (len < 0)
			return why_errno(why, "cannot read the link %s", name);
		target[len] = '\0';
		return ground_put_link(copy->ground, path, target, why);
	}
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return 0;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return why_errno(why, "cannot read %s", name);
	if (S_ISREG(st.st_mode))
		result = ground_put_fd(copy->ground, path, fd, st.st_mode & 0777, why);
	else
		result = copy_entries(copy, fd, path, why);
	close(fd);
	return result;
}

static int
copy_entries(struct copy *copy, int from, const char *path, struct why *why)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (dir == NULL)
		return why_errno(why, "cannot read the folder for %s", path);
	if (++copy->depth > COPY_DEPTH_MAX)
		result = why_set(why, "the folder for %s is nested too deep", path);
	if (result == 0)
		result = ground_make_folder(copy->ground, path, why);
	while (result == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++copy->files > COPY_FILES_MAX)
			result =
			    why_set(why, "the folder for %s holds more than %d files", path, COPY_FILES_MAX);
		else
			result = copy_entry(copy, from, entry->d_name,
			    region_printf(copy->ground->region, "%s/%s", path, entry->d_name), why);
	}
	copy->depth--;
	closedir(dir);
	return result;
}

int
ground_copy_folder(struct ground *ground, int from, const char *path, struct why *why)
{
	struct copy copy = {.ground = ground};

	return copy_entries(&copy, from, path, why);
}

/* --- mounting --------------------------------------------------------------------------- */

static int
mount_piece(struct ground *ground, const struct piece *p, struct why *why)
{
	const char *at = ground_place(ground, p->path);

	if (p->kind == PIECE_FRESH)
		return mounts_bind(p->ground, at, false, why);
	if (p->kind == PIECE_FILE) {
		if (p->lower == NULL)
			return 0;
		/* One that we may not even bind stays an empty file. */
		mounts_bind(p->lower, at, true, NULL);
		return 0;
	}
	if (p->kind == PIECE_PLAIN)
		return p->path[0] == '\0' ? mounts_bind(p->ground, at, false, why) : 0;
	if (mounts_overlay(p->lower, p->ground, p->work, at, why) == 0)
		return 0;
	/*
	 * A file system that cannot lie below an overlay. What programs need is shown read-only;
	 * elsewhere might be sockets of the host, so the rest stays empty.
	 */
	if (!p->used &&
	    (text_equal(p->path, "/usr") || text_equal(p->path, "/opt") || text_equal(p->path, "/nix") ||
		strncmp(p->path, "/usr/", 5) == 0 || strncmp(p->path, "/lib", 4) == 0 ||
		text_equal(p->path, "/bin") || text_equal(p->path, "/sbin")))
		return mounts_bind(p->lower, at, true, why);
	return p->used || p->path[0] == '\0' ? -1 : mounts_bind(p->ground, at, false, why);
}

int
ground_mount(struct ground *ground, struct why *why)
{
	for (int fresh = 0; fresh < 2; fresh++) /* what is fresh may lie on an overlay, so it comes last */
		for (size_t i = 0; i < ground->n; i++)
			if ((ground->pieces[i].kind == PIECE_FRESH) == fresh &&
			    mount_piece(ground, &ground->pieces[i], why) < 0)
				return -1;
	return 0;
}
