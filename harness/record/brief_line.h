/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brief_line.h - one scenario's brief as one JSON object, and back without loss. No I/O.
 *
 * What is empty, false or absent is left out, so that a line holds only what is special.
 */
#ifndef BRIEF_LINE_H
#define BRIEF_LINE_H

#include <jansson.h>

#include "harness/base/region.h"
#include "harness/base/why.h"
#include "harness/model/brief.h"

json_t *brief_line_new(const struct brief *brief); /* owned */
/* All of it goes into the region. -1 and why when the object is no brief. */
int brief_line_get(const json_t *line, struct region *region, struct brief *ret, struct why *why);

#endif
