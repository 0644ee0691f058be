/* SPDX-License-Identifier: Apache-2.0 */
/*
 * baseline.h - the result.json of an earlier run: what it lists, and what of a new run is known from it.
 *
 * Known is what has the verdict it has there: a violation at the same level or a higher one, an unclear
 * one. Decides nothing about exit statuses. The file is foreign: its size has a limit.
 */
#ifndef BASELINE_H
#define BASELINE_H

#include <stdbool.h>

#include "harness/base/region.h"
#include "harness/base/why.h"
#include "harness/model/judgment.h"

#define BASELINE_BYTES_MAX (64u * 1024 * 1024)

struct baseline;

/* Owned; NULL and why when it cannot be read, is no result.json, or one of another schema. */
struct baseline *baseline_read(const char *path, struct why *why);
/* The same from text; `name` is how errors and reports call it. */
struct baseline *baseline_parse(struct bytes text, const char *name, struct why *why);
void baseline_free(struct baseline *b); /* NULL is fine */

/* What a baseline says of a run. */
struct baseline_view {
	const char *name;
	const bool *known; /* by judgment: violated or unclear, as it is listed */
	uint32_t n_known[VERDICTS];
	const struct judgment **gone; /* listed as violated, and now something better */
	size_t n_gone;
	size_t n_unplayed;        /* listed as violated, and not in this run at all */
	const char *other_claims; /* a sentence when it was taken with other claims; NULL: the same */
};

/* Made in the region; also borrows from the baseline and the judgments. */
const struct baseline_view *baseline_view_of(const struct baseline *b, const char *const *claims,
    size_t n_claims, const struct judgments *judgments, struct region *r);

#endif
