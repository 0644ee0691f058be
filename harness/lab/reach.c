/* SPDX-License-Identifier: Apache-2.0 */
/* reach.c - see reach.h */
#include "harness/lab/reach.h"

#include <stdbool.h>
#include <sys/socket.h>

#include "harness/base/must.h"
#include "harness/lab/link.h"
#include "harness/lab/netlink.h"

static int
set_route(int fd, const struct netlink_route *route, bool wanted)
{
	return wanted ? netlink_add_route(fd, route) : netlink_delete_route(fd, route);
}

int
reach_set(int client_netlink, int world_netlink, struct plan_address address, int state, struct why *why)
{
	struct netlink_address host = {.family = address.v6 ? AF_INET6 : AF_INET};
	struct netlink_address gateway =
	    netlink_address(address.v6 ? LINK_REFUSED_GATEWAY_6 : LINK_REFUSED_GATEWAY_4);
	struct netlink_route refused = {.type = RTN_UNICAST, .table = RT_TABLE_MAIN, .gateway = &gateway};
	struct netlink_route blackhole = {.type = RTN_BLACKHOLE, .table = RT_TABLE_LOCAL};
	char text[64];

	must(state >= REACH_STATE_OPEN && state <= REACH_STATE_BLACKHOLED);
	host.prefix = (unsigned)plan_address_bytes(address, host.bytes) * 8;
	refused.to = blackhole.to = host;
	plan_address_text(address, text);
	if (set_route(client_netlink, &refused, state == REACH_STATE_REFUSED) < 0)
		return why_errno(why, "cannot change the client's route to %s", text);
	if (set_route(world_netlink, &blackhole, state == REACH_STATE_BLACKHOLED) < 0)
		return why_errno(why, "cannot change the world's route for %s", text);
	return 0;
}
