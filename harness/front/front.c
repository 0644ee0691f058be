/* SPDX-License-Identifier: Apache-2.0 */
/* front.c - see front.h; one libevent loop. What leads a leg is course.c, what drives the client crew.c. */
#include "harness/front/front.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/front/barriers.h"
#include "harness/front/course.h"
#include "harness/front/deadlines.h"
#include "harness/front/peer.h"
#include "harness/front/recipients.h"

/* Flushes: what world and witness answer unasked when they stand, leg + 1, and the last of all. */
#define FLUSH_READY 0u
#define FLUSH_LAST UINT32_MAX

struct front {
	const struct front_options *options;
	const struct plan *plan;
	struct event_base *base;
	struct crew *crew;
	struct peer *world, *witness;
	unsigned n_standing, n_finished; /* peers that stand, and that answered the last flush */
	struct event *exits, *interrupts[2], *over;
	struct course **courses; /* by leg */
	struct deadlines *deadlines;
	struct recipients *recipients;
	uint32_t number;
	bool started, crashed;
	struct barriers *barriers;
	size_t n_played;
	enum front_end end;
	struct why *why;
};

/* --- facts -------------------------------------------------------------------------------- */

/* The client did something, and not the lab alone. */
static bool
is_sign(const struct fact *fact)
{
	return fact->connection != 0 || fact->kind == FACT_DNS_ASKED || fact->kind == FACT_FATE ||
	       fact->kind == FACT_NO_ATTEMPT;
}

static void
take(struct front *f, struct fact *fact)
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
	take(f, fact);
	if (fact->kind == FACT_FLUSHED)
		on_flushed(f, (uint32_t)fact->flushed.order);
}

/* A process of the lab is gone: nothing that follows can be trusted. */
static void
lab_is_broken(struct front *f, const char *part, const char *how)
{
	struct fact fact = {.kind = FACT_LAB_FAULT, .leg = FACT_NONE, .step = FACT_NONE};

	fact.lab_fault.part = bytes_of(part);
	fact.lab_fault.what = bytes_of(how);
	take(f, &fact);
	why_set(f->why, "the lab's %s %s", part, how);
	stop(f, FRONT_BROKEN);
}

static void
on_gone(void *ctx, struct peer *peer, const char *how)
{
	lab_is_broken(ctx, peer_name(peer), how);
}

/* --- the calls of the courses ------------------------------------------------------------- */

static void
order_step(void *ctx, uint32_t leg, uint32_t step)
{
	struct front *f = ctx;

	peer_order(f->world, ORDER_STEP, leg, step, 0);
}

static void
order_hush(void *ctx, uint32_t leg)
{
	struct front *f = ctx;

	peer_order(f->world, ORDER_HUSH, leg, 0, 0);
}

static void
order_flush(void *ctx, uint32_t leg)
{
	struct front *f = ctx;

	peer_order(f->world, ORDER_FLUSH, leg, 0, leg + 1);
}

/* The first MX of the leg: where a client that looks nothing up is sent. */
static const char *
first_mx(const struct plan_leg *leg)
{
	const struct plan_world *w = leg->steps[0].world;

	for (size_t i = 0; i < w->n_hosts; i++)
		if (w->hosts[i].role == ROLE_MX && !w->hosts[i].attackers)
			return w->hosts[i].name;
	return leg->domain;
}

static struct driver_errand
errand_of(struct front *f, uint32_t leg, const struct plan_message *message)
{
	return (struct driver_errand){leg, message, first_mx(&f->plan->legs[leg]), 25};
}

static void
send_message(void *ctx, uint32_t leg, const struct plan_message *message)
{
	struct front *f = ctx;
	struct driver_errand e = errand_of(f, leg, message);

	crew_send(f->crew, &e);
}

/* A client that serves all legs is restarted when none is under way. */
static void
restart_for(struct front *f, uint32_t leg, const struct plan_message *message)
{
	if (!crew_is_shared(f->crew)) {
		crew_restart(f->crew, leg, message);
		return;
	}
	deadlines_clear(f->deadlines, leg);
	barriers_await_restart(f->barriers, leg);
}

static void
retry_message(void *ctx, uint32_t leg, const struct plan_message *message)
{
	struct front *f = ctx;
	struct driver_errand e = errand_of(f, leg, message);

	if (crew_retries_by_restart(f->crew, &e))
		restart_for(f, leg, message);
	else
		crew_retry(f->crew, &e);
}

static void
restart_client(void *ctx, uint32_t leg)
{
	restart_for(ctx, leg, NULL);
}

