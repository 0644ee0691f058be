/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness.h - the second opinion: captures the client's hop, puts streams together, looks for tokens in
 * clear.
 *
 * Shares only base and model with the world. What it says concerns clear text only.
 */
#ifndef WITNESS_H
#define WITNESS_H

#include "harness/model/plan.h"

struct witness_options {
	const struct plan *plan; /* addresses to legs; PLANT_DEAF_WITNESS */
	int fact_fd;             /* SOCK_SEQPACKET to the front: facts out, struct order in */
	int spool_fd; /* every packet is appended here, see harness/model/spool.h; -1: kept nowhere */
	const char *interfaces[2]; /* Ethernet, up; the second may be NULL */
};

/*
 * Runs until EOF of fact_fd; emits flushed{order 0} when the capture stands. Returns the exit status:
 * 0, or 1 when it could not capture (a lab-fault says why).
 */
int witness_main(const struct witness_options *options);

#endif
