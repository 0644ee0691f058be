/* SPDX-License-Identifier: Apache-2.0 */
/* test_parts.c - which scenarios share a machine, and how a part is split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "harness/command/parts.h"

#define N 9

static struct plan_scenario scenarios[N];
static struct plan_leg legs[2 * N];
static const struct plan plan = {
    .scenarios = scenarios, .n_scenarios = N, .legs = legs, .n_legs = 2 * N};
static const bool all[N] = {true, true, true, true, true, true, true, true, true};

/* 0 to 4 steady, 5 and 6 jump, 7 restarts, 8 does both. */
static int
set_up(void **state)
{
	(void)state;
	memset(scenarios, 0, sizeof(scenarios));
	for (uint32_t i = 0; i < 2 * N; i++)
		legs[i].scenario = i / 2;
	scenarios[5].jumps = scenarios[6].jumps = scenarios[8].jumps = true;
	scenarios[7].restarts = scenarios[8].restarts = true;
	return 0;
}

/* "0123" for a part of the scenarios 0 to 3; frees it. */
static void
expect_part(struct parts *p, const char *expected)
{
	struct part *part = parts_take(p);
	char seen[N + 1] = "";
	size_t n = 0;

	assert_non_null(part);
	for (size_t i = 0; i < N; i++)
		if (part->in[i])
			seen[n++] = (char)('0' + i);
	assert_string_equal(seen, expected);
	assert_int_equal(part->n, n);
	free(part);
}

static void
who_jumps_and_who_restarts_keep_apart(void **state)
{
	struct parts p;

	(void)state;
	parts_init(&p, &plan, all, 0, true);
	assert_int_equal(parts_count(&p), N);
	expect_part(&p, "01234");
	expect_part(&p, "56");
	expect_part(&p, "78");
	assert_null(parts_take(&p));
}

static void
where_a_restart_is_one_scenarios_alone_it_needs_no_machine_of_its_own(void **state)
{
	struct parts p;

	(void)state;
	parts_init(&p, &plan, all, 0, false);
	expect_part(&p, "012347");
	expect_part(&p, "568");
	assert_null(parts_take(&p));
}

static void
a_client_that_serves_few_has_more_machines(void **state)
{
	struct parts p;

	(void)state;
	parts_init(&p, &plan, all, 2, true);
	assert_int_equal(parts_count(&p), N);
	expect_part(&p, "0");
	expect_part(&p, "12");
	expect_part(&p, "34");
	expect_part(&p, "56");
	expect_part(&p, "78");
	assert_null(parts_take(&p));
}

static void
what_does_not_apply_is_not_played(void **state)
{
	static const bool some[N] = {false, true, false, true, false, false, false, false, true};
	struct parts p;

	(void)state;
	parts_init(&p, &plan, some, 0, true);
	expect_part(&p, "13");
	expect_part(&p, "8");
	assert_null(parts_take(&p));
}

static void
where_nothing_applies_the_client_is_started_all_the_same(void **state)
{
	static const bool none[N];
	struct parts p;

	(void)state;
	parts_init(&p, &plan, none, 3, true);
	assert_int_equal(parts_count(&p), 0);
	expect_part(&p, "");
	assert_null(parts_take(&p));
}

static void
halves_come_next_and_lose_nothing(void **state)
{
	struct parts p;
	struct part *part;

	(void)state;
	parts_init(&p, &plan, all, 0, true);
	part = parts_take(&p);
	parts_put_halves(&p, part);
	free(part);
	expect_part(&p, "01");
	part = parts_take(&p);
	parts_put_halves(&p, part);
	parts_put_back(&p, part);
	expect_part(&p, "234");
	expect_part(&p, "2");
	expect_part(&p, "34");
	parts_done(&p);
	assert_null(parts_take(&p));
}

static void
the_legs_of_a_part_are_those_of_its_scenarios(void **state)
{
	struct parts p;
	struct part *part;
	bool *plays;

	(void)state;
	parts_init(&p, &plan, all, 0, true);
	free(parts_take(&p));
	part = parts_take(&p);
	plays = part_legs(&plan, part);
	for (uint32_t i = 0; i < 2 * N; i++)
		assert_int_equal(plays[i], i / 2 == 5 || i / 2 == 6);
	free(plays);
	free(part);
	parts_done(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(who_jumps_and_who_restarts_keep_apart, set_up),
	    cmocka_unit_test_setup(where_a_restart_is_one_scenarios_alone_it_needs_no_machine_of_its_own, set_up),
	    cmocka_unit_test_setup(a_client_that_serves_few_has_more_machines, set_up),
	    cmocka_unit_test_setup(what_does_not_apply_is_not_played, set_up),
	    cmocka_unit_test_setup(where_nothing_applies_the_client_is_started_all_the_same, set_up),
	    cmocka_unit_test_setup(halves_come_next_and_lose_nothing, set_up),
	    cmocka_unit_test_setup(the_legs_of_a_part_are_those_of_its_scenarios, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
