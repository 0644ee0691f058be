/* SPDX-License-Identifier: Apache-2.0 */
/* netlink.c - see netlink.h */
#include "harness/lab/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/must.h"

int
netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

/* Room for `len` more bytes at the aligned end, zeroed. */
static void *
grow(struct netlink_message *m, size_t len)
{
	size_t at = NLMSG_ALIGN(m->head.nlmsg_len);

	must(at + len <= sizeof(*m));
	m->head.nlmsg_len = (uint32_t)(at + len);
	return (unsigned char *)m + at;
}

void
netlink_begin(struct netlink_message *m, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->head.nlmsg_len = NLMSG_HDRLEN;
	m->head.nlmsg_type = type;
	m->head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	memcpy(grow(m, len), body, len);
}

void
netlink_put(struct netlink_message *m, uint16_t type, const void *data, size_t len)
{
	struct rtattr attribute = {.rta_type = type, .rta_len = (unsigned short)RTA_LENGTH(len)};
	unsigned char *at = grow(m, RTA_LENGTH(len));

	memcpy(at, &attribute, sizeof(attribute));
	if (len > 0)
		memcpy(at + RTA_LENGTH(0), data, len);
}

void
netlink_put_u32(struct netlink_message *m, uint16_t type, uint32_t value)
{
	netlink_put(m, type, &value, sizeof(value));
}

size_t
netlink_nest(struct netlink_message *m, uint16_t type, const void *body, size_t len)
{
	size_t nest = NLMSG_ALIGN(m->head.nlmsg_len);

	netlink_put(m, type, body, len);
	return nest;
}

void
netlink_unnest(struct netlink_message *m, size_t nest)
{
	struct rtattr attribute;
	unsigned char *at = (unsigned char *)m + nest;

	memcpy(&attribute, at, sizeof(attribute));
	attribute.rta_len = (unsigned short)(m->head.nlmsg_len - nest);
	memcpy(at, &attribute, sizeof(attribute));
}

int
netlink_talk(int fd, struct netlink_message *m)
{
	static uint32_t last_number;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		unsigned char rest[1024];
	} answer;
	ssize_t n;

	m->head.nlmsg_seq = ++last_number;
	if (sendto(fd, m, m->head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -1;
	do {
		n = recv(fd, &answer, sizeof(answer), 0);
		if (n < 0 && errno != EINTR)
			return -1;
	} while (n < 0 || answer.head.nlmsg_seq != m->head.nlmsg_seq);
	if ((size_t)n < NLMSG_LENGTH(sizeof(answer.error)) || answer.head.nlmsg_type != NLMSG_ERROR) {
		errno = EPROTO;
		return -1;
	}
	errno = -answer.error.error;
	return answer.error.error == 0 ? 0 : -1;
}

struct netlink_address
netlink_address(const char *text)
{
	struct netlink_address a = {.family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
	char host[64];
	const char *slash = strchr(text, '/');

	must(slash != NULL && (size_t)(slash - text) < sizeof(host));
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	must(inet_pton(a.family, host, a.bytes) == 1);
	a.prefix = (unsigned)atoi(slash + 1);
	return a;
}

static size_t
address_len(struct netlink_address a)
{
	return a.family == AF_INET6 ? 16 : 4;
}

int
netlink_up(int fd, unsigned index)
{
	struct ifinfomsg body = {.ifi_index = (int)index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct netlink_message m;

	netlink_begin(&m, RTM_NEWLINK, 0, &body, sizeof(body));
	return netlink_talk(fd, &m);
}

int
netlink_add_address(int fd, unsigned index, struct netlink_address a)
{
	struct ifaddrmsg body = {.ifa_family = (unsigned char)a.family,
	    .ifa_prefixlen = (unsigned char)a.prefix,
	    .ifa_flags = a.family == AF_INET6 ? IFA_F_NODAD : 0,
	    .ifa_index = index};
	struct netlink_message m;

	netlink_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	netlink_put(&m, IFA_LOCAL, a.bytes, address_len(a));
	netlink_put(&m, IFA_ADDRESS, a.bytes, address_len(a));
	return netlink_talk(fd, &m);
}

static int
talk_route(int fd, uint16_t type, uint16_t flags, const struct netlink_route *route)
{
	struct rtmsg body = {.rtm_family = (unsigned char)route->to.family,
	    .rtm_dst_len = (unsigned char)route->to.prefix,
	    .rtm_table = route->table,
	    .rtm_protocol = RTPROT_STATIC,
	    .rtm_scope = route->type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
	    .rtm_type = route->type};
	struct netlink_message m;

	netlink_begin(&m, type, flags, &body, sizeof(body));
	if (route->to.prefix > 0)
		netlink_put(&m, RTA_DST, route->to.bytes, address_len(route->to));
	if (route->gateway != NULL)
		netlink_put(&m, RTA_GATEWAY, route->gateway->bytes, address_len(*route->gateway));
	if (route->index != 0)
		netlink_put_u32(&m, RTA_OIF, route->index);
	return netlink_talk(fd, &m);
}

int
netlink_add_route(int fd, const struct netlink_route *route)
{
	if (talk_route(fd, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route) == 0 || errno == EEXIST)
		return 0;
	return -1;
}

int
netlink_delete_route(int fd, const struct netlink_route *route)
{
	if (talk_route(fd, RTM_DELROUTE, 0, route) == 0 || errno == ESRCH || errno == ENOENT)
		return 0;
	return -1;
}
