/* SPDX-License-Identifier: Apache-2.0 */
/* legs.c - what the course of a leg asks for, and the barriers: orders to the world, errands for the client.
 */
#include "harness/front/state.h"

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

void
legs_deadline(void *ctx, uint32_t leg)
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
	front_take(ctx, fact);
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

const struct course_calls legs_course_calls = {
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

const struct barriers_calls legs_barriers_calls = {resume, restart, move_clock};
