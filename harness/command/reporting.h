/* SPDX-License-Identifier: Apache-2.0 */
/* reporting.h - what run and judge both need around a report: colors, requirements, captures in a run's
 * folder. */
#ifndef REPORTING_H
#define REPORTING_H

#include <limits.h>

#include "harness/record/run_folder.h"
#include "harness/report/report.h"
#include "harness/scenario/suite.h"

/* The ctx of a report whose `source` and `capture` are the functions below. */
struct reporting {
	const struct suite *suite; /* for its requirements; NULL: none known */
	const char *folder;        /* of the run; NULL none */
	char path[PATH_MAX];       /* the capture asked for last */
};

/* Standard output is a terminal that wants colors: NO_COLOR and TERM=dumb are kept. */
bool reporting_colors(void);
bool reporting_source(void *ctx, const char *id, struct report_source *ret);
const char *reporting_capture(void *ctx, const char *scenario); /* borrowed until the next call */
/* Every format that is a file, into the run's folder. -1 and why at the first trouble. */
int reporting_files(const struct report *r, const struct run_folder *folder, struct why *why);

#endif
