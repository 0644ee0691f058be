/* SPDX-License-Identifier: Apache-2.0 */
/* play.c - see play.h */
#include "harness/command/play.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/command/docket.h"
#include "harness/command/parts.h"
#include "harness/command/progress.h"
#include "harness/command/so_far.h"
#include "harness/command/version.h"
#include "harness/plan/planner.h"

#define CLIENT_LOG_MAX (64l * 1024 * 1024) /* a client that floods its log is cut off here */

#define SESSIONS_MAX 64 /* labs that one run may start while it looks for a crash */
#define LABS_MAX 8      /* at once */

struct turn;

/* What is open while a run goes on. */
struct stage {
	struct play *play;
	const struct play_options *options;
	struct event_base *base;
	struct facts_file *file;
	FILE *log;
	struct progress progress;
	struct parts parts;   /* still to be played */
	struct turn *turns;   /* under way, each in a lab of its own */
	unsigned n_turns, n_turns_most, n_sessions;
	size_t n_scenarios, n_over, n_violated; /* to be played; of turns that are over; see so_far.h */
};

/* A part under way, and what it told so far: it becomes the run's when the part is over. */
struct turn {
	struct turn *next;
	struct stage *stage;
	struct part *part;
	bool *plays; /* by leg */
	struct session *session;
	struct fact_store heard;
	int spool_fd;
	FILE *log;
	struct so_far so_far; /* for a live line */
	struct why why;
};

static bool
is_claimed(const struct play_options *o, const char *mechanism)
{
	for (size_t i = 0; i < o->n_claims; i++)
		if (text_equal(o->claims[i], mechanism))
			return true;
	return false;
}

/* What needs a mechanism that the client does not claim is not played. */
static bool
applies(const struct play_options *o, const struct plan_scenario *s)
{
	for (size_t i = 0; i < s->n_needs; i++)
		if (!is_claimed(o, s->needs[i]))
			return false;
	return true;
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

/* --- what a turn tells ------------------------------------------------------------------------- */

static void
on_fact(void *ctx, const struct fact *f)
{
	struct turn *t = ctx;

	if (t->stage->options->plant != PLANT_UNWATCHED)
		fact_store_put(&t->heard, f);
}

static void
on_log(void *ctx, struct bytes line)
{
	struct turn *t = ctx;

	if (ftell(t->log) < CLIENT_LOG_MAX &&
	    (fwrite(line.data, 1, line.len, t->log) < line.len || fputc('\n', t->log) == EOF)) {
		struct why why;

		note_disk(t->stage->play, why_errno(&why, "cannot write client.log"), &why);
	}
}

static void
on_progress(void *ctx, uint32_t leg, const char *slowest)
{
	struct turn *t = ctx;
	struct stage *s = t->stage;
	struct tally tally = {s->n_over, s->n_scenarios, s->n_violated};

	if (!s->progress.live)
		return;
	if (t->so_far.docket == NULL)
		so_far_init(&t->so_far, s->play->docket);
	so_far_leg_over(&t->so_far, leg, &t->heard);
	for (t = s->turns; t != NULL; t = t->next) {
		tally.over += t->so_far.n_over;
		tally.violated += t->so_far.n_violated;
	}
	progress_show(&s->progress, &tally, slowest);
}

/* --- its beginning ------------------------------------------------------------------------------- */

static void on_over(void *ctx);

static struct turn *
turn_new(struct stage *s, struct part *part)
{
	struct turn *t = must_alloc(sizeof(*t));
	int log_fd;

	*t = (struct turn){.stage = s,
	    .part = part,
	    .plays = part_legs(s->play->plan, part)};
	t->spool_fd = run_folder_spool(s->options->folder, &t->why);
	log_fd = run_folder_spool(s->options->folder, &t->why);
	t->log = log_fd >= 0 ? fdopen(log_fd, "w+") : NULL;
	fact_store_init(&t->heard);
	return t;
}

/* The part stays the caller's. */
static void
turn_free(struct turn *t)
{
	if (t->log != NULL)
		fclose(t->log);
	if (t->spool_fd >= 0)
		close(t->spool_fd);
	fact_store_done(&t->heard);
	so_far_done(&t->so_far);
	free(t->plays);
	free(t);
}

/* The first lab that stands: what the run is about can be told. */
static int
begin_record(struct stage *s, struct session *session, struct why *why)
{
	const struct play_options *o = s->options;
	char version[256], path[PATH_MAX], started[32];
	struct docket_about about = {
	    .client = o->client->name,
	    .client_version = version,
	    .tool_version = MITMX_VERSION,
	    .lab_mode = lab_mode_name(session_lab_mode(session)),
	    .again = o->again,
	    .claims = o->claims,
	    .n_claims = o->n_claims,
	    .floor = o->floor,
	    .by_wire = o->by_wire,
	    .deadline_s = o->deadline_s,
	    .patience_s = o->client->patience_s,
	};
	struct tm tm;

	session_version(session, version, sizeof(version));
	s->play->lab_mode = session_lab_mode(session);
	s->play->judged = true;
	s->play->docket = docket_make(o->scenarios, s->play->plan, &about);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&o->started, &tm));
	if (run_folder_path(o->folder, "facts.jsonl", path, why) < 0)
		return -1;
	s->file = facts_file_new(path, s->play->docket, started, why);
	return s->file != NULL ? 0 : -1;
}

