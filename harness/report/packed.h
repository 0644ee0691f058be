/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed.h - the facts of a scenario as one row of numbers, small enough for a page; texts go by number.
 *
 * Numbers are in base 36, parted by commas; an empty one is as in the fact before. For each fact: kind,
 * source, how far its number lies behind the last of that source, microseconds since the fact before it
 * (empty: none), 1 for the control leg, step (-1 none), connection, then the fields in the order of
 * facts.def, none of them empty. Read back by harness/web/model.js.
 */
#ifndef PACKED_H
#define PACKED_H

#include <jansson.h>
#include <stdio.h>

#include "harness/base/texts.h"
#include "harness/model/brief.h"
#include "harness/report/facts_by_leg.h"

/* [{"name", "meaning", "words", "fields": [[name, type], ...]}, ...], by the number of the kind. Owned. */
json_t *packed_kinds_new(void);
/* "1,0,...". Texts are borrowed by `texts`, or static. */
void
packed_write(const struct facts_by_leg *facts, const struct brief *brief, struct texts *texts, FILE *out);

#endif
