/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.h - facts and expectation to verdicts: a pure function.
 *
 * No clock, no socket, no plan: it cannot see what an attack was meant to do. Two tables of
 * rules (per step, per scenario), the first hit wins, the last row always hits.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "harness/model/fact.h"
#include "harness/model/judgment.h"

/* A whole run in order of arrival at the front. */
struct record {
	const struct fact *facts; /* borrowed */
	size_t n_facts;
	bool closed; /* the run's last line is there; its counts: */
	uint32_t last_number[FACT_SOURCES];
	const char *damage; /* what is wrong with the record itself (a missing head line), or NULL */
};

/* Owned by the result's region; briefs and facts stay borrowed by it. */
struct judgments judge_run(const struct docket *docket, const struct record *record);
/*
 * The verdict of one scenario over the facts of its legs so far, for a count on the way. What is known of a
 * run as a whole, or comes late, is left out and may change it: gaps, what the witness saw, what the client
 * never looked at. `delivers`: some message arrived in this run.
 */
enum verdict judge_alone(const struct docket *docket, const struct brief *brief, const struct fact *facts,
    size_t n_facts, bool delivers);
void judgments_free(struct judgments *j);

#endif
