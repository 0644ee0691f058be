/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach.h - hosts that refuse or swallow connections, as routes.
 *
 * Refused: the client's route to the host leads over the link on which nobody listens.
 * Blackholed: the world drops what comes for it, before the local route of the test range is looked at.
 */
#ifndef LAB_REACH_H
#define LAB_REACH_H

#include "harness/base/why.h"
#include "harness/model/plan.h"

enum { REACH_STATE_OPEN, REACH_STATE_REFUSED, REACH_STATE_BLACKHOLED };

/* Both descriptors are rtnetlink sockets of the namespaces they are named after; state as above. */
int reach_set(int client_netlink, int world_netlink, struct plan_address address, int state, struct why *why);

#endif
