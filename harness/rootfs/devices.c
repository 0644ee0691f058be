/* SPDX-License-Identifier: Apache-2.0 */
/* devices.c - see devices.h; bound, since no device can be made in a user namespace. */
#include "harness/rootfs/devices.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LENGTH 4096

static int
bind_device(const char *root, const char *name, struct why *why)
{
	char from[32], to[PATH_LENGTH];
	int fd;

	snprintf(from, sizeof(from), "/dev/%s", name);
	snprintf(to, sizeof(to), "%s/dev/%s", root, name);
	fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0)
		close(fd);
	if (mount(from, to, NULL, MS_BIND, NULL) < 0)
		return why_errno(why, "cannot bind %s in the new root", from);
	return 0;
}

int
devices_mount(const char *root, struct why *why)
{
	static const char *const devices[] = {"null", "zero", "full", "random", "urandom"};
	char path[PATH_LENGTH];

	snprintf(path, sizeof(path), "%s/dev", root);
	if (mount("tmpfs", path, "tmpfs", MS_NOSUID, "mode=0755") < 0)
		return why_errno(why, "cannot mount /dev of the new root");
	snprintf(path, sizeof(path), "%s/dev/shm", root);
	if (mkdir(path, 01777) < 0 || chmod(path, 01777) < 0) /* whatever the umask */
		return why_errno(why, "cannot make /dev/shm in the new root");
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (bind_device(root, devices[i], why) < 0)
			return -1;
	return 0;
}
