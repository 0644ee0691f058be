/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - what this machine allows: each thing that the lab needs is really tried, in namespaces thrown
 * away.
 *
 * A row that was not reached because an earlier one failed says so.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/lab/idmap.h"
#include "harness/lab/lab.h"
#include "harness/lab/link.h"
#include "harness/lab/mounts.h"
#include "harness/lab/process.h"
#include "harness/lab/reach.h"

enum row {
	ROW_NAMESPACE,
	ROW_IDS,
	ROW_LINK,
	ROW_ANYIP_4,
	ROW_ANYIP_6,
	ROW_REFUSED,
	ROW_CAPTURE,
	ROW_MOUNT,
	ROW_OVERLAY,
	ROW_ATTRIBUTES,
	ROW_PROC,
	ROW_LAB,
	ROWS
};

static const char *const names[ROWS] = {
    [ROW_NAMESPACE] = "a user namespace",
    [ROW_IDS] = "user ids inside it",
    [ROW_LINK] = "two net namespaces and a link between them",
    [ROW_ANYIP_4] = "one listener for all IPv4 addresses of the test range",
    [ROW_ANYIP_6] = "one listener for all IPv6 addresses of the test range",
    [ROW_REFUSED] = "a host that refuses connections",
    [ROW_CAPTURE] = "a capture socket on the link",
    [ROW_MOUNT] = "mounts of its own",
    [ROW_OVERLAY] = "an overlay mount with a writable upper",
    [ROW_ATTRIBUTES] = "a tmpfs that can carry the overlay's attributes",
    [ROW_PROC] = "a fresh /proc in its own pid namespace",
    [ROW_LAB] = "the lab as a whole",
};

static long
read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long value = -1;

	if (file == NULL)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

/* The kernel makes no user namespace below a chroot, which this is for sure where / is not a mount's root. */
static bool
is_chroot(void)
{
	struct statx root;

	return statx(AT_FDCWD, "/", 0, 0, &root) == 0 &&
	       (root.stx_attributes_mask & ~root.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* What most likely forbids namespaces and mounts here, and the way out. */
static const char *
find_cure(void)
{
	if (read_number("/proc/sys/user/max_user_namespaces") == 0)
		return "sysctl -w user.max_user_namespaces=15000";
	if (read_number("/proc/sys/user/max_net_namespaces") == 0)
		return "sysctl -w user.max_net_namespaces=15000";
	if (geteuid() != 0 && read_number("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		return "sysctl -w kernel.unprivileged_userns_clone=1";
	if (geteuid() != 0 && read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0   (or run as root)";
	if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0)
		return "docker run --privileged   (or --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt "
		       "seccomp=unconfined --security-opt apparmor=unconfined)";
	if (is_chroot())
		return "leave the chroot, or enter it as a container does (systemd-nspawn, pivot_root)";
	return geteuid() != 0 ? "run as root" : "allow namespaces and mounts to this process (seccomp, LSM)";
}

static void
pass(struct lab_check *check, const char *found)
{
	check->ok = 1;
	snprintf(check->found, sizeof(check->found), "%s", found);
	check->cure[0] = '\0';
}

/* `cure` NULL: what find_cure says. */
static void
fail(struct lab_check *check, const char *found, const char *cure)
{
	check->ok = 0;
	snprintf(check->found, sizeof(check->found), "%s", found);
	snprintf(check->cure, sizeof(check->cure), "%s", cure != NULL ? cure : find_cure());
}

/* With errno; `missing` is what errno says when the kernel lacks it, `module` what brings it. */
static void
fail_errno(struct lab_check *check, const char *call, int missing, const char *module)
{
	char found[200], cure[100];
	int error = errno;

	snprintf(found, sizeof(found), "%s: %s", call, strerror(error));
	snprintf(cure, sizeof(cure), "modprobe %s", module);
	fail(check, found, error == missing ? cure : NULL);
}

/* --- in the net namespaces ----------------------------------------------------------------- */

static socklen_t
make_address(struct sockaddr_storage *ret, const char *text, unsigned short port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof(v4));
		return sizeof(v4);
	}
	must(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
	memcpy(ret, &v6, sizeof(v6));
	return sizeof(v6);
}

static int
listen_on_link(const char *any)
{
	struct sockaddr_storage address;
	socklen_t len = make_address(&address, any, 25);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, LINK_WORLD, sizeof(LINK_WORLD)) == 0 &&
	    bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, 8) == 0)
		return fd;
	close(fd);
	return -1;
}

/* 0 connected, else errno. The far side is the kernel of the same machine; the time limit is for a broken
 * one. */
