/* SPDX-License-Identifier: Apache-2.0 */
/* idmap.c - see idmap.h; the first of three maps that the kernel takes. */
#include "harness/lab/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/lab/process.h"

extern char **environ;

/* A /proc file of this kind takes exactly one write. */
static int
write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	size_t len = strlen(text);
	int fd, saved;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, text, len);
	saved = errno;
	close(fd);
	errno = saved;
	return n == (ssize_t)len ? 0 : -1;
}

/*
 * Our own map, each extent to itself. Where we are in the first namespace that is "0 0 4294967295";
 * in a container only the ids that it has can be handed on.
 */
static int
write_identity(pid_t pid, const char *map, unsigned long *ret_ids)
{
	char own[64], text[4096] = "";
	unsigned long inside, outside, count;
	size_t len = 0;
	FILE *file;

	*ret_ids = 0;
	snprintf(own, sizeof(own), "/proc/self/%s", map);
	file = fopen(own, "re");
	if (file == NULL)
		return -1;
	while (fscanf(file, "%lu %lu %lu", &inside, &outside, &count) == 3 && len < sizeof(text) - 64) {
		len +=
		    (size_t)snprintf(text + len, sizeof(text) - len, "%lu %lu %lu\n", inside, inside, count);
		*ret_ids += count;
	}
	fclose(file);
	return write_file(pid, map, text);
}

/* A root that is the only one in its own namespace has no more ids than anybody. */
static int
write_root(pid_t pid, enum lab_mode *ret_mode)
{
	unsigned long groups, users;

	if (geteuid() != 0 || write_identity(pid, "gid_map", &groups) < 0 ||
	    write_identity(pid, "uid_map", &users) < 0)
		return -1;
	*ret_mode = groups > 1 && users > 1 ? LAB_ROOT : LAB_USER_SINGLE;
	return 0;
}

struct id_range {
	unsigned long first, count;
};

/* The widest line of /etc/subuid or /etc/subgid that is ours, by name or by number. */
static bool
find_range(const char *path, struct id_range *ret)
{
	const struct passwd *pw = getpwuid(geteuid());
	char line[256], number[16];
	FILE *file = fopen(path, "re");

	*ret = (struct id_range){0};
	snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		struct id_range r;
		char owner[128];

		if (sscanf(line, "%127[^:]:%lu:%lu", owner, &r.first, &r.count) != 3)
			continue;
		if (strcmp(owner, number) != 0 && (pw == NULL || strcmp(owner, pw->pw_name) != 0))
			continue;
		if (r.count > ret->count)
			*ret = r;
	}
	if (file != NULL)
		fclose(file);
	return ret->count > 0;
}

/* Runs newuidmap or newgidmap: our own id becomes 0, the range begins at 1. */
static int
run_helper(const char *program, pid_t pid, unsigned own, struct id_range range)
{
	char pid_text[16], own_text[16], first[24], count[24], one[] = "1", zero[] = "0", name[16];
	char *argv[] = {name, pid_text, zero, own_text, one, one, first, count, NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t child;

	snprintf(name, sizeof(name), "%s", program);
	snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	snprintf(own_text, sizeof(own_text), "%u", own);
	snprintf(first, sizeof(first), "%lu", range.first);
	snprintf(count, sizeof(count), "%lu", range.count);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&child, program, &actions, NULL, argv, environ) == 0)
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	posix_spawn_file_actions_destroy(&actions);
	return status == 0 ? 0 : -1;
}

static int
write_range(pid_t pid)
{
	struct id_range uids, gids;

	if (!find_range("/etc/subuid", &uids) || !find_range("/etc/subgid", &gids))
		return -1;
	if (run_helper("newgidmap", pid, (unsigned)getegid(), gids) < 0)
		return -1;
	return run_helper("newuidmap", pid, (unsigned)geteuid(), uids);
}

static int
write_single(pid_t pid, struct why *why)
{
	char line[32];

	if (write_file(pid, "setgroups", "deny") < 0 && errno != ENOENT)
		return why_errno(why, "cannot write /proc/%d/setgroups", (int)pid);
	snprintf(line, sizeof(line), "0 %u 1\n", (unsigned)getegid());
	if (write_file(pid, "gid_map", line) < 0)
		return why_errno(why, "cannot write the gid map of a user namespace");
	snprintf(line, sizeof(line), "0 %u 1\n", (unsigned)geteuid());
	if (write_file(pid, "uid_map", line) < 0)
		return why_errno(why, "cannot write the uid map of a user namespace");
	return 0;
}

int
idmap_write(pid_t pid, enum lab_mode *ret_mode, struct why *why)
{
	if (write_root(pid, ret_mode) == 0)
		return 0;
	if (write_range(pid) == 0) {
		*ret_mode = LAB_USER_MAP;
		return 0;
	}
	*ret_mode = LAB_USER_SINGLE;
	return write_single(pid, why);
}

static int
read_map(pid_t pid, char ret_ids[IDMAP_TEXT_MAX], struct why *why)
{
	char path[64];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return why_errno(why, "cannot read %s", path);
	n = fread(ret_ids, 1, IDMAP_TEXT_MAX - 1, file);
	ret_ids[n] = '\0';
	fclose(file);
	return 0;
}

/* Lives until the pipe is closed, by us or by the kernel. */
_Noreturn static void
wait_for_end(const int ends[2])
{
	char byte;

	close(ends[1]);
	while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

int
idmap_find(enum lab_mode *ret_mode, char ret_ids[IDMAP_TEXT_MAX], struct why *why)
{
	int ends[2], result;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return why_errno(why, "cannot make a pipe");
	pid = process_fork(CLONE_NEWUSER);
	if (pid == 0)
		wait_for_end(ends);
	if (pid < 0)
		result = why_errno(why, "cannot make a user namespace (`mitmx doctor` says what cures it)");
	else
		result = idmap_write(pid, ret_mode, why);
	if (result == 0)
		result = read_map(pid, ret_ids, why);
	close(ends[0]);
	close(ends[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}
