/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - one lab, one client, one plan: from nothing up to all facts, and down again.
 *
 * Ties the parts together and decides nothing: the facts come out in order, the judge is not here.
 */
#ifndef SESSION_H
#define SESSION_H

#include "harness/client/client.h"
#include "harness/front/front.h"
#include "harness/judge/judge.h"
#include "harness/lab/lab.h"
#include "harness/model/plan.h"

struct session_options {
	const struct plan *plan;     /* borrowed */
	const bool *plays;           /* by leg; see front.h */
	const struct client *client; /* borrowed */
	unsigned jobs, deadline_s;
	const char *flaws; /* of the built-in client; NULL none */
	bool by_wire;
	const char *out; /* the run's folder; for overlays where tmpfs cannot carry them */
	int spool_fd;    /* packets go here; borrowed */
	/* See front.h. */
	void (*take)(void *ctx, const struct fact *f);
	void (*log)(void *ctx, struct bytes line);
	void (*progress)(void *ctx, uint32_t leg, const char *slowest);
	void (*over)(void *ctx);
	void *ctx;
};

struct session;

/* The lab stands, and all goes on from this loop until `over`. NULL and why. Owned; end with session_end. */
struct session *session_begin(const struct session_options *options, struct event_base *base, struct why *why);
enum lab_mode session_lab_mode(const struct session *s);
/* The first line that the client's version command prints on its machine; empty when there is none. */
void session_version(struct session *s, char *ret, size_t size);
void session_stop(struct session *s); /* see front_stop */
/* Takes the lab down. `why` of session_begin is filled for all ends but FRONT_DONE. Frees. */
enum front_end session_end(struct session *s);

#endif
