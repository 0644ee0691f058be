/* SPDX-License-Identifier: Apache-2.0 */
/* test_barriers.c - nothing happens to the whole client while a leg is under way; restarts come before jumps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "harness/front/barriers.h"

static char done[256];

static void
resume(void *ctx, uint32_t leg)
{
	(void)ctx;
	snprintf(done + strlen(done), sizeof(done) - strlen(done), " resume%u", (unsigned)leg);
}

static void
restart(void *ctx)
{
	(void)ctx;
	snprintf(done + strlen(done), sizeof(done) - strlen(done), " restart");
}

static void
move_clock(void *ctx, uint64_t clock_s)
{
	(void)ctx;
	snprintf(done + strlen(done), sizeof(done) - strlen(done), " clock%u", (unsigned)clock_s);
}

static const struct barriers_calls calls = {resume, restart, move_clock};

/* What has happened by now. */
static const char *
now(struct event_base *base)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	return done;
}

static void
all_wait_before_anything_happens(void **state)
{
	struct event_base *base = event_base_new();
	struct barriers *b = barriers_new(base, 4, &calls, NULL);

	(void)state;
	done[0] = '\0';
	barriers_set_played(b, 3);
	barriers_await_clock(b, 0, 3600);
	barriers_await_restart(b, 2);
	barriers_await_restart(b, 2); /* two of its messages are held */
	assert_string_equal(now(base), "");
	barriers_leg_over(b);
	assert_string_equal(now(base), " resume2 restart");
	barriers_await_restart(b, 2); /* held again */
	assert_string_equal(now(base), " resume2 restart resume2 restart");
	barriers_await_clock(b, 2, 60);
	assert_string_equal(now(base), " resume2 restart resume2 restart clock60");
	assert_int_equal(barriers_over(b), 1);
	barriers_leg_over(b);
	assert_string_equal(now(base), " resume2 restart resume2 restart clock60 clock3600");
	barriers_leg_over(b);
	assert_string_equal(now(base), " resume2 restart resume2 restart clock60 clock3600");
	barriers_free(b);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_wait_before_anything_happens)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
