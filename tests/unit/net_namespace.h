/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_namespace.h - a net namespace for one test program, where all addresses of the test range are its own.
 *
 * So tests may use the real ports, and reach nobody else. Needs no root where user namespaces are allowed.
 */
#ifndef TEST_NET_NAMESPACE_H
#define TEST_NET_NAMESPACE_H

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/must.h"

#define NET_NAMESPACE_MISSING "no net namespace of our own here"

static inline bool
net_namespace_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The whole prefix is the machine's own, as on the lab's. */
static inline void
net_namespace_add_route(int family, const void *prefix, size_t len, unsigned char bits)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		char attributes[64];
	} request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			 .nlmsg_type = RTM_NEWROUTE,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK},
	    .route = {.rtm_family = (unsigned char)family,
		.rtm_dst_len = bits,
		.rtm_table = RT_TABLE_LOCAL,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_HOST,
		.rtm_type = RTN_LOCAL}};
	struct rtattr *attribute =
	    (struct rtattr *)((char *)&request + NLMSG_ALIGN(request.header.nlmsg_len));
	unsigned lo = if_nametoindex("lo");
	char answer[512];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	attribute->rta_type = RTA_DST;
	attribute->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(attribute), prefix, len);
	attribute = (struct rtattr *)((char *)attribute + RTA_SPACE(len));
	attribute->rta_type = RTA_OIF;
	attribute->rta_len = (unsigned short)RTA_LENGTH(sizeof(lo));
	memcpy(RTA_DATA(attribute), &lo, sizeof(lo));
	request.header.nlmsg_len += (unsigned)(RTA_SPACE(len) + RTA_SPACE(sizeof(lo)));
	must(send(fd, &request, request.header.nlmsg_len, 0) > 0);
	must(recv(fd, answer, sizeof(answer), 0) > 0);
	close(fd);
}

/* Root inside is who we are outside. */
static inline bool
net_namespace_map_user(unsigned uid, unsigned gid)
{
	char map[2][64];

	snprintf(map[0], sizeof(map[0]), "0 %u 1", uid);
	snprintf(map[1], sizeof(map[1]), "0 %u 1", gid);
	return net_namespace_write("/proc/self/setgroups", "deny") &&
	       net_namespace_write("/proc/self/uid_map", map[0]) &&
	       net_namespace_write("/proc/self/gid_map", map[1]);
}

/* True when this process is in a fresh one, with 198.18.0.0/15 and 2001:db8::/32 as its own. */
static inline bool
net_namespace_enter(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	unsigned uid = getuid(), gid = getgid();
	int fd;
	bool up;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
		if (!net_namespace_map_user(uid, gid))
			return false;
	} else if (unshare(CLONE_NEWNET) != 0) {
		return false;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	if (fd >= 0)
		close(fd);
	if (!up)
		return false;
	net_namespace_add_route(AF_INET, "\xc6\x12\x00\x00", 4, 15);
	net_namespace_add_route(AF_INET6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0", 16, 32);
	return true;
}

#endif
