/* SPDX-License-Identifier: Apache-2.0 */
/* run_folder.c - see run_folder.h */
#include "harness/record/run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/text.h"

#define PARENT "mitmx-runs"
#define TRIES 1000

int
run_folder_path(const struct run_folder *f, const char *name, char ret[PATH_MAX], struct why *why)
{
	if (snprintf(ret, PATH_MAX, "%s/%s", f->path, name) >= PATH_MAX)
		return why_set(why, "%s: the path is too long", f->path);
	return 0;
}

/* mkdir -p; what exists is fine. */
static int
make_folders(const char *path, struct why *why)
{
	char part[PATH_MAX];
	struct stat st;

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return why_set(why, "%s: the path is too long", path);
	for (char *at = part + 1;; at++) {
		char c = *at;

		if (c != '/' && c != '\0')
			continue;
		*at = '\0';
		if (mkdir(part, 0777) < 0 && errno != EEXIST)
			return why_errno(why, "folder %s cannot be made", part);
		*at = c;
		if (c == '\0')
			break;
	}
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return why_set(why, "%s is no folder", path);
	return 0;
}

/* A client may be a path or a command: what is no letter or digit becomes '-'. */
static void
plain_word(char *out, size_t size, const char *word)
{
	size_t n = 0;

	for (; *word != '\0' && n + 1 < size && n < 64; word++) {
		bool fits = text_is_alnum(*word) || (n > 0 && (*word == '.' || *word == '_'));

		if (fits || (n > 0 && out[n - 1] != '-'))
			out[n++] = fits ? *word : '-';
	}
	while (n > 0 && (out[n - 1] == '-' || out[n - 1] == '.'))
		n--;
	out[n] = '\0';
	if (n == 0)
		snprintf(out, size, "client");
}

static int
make_default(struct run_folder *f, const char *client, time_t started, struct why *why)
{
	char word[80], moment[32];
	struct tm tm;

	plain_word(word, sizeof(word), client);
	gmtime_r(&started, &tm);
	strftime(moment, sizeof(moment), "%Y%m%d-%H%M%S", &tm);
	if (make_folders(PARENT, why) < 0)
		return -1;
	for (int i = 1; i < TRIES; i++) {
		snprintf(
		    f->path, sizeof(f->path), i == 1 ? "%s/%s-%s" : "%s/%s-%s-%d", PARENT, word, moment, i);
		if (mkdir(f->path, 0777) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return why_errno(why, "folder %s cannot be made", f->path);
}

static int
remove_capture(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	const char *end = strrchr(path, '.');

	(void)st;
	(void)where;
	if (kind == FTW_F && end != NULL && strcmp(end, ".pcapng") == 0)
		unlink(path);
	else if (kind == FTW_DP)
		rmdir(path); /* only when nothing else is in it */
	return 0;
}

/* Captures of an earlier run would be taken for this one's. */
static void
remove_captures(const struct run_folder *f)
{
	char facts[PATH_MAX], wire[PATH_MAX];

	if (run_folder_path(f, "facts.jsonl", facts, NULL) == 0 && access(facts, F_OK) == 0 &&
	    run_folder_path(f, "wire", wire, NULL) == 0)
		nftw(wire, remove_capture, 16, FTW_DEPTH | FTW_PHYS);
}

int
run_folder_make(struct run_folder *ret, const char *out, const char *client, time_t started, struct why *why)
{
	char wire[PATH_MAX];
	int made;

	if (out != NULL && snprintf(ret->path, sizeof(ret->path), "%s", out) >= (int)sizeof(ret->path))
		return why_set(why, "%s: the path is too long", out);
	if (out != NULL && *out == '\0')
		return why_set(why, "the folder's name is empty");
	made = out != NULL ? make_folders(out, why) : make_default(ret, client, started, why);
	if (made < 0)
		return -1;
	if (access(ret->path, W_OK | X_OK) < 0)
		return why_errno(why, "folder %s cannot be written", ret->path);
	remove_captures(ret);
	return run_folder_path(ret, "wire", wire, why) < 0 ? -1 : make_folders(wire, why);
}

FILE *
run_folder_open(const struct run_folder *f, const char *name, struct why *why)
{
	char path[PATH_MAX];
	FILE *out;

	if (run_folder_path(f, name, path, why) < 0)
		return NULL;
	out = fopen(path, "wbe");
	if (out == NULL)
		why_errno(why, "%s cannot be made", path);
	return out;
}

/* Scenario names hold [a-z0-9./-]; none of their parts may climb. */
static bool
stays_inside(const char *name)
{
	return name[0] != '/' && name[0] != '\0' && strstr(name, "..") == NULL && strstr(name, "//") == NULL;
}

int
run_folder_wire(const struct run_folder *f, const char *scenario, char ret[PATH_MAX], struct why *why)
{
	char folder[PATH_MAX], *slash;

	if (!stays_inside(scenario))
		return why_set(why, "'%s' is no name for a file", scenario);
	if (snprintf(ret, PATH_MAX, "%s/wire/%s.pcapng", f->path, scenario) >= PATH_MAX)
		return why_set(why, "%s: the path is too long", f->path);
	memcpy(folder, ret, PATH_MAX);
	slash = strrchr(folder, '/');
	*slash = '\0';
	return make_folders(folder, why);
}

int
run_folder_spool(const struct run_folder *f, struct why *why)
{
	char path[PATH_MAX];
	int fd;

	if (run_folder_path(f, "wire/.packets", path, why) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || unlink(path) < 0)
		return why_errno(why, "%s cannot be made", path);
	return fd;
}

static int
move_into(const struct run_folder *from, const struct run_folder *to, const char *name, struct why *why)
{
	char old[PATH_MAX], new[PATH_MAX];

	if (run_folder_path(from, name, old, why) < 0 || run_folder_path(to, name, new, why) < 0)
		return -1;
	if (rename(old, new) < 0 && errno != ENOENT)
		return why_errno(why, "%s cannot be moved to %s", old, new);
	return 0;
}

int
run_folder_put_aside(struct run_folder *ret, const struct run_folder *f, const char *inside,
    const char *const *files, size_t n, struct why *why)
{
	char path[PATH_MAX];
	int status = run_folder_path(f, inside, path, why);

	if (status == 0)
		status = run_folder_make(ret, path, "", 0, why);
	for (size_t i = 0; status == 0 && i < n; i++)
		status = move_into(f, ret, files[i], why);
	if (status == 0)
		status = move_into(f, ret, "wire", why);
	if (status == 0)
		status = run_folder_path(f, "wire", path, why);
	return status < 0 ? -1 : make_folders(path, why);
}
