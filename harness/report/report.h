/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what a run leaves for people and programs: one function per format, in one table.
 *
 * Nothing here judges or runs anything; all of it is made from judgments and facts, so a saved run
 * gives the same reports again.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/why.h"
#include "harness/model/fact.h"
#include "harness/model/judgment.h"
#include "harness/report/baseline.h"

#define REPORT_SCHEMA 1 /* of result.json */

/* Where an id of `covers` comes from; a row of scenarios/requirements.tsv. */
struct report_source {
	const char *rfc, *section, *statement; /* "RFC 8461", "5", one sentence */
};

/* All borrowed. */
struct report {
	const struct docket *docket;
	const struct judgments *judgments;
	const struct fact *facts; /* in their order of arrival */
	size_t n_facts;
	const char *started; /* RFC 3339; NULL unknown */
	uint64_t duration_ms;
	bool interrupted;
	const char *folder;  /* of the run, as a user would type it; NULL none */
	const char *program; /* as a user would type its name; NULL: mitmx */
	/* The path of a scenario's capture, or NULL when there is none. May be NULL. */
	const char *(*capture)(void *ctx, const char *scenario);
	/* Looks up an id of `covers`; false when unknown. May be NULL. */
	bool (*source)(void *ctx, const char *id, struct report_source *ret);
	/* A scenario in plain words, as `mitmx explain` has it; NULL when unknown. Borrowed until the next
	 * call. May be NULL. */
	const char *(*words)(void *ctx, const char *scenario);
	void *ctx;
	const struct baseline_view *baseline; /* NULL: none was given */
	enum level level;                     /* violations at or above count as failures */
	bool colors;                          /* text only */
	unsigned columns;                     /* text only: prose is broken to fit; 0: it is not */
	bool verbose;                         /* text only: say a word about every scenario */
};

struct facts_by_leg; /* facts_by_leg.h */

struct report_format {
	const char *name; /* "json" */
	const char *file; /* in the run's folder; NULL: for the terminal */
	const char *meaning;
	/* -1 and why when `out` cannot be written. Does not close it. */
	int (*write)(const struct report *r, FILE *out, struct why *why);
};

/* Ends with a NULL name. */
extern const struct report_format report_formats[];
/* By name; NULL when there is none. */
const struct report_format *report_format_of(const char *name);

/* The formats; see the table. */
int report_text(const struct report *r, FILE *out, struct why *why);
int report_json(const struct report *r, FILE *out, struct why *why);  /* harness/report/result.schema.json */
int report_junit(const struct report *r, FILE *out, struct why *why); /* tests/junit.xsd */
int report_html(const struct report *r, FILE *out, struct why *why);  /* see html.h */

int report_tap(const struct report *r, FILE *out, struct why *why);    /* TAP version 13 */
int report_github(const struct report *r, FILE *out, struct why *why); /* annotations of GitHub Actions */

/* What a scenario is to programs that know tests alone; agrees with the run's exit status. */
enum report_result {
	REPORT_PASSED,  /* honored, recorded, or violated below the level */
	REPORT_FAILURE, /* violated at or above the level */
	REPORT_ERROR,   /* unclear */
	REPORT_SKIPPED, /* skipped, or known from the baseline */
	REPORT_RESULTS
};
enum report_result report_result_of(const struct report *r, size_t i); /* of judgment i */
/* What the terminal shows of a violation or an unclear verdict, without colors. Owned. */
char *report_failure_text(const struct report *r, const struct facts_by_leg *by_leg, size_t i);

/* Flushes; -1 and why when anything failed to be written. */
int report_finish(FILE *out, struct why *why);
/* The verdict of item i stands in the baseline, too. */
bool report_is_known(const struct report *r, size_t i);
/* The recipient that a leg's judgment of a step is shown by: the worst exposure, then what decided. NULL:
 * none. */
const struct measured *report_worst(const struct measured *rows, size_t n);

#endif
