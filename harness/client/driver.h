/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.h - drives one instance of a client: start, send, read its fates, retry, restart, stop.
 *
 * Two ways, one interface: a client that runs (its log tells fates) and a one-shot command a
 * message (its exit status does). It hears nothing of scenarios; legs are numbers to it.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <event2/event.h>

#include "harness/client/client.h"
#include "harness/client/machine.h"
#include "harness/client/turns.h"
#include "harness/model/plan.h"

struct driver;

/* `recipient` is an address as the client wrote it; empty: all of the message. Texts are borrowed. */
struct driver_calls {
	void (*ready)(void *ctx); /* it takes messages (also after a restart) */
	/* It did not start, or ended on its own; with its last words. It waits to be started again; who was
	 * handed nothing yet is forgotten. */
	void (*failed)(void *ctx, const char *sentence);
	/* fate: delivered, deferred, bounced, refused, accepted, cannot */
	void (*fate)(void *ctx, struct bytes recipient, const char *fate, struct bytes reason);
	void (*no_attempt)(void *ctx, struct bytes recipient, struct bytes reason);
	/* `leg` is the one that an errand was for, or that it serves; or FACT_NONE. */
	void (*exited)(void *ctx, uint32_t leg, const char *command, int status, int signal);
	void (*log)(void *ctx, struct bytes line);
	void (*stopped)(void *ctx); /* after driver_stop */
	void *ctx;
};

struct driver_errand {
	uint32_t leg;                       /* FACT_NONE: none */
	const struct plan_message *message; /* stays valid until driver_free; NULL: none */
	const char *host; /* the first MX of the leg: for clients that are told a server; NULL: none */
	unsigned port;
};

struct driver_options {
	const struct client *client; /* borrowed */
	struct turns *turns;         /* for commands, and for starts; borrowed */
	struct driver_errand serves; /* whom this instance serves: a leg, one message of it, or all */
	const char *listen;          /* its address on its machine */
	const char *resolver, *ca;   /* for MITMX_RESOLVER, MITMX_CA */
	const char *flaws;           /* for the built-in client, or NULL */
	bool by_wire;                /* exit status 0 means only "accepted" */
	unsigned deadline_s;         /* after which a start, or an answer to SMTP, has hung */
};

/* NULL and why when a pattern of the client's is wrong. Owned. */
struct driver *driver_new(struct event_base *base, const struct machine *machine,
    const struct driver_options *options, const struct driver_calls *calls, struct why *why);
void driver_free(struct driver *d);

/* While it is down. ready() or failed() follows, from the event loop. */
void driver_start(struct driver *d);

/* Whether driver_start is due: it was not started yet, or it failed. */
bool driver_is_down(const struct driver *d);
/* What it is sent while it is down or starts waits until it is ready. */
void driver_send(struct driver *d, const struct driver_errand *errand);
/* Another try of this message takes a restart of the whole client: driver_restart, not driver_retry. */
bool driver_retries_by_restart(const struct driver *d, const struct driver_errand *errand);
/* Has the client try this message again. */
void driver_retry(struct driver *d, const struct driver_errand *errand);
/* The leg's step ended without waiting any longer: its commands are killed. */
void driver_abandon(struct driver *d, uint32_t leg);
/* ready() follows. Calls that come while it restarts are served by the same restart. */
void driver_restart(struct driver *d);
/* Its processes were killed: stopped() follows when all are reaped; from then on all is quiet. */
void driver_stop(struct driver *d);

/* A process of the machine was reaped. False when it was none of this instance's. */
bool driver_exit(struct driver *d, pid_t pid, int status, int signal);

#endif
