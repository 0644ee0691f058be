/* SPDX-License-Identifier: Apache-2.0 */
/* test_routes.c - each step's routes as differences from the step before, and the moves that they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/world/routes.h"

static struct plan_host honest[] = {
    {.label = "mx1", .number = 300}, {.label = "mx2", .number = 301},
    {.label = "mta-sts", .number = 302, .role = ROLE_POLICY},
    {.label = "return", .number = 2}, /* everybody's: never touched */
};
static struct plan_host down[] = {
    {.label = "mx1", .number = 300, .refused = true}, {.label = "mx2", .number = 301, .blackholed = true}};
static struct plan_world worlds[] = {{.hosts = honest, .n_hosts = 4}, {.hosts = down, .n_hosts = 2}};

#define STEP(world_index, ...)                                                                  \
	{                                                                                       \
		.world = &worlds[world_index], .moves = (struct plan_move[]){__VA_ARGS__},      \
		.n_moves = sizeof((struct plan_move[]){__VA_ARGS__}) / sizeof(struct plan_move) \
	}

static struct plan_step steps[] = {
    {.world = &worlds[0]},
    STEP(0, {.move = MOVE_TCP_REFUSE, .host = "mx1"}),
    STEP(0, {.move = MOVE_TCP_REFUSE}, {.move = MOVE_POLICY_BLACKHOLE}),
    {.world = &worlds[1]},
    STEP(0, {.move = MOVE_TCP_BLACKHOLE, .host = "mx2", .family = 6}),
    STEP(0, {.move = MOVE_POLICY_REFUSE, .neutral = true}, {.move = MOVE_TCP_RESET}),
    STEP(0, {.move = MOVE_TCP_REFUSE, .times = 1}),
};
static struct plan_step control_steps[] = {{.world = &worlds[0]}};
static struct plan_leg legs[] = {{.domain = "a0001.example", .steps = steps, .n_steps = 7},
    {.domain = "c0001.example", .side = SIDE_CONTROL, .steps = control_steps, .n_steps = 1}};
static uint32_t leg_of_host[303];
static struct plan plan = {.legs = legs, .n_legs = 2, .leg_of_host = leg_of_host, .n_hosts = 303};

static char got[2048]; /* routes and facts, in order */
static bool fails;

static void
add(const char *text)
{
	snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", got[0] == '\0' ? "" : ", ", text);
}

static int
set_reach(void *ctx, struct plan_address address, enum reach reach, struct why *why)
{
	static const char *const names[] = {"open", "refused", "blackholed"};
	char line[64];

	(void)ctx;
	snprintf(line, sizeof(line), "%u/%d %s", address.number, address.v6 ? 6 : 4, names[reach]);
	add(line);
	return fails ? why_set(why, "no such link") : 0;
}

static void
take(struct fact_sink *sink, const struct fact *f)
{
	char line[128];

	(void)sink;
	if (f->kind == FACT_MET)
		snprintf(line, sizeof(line), "met %u %.*s %.*s%s", f->step, (int)f->met.move.len,
		    f->met.move.data, (int)f->met.host.len, f->met.host.data, f->met.neutral ? "~" : "");
	else
		snprintf(line, sizeof(line), "%s", fact_info(f->kind)->name);
	add(line);
}

static struct fact_sink sink = {take};
static struct scene *scene;
static struct routes *routes;

static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 303; i++)
		leg_of_host[i] = i >= 300 ? 0 : FACT_NONE;
	plan.plant = PLANT_NOTHING;
	fails = false;
	scene = scene_new(&plan, &sink);
	routes = routes_new(scene, set_reach, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	routes_free(routes);
	scene_free(scene);
	return 0;
}

static void
begin(uint32_t leg, uint32_t step, const char *want)
{
	got[0] = '\0';
	routes_apply(routes, leg, step);
	scene_set_step(scene, leg, step);
	routes_report(routes, leg);
	if (strcmp(got, want) != 0)
		fail_msg("step %u\n got: %s\nwant: %s", step, got, want);
}

static void
a_step_sets_what_differs(void **state)
{
	static const char *const wants[] = {
	    "step-begun",
	    "300/4 refused, 300/6 refused, step-begun, met 1 refuse mx1",
	    "301/4 refused, 301/6 refused, 302/4 blackholed, 302/6 blackholed, step-begun, "
	    "met 2 refuse mx1, met 2 refuse mx2, met 2 blackhole mta-sts",
	    "302/4 open, 302/6 open, 301/4 blackholed, 301/6 blackholed, step-begun",
	    "300/4 open, 300/6 open, 301/4 open, step-begun, met 4 blackhole mx2",
	    "301/6 open, step-begun, met 5 refuse mta-sts~",
	    "lab-fault, 300/4 refused, 300/6 refused, 301/4 refused, 301/6 refused, step-begun, met 6 refuse "
	    "mx1, met 6 refuse mx2",
	};

	(void)state;
	for (uint32_t i = 0; i < 7; i++)
		begin(0, i, wants[i]);
	begin(0, 0, "300/4 open, 300/6 open, 301/4 open, 301/6 open, step-begun");
}

static void
inert_moves_set_no_route(void **state)
{
	(void)state;
	plan.plant = PLANT_INERT_MOVES;
	begin(0, 2, "step-begun");
	begin(0, 3, "300/4 refused, 300/6 refused, 301/4 blackholed, 301/6 blackholed, step-begun");
}

static void
a_dead_control_refuses_on_all_its_hosts(void **state)
{
	(void)state;
	plan.plant = PLANT_DEAD_CONTROL;
	for (size_t i = 300; i < 303; i++)
		leg_of_host[i] = 1;
	begin(1, 0,
	    "300/4 refused, 300/6 refused, 301/4 refused, 301/6 refused, 302/4 refused, 302/6 refused, "
	    "step-begun");
	for (size_t i = 300; i < 303; i++)
		leg_of_host[i] = 0;
	begin(0, 0, "step-begun");
}

static void
a_route_that_cannot_be_set_is_a_fault(void **state)
{
	(void)state;
	fails = true;
	begin(0, 1, "300/4 refused, lab-fault, 300/6 refused, lab-fault, step-begun, met 1 refuse mx1");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_step_sets_what_differs),
	    T(inert_moves_set_no_route),
	    T(a_dead_control_refuses_on_all_its_hosts),
	    T(a_route_that_cannot_be_set_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
