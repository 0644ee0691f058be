/* SPDX-License-Identifier: Apache-2.0 */
/* survey.c - see survey.h */
#include "harness/lab/survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/text.h"

#define DEPTH_MAX 12
#define COPY_MAX 65536 /* bytes; a larger file of a plain folder is bound read-only */
#define ENTRIES_MAX 20000

struct survey {
	struct ground *ground;
	const struct mounts_list *mounts;
	unsigned depth, entries;
};

bool
survey_is_fresh(const char *path)
{
	static const char *const fresh[] = {"/dev", "/proc", "/run", "/sys", "/tmp"};

	for (size_t i = 0; i < sizeof(fresh) / sizeof(fresh[0]); i++)
		if (text_equal(path, fresh[i]))
			return true;
	return false;
}

static int add_plain(struct survey *survey, const char *path, struct why *why);

static int
add_folder(struct survey *survey, const char *path, struct why *why)
{
	if (mounts_list_odd(survey->mounts, path))
		return ground_make_folder(survey->ground, path, why);
	if (access(path, R_OK | X_OK) < 0) /* an overlay of it could be neither listed nor written to */
		return ground_add(survey->ground, PIECE_FRESH, path, NULL, 0700, why);
	if (!mounts_list_below(survey->mounts, path))
		return ground_add(survey->ground, PIECE_OVERLAY, path, path, 0, why);
	return survey->depth < DEPTH_MAX ? add_plain(survey, path, why) : 0;
}

static int
add_link(struct survey *survey, const char *path, struct why *why)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return 0;
	target[len] = '\0';
	return ground_put_link(survey->ground, path, target, why);
}

/* What we may not read is left out: the client could not read it either. */
static int
add_file(struct survey *survey, const char *path, const struct stat *st, struct why *why)
{
	int fd, result;

	if (st->st_size > COPY_MAX)
		return ground_show_file(survey->ground, path, why);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	result = ground_put_fd(survey->ground, path, fd, st->st_mode & 07777, why);
	if (result == 0 && st->st_uid != 65534 && st->st_gid != 65534) {
		const char *copy = ground_place(survey->ground, path);

		/* The owner goes first: a change of it takes the setuid bits off. */
		if (lchown(copy, st->st_uid, st->st_gid) == 0 && chmod(copy, st->st_mode & 07777) < 0)
			errno = 0;
	}
	close(fd);
	return result;
}

static int
add_entry(struct survey *survey, const char *path, struct why *why)
{
	struct stat st;

	if (survey_is_fresh(path) || lstat(path, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return add_folder(survey, path, why);
	if (S_ISLNK(st.st_mode))
		return add_link(survey, path, why);
	return S_ISREG(st.st_mode) ? add_file(survey, path, &st, why) : 0;
}

/* `path` without the slash of the root: "" or "/etc". */
static int
add_plain(struct survey *survey, const char *path, struct why *why)
{
	struct dirent *entry;
	int result = ground_add(survey->ground, PIECE_PLAIN, path, path[0] != '\0' ? path : "/", 0, why);
	DIR *dir = result == 0 ? opendir(path[0] != '\0' ? path : "/") : NULL;

	if (dir == NULL)
		return result; /* a folder that we may not list stays empty */
	survey->depth++;
	while (result == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++survey->entries > ENTRIES_MAX)
			result =
			    why_set(why, "%s holds more than %d entries beside mounts", path, ENTRIES_MAX);
		else
			result = add_entry(
			    survey, region_printf(survey->ground->region, "%s/%s", path, entry->d_name), why);
	}
	survey->depth--;
	closedir(dir);
	return result;
}

/*
 * Where programs make files. Whose owner has no id in our namespace could not be copied up by the overlay
 * (EOVERFLOW), but a twin in the upper is ours.
 */
static int
own_folders(struct ground *ground, struct why *why)
{
	static const char *const paths[] = {"/var/tmp", "/var/lib", "/var/log", "/var/cache", "/var/spool",
	    "/var/mail", "/etc/ssl", "/usr/local"};
	struct stat st;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode) &&
		    ground_make_folder(ground, paths[i], why) < 0)
			return -1;
	return 0;
}

int
survey_host(struct ground *ground, const struct mounts_list *mounts, struct why *why)
{
	struct survey survey = {.ground = ground, .mounts = mounts};

	return add_plain(&survey, "", why) < 0 ? -1 : own_folders(ground, why);
}
