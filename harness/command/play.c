/* SPDX-License-Identifier: Apache-2.0 */
/* play.c - see play.h */
#include "harness/command/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/command/docket.h"
#include "harness/command/progress.h"
#include "harness/command/version.h"
#include "harness/plan/planner.h"

#define CLIENT_LOG_MAX (64l * 1024 * 1024) /* a client that floods its log is cut off here */

/* What is open while a run goes on. */
struct stage {
	struct play *play;
	const struct play_options *options;
	struct facts_file *file;
	FILE *log;
	struct progress progress;
};

static bool
is_claimed(const struct play_options *o, const char *mechanism)
{
	for (size_t i = 0; i < o->n_claims; i++)
		if (text_equal(o->claims[i], mechanism))
			return true;
	return false;
}

/* By leg: scenarios that need what the client does not claim are not led through their steps. */
static bool *
legs_to_play(const struct plan *plan, const struct play_options *o)
{
	bool *plays = must_alloc(plan->n_legs * sizeof(*plays));

	for (size_t leg = 0; leg < plan->n_legs; leg++) {
		const struct plan_scenario *s = &plan->scenarios[plan->legs[leg].scenario];

		plays[leg] = true;
		for (size_t i = 0; i < s->n_needs; i++)
			plays[leg] = plays[leg] && is_claimed(o, s->needs[i]);
	}
	return plays;
}

static struct plan *
make_plan(const struct play_options *o, struct why *why)
{
	struct planner_options planner = {.family = o->family, .now = o->started, .plant = o->plant};

	must(getrandom(&planner.seed, sizeof(planner.seed), 0) == sizeof(planner.seed));
	return planner_make(o->scenarios, o->n_scenarios, &planner, why);
}

/* Keeps the first trouble with the disk; the run goes on, and its verdicts stay. */
static void
note_disk(struct play *p, int status, const struct why *why)
{
	if (status < 0 && p->disk.text[0] == '\0')
		p->disk = *why;
}

/* --- what the session tells ------------------------------------------------------------------ */

static int
on_began(void *ctx, enum lab_mode mode, const char *version, struct why *why)
{
	struct stage *s = ctx;
	const struct play_options *o = s->options;
	struct docket_about about = {
		.client = o->client->name,
		.client_version = version,
		.tool_version = MITMX_VERSION,
		.lab_mode = lab_mode_name(mode),
		.claims = o->claims,
		.n_claims = o->n_claims,
		.floor = o->floor,
		.by_wire = o->by_wire,
	};
	char path[PATH_MAX], started[32];
	struct tm tm;

	s->play->lab_mode = mode;
	s->play->judged = true;
	s->play->docket = docket_make(o->scenarios, s->play->plan, &about);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&o->started, &tm));
	if (run_folder_path(o->folder, "facts.jsonl", path, why) < 0)
		return -1;
	s->file = facts_file_new(path, s->play->docket, started, why);
	return s->file != NULL ? 0 : -1;
}

static void
on_fact(void *ctx, const struct fact *f)
{
	struct stage *s = ctx;
	struct why why;

	fact_store_put(&s->play->store, f);
	note_disk(s->play, facts_file_put(s->file, f, &why), &why);
}

static void
on_log(void *ctx, struct bytes line)
{
	struct stage *s = ctx;

	if (ftell(s->log) < CLIENT_LOG_MAX && (fwrite(line.data, 1, line.len, s->log) < line.len || fputc('\n', s->log) == EOF)) {
		struct why why;

		note_disk(s->play, why_errno(&why, "cannot write client.log"), &why);
	}
}

static void
on_progress(void *ctx, size_t over, size_t all, const char *slowest)
{
	struct stage *s = ctx;

	progress_show(&s->progress, over, all, slowest);
}

/* --- the run --------------------------------------------------------------------------------- */

static void
run_session(struct stage *s)
{
	struct play *p = s->play;
	bool *plays = legs_to_play(p->plan, s->options);
	struct session_options session = {
		.plan = p->plan,
		.plays = plays,
		.client = s->options->client,
		.jobs = s->options->jobs,
		.deadline_s = s->options->deadline_s,
		.flaws = s->options->flaws,
		.by_wire = s->options->by_wire,
		.out = s->options->folder->path,
		.spool_fd = p->spool_fd,
		.began = on_began,
		.take = on_fact,
		.log = on_log,
		.progress = on_progress,
		.ctx = s,
	};

	p->end = session_run(&session, &p->why);
	progress_clear(&s->progress);
	free(plays);
}

static void
judge(struct stage *s)
{
	struct play *p = s->play;
	struct record record = fact_store_record(&p->store, true);
	struct why why;

	if (!p->judged)
		return;
	if (s->file != NULL)
		note_disk(p, facts_file_end(s->file, p->end != FRONT_DONE, &why), &why);
	p->judgments = judge_run(p->docket, &record);
}

int
play_run(struct play *ret, const struct play_options *options, struct why *why)
{
	struct stage s = {.play = ret, .options = options};
	uint64_t began_ns = clock_ns();

	*ret = (struct play){.spool_fd = -1};
	fact_store_init(&ret->store);
	ret->plan = make_plan(options, why);
	if (ret->plan == NULL)
		return -1;
	ret->spool_fd = run_folder_spool(options->folder, why);
	s.log = ret->spool_fd >= 0 ? run_folder_open(options->folder, "client.log", why) : NULL;
	if (s.log == NULL)
		return -1;
	progress_init(&s.progress, options->quiet);
	run_session(&s);
	judge(&s);
	facts_file_free(s.file);
	fclose(s.log);
	ret->duration_ns = clock_ns() - began_ns;
	if (ret->judged)
		return 0;
	*why = ret->why;
	return -1;
}

void
play_done(struct play *p)
{
	if (p->judged)
		judgments_free(&p->judgments);
	docket_free(p->docket);
	fact_store_done(&p->store);
	plan_free(p->plan);
	if (p->spool_fd >= 0)
		close(p->spool_fd);
}
