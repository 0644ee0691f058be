/* SPDX-License-Identifier: Apache-2.0 */
/* barriers.c - see barriers.h */
#include "harness/front/barriers.h"

#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/must.h"

struct awaited {
	bool restart;
	uint64_t clock_s; /* 0 none */
};

struct barriers {
	const struct barriers_calls *calls;
	void *ctx;
	struct event *look;
	struct awaited *legs;
	size_t n_legs, n_played, n_over, n_restart, n_clock;
};

static void
restart(struct barriers *b)
{
	for (uint32_t leg = 0; leg < b->n_legs; leg++) {
		if (b->legs[leg].restart)
			b->calls->resume(b->ctx, leg);
		b->legs[leg].restart = false;
	}
	b->n_restart = 0;
	b->calls->restart(b->ctx);
}

/* To the nearest time that is waited for. */
static void
move_clock(struct barriers *b)
{
	uint64_t next = UINT64_MAX;

	for (size_t leg = 0; leg < b->n_legs; leg++)
		if (b->legs[leg].clock_s != 0 && b->legs[leg].clock_s < next)
			next = b->legs[leg].clock_s;
	for (size_t leg = 0; leg < b->n_legs; leg++) {
		if (b->legs[leg].clock_s != next)
			continue;
		b->legs[leg].clock_s = 0;
		b->n_clock--;
	}
	b->calls->move_clock(b->ctx, next);
}

static void
on_look(evutil_socket_t fd, short what, void *ctx)
{
	struct barriers *b = ctx;

	(void)fd, (void)what;
	if (b->n_over + b->n_restart + b->n_clock < b->n_played)
		return;
	if (b->n_restart > 0)
		restart(b);
	else if (b->n_clock > 0)
		move_clock(b);
}

struct barriers *
barriers_new(struct event_base *base, size_t n_legs, const struct barriers_calls *calls, void *ctx)
{
	struct barriers *b = must_alloc(sizeof(*b));

	*b = (struct barriers){.calls = calls, .ctx = ctx, .n_legs = n_legs};
	b->legs = must_alloc(n_legs * sizeof(*b->legs));
	b->look = event_new(base, -1, 0, on_look, b);
	must(b->look != NULL);
	return b;
}

void
barriers_free(struct barriers *b)
{
	if (b == NULL)
		return;
	event_free(b->look);
	free(b->legs);
	free(b);
}

void
barriers_set_played(struct barriers *b, size_t n_played)
{
	b->n_played = n_played;
}

void
barriers_leg_over(struct barriers *b)
{
	b->n_over++;
	event_active(b->look, 0, 0);
}

size_t
barriers_over(const struct barriers *b)
{
	return b->n_over;
}

void
barriers_await_restart(struct barriers *b, uint32_t leg)
{
	b->n_restart += !b->legs[leg].restart;
	b->legs[leg].restart = true;
	event_active(b->look, 0, 0);
}

void
barriers_await_clock(struct barriers *b, uint32_t leg, uint64_t clock_s)
{
	must(clock_s > 0 && b->legs[leg].clock_s == 0);
	b->legs[leg].clock_s = clock_s;
	b->n_clock++;
	event_active(b->look, 0, 0);
}