static int
turn_begin(struct turn *t)
{
	struct stage *s = t->stage;
	const struct play_options *o = s->options;
	struct session_options session = {
	    .plan = s->play->plan,
	    .plays = t->plays,
	    .client = o->client,
	    .jobs = o->jobs,
	    .deadline_s = o->deadline_s,
	    .flaws = o->flaws,
	    .by_wire = o->by_wire,
	    .out = o->folder->path,
	    .spool_fd = t->spool_fd,
	    .take = on_fact,
	    .log = on_log,
	    .progress = on_progress,
	    .over = on_over,
	    .ctx = t,
	};

	if (t->spool_fd < 0 || t->log == NULL)
		return -1;
	t->session = session_begin(&session, s->base, &t->why);
	return t->session != NULL ? 0 : -1;
}

/* --- its end ------------------------------------------------------------------------------------- */

/* The part's facts become the run's: each source goes on counting where it was. */
static void
keep_facts(struct stage *s, struct fact_store *heard)
{
	struct fact_store *all = &s->play->store;
	size_t first = all->n_facts;
	struct why why;

	if (first == 0) {
		struct fact_store empty = *all;

		*all = *heard;
		*heard = empty;
	} else {
		uint32_t before[FACT_SOURCES];

		memcpy(before, all->last_number, sizeof(before));
		for (size_t i = 0; i < heard->n_facts; i++) {
			heard->facts[i].number += before[heard->facts[i].source];
			fact_store_put(all, &heard->facts[i]);
		}
	}
	for (size_t i = first; i < all->n_facts; i++)
		note_disk(s->play, facts_file_put(s->file, &all->facts[i], &why), &why);
}

/* All of `from`, behind what `to` holds. */
static int
append(int to, int from)
{
	off_t at = 0, end = lseek(from, 0, SEEK_END);

	while (at < end) {
		static char buffer[1 << 16];
		ssize_t n = pread(from, buffer, sizeof(buffer), at);

		if (n <= 0 || write(to, buffer, (size_t)n) != n)
			return -1;
		at += n;
	}
	return 0;
}

static void
keep(struct stage *s, struct turn *t)
{
	struct why why;

	keep_facts(s, &t->heard);
	if (append(s->play->spool_fd, t->spool_fd) < 0)
		note_disk(s->play, why_errno(&why, "cannot keep the packets"), &why);
	if (fflush(t->log) != 0 || append(fileno(s->log), fileno(t->log)) < 0)
		note_disk(s->play, why_errno(&why, "cannot write client.log"), &why);
	s->n_over += t->so_far.n_over;
	s->n_violated += t->so_far.n_violated;
}

static void
unlink_turn(struct stage *s, const struct turn *t)
{
	struct turn **at = &s->turns;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	s->n_turns--;
}

/* Nothing more is begun, and what is under way comes to its end. */
static void
give_up(struct stage *s, enum front_end end, const struct why *why)
{
	if (s->play->end != FRONT_DONE)
		return;
	s->play->end = end;
	s->play->why = *why;
	parts_done(&s->parts);
	for (struct turn *t = s->turns; t != NULL; t = t->next)
		session_stop(t->session);
}

static void begin_turns(struct stage *s);

/* What was told is kept; or, after a crash among several, forgotten, and the part is split. */
static void
on_over(void *ctx)
{
	struct turn *t = ctx;
	struct stage *s = t->stage;
	enum front_end end = session_end(t->session);

	unlink_turn(s, t);
	if (end == FRONT_CRASHED && t->part->n > 1 && s->n_sessions < SESSIONS_MAX &&
	    s->play->end == FRONT_DONE) /* else nothing more is begun */
		parts_put_halves(&s->parts, t->part);
	else
		keep(s, t);
	if (end != FRONT_DONE && end != FRONT_CRASHED) /* a crash stands in the verdicts */
		give_up(s, end, &t->why);
	free(t->part);
	turn_free(t);
	begin_turns(s);
}

/* --- the run --------------------------------------------------------------------------------------- */

/* A lab that does not stand beside others may stand alone: its part waits for one of them to end. */
static void
turn_failed(struct stage *s, struct turn *t)
{
	if (s->n_turns > 0) {
		s->n_turns_most = s->n_turns;
		parts_put_back(&s->parts, t->part);
	} else {
		give_up(s, FRONT_BROKEN, &t->why);
		free(t->part);
	}
	turn_free(t);
}

static void
begin_turns(struct stage *s)
{
	struct part *part;

	while (s->n_turns < s->n_turns_most && (part = parts_take(&s->parts)) != NULL) {
		struct turn *t = turn_new(s, part);

		if (turn_begin(t) < 0) {
			turn_failed(s, t);
			continue;
		}
		t->next = s->turns;
		s->turns = t;
		s->n_turns++;
		s->n_sessions++;
		if (!s->play->judged && begin_record(s, t->session, &t->why) < 0)
			give_up(s, FRONT_BROKEN, &t->why);
	}
}

static void
plan_parts(struct stage *s)
{
	const struct plan *plan = s->play->plan;
	bool *in = must_alloc(plan->n_scenarios * sizeof(*in));

	for (size_t i = 0; i < plan->n_scenarios; i++)
		in[i] = applies(s->options, &plan->scenarios[i]);
	parts_init(&s->parts, plan, in, s->options->client->at_once,
	    s->options->client->serves == SERVES_RUN);
	s->n_scenarios = parts_count(&s->parts);
	free(in);
}

/* One machine more than there are cores: a client mostly waits. */
static unsigned
labs_at_once(const struct play_options *o)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned labs = cores > 0 && cores < LABS_MAX ? (unsigned)cores + 1 : LABS_MAX;

	return labs < o->jobs ? labs : o->jobs;
}

static void
run_parts(struct stage *s)
{
	s->base = event_base_new();
	must(s->base != NULL);
	s->n_turns_most = labs_at_once(s->options);
	plan_parts(s);
	begin_turns(s);
	event_base_dispatch(s->base);
	event_base_free(s->base);
	must(s->turns == NULL);
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