static int
try_connect(const char *to)
{
	struct sockaddr_storage address;
	socklen_t len = make_address(&address, to, 25), size = sizeof(int);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
	struct pollfd waiting = {.fd = fd, .events = POLLOUT};

	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&address, len) < 0) {
		error = errno;
		if (error == EINPROGRESS && poll(&waiting, 1, 3000) == 1)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
		else if (error == EINPROGRESS)
			error = ETIMEDOUT;
	}
	close(fd);
	return error;
}

struct namespaces {
	int world, client, world_netlink, client_netlink;
};

static int
check_link(struct namespaces *ns, struct lab_check *check)
{
	struct why why;

	ns->world_netlink = netlink_open();
	ns->world = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns->world_netlink < 0 || ns->world < 0 || unshare(CLONE_NEWNET) < 0) {
		fail_errno(check, "a second net namespace", 0, "");
		return -1;
	}
	ns->client_netlink = netlink_open();
	ns->client = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (link_make_client(ns->client_netlink, ns->world, &why) < 0 || setns(ns->world, CLONE_NEWNET) < 0 ||
	    link_make_world(ns->world_netlink, &why) < 0) {
		fail(check, why.text, errno == EOPNOTSUPP ? "modprobe veth" : NULL);
		return -1;
	}
	pass(check, "made");
	return 0;
}

static void
check_anyip(const struct namespaces *ns, struct lab_check *check, const char *any, const char *to)
{
	int listener = listen_on_link(any), error;

	if (listener < 0) {
		fail_errno(check, "listening", EAFNOSUPPORT, "ipv6   (or boot without ipv6.disable=1)");
		return;
	}
	must(setns(ns->client, CLONE_NEWNET) == 0);
	error = try_connect(to);
	must(setns(ns->world, CLONE_NEWNET) == 0);
	close(listener);
	errno = error;
	if (error == 0)
		pass(check, to);
	else
		fail_errno(check, to, 0, "");
}

static void
check_refused(const struct namespaces *ns, struct lab_check *check)
{
	struct plan_address host = {.number = 257};
	int listener = listen_on_link("0.0.0.0"), error;
	struct why why;

	if (reach_set(ns->client_netlink, ns->world_netlink, host, REACH_STATE_REFUSED, &why) < 0) {
		fail(check, why.text, NULL);
		return;
	}
	must(setns(ns->client, CLONE_NEWNET) == 0);
	error = try_connect("198.18.1.1");
	must(setns(ns->world, CLONE_NEWNET) == 0);
	close(listener);
	errno = error;
	if (error == ECONNREFUSED)
		pass(check, "refused at once");
	else
		fail_errno(check, "instead of a refusal", 0, "");
}

static void
check_capture(struct lab_check *check)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd < 0) {
		fail_errno(check, "an AF_PACKET socket", EAFNOSUPPORT, "af_packet");
		return;
	}
	close(fd);
	pass(check, "opened");
}

/* --- in the mount and pid namespace -------------------------------------------------------- */

/* Writes to a folder that came from below, and removes it: that needs the attributes. */
static int
use_overlay(const char *at)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/folder/new", at);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || close(fd) < 0 || unlink(path) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/folder", at);
	return rmdir(path);
}

static void
check_overlay(struct lab_check *check, const char *base)
{
	static const char *const folders[] = {"low", "low/folder", "up", "work", "at"};
	char paths[5][64];
	struct why why;

	for (size_t i = 0; i < 5; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", base, folders[i]);
		if (mkdir(paths[i], 0755) < 0) {
			fail_errno(check, "a folder on the tmpfs", 0, "");
			return;
		}
	}
	if (mounts_overlay(paths[0], paths[2], paths[3], paths[4], &why) < 0)
		fail(check, why.text, errno == ENODEV ? "modprobe overlay" : NULL);
	else if (use_overlay(paths[4]) < 0)
		fail_errno(check, "writing to it", 0, "");
	else
		pass(check, "written to");
}

static void
check_attributes(struct lab_check *check, const char *base)
{
	if (mounts_has_user_attributes(base))
		pass(check, "it can");
	else
		fail(check, "it cannot (Linux before 6.6): uppers are made below --out instead",
		    "give --out a folder on ext4, xfs or btrfs");
}

static void
check_proc(struct lab_check *check, const char *base)
{
	char path[64], self[16] = "";
	struct why why;

	snprintf(path, sizeof(path), "%s/proc", base);
	if (mkdir(path, 0755) < 0 || mounts_proc(path, &why) < 0) {
		fail(check, why.text, NULL);
		return;
	}
	snprintf(path, sizeof(path), "%s/proc/self", base);
	if (readlink(path, self, sizeof(self) - 1) == 1 && self[0] == '1')
		pass(check, "mounted");
	else
		pass(check, "refused, since this /proc is masked; the old one is shown instead");
}

