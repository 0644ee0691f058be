/* SPDX-License-Identifier: Apache-2.0 */
/* test_deadlines.c - whose time runs from when. Only what must not be early is measured, so a slow machine is
 * fine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/front/deadlines.h"

#define PATIENCE_MS 40
#define TICK_MS 10
#define NEVER UINT32_MAX

struct stage {
	struct event_base *base;
	struct deadlines *deadlines;
	struct event *tick;
	uint32_t signs_of; /* a leg that gives a sign each tick */
	unsigned n_ticks, ticks_left;
	uint64_t first_sign_ns, last_sign_ns;
	uint32_t passed[4];
	uint64_t passed_ns[4];
	unsigned n_passed;
};

static void
on_passed(void *ctx, uint32_t leg)
{
	struct stage *s = ctx;

	s->passed[s->n_passed] = leg;
	s->passed_ns[s->n_passed++] = clock_ns();
	deadlines_clear(s->deadlines, leg);
}

static void
on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct stage *s = ctx;
	struct timeval t = {0, TICK_MS * 1000};

	(void)fd;
	(void)what;
	s->last_sign_ns = clock_ns();
	if (s->n_ticks++ == 0)
		s->first_sign_ns = s->last_sign_ns;
	deadlines_sign(s->deadlines, s->signs_of);
	if (--s->ticks_left > 0)
		event_add(s->tick, &t);
}

static void
open_stage(struct stage *s, uint32_t signs_of, unsigned ticks)
{
	struct timeval t = {0, TICK_MS * 1000};

	*s = (struct stage){.base = event_base_new(), .signs_of = signs_of, .ticks_left = ticks};
	must(s->base != NULL);
	s->deadlines = deadlines_new(s->base, 3, PATIENCE_MS, on_passed, s);
	s->tick = event_new(s->base, -1, 0, on_tick, s);
	if (ticks > 0)
		event_add(s->tick, &t);
}

static void
close_stage(struct stage *s)
{
	event_free(s->tick);
	deadlines_free(s->deadlines);
	event_base_free(s->base);
}

static void
assert_no_sooner(uint64_t at_ns, uint64_t from_ns)
{
	assert_true(at_ns >= from_ns + PATIENCE_MS * 1000000ull);
}

static void
without_any_sign_all_are_given_up(void **state)
{
	struct stage s;
	uint64_t began_ns = clock_ns();

	(void)state;
	open_stage(&s, NEVER, 0);
	deadlines_set(s.deadlines, 0);
	deadlines_set(s.deadlines, 2);
	event_base_dispatch(s.base);
	assert_int_equal(s.n_passed, 2);
	assert_no_sooner(s.passed_ns[0], began_ns);
	close_stage(&s);
}

/* The one that gives signs is given up at its fixed time; then the other waits for nobody any more. */
static void
a_leg_waits_while_another_moves_on(void **state)
{
	struct stage s;

	(void)state;
	open_stage(&s, 1, 100);
	deadlines_set(s.deadlines, 0);
	deadlines_set(s.deadlines, 1);
	event_base_dispatch(s.base);
	assert_int_equal(s.n_passed, 2);
	assert_int_equal(s.passed[0], 1);
	assert_int_equal(s.passed[1], 0);
	assert_no_sooner(s.passed_ns[0], s.first_sign_ns);
	assert_true(s.passed_ns[1] > s.passed_ns[0]);
	close_stage(&s);
}

static void
a_leg_whose_signs_go_on_is_given_up_all_the_same(void **state)
{
	struct stage s;

	(void)state;
	open_stage(&s, 0, 100);
	deadlines_set(s.deadlines, 0);
	event_base_dispatch(s.base);
	assert_int_equal(s.n_passed, 1);
	assert_true(s.passed_ns[0] < s.last_sign_ns);
	close_stage(&s);
}

/* A client that goes on and on with a leg that is over keeps nobody waiting. */
static void
signs_of_a_leg_that_is_over_count_for_nobody(void **state)
{
	struct stage s;

	(void)state;
	open_stage(&s, 1, 100);
	deadlines_set(s.deadlines, 0);
	deadlines_set(s.deadlines, 1);
	deadlines_clear(s.deadlines, 1);
	event_base_dispatch(s.base);
	assert_int_equal(s.n_passed, 1);
	assert_true(s.passed_ns[0] < s.last_sign_ns);
	close_stage(&s);
}

static void
a_new_step_has_the_whole_time(void **state)
{
	struct stage s;
	size_t before;

	(void)state;
	open_stage(&s, 0, 2);
	deadlines_set(s.deadlines, 0);
	while (s.ticks_left > 0)
		event_base_loop(s.base, EVLOOP_ONCE);
	before = s.n_passed; /* on a machine that gave us no turn for so long, the first one passed */
	deadlines_set(s.deadlines, 0);
	event_base_dispatch(s.base);
	assert_int_equal(s.n_passed, before + 1);
	assert_no_sooner(s.passed_ns[0], s.last_sign_ns);
	close_stage(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_any_sign_all_are_given_up),
	    cmocka_unit_test(a_leg_waits_while_another_moves_on),
	    cmocka_unit_test(a_leg_whose_signs_go_on_is_given_up_all_the_same),
	    cmocka_unit_test(signs_of_a_leg_that_is_over_count_for_nobody),
	    cmocka_unit_test(a_new_step_has_the_whole_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
