/* SPDX-License-Identifier: Apache-2.0 */
/* reporting.h - what run, judge and report all need around a report: colors, requirements, words, captures,
 * formats. */
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
	char *words;               /* asked for last; owned */
};

void reporting_done(struct reporting *r);

/* Our suite as it is now, as far as it can be read: requirements and words for runs that were saved. */
struct reporting_suite {
	struct region *region;
	struct complaints *complaints;
	struct suite *suite; /* NULL: there is none */
};

void reporting_suite_open(struct reporting_suite *ret);
void reporting_suite_close(struct reporting_suite *s);

/* Standard output is a terminal that wants colors: NO_COLOR and TERM=dumb are kept. */
bool reporting_colors(void);
/* Of the terminal that standard output is; 0: it is none, or does not say. */
unsigned reporting_columns(void);
bool reporting_source(void *ctx, const char *id, struct report_source *ret);
const char *reporting_capture(void *ctx, const char *scenario); /* borrowed until the next call */
const char *reporting_words(void *ctx, const char *scenario);   /* the same */
/* The format of that name (NULL: text); EXIT_OK, or EXIT_USAGE after having said why. */
int reporting_format(const char *name, const struct report_format **ret);
/* Where what is told beside the report goes: another program that reads the report must not meet it. */
FILE *reporting_told(const struct report_format *format);
/* Every format that is a file, into the run's folder. -1 and why at the first trouble. */
int reporting_files(const struct report *r, const struct run_folder *folder, struct why *why);

#endif
