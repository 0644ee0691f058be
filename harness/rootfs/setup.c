/* SPDX-License-Identifier: Apache-2.0 */
/* setup.c - see setup.h; all that is mounted here goes with the namespace. */
#include "harness/rootfs/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/lab/mounts.h"
#include "harness/lab/preload.h"
#include "harness/rootfs/devices.h"

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
mount_all(const char *root, struct why *why)
{
	static const char *const links[][2] = {
	    {"fd", "/proc/self/fd"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}};

	if (devices_mount(root, why) < 0)
		return -1;
	if (chdir(root) < 0)
		return why_errno(why, "cannot enter %s", root);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		char at[16];

		snprintf(at, sizeof(at), "dev/%s", links[i][0]);
		if (symlink(links[i][1], at) < 0)
			return why_errno(why, "cannot make /dev for the set-up");
	}
	mounts_proc("proc", NULL); /* most scripts do without */
	return 0;
}

int
setup_enter(void *ctx, struct why *why)
{
	const struct setup *s = ctx;
	int script = open(s->script, O_RDONLY | O_CLOEXEC);

	if (script < 0)
		return why_errno(why, "cannot read %s", s->script);
	if (cut_off(why) < 0 || mount_all(s->root, why) < 0)
		return -1;
	if (chroot(".") < 0 || chdir("/") < 0)
		return why_errno(why, "cannot enter %s", s->root);
	if (s->pretend && preload_put("", why) < 0)
		return -1;
	return copy_script(script, why);
}

int
setup_leave(void *ctx, struct why *why)
{
	const struct setup *s = ctx;

	if (!s->pretend)
		return 0;
	if (chroot(s->root) < 0 || chdir("/") < 0)
		return why_errno(why, "cannot enter %s", s->root);
	return preload_take("", why);
}
