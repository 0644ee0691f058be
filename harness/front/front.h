/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front.h - the front's side of one lab: takes facts from world and witness, drives the client,
 * leads every leg through its course, hands each fact on in order.
 *
 * Never enters a namespace: what it needs inside comes through `machine` and descriptors.
 */
#ifndef FRONT_H
#define FRONT_H

#include "harness/client/crew.h"
#include "harness/model/fact.h"
#include "harness/model/plan.h"

struct front_options {
	const struct plan *plan;     /* borrowed */
	const bool *plays;           /* by leg: is it led through its steps? NULL: all are */
	const struct client *client; /* borrowed */
	struct crew_options crew;    /* client is set from the above */
	struct machine machine;
	int world_fd, witness_fd; /* SOCK_SEQPACKET; borrowed */
	int exit_fd;              /* readable when next_exit has one */
	/* 1 and an exit of a process of the machine, 0 none waits, -1 the machine is gone. */
	int (*next_exit)(void *ctx, pid_t *ret_pid, int *ret_status, int *ret_signal);
	/* Moves the client's wall clock: so many seconds ahead of the true one; only forward. */
	void (*set_clock)(void *ctx, uint64_t offset_s);
	unsigned deadline_s; /* a step's; for hangs only */
	/* Every fact, numbered and in order of arrival; its text is valid during the call. */
	void (*take)(void *ctx, const struct fact *f);
	/* A line of the client's output. */
	void (*log)(void *ctx, struct bytes line);
	/* This leg is over; `slowest` is a scenario that is not, or NULL. */
	void (*progress)(void *ctx, uint32_t leg, const char *slowest);
	/* All is over, or nothing can go on: called once, from the loop's top. front_end may follow in it. */
	void (*over)(void *ctx);
	void *ctx;
};

enum front_end {
	FRONT_DONE,        /* every leg came to its end */
	FRONT_INTERRUPTED, /* SIGINT or SIGTERM, or front_stop */
	FRONT_CLIENT,      /* the client did not start, or ended on its own: see why */
	FRONT_CRASHED,     /* the client, well started, died of a crash signal: see why */
	FRONT_BROKEN       /* a process of the lab is gone: see why; a lab-fault fact is there */
};

struct front;

/*
 * Begins on this loop, beside others that may be there. Owned; end with front_end. Options, base and why are
 * borrowed until then. Also what cannot begin at all is told by `over`.
 */
struct front *front_begin(const struct front_options *options, struct event_base *base, struct why *why);
/* Asks it to come to its end without waiting for the client: `over` follows. */
void front_stop(struct front *f);
/* How it came to its end. What was observed is recorded whatever the end. Frees. */
enum front_end front_end(struct front *f);

#endif
