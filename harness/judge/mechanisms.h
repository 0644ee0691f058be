/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mechanisms.h - clients that claim a mechanism and never look: told once, not per scenario.
 */
#ifndef JUDGE_MECHANISMS_H
#define JUDGE_MECHANISMS_H

#include "harness/judge/index.h"

/* The first mechanism in `brief->needs` that the client does not claim, or NULL. Borrowed. */
const char *mechanisms_unclaimed(const struct docket *docket, const struct brief *brief);

/*
 * Overrides what was judged: of the scenarios that need a mechanism which was never looked for, the first
 * is violated and the others are skipped. A crash stays a violation, what is unclear stays unclear.
 * `sound`, one per judgment: it was played out, and the lab is not in doubt there. Others stay as they are.
 */
void mechanisms_judge(struct judgments *all, const struct docket *docket, const struct record *record,
    const struct index *ix, const bool *sound);

#endif
