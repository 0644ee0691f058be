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

#define SESSIONS_MAX 64 /* labs that one run may start while it looks for a crash */

/* Scenarios that are played in one lab. */
struct part {
	struct part *next;
	size_t n;
	bool in[]; /* by scenario */
};

/* What is open while a run goes on. */
struct stage {
	struct play *play;
	const struct play_options *options;
	struct facts_file *file;
	FILE *log;
	struct progress progress;
	struct part *parts;      /* still to be played */
	struct fact_store heard; /* of the part under way */
	unsigned n_sessions;
};

static bool
is_claimed(const struct play_options *o, const char *mechanism)
{
	for (size_t i = 0; i < o->n_claims; i++)
		if (text_equal(o->claims[i], mechanism))
			return true;
	return false;
}

static bool
applies(const struct play_options *o, const struct plan_scenario *s)
{
	for (size_t i = 0; i < s->n_needs; i++)
		if (!is_claimed(o, s->needs[i]))
			return false;
	return true;
}

/* --- parts: a crash of a client that serves many scenarios is nobody's until it happens alone ------ */

static struct part *
part_new(const struct stage *s)
{
	return must_alloc(sizeof(struct part) + s->play->plan->n_scenarios * sizeof(bool));
}

static void
push_part(struct stage *s, struct part *part)
{
	part->next = s->parts;
	s->parts = part;
}

static struct part *
pop_part(struct stage *s)
{
	struct part *part = s->parts;

	if (part != NULL)
		s->parts = part->next;
	return part;
}

/* Time only goes forward on a machine, and what a client forgets when it is started anew is gone for all. */
enum company { COMPANY_STEADY, COMPANY_JUMPING, COMPANY_RESTARTING };

static enum company
company_of(const struct plan_scenario *one)
{
	return one->restarts ? COMPANY_RESTARTING : one->jumps ? COMPANY_JUMPING : COMPANY_STEADY;
}

/* All of this company that apply: what needs a mechanism that the client does not claim is not played. */
static struct part *
part_of(const struct stage *s, enum company company)
{
	struct part *part = part_new(s);

	for (size_t i = 0; i < s->play->plan->n_scenarios; i++) {
		const struct plan_scenario *one = &s->play->plan->scenarios[i];

		part->in[i] = company_of(one) == company && applies(s->options, one);
		part->n += part->in[i];
	}
	return part;
}

/* In as many machines as the client needs. Takes the part. */
static void
push_shares(struct stage *s, struct part *part)
{
	size_t most = s->options->client->at_once, n_shares = most > 0 ? (part->n + most - 1) / most : 1,
	       seen = 0;
	struct part *share = NULL;

	for (size_t i = s->play->plan->n_scenarios; n_shares > 1 && i > 0; i--) {
		if (!part->in[i - 1])
			continue;
		if (share == NULL || seen * n_shares / part->n != (seen - 1) * n_shares / part->n) {
			share = part_new(s);
			push_part(s, share);
		}
		share->in[i - 1] = true;
		share->n++;
		seen++;
	}
	if (n_shares > 1)
		free(part);
	else
		push_part(s, part);
}

static void
push_halves(struct stage *s, const struct part *part)
{
	struct part *halves[2] = {part_new(s), part_new(s)};
	size_t seen = 0;

	for (size_t i = 0; i < s->play->plan->n_scenarios; i++) {
		struct part *half = halves[seen >= part->n / 2];

		half->in[i] = part->in[i];
		half->n += part->in[i];
		seen += part->in[i];
	}
	push_part(s, halves[1]);
	push_part(s, halves[0]);
}

