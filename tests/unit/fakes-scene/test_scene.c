/* SPDX-License-Identifier: Apache-2.0 */
/* test_scene.c - what the scene shows, which moves it finds, and what it reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/scene/scene.h"

/* Two legs (0 attack, 1 control) of two steps; host 300 is mx1 of leg 0, 301 mta-sts; 2 is everybody's. */
static struct plan_host hosts[2][2] = {
    {{.label = "mx1", .name = "mx1.a0001.example", .number = 300},
	{.label = "mta-sts", .name = "mta-sts.a0001.example", .number = 301, .role = ROLE_POLICY}},
    {{.label = "mx1", .name = "mx1.a0001.example", .number = 300, .attackers = true}},
};
static struct plan_host shared_hosts[] = {{.label = "return", .name = "mx.return.example", .number = 2}};
static struct plan_world worlds[] = {{.hosts = hosts[0], .n_hosts = 2}, {.hosts = hosts[1], .n_hosts = 1}};
static struct plan_move moves[] = {
    {.move = MOVE_SMTP_STRIP, .host = "mx1", .connection = 2},
    {.move = MOVE_SMTP_DRIP, .family = 6, .port = 587},
    {.move = MOVE_TCP_RESET, .attempt = 3},
    {.move = MOVE_TLS_ALERT, .times = 2},
    {.move = MOVE_DNS_NXDOMAIN, .name = "_mta-sts.a0001.example"},
    {.move = MOVE_DNS_FORGE, .name = "a0001.example", .type = "MX"},
    {.move = MOVE_DNS_FORGE_AD, .name = "a0001.example"},
};
#define N_MOVES (sizeof(moves) / sizeof(moves[0]))
static struct plan_move neutral[] = {{.move = MOVE_SMTP_STRIP, .neutral = true}};
static struct plan_step attack_steps[] = {
    {.world = &worlds[0]}, {.world = &worlds[1], .moves = moves, .n_moves = N_MOVES}};
static struct plan_step control_steps[] = {{.world = &worlds[0], .moves = neutral, .n_moves = 1}};
static struct plan_leg legs[] = {
    {.domain = "a0001.example", .steps = attack_steps, .n_steps = 2},
    {.domain = "c0001.example", .side = SIDE_CONTROL, .steps = control_steps, .n_steps = 1},
};
static uint32_t leg_of_host[302];

/* A sink that keeps the last facts as text: "KIND leg/step/connection FIELDS". */
struct kept {
	struct fact_sink sink;
	char text[8][512];
	size_t n;
};

static void
keep(struct fact_sink *sink, const struct fact *f)
{
	struct kept *kept = (struct kept *)sink;
	char *line = kept->text[kept->n++ % 8];
	const struct fact_info *info = fact_info(f->kind);
	int at = snprintf(line, 512, "%s %d/%d/%u", info->name, (int)f->leg, (int)f->step, f->connection);

	for (size_t i = 0; i < info->n_fields; i++) {
		const struct fact_field *field = &info->fields[i];
		struct bytes text = field->type == FACT_text ? fact_text(f, field) : (struct bytes){0};

		if (field->type == FACT_text)
			at += snprintf(line + at, 512 - (size_t)at, " %.*s", (int)text.len, text.data);
		else
			at += snprintf(line + at, 512 - (size_t)at, " %d", (int)fact_number(f, field));
	}
}

static struct plan plan;
static struct kept kept;
static struct scene *scene;

static int
set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 302; i++)
		leg_of_host[i] = i >= 300 ? 0 : FACT_NONE;
	plan = (struct plan){.legs = legs,
	    .n_legs = 2,
	    .n_hosts = 302,
	    .leg_of_host = leg_of_host,
	    .base = {.hosts = shared_hosts, .n_hosts = 1}};
	kept = (struct kept){.sink = {keep}};
	scene = scene_new(&plan, &kept.sink);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scene_free(scene);
	return 0;
}

static void
assert_fact(size_t index, const char *want)
{
	assert_true(index < kept.n);
	assert_string_equal(kept.text[index], want);
}

static void
a_step_begins_with_what_is_armed(void **state)
{
	(void)state;
	scene_set_step(scene, 0, 0);
	scene_set_step(scene, 0, 1);
	scene_set_step(scene, 1, 0);
	assert_fact(0, "step-begun 0/0/0 ");
	assert_fact(1, "step-begun 0/1/0 smtp:strip-starttls smtp:drip tcp:reset tls:alert dns:nxdomain "
		       "dns:forge dns:forge-ad");
	assert_fact(2, "step-begun 1/0/0 smtp:strip-starttls~");
}

static void
before_the_first_step_the_world_is_that_of_step_0(void **state)
{
	(void)state;
	assert_int_equal(scene_step(scene, 0), FACT_NONE);
	assert_ptr_equal(scene_world(scene, 0), &worlds[0]);
	scene_set_step(scene, 0, 1);
	assert_ptr_equal(scene_world(scene, 0), &worlds[1]);
	assert_ptr_equal(scene_world(scene, FACT_NONE), &plan.base);
}

