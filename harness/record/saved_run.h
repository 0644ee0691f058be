/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saved_run.h - reads facts.jsonl back: what was expected, and every fact in its order.
 *
 * The file is foreign: lines and the whole have limits. What cannot be read at all is refused with file and
 * line; a record that is merely not whole (a line is gone, the end is torn) is read and called damaged, so
 * that its verdicts come out unclear.
 */
#ifndef SAVED_RUN_H
#define SAVED_RUN_H

#include "harness/base/why.h"
#include "harness/model/brief.h"
#include "harness/model/fact.h"

#define SAVED_RUN_BYTES_MAX (1ull << 30)

struct saved_run {
	struct docket docket; /* its region owns everything here */
	const char *started;  /* "" when unknown */
	struct fact *facts;
	size_t n_facts;
	bool closed, interrupted; /* closed: the last line is there, with */
	uint32_t last_number[FACT_SOURCES];
	const char *damage; /* what is wrong with the record itself, or NULL */
};

/* `path`: the file, or the folder of a run. -1 and why when it is none. saved_run_done in either case. */
int saved_run_read(struct saved_run *ret, const char *path, struct why *why);
/* The same from text; `name` is how errors call it. */
int saved_run_parse(struct saved_run *ret, struct bytes text, const char *name, struct why *why);
void saved_run_done(struct saved_run *run);

#endif
