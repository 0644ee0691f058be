/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fact_line.h - one fact as one line of JSON, and back; made from facts.def. No I/O.
 *
 * {"t": NS, "from": "world", "n": 17, "fact": "mail", "leg": 3, "step": 1, "conn": 9, then its fields by
 * name}; leg, step and conn are left out where there is none.
 */
#ifndef FACT_LINE_H
#define FACT_LINE_H

#include <jansson.h>

#include "harness/base/region.h"
#include "harness/base/why.h"
#include "harness/model/fact.h"

/* Without a newline or a NUL; the length, 0 when it would be longer than `size`. */
size_t fact_line_write(const struct fact *f, char *out, size_t size);
/* Texts go into the region. -1 and why when the object is no fact that we know. */
int fact_line_get(const json_t *line, struct region *region, struct fact *ret, struct why *why);

#endif
