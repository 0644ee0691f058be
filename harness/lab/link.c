/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - see link.h */
#include "harness/lab/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The whole test range belongs to the world, without one address on any interface (AnyIP). */
static const char *const test_ranges[] = {"198.18.0.0/15", "2001:db8::/32"};

struct setting {
	const char *path, *value;
};

static const struct setting world_settings[] = {
    {"ipv4/tcp_congestion_control", "reno"}, /* whatever the host prefers: BBR has a timer for each segment */
    {"ipv6/conf/all/disable_ipv6", "0"},
    {"ipv6/conf/default/disable_ipv6", "0"},
    {"ipv6/conf/default/accept_dad", "0"},
    {"ipv6/conf/all/accept_dad", "0"},
    {"ipv6/ip_nonlocal_bind", "1"}, /* an IPv6 UDP answer from an AnyIP address is refused without it */
    {"ipv4/ip_nonlocal_bind", "1"},
    {"ipv4/conf/all/rp_filter", "0"},
    {"ipv4/conf/default/rp_filter", "0"},
    {"ipv4/ip_unprivileged_port_start", "0"},
    {"ipv4/tcp_max_syn_backlog", "4096"},
    {"core/somaxconn", "4096"},
};

/* Before the client's links come up. */
static const struct setting client_early_settings[] = {
    {"ipv6/conf/all/disable_ipv6", "0"},
    {"ipv6/conf/default/disable_ipv6", "0"},
    {"ipv6/conf/default/accept_dad", "0"},
    {"ipv6/conf/default/accept_ra", "0"},
    {"ipv4/conf/all/rp_filter", "0"},
    {"ipv4/conf/default/rp_filter", "0"},
};

static const struct setting client_settings[] = {
    {"ipv4/tcp_congestion_control", "reno"},
    {"ipv4/ip_unprivileged_port_start", "0"},
    {"ipv4/tcp_tw_reuse", "1"},
    {"unix/max_dgram_qlen", "4096"}, /* the default holds 11 messages to /dev/log */
};

static void
write_settings(const char *proc, const struct setting *settings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char path[256];
		int fd;

		snprintf(path, sizeof(path), "%s/sys/net/%s", proc, settings[i].path);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, settings[i].value, strlen(settings[i].value)) < 0)
			errno =
			    0; /* a read-only /proc/sys, in a container: the defaults do, less comfortably */
		close(fd);
	}
}

void
link_tune_client(const char *proc)
{
	write_settings(proc, client_settings, sizeof(client_settings) / sizeof(client_settings[0]));
}

static bool
has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Segments as they would be on a wire, with right checksums; else the capture shows frames of 27 kB. */
static void
turn_offloads_off(const char *name)
{
	static const unsigned commands[] = {
	    ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; fd >= 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct ethtool_value value = {.cmd = commands[i], .data = 0};
		struct ifreq request = {.ifr_data = (void *)&value};

		snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
		ioctl(fd, SIOCETHTOOL, &request);
	}
	if (fd >= 0)
		close(fd);
}

/* No link-local address: nobody needs one here, and each brings solicitations into the capture. */
static int
forgo_link_local(int netlink, unsigned index)
{
	struct ifinfomsg body = {.ifi_index = (int)index};
	struct netlink_message m;
	unsigned char none = IN6_ADDR_GEN_MODE_NONE;
	size_t families, family;

	netlink_begin(&m, RTM_NEWLINK, 0, &body, sizeof(body));
	families = netlink_nest(&m, IFLA_AF_SPEC, NULL, 0);
	family = netlink_nest(&m, AF_INET6, NULL, 0);
	netlink_put(&m, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof(none));
	netlink_unnest(&m, family);
	netlink_unnest(&m, families);
	return netlink_talk(netlink, &m);
}

static int
make_pair(int netlink, const char *here, const char *there, int there_ns)
{
	struct ifinfomsg body = {0};
	struct netlink_message m;
	size_t info, data, peer;

	netlink_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	netlink_put(&m, IFLA_IFNAME, here, strlen(here) + 1);
	info = netlink_nest(&m, IFLA_LINKINFO, NULL, 0);
	netlink_put(&m, IFLA_INFO_KIND, "veth", 4);
	data = netlink_nest(&m, IFLA_INFO_DATA, NULL, 0);
	peer = netlink_nest(&m, VETH_INFO_PEER, &body, sizeof(body));
	netlink_put(&m, IFLA_IFNAME, there, strlen(there) + 1);
	netlink_put_u32(&m, IFLA_NET_NS_FD, (uint32_t)there_ns);
	netlink_unnest(&m, peer);
	netlink_unnest(&m, data);
	netlink_unnest(&m, info);
	return netlink_talk(netlink, &m);
}

