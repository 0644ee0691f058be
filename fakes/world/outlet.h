/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlet.h - the world's facts on their way to the front: numbered, stamped, cut, queued.
 *
 * Never blocks and never waits. Says when clients are to be left unread for a while.
 */
#ifndef OUTLET_H
#define OUTLET_H

#include <event2/event.h>

#include "harness/model/fact.h"

struct outlet;

struct outlet_calls {
	/* More than half of the queue is in use (true), or it is empty again. From the loop. */
	void (*pause)(void *ctx, bool on);
	/* Nobody takes facts any more. From the loop. */
	void (*dead)(void *ctx);
	void *ctx;
};

struct outlet_options {
	int fd;              /* SOCK_SEQPACKET, nonblocking; borrowed */
	size_t max_bytes;    /* of the queue; what would exceed it is lost and leaves a gap in the numbers */
	bool withhold_clear; /* the planted lie: the first clear-text `mail` is kept back before it has a
				number */
};

struct outlet *
outlet_new(struct event_base *base, const struct outlet_options *options, const struct outlet_calls *calls);
void outlet_free(struct outlet *o);
struct fact_sink *outlet_sink(struct outlet *o); /* borrowed */

#endif
