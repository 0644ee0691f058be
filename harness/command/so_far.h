/* SPDX-License-Identifier: Apache-2.0 */
/*
 * so_far.h - how many scenarios of a run under way are over, and how many of them look violated.
 *
 * For the live line alone: each scenario is judged once, when both its legs have ended, over its own facts.
 * The verdicts of the run are made at its end, of all facts, and may differ.
 */
#ifndef SO_FAR_H
#define SO_FAR_H

#include "harness/command/fact_store.h"
#include "harness/model/brief.h"

struct so_far {
	const struct docket *docket; /* borrowed */
	size_t n_over, n_violated;
	size_t n_heard;   /* facts of the store that were looked at */
	bool delivers;    /* some message arrived */
	uint32_t *before; /* by fact: the one before of the same leg, or FACT_NONE; owned */
	size_t size;
	struct leg_so_far *legs; /* by number; owned */
	size_t n_legs;
	uint32_t starved; /* the last fact that says so, linked as those of a leg */
	size_t n_starved;
};

void so_far_init(struct so_far *s, const struct docket *docket);
void so_far_done(struct so_far *s);
/* Another leg is over. `store`: all facts so far; always the same, which only grows. */
void so_far_leg_over(struct so_far *s, uint32_t leg, const struct fact_store *store);

#endif
