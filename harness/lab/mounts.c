/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.c - see mounts.h */
#include "harness/lab/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/base/text.h"

int
mounts_make_private(struct why *why)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return why_errno(why, "cannot make the mounts private");
	return 0;
}

int
mounts_tmpfs(const char *at, struct why *why)
{
	if (mount("tmpfs", at, "tmpfs", MS_NODEV, "mode=0755,size=2g") < 0)
		return why_errno(why, "cannot mount a tmpfs over %s", at);
	return 0;
}

bool
mounts_has_user_attributes(const char *folder)
{
	return setxattr(folder, "user.mitmx", "y", 1, 0) == 0 && removexattr(folder, "user.mitmx") == 0;
}

static int
make_read_only(const char *at)
{
	/* The kernel's struct mount_attr: <linux/mount.h> cannot be included beside every libc's header. */
	struct {
		uint64_t set, clear, propagation, user_ns;
	} attr = {.set = 1 /* MOUNT_ATTR_RDONLY */};

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, at, AT_RECURSIVE, &attr, sizeof(attr));
}

int
mounts_bind(const char *from, const char *to, bool read_only, struct why *why)
{
	/* Recursive, since the mounts below cannot be taken off in a user namespace and a part is refused. */
	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
		return why_errno(why, "cannot bind %s to %s", from, to);
	if (read_only && make_read_only(to) < 0)
		return why_errno(why, "cannot make %s read-only", to);
	return 0;
}

/* Given by descriptors, the folders need no escaping of colons and commas. */
int
mounts_overlay(const char *lower, const char *upper, const char *work, const char *at, struct why *why)
{
	int fds[3] = {open(lower, O_PATH | O_DIRECTORY | O_CLOEXEC),
	    open(upper, O_PATH | O_DIRECTORY | O_CLOEXEC), open(work, O_PATH | O_DIRECTORY | O_CLOEXEC)};
	char options[256];
	int result = 0;

	snprintf(options, sizeof(options),
	    "userxattr,lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", fds[0],
	    fds[1], fds[2]);
	if (mount("overlay", at, "overlay", 0, options) < 0)
		result = why_errno(why, "cannot mount an overlay of %s at %s", lower, at);
	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return result;
}

int
mounts_proc(const char *at, struct why *why)
{
	if (mount("proc", at, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		return 0;
	return mounts_bind("/proc", at, false, why);
}

void
mounts_protect_proc(const char *at)
{
	/* Root of the namespace may be the owner of these files: then only a read-only mount keeps it off. */
	static const char *const names[] = {
	    "sys", "sysrq-trigger", "irq", "bus", "fs", "scsi", "acpi", "mtrr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", at, names[i]);
		mounts_bind(path, path, true, NULL);
	}
}

void
mounts_sys(const char *at)
{
	if (mount("sysfs", at, "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0)
		errno = 0;
}

void
mounts_pts(const char *at)
{
	/* Group 5 is tty; where the id map has no such group, ours will do. */
	if (mount("devpts", at, "devpts", MS_NOSUID | MS_NOEXEC,
		"newinstance,ptmxmode=0666,mode=0620,gid=5") < 0 &&
	    mount("devpts", at, "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") < 0)
		errno = 0;
}

int
mounts_enter(const char *at, struct why *why)
{
	/* Both names "." : the old root comes to lie over the new one, and is taken off from there. */
	if (chdir(at) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return why_errno(why, "cannot pivot to %s", at);
	if (umount2(".", MNT_DETACH) < 0)
		return why_errno(why, "cannot unmount the old root");
	return chdir("/") < 0 ? why_errno(why, "cannot enter the new root") : 0;
}

/* --- what is mounted where -------------------------------------------------------------- */

/* mountinfo writes blanks and backslashes as \ooo. */
static void
unescape(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		unsigned value;

		if (text[0] == '\\' && sscanf(text + 1, "%3o", &value) == 1 && strlen(text) >= 4) {
			*to++ = (char)value;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static bool
is_odd(const char *type)
{
	static const char *const types[] = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs",
	    "mqueue", "debugfs", "tracefs", "securityfs", "bpf", "autofs", "fusectl", "configfs", "pstore",
	    "efivarfs", "binfmt_misc", "hugetlbfs", "nsfs", "rpc_pipefs", "nfsd", "selinuxfs"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (text_equal(type, types[i]))
			return true;
	return false;
}

int
mounts_list_read(struct mounts_list *list, struct why *why)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;

	*list = (struct mounts_list){0};
	if (file == NULL)
		return why_errno(why, "cannot read /proc/self/mountinfo");
	while (getline(&line, &size, file) > 0) {
		char *point = NULL, *type = strstr(line, " - "), *at = line, *end;

		for (int i = 0; i < 4 && at != NULL; i++) {
			at = strchr(at, ' ');
			at = at != NULL ? at + 1 : NULL;
		}
		end = at != NULL ? strchr(at, ' ') : NULL;
		if (end == NULL || type == NULL)
			continue;
		*end = '\0';
		type += 3;
		type[strcspn(type, " ")] = '\0';
		point = must_strdup(at);
		unescape(point);
		list->points = must_realloc(list->points, (list->n + 1) * sizeof(*list->points));
		list->odd = must_realloc(list->odd, (list->n + 1) * sizeof(*list->odd));
		list->points[list->n] = point;
		list->odd[list->n++] = is_odd(type);
	}
	free(line);
	fclose(file);
	return 0;
}

void
mounts_list_done(struct mounts_list *list)
{
	for (unsigned i = 0; i < list->n; i++)
		free(list->points[i]);
	free(list->points);
	free(list->odd);
	*list = (struct mounts_list){0};
}

bool
mounts_list_below(const struct mounts_list *list, const char *path)
{
	size_t len = strlen(path);

	for (unsigned i = 0; i < list->n; i++)
		if (strncmp(list->points[i], path, len) == 0 && list->points[i][len] == '/' &&
		    list->points[i][len + 1] != '\0')
			return true;
	return false;
}

bool
mounts_list_odd(const struct mounts_list *list, const char *path)
{
	bool odd = false;

	for (unsigned i = 0; i < list->n; i++) /* the last one mounted there is the one that is seen */
		if (text_equal(list->points[i], path))
			odd = list->odd[i];
	return odd;
}
