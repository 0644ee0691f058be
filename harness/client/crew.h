/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew.h - all instances of the client on its one machine: one for the run, or one a leg, or one a message.
 *
 * An instance that serves no more than a leg is started with its first message, and stays until the machine
 * is gone: what it still tries counts. One that ends on its own is its leg's matter; it is started again when
 * it is sent something, or asked for another try.
 */
#ifndef CREW_H
#define CREW_H

#include <event2/event.h>

#include "harness/client/driver.h"

struct crew;

/* `serves` is the leg of the instance that told it; FACT_NONE: it serves all. Texts are borrowed. */
struct crew_calls {
	/* It takes messages; also after a restart. FACT_NONE: for all. */
	void (*ready)(void *ctx, uint32_t leg);
	/* Nothing can be done with this client: it does not start, or ended on its own. */
	void (*failed)(void *ctx, const char *sentence);
	/* The instance of this leg ended on its own, or did not start; of `message` alone, unless that is
	 * NULL. */
	void (*lost)(void *ctx, uint32_t leg, const struct plan_message *message, const char *sentence);
	/* recipient, fate, reason: as in struct driver_calls */
	void (*fate)(
	    void *ctx, uint32_t serves, struct bytes recipient, const char *fate, struct bytes reason);
	void (*no_attempt)(void *ctx, uint32_t serves, struct bytes recipient, struct bytes reason);
	void (*exited)(void *ctx, uint32_t leg, const char *command, int status, int signal);
	void (*log)(void *ctx, struct bytes line);
	void (*stopped)(void *ctx); /* after crew_stop */
	void *ctx;
};

struct crew_options {
	const struct client *client; /* borrowed */
	unsigned jobs;               /* commands and starts at once */
	const char *resolver, *ca;   /* for MITMX_RESOLVER, MITMX_CA */
	const char *flaws;           /* for the built-in client, or NULL */
	bool by_wire;                /* exit status 0 means only "accepted" */
	unsigned deadline_s;         /* after which a start, or an answer to SMTP, has hung; above 0 */
};

/* NULL and why when a pattern of the client's is wrong. Owned. */
struct crew *crew_new(struct event_base *base, const struct machine *machine,
    const struct crew_options *options, const struct crew_calls *calls, struct why *why);
void crew_free(struct crew *c);

/* ready() for all or failed() follows, from the event loop. */
void crew_start(struct crew *c);
void crew_send(struct crew *c, const struct driver_errand *errand);
/* Another try of this message takes a restart of the instance: crew_restart, not crew_retry. */
bool crew_retries_by_restart(const struct crew *c, const struct driver_errand *errand);
/* Has the client try this message again. */
void crew_retry(struct crew *c, const struct driver_errand *errand);
/* The leg's step ended without waiting any longer: its commands are killed. */
void crew_abandon(struct crew *c, uint32_t leg);
/* Does a restart concern all legs? Then they must agree on it. */
bool crew_is_shared(const struct crew *c);
/*
 * Restarts what serves this leg (of it, this message, unless NULL); ready() for the leg follows. A shared one
 * is restarted whole, and ready() is for all. Calls that come while it restarts are served by the same
 * restart.
 */
void crew_restart(struct crew *c, uint32_t leg, const struct plan_message *message);
/* Kills every process of the client's machine; stopped() follows. */
void crew_stop(struct crew *c);
/* A process of the machine was reaped. */
void crew_exit(struct crew *c, pid_t pid, int status, int signal);

#endif
