/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.h - drives one client: start, send, read its fates, retry, restart, stop.
 *
 * Two ways, one interface: a client that runs (its log tells fates) and a one-shot command a
 * message (its exit status does). It hears nothing of scenarios; legs are numbers to it.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <event2/event.h>

#include "harness/client/client.h"
#include "harness/client/machine.h"
#include "harness/model/plan.h"

struct driver;

/* `recipient` is an address as the client wrote it; empty: all of the message. Texts are borrowed. */
struct driver_calls {
	void (*ready)(void *ctx); /* it takes messages (also after a restart) */
	void (*failed)(
	    void *ctx, const char *sentence); /* it did not start, or ended on its own; with its last words */
	/* fate: delivered, deferred, bounced, refused, accepted, cannot */
	void (*fate)(void *ctx, struct bytes recipient, const char *fate, struct bytes reason);
	void (*no_attempt)(void *ctx, struct bytes recipient, struct bytes reason);
	/* `leg` is the one that an errand was for, or FACT_NONE. */
	void (*exited)(void *ctx, uint32_t leg, const char *command, int status, int signal);
	void (*log)(void *ctx, struct bytes line);
	void (*stopped)(void *ctx); /* after driver_stop */
	void *ctx;
};

struct driver_options {
	const struct client *client; /* borrowed */
	unsigned jobs;               /* commands that run at once */
	const char *resolver, *ca;   /* for MITMX_RESOLVER, MITMX_CA */
	const char *flaws;           /* for the built-in client, or NULL */
	bool by_wire;                /* exit status 0 means only "accepted" */
	unsigned deadline_s;         /* after which a start, or an answer to SMTP, has hung */
};

/* NULL and why when a pattern of the client's is wrong. Owned. */
struct driver *driver_new(struct event_base *base, const struct machine *machine,
    const struct driver_options *options, const struct driver_calls *calls, struct why *why);
void driver_free(struct driver *d);

/* ready() or failed() follows, from the event loop. */
void driver_start(struct driver *d);

struct driver_errand {
	uint32_t leg;
	const struct plan_message *message; /* stays valid until driver_free */
	const char *host;                   /* the first MX of the leg: for clients that are told a server */
	unsigned port;
};

void driver_send(struct driver *d, const struct driver_errand *errand);
/* Another try of this message takes a restart of the whole client: driver_restart, not driver_retry. */
bool driver_retries_by_restart(const struct driver *d, const struct driver_errand *errand);
/* Has the client try this message again. */
void driver_retry(struct driver *d, const struct driver_errand *errand);
/* The leg's step ended without waiting any longer: its commands are killed. */
void driver_abandon(struct driver *d, uint32_t leg);
/* ready() follows. Calls that come while it restarts are served by the same restart. */
void driver_restart(struct driver *d);
/* Kills every process of the client's machine; stopped() follows when ours are gone: from then on all is
 * quiet. */
void driver_stop(struct driver *d);

/* A process of the machine was reaped. */
void driver_exit(struct driver *d, pid_t pid, int status, int signal);

#endif
