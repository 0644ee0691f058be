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
	/* Called once when the lab stands, before the first fact; `version` is the client's word, or empty.
	 */
	int (*began)(void *ctx, enum lab_mode mode, const char *version, struct why *why);
	void (*take)(void *ctx, const struct fact *f);
	void (*log)(void *ctx, struct bytes line);
	void (*progress)(void *ctx, size_t over, size_t all, const char *slowest);
	void *ctx;
};

/* What was observed is handed on whatever the end; `why` is filled for all ends but FRONT_DONE. */
enum front_end session_run(const struct session_options *options, struct why *why);

#endif