static void
a_dialed_address_is_found_in_the_present_world(void **state)
{
	static const struct {
		uint32_t number;
		uint32_t step;
		bool found;
		uint32_t leg;
		const struct plan_host *host;
	} rows[] = {
	    {300, 0, true, 0, &hosts[0][0]},
	    {301, 0, true, 0, &hosts[0][1]},
	    {300, 1, true, 0, &hosts[1][0]},
	    {301, 1, false, 0, NULL},
	    {2, 1, true, FACT_NONE, &shared_hosts[0]},
	    {3, 1, false, FACT_NONE, NULL},
	    {302, 1, false, FACT_NONE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct plan_host *host;
		uint32_t leg;
		bool found;

		scene_set_step(scene, 0, rows[i].step);
		found = scene_find(scene, (struct plan_address){.number = rows[i].number}, &leg, &host);
		if (found != rows[i].found || leg != rows[i].leg || host != rows[i].host)
			fail_msg("row %zu: got %d, leg %d, host %p", i, found, (int)leg, (const void *)host);
	}
}

static void
a_move_is_found_by_its_aim(void **state)
{
	static const struct {
		enum move move;
		struct aim aim;
		bool found;
	} rows[] = {
	    {MOVE_SMTP_STRIP, {"mx1", 4, 25, 2, 2}, true},
	    {MOVE_SMTP_STRIP, {"MX1", 4, 25, 2, 2}, true},
	    {MOVE_SMTP_STRIP, {"mx1", 4, 25, 1, 2}, false},
	    {MOVE_SMTP_STRIP, {"mx2", 4, 25, 2, 2}, false},
	    {MOVE_SMTP_DRIP, {"mx2", 6, 587, 1, 1}, true},
	    {MOVE_SMTP_DRIP, {"mx2", 4, 587, 1, 1}, false},
	    {MOVE_SMTP_DRIP, {"mx2", 6, 25, 1, 1}, false},
	    {MOVE_TCP_RESET, {"mx9", 4, 25, 1, 3}, true},
	    {MOVE_TCP_RESET, {"mx9", 4, 25, 3, 1}, false},
	    {MOVE_TCP_CLOSE, {"mx1", 4, 25, 2, 2}, false},
	};
	struct scope scope;

	(void)state;
	scene_set_step(scene, 0, 1);
	scope = scope_open(scene, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct plan_move *move = scene_move(scene, &scope, &rows[i].aim, rows[i].move);

		if ((move != NULL) != rows[i].found || (move != NULL && move->move != rows[i].move))
			fail_msg("row %zu: got %s, want %d", i, move ? move_info(move->move)->name : "none",
			    rows[i].found);
	}
	assert_null(scene_move_after(scene, &scope, &rows[0].aim, MOVE_SMTP_STRIP, &moves[0]));
	assert_ptr_equal(
	    scene_move_in(scene, &scope, &(struct aim){"mx1", 6, 587, 2, 1}, LAYER_SMTP), &moves[0]);
	assert_ptr_equal(
	    scene_move_in(scene, &scope, &(struct aim){"mx1", 6, 587, 1, 1}, LAYER_SMTP), &moves[1]);
	assert_null(scene_move_in(scene, &scope, &(struct aim){"mx1", 6, 25, 1, 1}, LAYER_SMTP));
}

static void
a_dns_move_is_found_by_name_and_type(void **state)
{
	static const struct {
		const char *name, *type;
		const struct plan_move *want;
	} rows[] = {
	    {"_mta-sts.a0001.example", "TXT", &moves[4]},
	    {"_MTA-STS.a0001.example", "A", &moves[4]},
	    {"a0001.example", "MX", &moves[5]},
	    {"a0001.example", "A", &moves[6]},
	    {"mx1.a0001.example", "A", NULL},
	};

	(void)state;
	assert_null(scene_dns_move(scene, 0, "a0001.example", "MX"));
	scene_set_step(scene, 0, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (scene_dns_move(scene, 0, rows[i].name, rows[i].type) != rows[i].want)
			fail_msg("row %zu: %s %s", i, rows[i].name, rows[i].type);
	assert_ptr_equal(scene_dns_move_after(scene, 0, "a0001.example", "MX", &moves[5]), &moves[6]);
	assert_null(scene_dns_move_after(scene, 0, "a0001.example", "MX", &moves[6]));
	assert_null(scene_dns_move(scene, FACT_NONE, "a0001.example", "MX"));
}

static void
connections_are_counted_by_host_and_over_all_mx_hosts(void **state)
{
	struct plan_address v6 = {.v6 = 1, .number = 300}, v4 = {.number = 300};
	struct plan_host other = {.label = "mx2", .number = 310};
	struct aim aim;

	(void)state;
	scene_set_step(scene, 0, 1);
	aim = scene_count(scene, 0, &hosts[0][0], v4, 25);
	assert_true(aim.connection == 1 && aim.attempt == 1 && aim.family == 4 && aim.port == 25);
	aim = scene_count(scene, 0, &other, v4, 25);
	assert_true(aim.connection == 1 && aim.attempt == 2);
	aim = scene_count(scene, 0, &hosts[0][1], v4, 443);
	assert_true(aim.connection == 1 && aim.attempt == 2);
	aim = scene_count(scene, 0, &hosts[0][0], v6, 587);
	assert_true(aim.connection == 2 && aim.attempt == 3 && aim.family == 6 && aim.port == 587);
	assert_string_equal(aim.host, "mx1");
	scene_set_step(scene, 0, 1);
	aim = scene_count(scene, 0, &hosts[0][0], v4, 25);
	assert_true(aim.connection == 1 && aim.attempt == 1);
	aim = scene_count(scene, FACT_NONE, &shared_hosts[0], v4, 25);
	assert_true(aim.connection == 0 && aim.attempt == 0);
}

static void
a_move_with_times_is_used_up_until_the_step_begins_anew(void **state)
{
	struct aim aim = {"mx1", 4, 25, 1, 1};
	struct scope scope;

	(void)state;
	scene_set_step(scene, 0, 1);
	scope = scope_open(scene, 0);
	for (int i = 0; i < 2; i++) {
		assert_ptr_equal(scene_move(scene, &scope, &aim, MOVE_TLS_ALERT), &moves[3]);
		scene_met(scene, &scope, &moves[3], "mx1");
	}
	assert_null(scene_move(scene, &scope, &aim, MOVE_TLS_ALERT));
	assert_fact(2, "met 0/1/1 tls alert mx1 0");
	scene_set_step(scene, 0, 1);
	assert_non_null(scene_move(scene, &scope, &aim, MOVE_TLS_ALERT));
}

static void
a_neutral_move_is_found_and_met_as_such(void **state)
{
	struct scope scope;
	const struct plan_move *move;

	(void)state;
	scene_set_step(scene, 1, 0);
	scope = scope_open(scene, 1);
	move = scene_move(scene, &scope, &(struct aim){"mx1", 4, 25, 1, 1}, MOVE_SMTP_STRIP);
	assert_ptr_equal(move, &neutral[0]);
	scene_met(scene, &scope, move, "mx1");
	assert_fact(1, "met 1/0/1 smtp strip-starttls mx1 1");
}

static void
a_connection_keeps_its_step_until_it_advances(void **state)
{
	struct aim aim = {"mx1", 4, 25, 2, 2};
	struct scope first, second;

	(void)state;
	scene_set_step(scene, 0, 0);
	first = scope_open(scene, 0);
	second = scope_open(scene, 0);
	assert_true(first.connection == 1 && second.connection == 2);
	scene_set_step(scene, 0, 1);
	assert_null(scene_move(scene, &first, &aim, MOVE_SMTP_STRIP));
	SCOPE_EMIT(&first, .kind = FACT_MAIL, .mail = {.sender = BYTES("a@b"), .channel = BYTES("clear")});
	assert_fact(2, "mail 0/0/1 a@b clear");
	scope_advance(&first);
	assert_ptr_equal(scene_move(scene, &first, &aim, MOVE_SMTP_STRIP), &moves[0]);
	SCOPE_EMIT(&first, .kind = FACT_MAIL, .mail = {.sender = BYTES("a@b"), .channel = BYTES("clear")});
	assert_fact(3, "mail 0/1/1 a@b clear");
}

static void
planted_inert_moves_are_armed_but_never_found(void **state)
{
	struct scope scope;

	(void)state;
	plan.plant = PLANT_INERT_MOVES;
	scene_set_step(scene, 0, 1);
	scope = scope_open(scene, 0);
	assert_non_null(strstr(kept.text[0], "smtp:strip-starttls"));
	assert_null(scene_move(scene, &scope, &(struct aim){"mx1", 4, 25, 2, 2}, MOVE_SMTP_STRIP));
	assert_null(scene_move_in(scene, &scope, &(struct aim){"mx1", 4, 25, 2, 2}, LAYER_SMTP));
	assert_null(scene_dns_move(scene, 0, "a0001.example", "MX"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_step_begins_with_what_is_armed),
	    T(before_the_first_step_the_world_is_that_of_step_0),
	    T(a_dialed_address_is_found_in_the_present_world),
	    T(a_move_is_found_by_its_aim),
	    T(a_dns_move_is_found_by_name_and_type),
	    T(connections_are_counted_by_host_and_over_all_mx_hosts),
	    T(a_move_with_times_is_used_up_until_the_step_begins_anew),
	    T(a_neutral_move_is_found_and_met_as_such),
	    T(a_connection_keeps_its_step_until_it_advances),
	    T(planted_inert_moves_are_armed_but_never_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
