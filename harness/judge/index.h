/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h - the facts of a run by leg, sorted once, so that judging stays linear in the run.
 *
 * Holds pointers only; facts stay the caller's.
 */
#ifndef JUDGE_INDEX_H
#define JUDGE_INDEX_H

#include "harness/base/region.h"
#include "harness/judge/judge.h"

struct leg_facts {
	uint32_t number;
	const struct fact **facts; /* in order of arrival */
	const struct fact **by_connection;
	size_t n;
};

struct index {
	struct leg_facts *legs; /* the legs that the docket knows, by number */
	size_t n_legs;
	const struct fact **starved; /* of the whole run */
	size_t n_starved;
};

/* All of it hangs on the region. */
void index_init(
    struct index *ret, struct region *region, const struct docket *docket, const struct record *record);

/* Never NULL: a leg that the docket does not know has no facts. Borrowed. */
const struct leg_facts *index_leg(const struct index *ix, uint32_t number);

/* The facts of one connection, in order of arrival; a client that floods has very many connections. */
const struct fact *const *index_connection(const struct leg_facts *leg, uint32_t connection, size_t *ret_n);

/* The first and the last fact of this kind in this step of the leg, or NULL. */
const struct fact *index_first(const struct leg_facts *leg, uint32_t step, enum fact_kind kind);
const struct fact *index_last(const struct leg_facts *leg, uint32_t step, enum fact_kind kind);

/* Where the lab got no turn for at least so many ms at once, in whole or in part between these times; or NULL. */
const struct fact *index_starved(const struct index *ix, uint64_t from_ns, uint64_t to_ns, int64_t least_ms);

#endif