/* One end, from down and bare to up with its addresses; `address_6` may be NULL. */
static int
set_up_end(int netlink, const char *name, const char *address_4, const char *address_6, struct why *why)
{
	unsigned index = if_nametoindex(name);

	turn_offloads_off(name);
	if (address_6 != NULL && forgo_link_local(netlink, index) < 0)
		return why_errno(why, "cannot set the address mode of %s", name);
	if (netlink_add_address(netlink, index, netlink_address(address_4)) < 0)
		return why_errno(why, "cannot give %s to %s", address_4, name);
	if (netlink_up(netlink, index) < 0)
		return why_errno(why, "cannot bring %s up", name);
	if (address_6 != NULL && netlink_add_address(netlink, index, netlink_address(address_6)) < 0)
		return why_errno(why, "cannot give %s to %s", address_6, name);
	return 0;
}

static int
set_up_loopback(int netlink, struct why *why)
{
	if (netlink_up(netlink, if_nametoindex("lo")) < 0)
		return why_errno(why, "cannot bring lo up");
	return 0;
}

/* No default route: whatever lies outside of the test range is unreachable at once, and nobody waits for it. */
static int
add_route(int netlink, const char *to, const char *gateway, struct why *why)
{
	struct netlink_address via = netlink_address(gateway);
	struct netlink_route route = {
	    .to = netlink_address(to), .type = RTN_UNICAST, .table = RT_TABLE_MAIN, .gateway = &via};

	if (netlink_add_route(netlink, &route) < 0)
		return why_errno(why, "cannot add the route to %s", to);
	return 0;
}

int
link_make_client(int netlink, int world_ns, struct why *why)
{
	bool six = has_ipv6();

	write_settings(
	    "/proc", client_early_settings, sizeof(client_early_settings) / sizeof(client_early_settings[0]));
	if (make_pair(netlink, "eth0", LINK_WORLD, world_ns) < 0 ||
	    make_pair(netlink, "eth1", LINK_WORLD_REFUSED, world_ns) < 0)
		return why_errno(why, "cannot make a veth link between two net namespaces");
	if (set_up_loopback(netlink, why) < 0)
		return -1;
	if (set_up_end(netlink, "eth0", "100.64.0.2/30", six ? "2001:2:0:ffff::2/64" : NULL, why) < 0)
		return -1;
	if (set_up_end(netlink, "eth1", "100.64.0.6/30", six ? "2001:2:0:fffe::2/64" : NULL, why) < 0)
		return -1;
	if (add_route(netlink, test_ranges[0], LINK_GATEWAY_4, why) < 0)
		return -1;
	return six ? add_route(netlink, test_ranges[1], LINK_GATEWAY_6, why) : 0;
}

int
link_make_world(int netlink, struct why *why)
{
	bool six = has_ipv6();

	write_settings("/proc", world_settings, sizeof(world_settings) / sizeof(world_settings[0]));
	if (set_up_loopback(netlink, why) < 0)
		return -1;
	if (set_up_end(netlink, LINK_WORLD, LINK_GATEWAY_4, six ? LINK_GATEWAY_6 : NULL, why) < 0)
		return -1;
	if (set_up_end(netlink, LINK_WORLD_REFUSED, LINK_REFUSED_GATEWAY_4,
		six ? LINK_REFUSED_GATEWAY_6 : NULL, why) < 0)
		return -1;
	for (size_t i = 0; i < (six ? 2 : 1); i++) {
		struct netlink_route route = {.to = netlink_address(test_ranges[i]),
		    .type = RTN_LOCAL,
		    .table = RT_TABLE_LOCAL,
		    .index = if_nametoindex("lo")};

		if (netlink_add_route(netlink, &route) < 0)
			return why_errno(why, "cannot add the local route for %s", test_ranges[i]);
	}
	return 0;
}
