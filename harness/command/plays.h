/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plays.h - the plays of a run, one or several: each is played and leaves its files, then all are told as
 * one.
 *
 * Every play has a fresh machine. The last lies in the run's folder, earlier ones in repeat-1/, repeat-2/ ...
 * in it. See repeat.h for what several plays amount to.
 */
#ifndef PLAYS_H
#define PLAYS_H

#include "harness/command/play.h"
#include "harness/report/report.h"
#include "harness/scenario/suite.h"

/* All borrowed. */
struct plays_options {
	struct play_options play; /* `started` is the first play's */
	unsigned n;               /* at least 1 */
	const struct suite *suite;
	const struct baseline *baseline; /* NULL none */
	enum level level;                /* what counts */
	bool keep_all, verbose;
	const struct report_format *format; /* of what is printed at the end */
};

/* Prints the report, and every trouble. An enum exit_status. */
int plays_run(const struct plays_options *options);

#endif
