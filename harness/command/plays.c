/* SPDX-License-Identifier: Apache-2.0 */
/* plays.c - see plays.h */
#include "harness/command/plays.h"

#include <errno.h>
#include <inttypes.h>

#include "harness/command/captures.h"
#include "harness/command/outcome_status.h"
#include "harness/command/repeat.h"
#include "harness/command/reporting.h"

#define FILES_MAX 16

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

/* One of several is over: a line of its own, and its record makes room for the next one's. */
static int
put_aside(const struct course *c, const struct judgments *j, struct why *why)
{
	const struct play_options *o = &c->options->play;
	const char *files[FILES_MAX] = {"facts.jsonl", "client.log"};
	size_t n = 2;

	for (const struct report_format *f = report_formats; f->name != NULL && n < FILES_MAX; f++)
		if (f->file != NULL)
			files[n++] = f->file;
	if (!o->quiet)
		printf("play %u of %u: %" PRIu32 " honored, %" PRIu32 " violated, %" PRIu32 " unclear\n",
		    c->played, c->options->n, j->count[VERDICT_HONORED], j->count[VERDICT_VIOLATED],
		    j->count[VERDICT_UNCLEAR]);
	return run_folder_put_aside(
	    o->folder, region_printf(c->region, "repeat-%u", c->played), files, n, why);
}

/* Files and captures of one play; after the last one, what there is to read. */
static int
leave(const struct course *c, const struct play *play, const struct report *r, int status, struct why *why)
{
	const struct plays_options *o = c->options;

	if (captures_write(play, o->play.folder, o->keep_all, why) < 0 ||
	    reporting_files(r, o->play.folder, why) < 0)
		return -1;
	if (!c->is_over)
		return put_aside(c, &play->judgments, why);
	return o->play.quiet && status == EXIT_OK ? 0 : report_text(r, stdout, why);
}

static int
tell(struct course *c, const struct play *play, time_t began)
{
	const struct plays_options *o = c->options;
	struct reporting around = {.suite = o->suite, .folder = o->play.folder->path};
	char started[32];
	struct tm tm;
	struct report r = {
	    .docket = play->docket,
	    .judgments = &play->judgments,
	    .facts = play->store.facts,
	    .n_facts = play->store.n_facts,
	    .started = started,
	    .duration_ms = play->duration_ns / 1000000,
	    .interrupted = play->end != FRONT_DONE,
	    .folder = o->play.folder->path,
	    .program = program_invocation_name,
	    .capture = reporting_capture,
	    .source = reporting_source,
	    .ctx = &around,
	    .level = o->level,
	    .colors = reporting_colors(),
	    .verbose = o->verbose,
	};
	struct why why = play->disk;
	int status;

	if (o->baseline != NULL)
		r.baseline = baseline_view_of(
		    o->baseline, play->docket->claims, play->docket->n_claims, &play->judgments, c->region);
	status = outcome_status(&play->judgments, o->level, r.baseline);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&began, &tm));
	if (leave(c, play, &r, status, &why) < 0 || play->disk.text[0] != '\0') {
		c->is_over = true;
		command_fail(EXIT_LAB, "%s", why.text);
		if (status == EXIT_OK)
			status = EXIT_LAB;
	}
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
		if (c->is_over)
			repeat_merge(c->repeat, &play.judgments);
		status = tell(c, &play, o.started);
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
