/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h - runs as one page that needs nothing else: the viewer of harness/web with the data in it.
 *
 * The data are JSON, deflated, in elements that no browser runs: "head" (kinds of facts, scenarios, runs),
 * "judgments-RUN", and "facts-RUN" (see packed.h).
 */
#ifndef HTML_H
#define HTML_H

#include "harness/report/report.h"

/*
 * One run with all of its facts, or several side by side, with the facts of what was violated or unclear as
 * far as they fit. -1 and why when it cannot be written.
 */
int html_write(const struct report *const *runs, size_t n, FILE *out, struct why *why);

#endif
