/* SPDX-License-Identifier: Apache-2.0 */
/* failure.h - one judgment told in full, in the words of its scenario. */
#ifndef FAILURE_H
#define FAILURE_H

#include "harness/report/page.h"

/* Expected, seen, what the client said, the facts before, the rule, the capture, the line to run it again;
 * ends with an empty line. */
void failure_put(const struct page *p, const struct judgment *j);

#endif
