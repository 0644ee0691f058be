/* SPDX-License-Identifier: Apache-2.0 */
/* told.c - what the client tells by its driver, as facts of the leg that it concerns. */
#include <signal.h>

#include "harness/front/state.h"

static void
client_is_ready(void *ctx, uint32_t of)
{
	struct front *f = ctx;

	if (!f->started) {
		front_start_courses(f);
		return;
	}
	for (uint32_t leg = 0; leg < f->plan->n_legs; leg++)
		if (f->courses[leg] != NULL && (of == FACT_NONE || leg == of))
			course_restarted(f->courses[leg]);
}

/* Without its client a run ends, in order: what world and witness still know is waited for. */
static void
client_failed(void *ctx, const char *sentence)
{
	struct front *f = ctx;

	if (f->end != FRONT_DONE)
		return;
	why_set(f->why, "%s", sentence);
	f->end = f->crashed && f->started ? FRONT_CRASHED : FRONT_CLIENT;
	front_close_courses(f);
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
	front_take(f, &fact);
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
	front_take(f, &fact);
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
	front_take(f, &fact);
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

void
told_exit_waits(evutil_socket_t fd, short what, void *ctx)
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
	front_lab_is_broken(f, "client's machine", "has ended");
}

struct crew_calls
told_calls(struct front *f)
{
	return (struct crew_calls){client_is_ready, client_failed, instance_is_lost, client_told_fate,
	    client_did_not_try, client_exited, client_said, client_stopped, f};
}
