/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed.h - the facts of a scenario as one row of numbers, small enough for a page; texts go by number.
 *
 * For each fact: kind, source, number, microseconds since the fact before it, 1 for the control leg, step (-1
 * none), connection, then the fields in the order of facts.def. Read back by harness/web/model.js.
 */
#ifndef PACKED_H
#define PACKED_H

#include <jansson.h>
#include <stdio.h>

#include "harness/model/brief.h"
#include "harness/report/facts_by_leg.h"
#include "harness/report/texts.h"

/* [{"name", "meaning", "words", "fields": [[name, type], ...]}, ...], by the number of the kind. Owned. */
json_t *packed_kinds_new(void);
/* "[1,0,...]". Texts are borrowed by `texts`, or static. */
void
packed_write(const struct facts_by_leg *facts, const struct brief *brief, struct texts *texts, FILE *out);

#endif
