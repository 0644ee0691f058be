/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts.h - which scenarios share a machine of the client; each part is played on one of its own.
 *
 * Time only goes forward on a machine, and what a client forgets when it is started anew is gone for all whom
 * it serves: so scenarios that jump in time, and those that restart it, keep apart from the others. A crash
 * of a client that serves many scenarios is nobody's until it happens alone: parts can be split.
 */
#ifndef PARTS_H
#define PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/model/plan.h"

struct part {
	struct part *next;
	size_t n;  /* scenarios */
	bool in[]; /* by scenario */
};

/* Those that are still to be played, in order. */
struct parts {
	const struct plan *plan; /* borrowed */
	struct part *first;
};

/*
 * All scenarios that `applies`, at most `at_once` on a machine; 0 any number. `shared`: a restart of the
 * client is one for all scenarios.
 */
void parts_init(struct parts *p, const struct plan *plan, const bool *applies, size_t at_once, bool shared);
void parts_done(struct parts *p);
/* The next part, now the caller's; NULL when there is none. */
struct part *parts_take(struct parts *p);
/* Comes next again. Takes the part. */
void parts_put_back(struct parts *p, struct part *part);
/* Its halves come next. The part stays the caller's. */
void parts_put_halves(struct parts *p, const struct part *part);
size_t parts_count(const struct parts *p); /* scenarios */

/* By leg: is it of this part? The caller frees. */
bool *part_legs(const struct plan *plan, const struct part *part);

#endif
