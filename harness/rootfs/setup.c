/* SPDX-License-Identifier: Apache-2.0 */
/* setup.c - see setup.h; all that is mounted here goes with the namespace. */
#include "harness/rootfs/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nothing but a loopback, which some programs want to see before they say anything. */
static int
cut_off(struct why *why)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		return why_errno(why, "no net namespace for the set-up");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback) < 0)
		return why_errno(why, "no loopback for the set-up");
	close(fd);
	return 0;
}

static int
copy_script(int from, struct why *why)
{
	int to = open(SETUP_INSIDE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char buffer[4096];
	ssize_t n;

	if (to < 0)
		return why_errno(why, "cannot make %s in the new root", SETUP_INSIDE);
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			return why_errno(why, "cannot copy the set-up script");
	close(to);
	close(from);
	return 0;
}

static int
bind_device(const char *name, struct why *why)
{
	char from[32], to[32];
	int fd;

	snprintf(from, sizeof(from), "/dev/%s", name);
	snprintf(to, sizeof(to), "dev/%s", name);
	fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0)
		close(fd);
	if (mount(from, to, NULL, MS_BIND, NULL) < 0)
		return why_errno(why, "cannot bind %s for the set-up", from);
	return 0;
}

/* Working directory: the new root. A /dev of its own, since the one in the root may lack what it needs. */
static int
mount_all(struct why *why)
{
	static const char *const devices[] = {"null", "zero", "full", "random", "urandom"};

	if (mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=0755") < 0 || mkdir("dev/shm", 01777) < 0)
		return why_errno(why, "cannot mount /dev for the set-up");
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (bind_device(devices[i], why) < 0)
			return -1;
	if (symlink("/proc/self/fd", "dev/fd") < 0 || symlink("/proc/self/fd/1", "dev/stdout") < 0 ||
	    symlink("/proc/self/fd/2", "dev/stderr") < 0)
		return why_errno(why, "cannot make /dev for the set-up");
	mount("/proc", "proc", NULL, MS_BIND | MS_REC, NULL);
	return 0;
}

int
setup_enter(void *ctx, struct why *why)
{
	const struct setup *s = ctx;
	int script = open(s->script, O_RDONLY | O_CLOEXEC);

	if (script < 0)
		return why_errno(why, "cannot read %s", s->script);
	if (cut_off(why) < 0)
		return -1;
	if (chdir(s->root) < 0 || mount_all(why) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return why->text[0] ? -1 : why_errno(why, "cannot enter %s", s->root);
	umask(022);
	return copy_script(script, why);
}
