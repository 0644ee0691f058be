/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadlines.c - see deadlines.h
 *
 * All this ends: a leg that gave a sign has a fixed time, and with the last such leg the signs end, too.
 */
#include "harness/front/deadlines.h"

#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"

struct deadline {
	struct deadlines *all;
	struct event *timer; /* NULL before the first use */
	bool under_way, gave_sign;
};

struct deadlines {
	struct event_base *base;
	uint64_t patience_ns, last_sign_ns;
	void (*passed)(void *ctx, uint32_t leg);
	void *ctx;
	size_t n_legs;
	struct deadline legs[];
};

struct deadlines *
deadlines_new(struct event_base *base, size_t n_legs, unsigned patience_ms,
    void (*passed)(void *ctx, uint32_t leg), void *ctx)
{
	struct deadlines *d = must_alloc(sizeof(*d) + n_legs * sizeof(d->legs[0]));

	d->base = base;
	d->patience_ns = (uint64_t)patience_ms * 1000000u;
	d->passed = passed;
	d->ctx = ctx;
	d->n_legs = n_legs;
	for (size_t i = 0; i < n_legs; i++)
		d->legs[i].all = d;
	return d;
}

void
deadlines_free(struct deadlines *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n_legs; i++)
		if (d->legs[i].timer != NULL)
			event_free(d->legs[i].timer);
	free(d);
}

static void
wait_for(struct deadline *one, uint64_t ns)
{
	struct timeval t = {(time_t)(ns / 1000000000u), (suseconds_t)(ns % 1000000000u / 1000u + 1)};

	event_add(one->timer, &t);
}

static void
on_time(evutil_socket_t fd, short what, void *ctx)
{
	struct deadline *one = ctx;
	struct deadlines *d = one->all;
	uint64_t until_ns = d->last_sign_ns + d->patience_ns, now_ns = clock_ns();

	(void)fd;
	(void)what;
	if (!one->gave_sign && now_ns < until_ns)
		wait_for(one, until_ns - now_ns);
	else
		d->passed(d->ctx, (uint32_t)(one - d->legs));
}

void
deadlines_set(struct deadlines *d, uint32_t leg)
{
	struct deadline *one = &d->legs[leg];

	must(leg < d->n_legs);
	if (one->timer == NULL)
		one->timer = event_new(d->base, -1, 0, on_time, one);
	must(one->timer != NULL);
	one->under_way = true;
	one->gave_sign = false;
	wait_for(one, d->patience_ns);
}

void
deadlines_clear(struct deadlines *d, uint32_t leg)
{
	must(leg < d->n_legs);
	d->legs[leg].under_way = false;
	if (d->legs[leg].timer != NULL)
		event_del(d->legs[leg].timer);
}

void
deadlines_sign(struct deadlines *d, uint32_t leg)
{
	struct deadline *one = &d->legs[leg];

	must(leg < d->n_legs);
	if (!one->under_way)
		return;
	d->last_sign_ns = clock_ns();
	if (!one->gave_sign)
		wait_for(one, d->patience_ns);
	one->gave_sign = true;
}
