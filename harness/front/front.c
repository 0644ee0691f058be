/* SPDX-License-Identifier: Apache-2.0 */
/* front.c - see front.h; its beginning and end, and the facts that come in. What leads a leg is course.c. */
#include "harness/front/front.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/front/state.h"

/* --- facts -------------------------------------------------------------------------------- */

/* The client did something, and not the lab alone. */
static bool
is_sign(const struct fact *fact)
{
	return fact->connection != 0 || fact->kind == FACT_DNS_ASKED || fact->kind == FACT_FATE ||
	       fact->kind == FACT_NO_ATTEMPT;
}

void
front_take(struct front *f, struct fact *fact)
{
	if (fact->source == FACT_FROM_FRONT) {
		fact->number = ++f->number;
		fact->t_ns = clock_ns();
	}
	f->options->take(f->options->ctx, fact);
	if (fact->leg >= f->plan->n_legs || f->courses[fact->leg] == NULL)
		return;
	if (is_sign(fact))
		deadlines_sign(f->deadlines, fact->leg);
	course_fact(f->courses[fact->leg], fact);
}

/* From inside of any callback: the caller hears of it from the loop's top. */
static void
be_over(struct front *f)
{
	event_active(f->over, EV_TIMEOUT, 1);
}

static void
stop(struct front *f, enum front_end end)
{
	f->end = end;
	be_over(f);
}

/* --- world and witness -------------------------------------------------------------------- */

static void
on_flushed(struct front *f, uint32_t number)
{
	if (number == FLUSH_READY) {
		if (++f->n_standing == 2)
			crew_start(f->crew);
	} else if (number == FLUSH_LAST) {
		if (++f->n_finished == 2)
			be_over(f);
	} else if (number <= f->plan->n_legs && f->courses[number - 1] != NULL) {
		course_flushed(f->courses[number - 1]);
	}
}

static void
on_fact(void *ctx, struct peer *peer, struct fact *fact)
{
	struct front *f = ctx;

	(void)peer;
	front_take(f, fact);
	if (fact->kind == FACT_FLUSHED)
		on_flushed(f, (uint32_t)fact->flushed.order);
}

void
front_lab_is_broken(struct front *f, const char *part, const char *how)
{
	struct fact fact = {.kind = FACT_LAB_FAULT, .leg = FACT_NONE, .step = FACT_NONE};

	fact.lab_fault.part = bytes_of(part);
	fact.lab_fault.what = bytes_of(how);
	front_take(f, &fact);
	why_set(f->why, "the lab's %s %s", part, how);
	stop(f, FRONT_BROKEN);
}

static void
on_gone(void *ctx, struct peer *peer, const char *how)
{
	front_lab_is_broken(ctx, peer_name(peer), how);
}

/* --- the course of the run ------------------------------------------------------------------ */

static void
on_interrupt(evutil_socket_t signal, short what, void *ctx)
{
	struct front *f = ctx;

	(void)signal;
	(void)what;
	why_set(f->why, "interrupted");
	stop(f, FRONT_INTERRUPTED);
}

static void
on_over(evutil_socket_t fd, short what, void *ctx)
{
	struct front *f = ctx;

	(void)fd;
	(void)what;
	f->options->over(f->options->ctx);
}

void
front_stop(struct front *f)
{
	if (f->end == FRONT_DONE)
		f->end = FRONT_INTERRUPTED;
	be_over(f);
}

static bool
is_played(const struct front *f, uint32_t leg)
{
	return f->options->plays == NULL || f->options->plays[leg];
}

/* Scenarios that make the client wait come first: what is waited for passes while the others are played. */
void
front_start_courses(struct front *f)
{
	f->started = true;
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++) {
		if (!is_played(f, leg))
			continue;
		f->courses[leg] = course_new(f->plan, leg, &legs_course_calls, f);
		f->n_played++;
	}
	for (int stalls = 1; stalls >= 0; stalls--)
		for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
			if (f->courses[leg] != NULL &&
			    f->plan->scenarios[f->plan->legs[leg].scenario].stalls == stalls)
				course_begin(f->courses[leg]);
	barriers_set_played(f->barriers, f->n_played);
	if (f->n_played == 0)
		crew_stop(f->crew);
}

void
front_close_courses(struct front *f)
{
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++) {
		if (f->courses[leg] != NULL)
			course_interrupt(f->courses[leg]);
		deadlines_clear(f->deadlines, leg);
	}
}

/* Each instance of the client, and each command that runs, has a pipe to us. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
front_init(struct front *f)
{
	static const struct peer_calls peer_calls = {on_fact, on_gone};
	const struct front_options *o = f->options;

	raise_limits();
	f->recipients = recipients_new();
	f->courses = must_alloc(f->plan->n_legs * sizeof(struct course *) + sizeof(void *));
	f->barriers = barriers_new(f->base, f->plan->n_legs, &legs_barriers_calls, f);
	f->deadlines = deadlines_new(f->base, f->plan->n_legs, o->deadline_s * 1000, legs_deadline, f);
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
		if (is_played(f, leg))
			recipients_add_leg(f->recipients, f->plan, leg);
	f->world = peer_new(f->base, "world", FACT_FROM_WORLD, o->world_fd, &peer_calls, f);
	f->witness = peer_new(f->base, "witness", FACT_FROM_WITNESS, o->witness_fd, &peer_calls, f);
	f->exits = event_new(f->base, o->exit_fd, EV_READ | EV_PERSIST, told_exit_waits, f);
	f->interrupts[0] = evsignal_new(f->base, SIGINT, on_interrupt, f);
	f->interrupts[1] = evsignal_new(f->base, SIGTERM, on_interrupt, f);
	f->over = event_new(f->base, -1, 0, on_over, f);
	must(f->exits != NULL && f->interrupts[0] != NULL && f->interrupts[1] != NULL && f->over != NULL);
	event_add(f->exits, NULL);
	event_add(f->interrupts[0], NULL);
	event_add(f->interrupts[1], NULL);
}

static void
front_free(struct front *f)
{
	crew_free(f->crew);
	peer_free(f->world);
	peer_free(f->witness);
	event_free(f->exits);
	event_free(f->interrupts[0]);
	event_free(f->interrupts[1]);
	event_free(f->over);
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
		course_free(f->courses[leg]);
	deadlines_free(f->deadlines);
	barriers_free(f->barriers);
	free(f->courses);
	recipients_free(f->recipients);
	free(f);
}

struct front *
front_begin(const struct front_options *options, struct event_base *base, struct why *why)
{
	struct front *f = must_alloc(sizeof(*f));
	struct crew_options crew = options->crew;
	struct crew_calls calls;

	*f = (struct front){
	    .options = options, .plan = options->plan, .base = base, .why = why, .end = FRONT_DONE};
	front_init(f);
	crew.client = options->client;
	calls = told_calls(f);
	f->crew = crew_new(base, &options->machine, &crew, &calls, why);
	if (f->crew == NULL)
		stop(f, FRONT_CLIENT);
	return f;
}

enum front_end
front_end(struct front *f)
{
	enum front_end end = f->end;

	if (end != FRONT_DONE)
		front_close_courses(f);
	front_free(f);
	return end;
}
