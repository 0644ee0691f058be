/* SPDX-License-Identifier: Apache-2.0 */
/* plays.c - see plays.h */
#include "harness/command/plays.h"

#include <errno.h>
#include <inttypes.h>

#include "harness/command/captures.h"
#include "harness/command/outcome_status.h"
#include "harness/command/repeat.h"
#include "harness/command/reporting.h"

/* What is known while the plays go on. */
struct course {
	const struct plays_options *options;
	struct repeat *repeat;
	struct region *region;
	unsigned played;
	bool is_over; /* no more will be played */
};

/* Why a play that came to no end did so; what was judged so far counts all the same. */
static int
status_of_end(const struct play *play, int status)
{
	switch (play->end) {
	case FRONT_DONE:
		return status;
	case FRONT_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		command_fail(EXIT_LAB, "%s", play->why.text);
		return status == EXIT_VIOLATED ? EXIT_VIOLATED : EXIT_LAB;
	}
}

/* What is told of one play, and then of all. */
struct telling {
	struct report report;
	struct reporting around;
	char started[32];
};

static void
begin_telling(struct telling *t, const struct course *c, const struct play *play, time_t began)
{
	const struct plays_options *o = c->options;
	struct tm tm;

	*t = (struct telling){.around = {.suite = o->suite, .folder = o->play.folder->path}};
	strftime(t->started, sizeof(t->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&began, &tm));
	t->report = (struct report){
	    .docket = play->docket,
	    .judgments = &play->judgments,
	    .facts = play->store.facts,
	    .n_facts = play->store.n_facts,
	    .started = t->started,
	    .duration_ms = play->duration_ns / 1000000,
	    .interrupted = play->end != FRONT_DONE,
	    .folder = o->play.folder->path,
	    .program = program_invocation_name,
	    .capture = reporting_capture,
	    .source = reporting_source,
	    .words = reporting_words,
	    .ctx = &t->around,
	    .level = o->level,
	    .colors = reporting_colors(),
	    .columns = reporting_columns(),
	    .verbose = o->verbose,
	};
}

/* The plays so far become one, seen by the baseline. */
static void
merge(const struct course *c, struct play *play, struct report *r)
{
	const struct docket *d = play->docket;

	repeat_merge(c->repeat, &play->judgments);
	if (c->options->baseline != NULL)
		r->baseline = baseline_view_of(
		    c->options->baseline, d->claims, d->n_claims, &play->judgments, c->region);
}

/*
 * A play that others follow: its record makes room for theirs, and what all came to so far stands in the
 * run's folder, as of a run that did not come to its end.
 */
static int
leave_one(const struct course *c, struct play *play, struct telling *t, struct why *why)
{
	static const char *const files[] = {"facts.jsonl", "client.log"};
	const struct plays_options *o = c->options;
	const struct run_folder *folder = o->play.folder;
	const uint32_t *count = play->judgments.count;
	struct run_folder aside;

	if (!o->play.quiet)
		fprintf(reporting_told(o->format), "play %u of %u: %" PRIu32 " honored, %" PRIu32 " violated, %" PRIu32 " unclear\n",
		    c->played, o->n, count[VERDICT_HONORED], count[VERDICT_VIOLATED], count[VERDICT_UNCLEAR]);
	if (captures_write(play, folder, o->keep_all, why) < 0 ||
	    run_folder_put_aside(
		&aside, folder, region_printf(c->region, "repeat-%u", c->played), files, 2, why) < 0)
		return -1;
	t->around.folder = aside.path;
	if (reporting_files(&t->report, &aside, why) < 0)
		return -1;
	t->around.folder = folder->path;
	t->report.interrupted = true;
	merge(c, play, &t->report);
	return reporting_files(&t->report, folder, why);
}

/* The last play, or the only one. */
static int
leave_last(const struct course *c, struct play *play, struct telling *t, int *ret_status, struct why *why)
{
	const struct plays_options *o = c->options;

	merge(c, play, &t->report);
	*ret_status = outcome_status(&play->judgments, o->level, t->report.baseline);
	if (captures_write(play, o->play.folder, o->keep_all, why) < 0 ||
	    reporting_files(&t->report, o->play.folder, why) < 0)
		return -1;
	return o->play.quiet && *ret_status == EXIT_OK && o->format->write == report_text ? 0 : o->format->write(&t->report, stdout, why);
}

static int
leave(struct course *c, struct play *play, time_t began)
{
	struct telling t;
	struct why why = play->disk;
	int status = EXIT_OK, left;

	begin_telling(&t, c, play, began);
	left = c->is_over ? leave_last(c, play, &t, &status, &why) : leave_one(c, play, &t, &why);
	if (left < 0 || play->disk.text[0] != '\0') {
		c->is_over = true;
		command_fail(EXIT_LAB, "%s", why.text);
		if (status == EXIT_OK)
			status = EXIT_LAB;
	}
	reporting_done(&t.around);
	return status_of_end(play, status);
}

static int
play_once(struct course *c)
{
	struct play_options o = c->options->play;
	struct play play;
	struct why why;
	int status;

	if (c->played > 0)
		o.started = time(NULL);
	if (play_run(&play, &o, &why) == 0) {
		c->is_over = ++c->played == c->options->n || play.end != FRONT_DONE;
		repeat_count(c->repeat, &play.judgments);
		status = leave(c, &play, o.started);
	} else {
		c->is_over = true;
		status = command_fail(EXIT_LAB, "%s", why.text);
	}
	play_done(&play);
	return status;
}

int
plays_run(const struct plays_options *options)
{
	struct course c = {
	    .options = options,
	    .repeat = repeat_new(options->play.n_scenarios),
	    .region = region_new(),
	};
	int status = EXIT_OK;

	while (!c.is_over)
		status = play_once(&c);
	repeat_free(c.repeat);
	region_free(c.region);
	return status;
}
