/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doubt.h - where the lab itself is in doubt: gaps, drops, faults, and a witness that disagrees.
 *
 * A doubt is never about the client. What is in doubt is not judged.
 */
#ifndef JUDGE_DOUBT_H
#define JUDGE_DOUBT_H

#include "harness/judge/index.h"

struct doubt {
	const char *why; /* NULL: none */
	const struct fact *shown_by;
};

/* About the whole run: nothing can be judged. */
struct doubt doubt_of_run(struct region *region, const struct record *record);

/* About one leg: what is stamped with it, and whether world and witness saw the same tokens in clear. */
struct doubt doubt_of_leg(struct region *region, const struct leg_facts *facts, const struct brief_leg *leg);
/* The first half of it. */
struct doubt doubt_of_facts(struct region *region, const struct leg_facts *facts);

/* Legs whose tokens crossed on another leg, and those other legs; hangs on the region. */
struct strays;
struct strays *doubt_strays(struct region *region, const struct docket *docket, const struct record *record);
struct doubt doubt_of_strays(const struct strays *strays, uint32_t leg);

#endif
