/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink.h - rtnetlink messages: put together, sent, and the kernel's answer to each awaited.
 *
 * Speaks about the net namespace in which netlink_open was called. The kernel answers
 * within the call, so nothing here waits for anybody. Ref: rtnetlink(7).
 */
#ifndef LAB_NETLINK_H
#define LAB_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_MESSAGE_MAX 512

struct netlink_message {
	struct nlmsghdr head;
	unsigned char rest[NETLINK_MESSAGE_MAX - sizeof(struct nlmsghdr)];
};

int netlink_open(void); /* a descriptor (owned), or -1 and errno */

/* Starts a message of `type` whose fixed part is `body`. NLM_F_REQUEST and NLM_F_ACK are added. */
void netlink_begin(struct netlink_message *m, uint16_t type, uint16_t flags, const void *body, size_t len);
void netlink_put(struct netlink_message *m, uint16_t type, const void *data, size_t len);
void netlink_put_u32(struct netlink_message *m, uint16_t type, uint32_t value);
/* Attributes put between these two stand inside; the offset ties them. `body` may be NULL. */
size_t netlink_nest(struct netlink_message *m, uint16_t type, const void *body, size_t len);
void netlink_unnest(struct netlink_message *m, size_t nest);

/* Sends and reads the answer: 0, or -1 and errno as the kernel gave it. */
int netlink_talk(int fd, struct netlink_message *m);

/* --- what the lab says with it ---------------------------------------------------------- */

struct netlink_address {
	int family; /* AF_INET or AF_INET6 */
	unsigned char bytes[16];
	unsigned prefix; /* in bits */
};

/* From "192.0.2.1/24"; must be right. */
struct netlink_address netlink_address(const char *text);

int netlink_up(int fd, unsigned index);
/* Without duplicate address detection: it is there at once. */
int netlink_add_address(int fd, unsigned index, struct netlink_address address);

struct netlink_route {
	struct netlink_address to;
	unsigned char type;                    /* RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE */
	unsigned char table;                   /* RT_TABLE_MAIN, RT_TABLE_LOCAL */
	const struct netlink_address *gateway; /* NULL none */
	unsigned index;                        /* out of this link; 0 none */
};

/* A route that stands already counts as added, one that is absent as deleted. */
int netlink_add_route(int fd, const struct netlink_route *route);
int netlink_delete_route(int fd, const struct netlink_route *route);

#endif
