/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeat.h - what several plays of the same scenarios amount to: a verdict that changed is unclear.
 *
 * Plays nothing itself, and keeps no more of a play than its verdicts.
 */
#ifndef REPEAT_H
#define REPEAT_H

#include "harness/model/judgment.h"

#define REPEAT_MAX 100

struct repeat;

struct repeat *repeat_new(size_t n_scenarios); /* owned */
void repeat_free(struct repeat *r);            /* NULL is fine */
/* One more play; it must have the same scenarios in the same order. */
void repeat_count(struct repeat *r, const struct judgments *play);
/*
 * Turns the judgments of the play counted last into those of all: where the verdict changed, it is unclear at
 * the highest level at which a play was in doubt or broken, and `why` says which verdicts there were; where
 * all were violated, the level is the highest broken. Steps and facts stay those of the last play.
 */
void repeat_merge(const struct repeat *r, struct judgments *last);

#endif