static void
resume(void *ctx, uint32_t leg)
{
	struct front *f = ctx;

	deadlines_set(f->deadlines, leg);
}

static void
restart(void *ctx)
{
	struct front *f = ctx;

	crew_restart(f->crew, FACT_NONE, NULL);
}

static void
on_deadline(void *ctx, uint32_t leg)
{
	struct front *f = ctx;

	course_deadline(f->courses[leg]);
}

static void
set_deadline(void *ctx, uint32_t leg, bool on)
{
	struct front *f = ctx;

	if (on)
		deadlines_set(f->deadlines, leg);
	else
		deadlines_clear(f->deadlines, leg);
}

static void
abandon(void *ctx, uint32_t leg)
{
	struct front *f = ctx;

	crew_abandon(f->crew, leg);
}

static void
emit(void *ctx, struct fact *fact)
{
	take(ctx, fact);
}

/* A scenario still open, to show what is waited for. */
static const char *
slowest(const struct front *f)
{
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
		if (f->courses[leg] != NULL && !course_is_over(f->courses[leg]))
			return f->plan->scenarios[f->plan->legs[leg].scenario].name;
	return NULL;
}

static void
leg_is_over(void *ctx, uint32_t leg)
{
	struct front *f = ctx;
	size_t n_over;

	(void)leg;
	barriers_leg_over(f->barriers);
	n_over = barriers_over(f->barriers);
	f->options->progress(f->options->ctx, leg, slowest(f));
	if (n_over == f->n_played)
		crew_stop(f->crew);
}

static void
move_clock(void *ctx, uint64_t clock_s)
{
	struct front *f = ctx;

	f->options->set_clock(f->options->ctx, clock_s);
	peer_order(f->world, ORDER_CLOCK, FACT_NONE, 0, (uint32_t)clock_s);
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
		if (f->courses[leg] != NULL)
			course_clock_moved(f->courses[leg], clock_s);
}

static void
await_clock(void *ctx, uint32_t leg, uint64_t offset_s)
{
	struct front *f = ctx;

	barriers_await_clock(f->barriers, leg, offset_s);
}

static const struct course_calls course_calls = {
    order_step,
    order_flush,
    order_hush,
    send_message,
    retry_message,
    restart_client,
    await_clock,
    set_deadline,
    abandon,
    emit,
    leg_is_over,
};

/* --- the client --------------------------------------------------------------------------- */

static void start_courses(struct front *f);

static void
client_is_ready(void *ctx, uint32_t of)
{
	struct front *f = ctx;

	if (!f->started) {
		start_courses(f);
		return;
	}
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
		if (f->courses[leg] != NULL && (of == FACT_NONE || leg == of))
			course_restarted(f->courses[leg]);
}

static void close_courses(struct front *f);

/* Without its client a run ends, in order: what world and witness still know is waited for. */
static void
client_failed(void *ctx, const char *sentence)
{
	struct front *f = ctx;

	if (f->end != FRONT_DONE)
		return;
	why_set(f->why, "%s", sentence);
	f->end = f->crashed && f->started ? FRONT_CRASHED : FRONT_CLIENT;
	close_courses(f);
	crew_stop(f->crew);
}

static void
instance_is_lost(void *ctx, uint32_t leg, const struct plan_message *message, const char *sentence)
{
	struct front *f = ctx;

	course_lost(f->courses[leg], message, bytes_of(sentence));
}

/* Whose address it is. An instance that speaks of another leg's mail took what is not its own. */
static const struct recipient *
find_recipient(struct front *f, uint32_t serves, struct bytes address)
{
	const struct recipient *a = recipients_find(f->recipients, address);
	struct why why;

	if (a == NULL || serves == FACT_NONE || a->leg == serves)
		return a;
	why_set(&why,
	    "an instance of %s spoke of a message that another one was sent (%s): they share a queue, "
	    "or a log; the key 'own' gives each its own folders",
	    f->options->client->name, a->address);
	client_failed(f, why.text);
	return NULL;
}

static void
client_told_fate(void *ctx, uint32_t serves, struct bytes recipient, const char *fate, struct bytes reason)
{
	struct front *f = ctx;
	const struct recipient *a = find_recipient(f, serves, recipient);
	struct fact fact = {.kind = FACT_FATE};

	if (a == NULL)
		return; /* a bounce of the client's own, say */
	fact.leg = a->leg;
	fact.step = course_step(f->courses[a->leg]);
	fact.fate.message = a->message;
	fact.fate.recipient = bytes_of(a->address);
	fact.fate.fate = bytes_of(fate);
	fact.fate.reason = reason;
	take(f, &fact);
}

