/* SPDX-License-Identifier: Apache-2.0 */
/* fact_store.h - all facts of a run in memory, in order of arrival, as the judge wants them. */
#ifndef FACT_STORE_H
#define FACT_STORE_H

#include "harness/base/texts.h"
#include "harness/judge/judge.h"

struct fact_store {
	struct texts *texts; /* most are said again and again: hosts, channels, verbs, tokens */
	struct fact *facts;
	size_t n_facts, capacity;
	uint32_t last_number[FACT_SOURCES];
};

void fact_store_init(struct fact_store *s);
void fact_store_done(struct fact_store *s);
/* Copies the fact and its text. */
void fact_store_put(struct fact_store *s, const struct fact *f);
/* The record of a run that was played to its end, or not. Borrowed from the store. */
struct record fact_store_record(const struct fact_store *s, bool closed);

#endif