_Noreturn static void
check_machine(struct lab_check *checks)
{
	const char *base = "/tmp";
	struct why why;

	if (mounts_make_private(&why) < 0 || mounts_tmpfs(base, &why) < 0) {
		fail(&checks[ROW_MOUNT], why.text, NULL);
		_exit(0);
	}
	pass(&checks[ROW_MOUNT], "a tmpfs");
	check_overlay(&checks[ROW_OVERLAY], base);
	check_attributes(&checks[ROW_ATTRIBUTES], base);
	check_proc(&checks[ROW_PROC], base);
	_exit(0);
}

/* --- all of it ----------------------------------------------------------------------------- */

static void
await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

_Noreturn static void
check_inside(struct lab_check *checks, int go)
{
	struct namespaces ns;
	char byte;
	pid_t pid;

	process_reset_signals();
	if (read(go, &byte, 1) != 1)
		_exit(1);
	pid = process_fork(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC);
	if (pid == 0)
		check_machine(checks);
	if (pid < 0)
		fail_errno(&checks[ROW_MOUNT], "mount and pid namespaces", 0, "");
	else
		await(pid);
	if (check_link(&ns, &checks[ROW_LINK]) < 0)
		_exit(0);
	check_anyip(&ns, &checks[ROW_ANYIP_4], "0.0.0.0", "198.18.1.1");
	check_anyip(&ns, &checks[ROW_ANYIP_6], "::", "2001:db8::101");
	check_refused(&ns, &checks[ROW_REFUSED]);
	check_capture(&checks[ROW_CAPTURE]);
	_exit(0);
}

static void
check_ids(struct lab_check *check, enum lab_mode mode)
{
	static const char *const found[] = {[LAB_ROOT] = "root: as they are",
	    [LAB_USER_MAP] = "user-map: a range of /etc/subuid",
	    [LAB_USER_SINGLE] = ("user-single: one only, so set*id and chown are pretended (for real ones: "
				 "package uidmap, and a range in /etc/subuid and /etc/subgid)")};

	pass(check, found[mode]);
}

static void
check_parts(struct lab_check *checks)
{
	struct why why;
	enum lab_mode mode;
	int go[2];
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0) {
		fail_errno(&checks[ROW_NAMESPACE], "pipe", 0, "");
		return;
	}
	pid = process_fork(CLONE_NEWUSER | CLONE_NEWNET);
	if (pid == 0) {
		close(go[1]);
		check_inside(checks, go[0]);
	}
	close(go[0]);
	if (pid < 0) {
		fail_errno(&checks[ROW_NAMESPACE], "clone", 0, "");
	} else {
		pass(&checks[ROW_NAMESPACE], "made");
		if (idmap_write(pid, &mode, &why) < 0)
			fail(&checks[ROW_IDS], why.text, NULL);
		else {
			check_ids(&checks[ROW_IDS], mode);
			must(write(go[1], "", 1) == 1);
		}
	}
	close(go[1]);
	if (pid > 0)
		await(pid);
}

/* A world and a witness that do nothing until the front is gone. */
static int
idle(void *ctx, const struct lab_child *child)
{
	struct pollfd fact = {.fd = child->fact_fd, .events = POLLIN};

	(void)ctx;
	poll(&fact, 1, -1);
	return 0;
}

static void
check_lab(struct lab_check *check)
{
	struct lab_options options = {.world = idle, .witness = idle};
	uint64_t began = clock_ns();
	struct why why;
	struct lab *lab = lab_start(&options, &why);
	char found[64];

	if (lab == NULL) {
		fail(check, why.text, NULL);
		return;
	}
	lab_stop(lab);
	snprintf(found, sizeof(found), "up and down in %u ms", (unsigned)((clock_ns() - began) / 1000000));
	pass(check, found);
}

size_t
lab_doctor(struct lab_check *ret, size_t max)
{
	size_t size = sizeof(struct lab_check) * ROWS;
	struct lab_check *checks =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(checks != MAP_FAILED);
	for (size_t i = 0; i < ROWS; i++) {
		checks[i].what = names[i];
		snprintf(
		    checks[i].found, sizeof(checks[i].found), "not tried: one above must be cured first");
	}
	check_parts(checks);
	check_lab(&checks[ROW_LAB]);
	if (max > ROWS)
		max = ROWS;
	memcpy(ret, checks, sizeof(*ret) * max);
	munmap(checks, size);
	return max;
}