static void
client_did_not_try(void *ctx, uint32_t serves, struct bytes recipient, struct bytes reason)
{
	struct front *f = ctx;
	const struct recipient *a = find_recipient(f, serves, recipient);
	struct fact fact = {.kind = FACT_NO_ATTEMPT};

	if (a == NULL)
		return;
	fact.leg = a->leg;
	fact.step = course_step(f->courses[a->leg]);
	fact.no_attempt.recipient = bytes_of(a->address);
	fact.no_attempt.reason = reason;
	take(f, &fact);
}

static bool
is_crash(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
	       signal == SIGABRT;
}

/* The leg that was under way, when all that were are of one scenario; else nobody knows. */
static uint32_t
only_leg_under_way(const struct front *f)
{
	uint32_t found = FACT_NONE;

	for (uint32_t leg = 0; f->started && leg < f->plan->n_legs; leg++) {
		if (f->courses[leg] == NULL || course_is_over(f->courses[leg]))
			continue;
		if (found == FACT_NONE)
			found = leg;
		else if (f->plan->legs[leg].scenario != f->plan->legs[found].scenario)
			return FACT_NONE;
	}
	return found;
}

static void
client_exited(void *ctx, uint32_t leg, const char *command, int status, int signal)
{
	struct front *f = ctx;
	struct fact fact = {.kind = FACT_EXITED, .step = FACT_NONE};

	if (is_crash(signal) && leg == FACT_NONE) {
		f->crashed = true;
		leg = only_leg_under_way(f);
	}
	fact.leg = leg;
	if (leg < f->plan->n_legs)
		fact.step = course_step(f->courses[leg]);
	fact.exited.command = bytes_of(command);
	fact.exited.status = status;
	fact.exited.signal = signal;
	fact.exited.crash = is_crash(signal);
	take(f, &fact);
}

static void
client_said(void *ctx, struct bytes line)
{
	struct front *f = ctx;

	f->options->log(f->options->ctx, line);
}

/* The client is gone, so nothing moves any more: what world and witness still know goes out. */
static void
client_stopped(void *ctx)
{
	struct front *f = ctx;

	peer_order(f->world, ORDER_FLUSH, FACT_NONE, 0, FLUSH_LAST);
	peer_order(f->witness, ORDER_FLUSH, FACT_NONE, 0, FLUSH_LAST);
}

static void
on_exit_waits(evutil_socket_t fd, short what, void *ctx)
{
	struct front *f = ctx;
	int status, signal, got;
	pid_t pid;

	(void)fd;
	(void)what;
	while ((got = f->options->next_exit(f->options->ctx, &pid, &status, &signal)) == 1)
		crew_exit(f->crew, pid, status, signal);
	if (got == 0)
		return;
	event_del(f->exits);
	lab_is_broken(f, "client's machine", "has ended");
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
static void
start_courses(struct front *f)
{
	f->started = true;
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++) {
		if (!is_played(f, leg))
			continue;
		f->courses[leg] = course_new(f->plan, leg, &course_calls, f);
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

static void
close_courses(struct front *f)
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
	static const struct barriers_calls barriers_calls = {resume, restart, move_clock};
	const struct front_options *o = f->options;

	raise_limits();
	f->recipients = recipients_new();
	f->courses = must_alloc(f->plan->n_legs * sizeof(struct course *) + sizeof(void *));
	f->barriers = barriers_new(f->base, f->plan->n_legs, &barriers_calls, f);
	f->deadlines = deadlines_new(f->base, f->plan->n_legs, o->deadline_s * 1000, on_deadline, f);
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
		if (is_played(f, leg))
			recipients_add_leg(f->recipients, f->plan, leg);
	f->world = peer_new(f->base, "world", FACT_FROM_WORLD, o->world_fd, &peer_calls, f);
	f->witness = peer_new(f->base, "witness", FACT_FROM_WITNESS, o->witness_fd, &peer_calls, f);
	f->exits = event_new(f->base, o->exit_fd, EV_READ | EV_PERSIST, on_exit_waits, f);
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
	struct crew_calls calls = {client_is_ready, client_failed, instance_is_lost, client_told_fate,
	    client_did_not_try, client_exited, client_said, client_stopped, f};

	*f = (struct front){
	    .options = options, .plan = options->plan, .base = base, .why = why, .end = FRONT_DONE};
	front_init(f);
	crew.client = options->client;
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
		close_courses(f);
	front_free(f);
	return end;
}