static bool *
legs_of(const struct plan *plan, const struct part *part)
{
	bool *plays = must_alloc(plan->n_legs * sizeof(*plays));

	for (size_t leg = 0; leg < plan->n_legs; leg++)
		plays[leg] = part->in[plan->legs[leg].scenario];
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
	    .again = o->again,
	    .claims = o->claims,
	    .n_claims = o->n_claims,
	    .floor = o->floor,
	    .by_wire = o->by_wire,
	    .deadline_s = o->deadline_s,
	    .patience_s = o->client->patience_s,
	};
	char path[PATH_MAX], started[32];
	struct tm tm;

	if (s->play->judged)
		return 0; /* not the first lab of this run */
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

	if (s->options->plant != PLANT_UNWATCHED)
		fact_store_put(&s->heard, f);
}

static void
on_log(void *ctx, struct bytes line)
{
	struct stage *s = ctx;

	if (ftell(s->log) < CLIENT_LOG_MAX &&
	    (fwrite(line.data, 1, line.len, s->log) < line.len || fputc('\n', s->log) == EOF)) {
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

/* The part's facts become the run's: each source goes on counting where it was. */
static void
keep_facts(struct stage *s)
{
	struct fact_store *all = &s->play->store;
	size_t first = all->n_facts;
	struct why why;

	if (first == 0) { /* the usual run has one part: nothing is copied */
		struct fact_store empty = *all;

		*all = s->heard;
		s->heard = empty;
	} else {
		uint32_t before[FACT_SOURCES];

		memcpy(before, all->last_number, sizeof(before));
		for (size_t i = 0; i < s->heard.n_facts; i++) {
			s->heard.facts[i].number += before[s->heard.facts[i].source];
			fact_store_put(all, &s->heard.facts[i]);
		}
	}
	for (size_t i = first; i < all->n_facts; i++)
		note_disk(s->play, facts_file_put(s->file, &all->facts[i], &why), &why);
}

static enum front_end
run_session(struct stage *s, const struct part *part, struct why *why)
{
	const struct play_options *o = s->options;
	bool *plays = legs_of(s->play->plan, part);
	struct session_options session = {
	    .plan = s->play->plan,
	    .plays = plays,
	    .client = o->client,
	    .jobs = o->jobs,
	    .deadline_s = o->deadline_s,
	    .flaws = o->flaws,
	    .by_wire = o->by_wire,
	    .out = o->folder->path,
	    .spool_fd = s->play->spool_fd,
	    .began = on_began,
	    .take = on_fact,
	    .log = on_log,
	    .progress = on_progress,
	    .ctx = s,
	};
	enum front_end end = session_run(&session, why);

	free(plays);
	s->n_sessions++;
	return end;
}

/* Plays one part, and keeps what it told; or, after a crash among several, forgets it and splits the part. */
static enum front_end
run_part(struct stage *s, const struct part *part, struct why *why)
{
	off_t spooled = lseek(s->play->spool_fd, 0, SEEK_CUR);
	enum front_end end;

	fact_store_init(&s->heard);
	end = run_session(s, part, why);
	if (end == FRONT_CRASHED && part->n > 1 && s->n_sessions < SESSIONS_MAX &&
	    ftruncate(s->play->spool_fd, spooled) == 0 &&
	    lseek(s->play->spool_fd, spooled, SEEK_SET) == spooled)
		push_halves(s, part);
	else
		keep_facts(s);
	fact_store_done(&s->heard);
	return end;
}

static void
run_parts(struct stage *s)
{
	struct part *part;

	for (unsigned company = COMPANY_RESTARTING; company > COMPANY_STEADY; company--) {
		part = part_of(s, (enum company)company);
		if (part->n > 0)
			push_shares(s, part);
		else
			free(part);
	}
	push_shares(s, part_of(s, COMPANY_STEADY));
	while ((part = pop_part(s)) != NULL) {
		if (s->play->end == FRONT_DONE || s->play->end == FRONT_CRASHED)
			s->play->end = run_part(s, part, &s->play->why);
		free(part);
	}
	if (s->play->end == FRONT_CRASHED)
		s->play->end = FRONT_DONE; /* it stands in the verdicts */
	progress_clear(&s->progress);
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
	run_parts(&s);
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
