/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h - the world process: all fakes on one libevent loop, facts out, orders in.
 */
#ifndef WORLD_H
#define WORLD_H

#include "fakes/pki/pki.h"
#include "harness/base/why.h"
#include "harness/model/plan.h"

/* How a host is reached from the client's machine; set through a callback, since routes are the lab's. */
enum reach { REACH_OPEN, REACH_REFUSED, REACH_BLACKHOLED };

/* 0, or -1 and why. */
typedef int world_set_reach(void *ctx, struct plan_address address, enum reach reach, struct why *why);

struct world_options {
	const struct plan *plan; /* borrowed */
	struct pki *pki;         /* borrowed */
	int fact_fd;           /* SOCK_SEQPACKET to the front: facts out, struct order in; made nonblocking */
	const char *interface; /* the client's link: SMTP and HTTPS are accepted from there alone; NULL: from
				  anywhere */
	world_set_reach *set_reach;
	void *ctx;
};

/*
 * Runs until EOF of fact_fd; returns the process's exit status. Trouble goes out as lab-fault.
 * When all listeners stand it emits flushed{order 0}.
 */
int world_main(const struct world_options *options);

#endif
