/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - the two links between the client's net namespace and the world's, their addresses and routes.
 *
 *	client eth0 100.64.0.2 ------- 100.64.0.1 lab0 world    the way to everybody
 *	client eth1 100.64.0.6 ------- 100.64.0.5 lab1 world    the way to hosts that refuse: the world's
 *	                                                        listeners are bound to lab0, so nobody
 *	                                                        listens here and the kernel answers RST
 *
 * The links' own prefixes lie outside of the test range: a local route covers that, and is looked up first.
 */
#ifndef LAB_LINK_H
#define LAB_LINK_H

#include "harness/base/why.h"
#include "harness/lab/netlink.h"

#define LINK_WORLD "lab0"
#define LINK_WORLD_REFUSED "lab1"

/* Both gateways, as the client's routes name them. */
#define LINK_GATEWAY_4 "100.64.0.1/30"
#define LINK_GATEWAY_6 "2001:2:0:ffff::1/64"
#define LINK_REFUSED_GATEWAY_4 "100.64.0.5/30"
#define LINK_REFUSED_GATEWAY_6 "2001:2:0:fffe::1/64"

/* Called in the client's net namespace: makes both links with their far ends in `world_ns`, and sets up this
 * end. */
int link_make_client(int netlink, int world_ns, struct why *why);
/* Called in the world's net namespace, after the other. */
int link_make_world(int netlink, struct why *why);

/* Settings of the client's net namespace below PROC/sys/net. What cannot be written stays as the kernel has
 * it. */
void link_tune_client(const char *proc);

#endif
