/* SPDX-License-Identifier: Apache-2.0 */
/* test_planner.c - what a plan holds: names, numbers, records, tokens, moves, for both legs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/model/fact.h"
#include "harness/plan/planner.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* --- scenarios by hand ---------------------------------------------------------------------- */

static struct scenario_host honest_hosts[] = {
    {.label = "mx1", .listed = true, .preference = 10, .smtp = {.starttls = true, .esmtp = true}},
    {.label = "mx2", .listed = true, .preference = 20, .smtp = {.starttls = true, .esmtp = true}},
    {.label = "web", .smtp = {.starttls = true, .esmtp = true}},
};
static struct scenario_record extra_records[] = {
    {"@", "A", "web"}, {"alias", "CNAME", "mx2"}, {"note", "TXT", "\"{domain}\""},
    {"x.{domain}.lan.example.", "MX", "5 mx1"}, {"mail-{leg}.", "A", "mx2"}, {"{mx2.address}.", "A", "mx2"},
    {"mail-{leg}.", "TXT", "more"}};
static const struct scenario_world honest = {
    .policy = {.given = true, .mode = "enforce", .max_age_s = 604800},
    .policy_host = {.response = {.status = 200, .content_type = "text/plain"}},
    .elsewhere = {.withdrawn = true},
    .hosts = honest_hosts,
    .n_hosts = COUNT(honest_hosts),
    .records = extra_records,
    .n_records = COUNT(extra_records)};

static const char *const odd_records[] = {"v=STSv1; id={id};", "say \"hi\" \\ \x01"};
static const char *const odd_patterns[] = {"mx1", "*", "evil", "mail.example."};
static const struct scenario_world odd = {.elsewhere = {.withdrawn = true},
    .policy =
	{.given = true, .mode = "testing", .max_age_s = 86400, .has_mx = true, .mx = odd_patterns, .n_mx = 4},
    .policy_host = {.response = {.status = 302,
			.content_type = "text/html",
			.location = "https://{mx1}/{domain}"}},
    .has_sts_records = true,
    .sts_records = odd_records,
    .n_sts_records = 2,
    .hosts = honest_hosts,
    .n_hosts = 1,
    .secure = true};

static const char *const forged[] = {
    "MX 5 evil", "A evil", "TXT \"x\"", "MX 0 .", "CNAME elsewhere.example.", "mx1 A evil", "@ TXT x"};
static struct plan_move some_moves[] = {
    {.move = MOVE_DNS_FORGE, .name = "@", .type = "MX", .records = forged, .n_records = COUNT(forged)},
    {.move = MOVE_DNS_NXDOMAIN, .name = "_MTA-STS"},
    {.move = MOVE_SMTP_INJECT, .bytes = {"250 {mx1} {what}\r\n", 18}, .host = "mx1", .connection = 2},
};
static struct scenario_host attackers[] = {{.label = "evil", .smtp = {.starttls = true, .esmtp = true}}};
static const struct scenario_attack attack = {.moves = some_moves,
					.n_moves = COUNT(some_moves),
					.hosts = attackers,
					.n_hosts = 1},
				    peace;

static struct scenario_step warm_then_attacked[] = {
    {.count = 1,
	.recipients = 1,
	.at = "@",
	.warm_up = true,
	.retry = true,
	.world = &honest,
	.control_world = &honest,
	.attack = &peace},
    {.count = 2,
	.recipients = 2,
	.at = "lists",
	.retry = true,
	.world = &honest,
	.control_world = &honest,
	.attack = &attack},
    {.action = ACTION_RETRY, .retry = true, .world = &odd, .control_world = &honest, .attack = &attack},
};

static struct scenario
usual(void)
{
	return (struct scenario){.name = "mta-sts/usual",
	    .steps = warm_then_attacked,
	    .n_steps = COUNT(warm_then_attacked),
	    .has_control = true,
	    .recovers = true,
	    .world = &honest,
	    .control_world = &honest};
}

static struct plan *
plan_of(const struct scenario *s, size_t n, struct planner_options options)
{
	const struct scenario **all = must_alloc(n * sizeof(struct scenario *));
	struct why why;
	struct plan *plan;

	for (size_t i = 0; i < n; i++)
		all[i] = s;
	options.now = 1795300000;
	plan = planner_make(all, n, &options, &why);
	assert_non_null(plan);
	free(all);
	return plan;
}

/* --- looking at a plan -------------------------------------------------------------------------- */

/* The data of the nth record of that owner and type, or NULL. */
static const char *
rdata(const struct plan_world *w, const char *owner, const char *type, size_t nth)
{
	for (size_t i = 0; i < w->n_zones; i++)
		for (size_t k = 0; k < w->zones[i].n_records; k++) {
			const struct plan_record *r = &w->zones[i].records[k];

			if (text_equal(r->owner, owner) && text_equal(r->type, type) && nth-- == 0)
				return r->rdata;
		}
	return NULL;
}

static const struct plan_host *
host(const struct plan_world *w, const char *label)
{
	for (size_t i = 0; i < w->n_hosts; i++)
		if (text_equal(w->hosts[i].label, label))
			return &w->hosts[i];
	return NULL;
}

/* --- tests ------------------------------------------------------------------------------------------ */

static void
legs_have_their_own_domains_and_numbers(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 3, (struct planner_options){.seed = 1});
	bool *taken = must_alloc(plan->n_hosts * sizeof(*taken));

	(void)state;
	assert_int_equal(plan->n_legs, 6);
	assert_string_equal(plan->legs[0].domain, "a0001.example");
	assert_string_equal(plan->legs[5].domain, "c0003.example");
	assert_int_equal(plan->scenarios[2].attack, 4);
	assert_int_equal(plan->scenarios[2].control, 5);
	for (uint32_t l = 0; l < plan->n_legs; l++) {
		const struct plan_world *w = plan->legs[l].steps[1].world;

		assert_int_equal(w->n_hosts, 5); /* mx1, mx2, web, mta-sts, evil */
		for (size_t i = 0; i < w->n_hosts; i++) {
			uint32_t n = w->hosts[i].number;

			assert_true(n >= PLAN_FIRST_HOST && n < plan->n_hosts && !taken[n]);
			assert_int_equal(plan->leg_of_host[n], l);
			taken[n] = true;
		}
	}
	assert_int_equal(plan->leg_of_host[plan->base.hosts[0].number], FACT_NONE);
	assert_true(plan->base.hosts[0].number < PLAN_FIRST_HOST);
	free(taken);
	plan_free(plan);
}

static void
records_follow_from_the_world(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){0});
	const struct plan_world *w = plan->legs[0].steps[0].world;
	char address[64];

	(void)state;
	plan_address_text((struct plan_address){0, host(w, "mx1")->number}, address);
	assert_string_equal(rdata(w, "mx1.a0001.example.", "A", 0), address);
	assert_null(rdata(w, "mx1.a0001.example.", "AAAA", 0));
	assert_string_equal(rdata(w, "a0001.example.", "MX", 0), "10 mx1.a0001.example.");
	assert_string_equal(rdata(w, "a0001.example.", "MX", 1), "20 mx2.a0001.example.");
	assert_null(rdata(w, "a0001.example.", "MX", 2)); /* web is not listed */
	plan_address_text((struct plan_address){0, host(w, "web")->number}, address);
	assert_string_equal(rdata(w, "a0001.example.", "A", 0), address);
	assert_string_equal(rdata(w, "alias.a0001.example.", "CNAME", 0), "mx2.a0001.example.");
	assert_string_equal(rdata(w, "note.a0001.example.", "TXT", 0), "\"a0001.example\"");
	assert_non_null(rdata(w, "a0001.example.", "SOA", 0));
	/* names outside the domain are zones of their own */
	assert_string_equal(rdata(w, "x.a0001.example.lan.example.", "MX", 0), "5 mx1.a0001.example.");
	plan_address_text((struct plan_address){0, host(w, "mx2")->number}, address);
	assert_string_equal(rdata(w, "mail-a0001.", "A", 0), address);
	assert_string_equal(rdata(w, "mail-a0001.", "TXT", 0), "more");
	strcat(address, ".");
	assert_non_null(rdata(w, address, "SOA", 0));
	assert_int_equal(w->n_zones, 4);
	assert_non_null(rdata(w, "mta-sts.a0001.example.", "A", 0));
	assert_memory_equal(rdata(w, "_mta-sts.a0001.example.", "TXT", 0), "\"v=STSv1; id=", 13);
	assert_int_equal(w->zones[0].records[0].ttl, 0);
	assert_false(w->zones[0].secure);
	plan_free(plan);
}

static void
the_policy_lists_the_hosts_of_its_own_leg(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){0});
	const struct plan_response *attacked = host(plan->legs[0].steps[0].world, "mta-sts")->response;
	const struct plan_response *controlled = host(plan->legs[1].steps[0].world, "mta-sts")->response;

	(void)state;
	assert_true(
	    bytes_equal(attacked->body, BYTES("version: STSv1\nmode: enforce\nmx: mx1.a0001.example\nmx: "
					      "mx2.a0001.example\nmax_age: 604800\n")));
	assert_true(bytes_find_nocase(controlled->body, BYTES("mx: mx1.c0001.example\n")) != SIZE_MAX);
	assert_string_equal(host(plan->legs[0].steps[0].world, "mta-sts")->name, "mta-sts.a0001.example");
	plan_free(plan);
}

static void
an_odd_world_is_shown_as_it_is(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){0});
	const struct plan_world *w = plan->legs[0].steps[2].world;
	const struct plan_response *response = host(w, "mta-sts")->response;
	const char *id = rdata(w, "_mta-sts.a0001.example.", "TXT", 0);

	(void)state;
	assert_true(w->zones[0].secure);
	assert_memory_equal(id, "\"v=STSv1; id=", 13);
	assert_null(strchr(id, '{'));
	assert_string_not_equal(id, rdata(plan->legs[0].steps[0].world, "_mta-sts.a0001.example.", "TXT", 0));
	assert_string_equal(rdata(w, "_mta-sts.a0001.example.", "TXT", 1), "\"say \\\"hi\\\" \\\\ \\001\"");
	assert_int_equal(response->status, 302);
	assert_string_equal(response->location, "https://mx1.a0001.example/a0001.example");
	assert_true(bytes_equal(response->body,
	    BYTES("version: STSv1\nmode: testing\nmx: mx1.a0001.example\nmx: *.a0001.example\n"
		  "mx: evil.a0001-x.example\nmx: mail.example\nmax_age: 86400\n")));
	plan_free(plan);
}

static void
moves_are_completed_and_neutral_in_the_control(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){0});
	const struct plan_step *attacked = &plan->legs[0].steps[1], *controlled = &plan->legs[1].steps[1];
	const struct plan_move *forge = attacked->moves;
	char evil[80] = "A ";

	(void)state;
	assert_int_equal(attacked->n_moves, 3);
	assert_int_equal(controlled->n_moves, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_false(attacked->moves[i].neutral);
		assert_true(controlled->moves[i].neutral);
		assert_int_equal(attacked->moves[i].move, controlled->moves[i].move);
	}
	plan_address_text((struct plan_address){0, host(attacked->world, "evil")->number}, evil + 2);
	assert_string_equal(forge->name, "a0001.example");
	assert_string_equal(forge->type, "MX");
	assert_string_equal(forge->records[0], "MX 5 evil.a0001-x.example.");
	assert_string_equal(forge->records[1], evil);
	assert_string_equal(forge->records[2], "TXT \"x\"");
	assert_string_equal(forge->records[3], "MX 0 .");
	assert_string_equal(forge->records[4], "CNAME elsewhere.example.");
	assert_memory_equal(forge->records[5], "mx1.a0001.example. A 198.18.", 28);
	assert_string_equal(forge->records[6], "a0001.example. TXT x");
	assert_string_equal(controlled->moves[0].records[0], "MX 5 evil.c0001-x.example.");
	assert_string_equal(attacked->moves[1].name, "_mta-sts.a0001.example");
	assert_true(bytes_equal(attacked->moves[2].bytes, BYTES("250 mx1.a0001.example {what}\r\n")));
	assert_int_equal(attacked->moves[2].connection, 2);
	assert_int_equal(plan->legs[0].steps[0].n_moves, 0);
	assert_true(host(attacked->world, "evil")->attackers);
	assert_non_null(rdata(attacked->world, "evil.a0001-x.example.", "A", 0));
	assert_null(host(plan->legs[0].steps[0].world, "evil"));
	plan_free(plan);
}

static void
an_opposite_control_is_attacked_but_warmed_up_in_peace(void **state)
{
	struct scenario_step steps[] = {warm_then_attacked[1], warm_then_attacked[1]};
	struct scenario s = usual();
	struct plan *plan;

	(void)state;
	steps[0].warm_up = true;
	s.steps = steps;
	s.n_steps = 2;
	s.opposite_control = true;
	s.control_world = &odd;
	steps[0].control_world = steps[1].control_world = &odd;
	plan = plan_of(&s, 1, (struct planner_options){0});
	assert_false(plan->legs[0].steps[0].moves[0].neutral);
	assert_true(plan->legs[1].steps[0].moves[0].neutral);
	assert_false(plan->legs[1].steps[1].moves[0].neutral);
	assert_int_equal(host(plan->legs[1].steps[2].world, "mta-sts")->response->status, 302);
	plan_free(plan);
}

static void
steps_that_show_the_same_share_one_world(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){0});
	const struct plan_leg *attacked = &plan->legs[0], *controlled = &plan->legs[1];

	(void)state;
	assert_int_equal(attacked->n_steps, 4);
	assert_ptr_equal(attacked->steps[3].world, attacked->steps[0].world); /* recovery */
	assert_ptr_equal(controlled->steps[2].world, controlled->steps[1].world);
	assert_ptr_not_equal(attacked->steps[1].world, attacked->steps[0].world);
	/* an address stays with its host, whatever the step */
	assert_int_equal(
	    host(attacked->steps[2].world, "mx1")->number, host(attacked->steps[0].world, "mx1")->number);
	plan_free(plan);
}

static void
steps_carry_on_as_the_scenario_says(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){0});
	const struct plan_step *steps = plan->legs[0].steps;

	(void)state;
	assert_true(
	    steps[0].warm_up && !steps[0].retries_held && steps[0].n_messages == 2); /* one is spare */
	assert_true(!steps[1].warm_up && steps[1].retries_held && steps[1].n_messages == 2);
	assert_int_equal(steps[1].messages[1].n_recipients, 2);
	assert_non_null(strstr(steps[0].messages[0].recipients[0].address, "@a0001.example"));
	assert_non_null(strstr(steps[1].messages[1].recipients[1].address, "@lists.a0001.example"));
	assert_true(steps[2].action == ACTION_RETRY && steps[2].n_messages == 0 && !steps[2].retries_held);
	assert_true(steps[3].recovery && steps[3].action == ACTION_RETRY && steps[3].n_moves == 0);
	plan_free(plan);
	s.recovers = false;
	s.has_control = false;
	plan = plan_of(&s, 1, (struct planner_options){0});
	assert_int_equal(plan->legs[0].n_steps, 3);
	assert_int_equal(plan->n_legs, 1);
	assert_int_equal(plan->scenarios[0].control, FACT_NONE);
	plan_free(plan);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
every_token_is_its_own(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 500, (struct planner_options){.seed = 7});
	const char **tokens = must_alloc(30000 * sizeof(*tokens));
	size_t n = 0;

	(void)state;
	for (uint32_t l = 0; l < plan->n_legs; l++)
		for (size_t i = 0; i < plan->legs[l].n_steps; i++)
			for (size_t k = 0; k < plan->legs[l].steps[i].n_messages; k++) {
				const struct plan_message *m = &plan->legs[l].steps[i].messages[k];

				tokens[n++] = m->sender;
				for (size_t j = 0; j < m->n_recipients; j++)
					tokens[n++] = m->recipients[j].address;
			}
	assert_int_equal(n, 500 * 2 * (2 * 2 + 2 * 3));
	for (size_t i = 0; i < n; i++)
		assert_true(strspn(tokens[i], "abcdefghijklmnopqrstuvwxyz0123456789") == PLAN_TOKEN_LEN &&
			    strncmp(tokens[i], PLAN_TOKEN_PREFIX, 4) == 0 &&
			    tokens[i][PLAN_TOKEN_LEN] == '@');
	qsort(tokens, n, sizeof(*tokens), by_text);
	for (size_t i = 1; i < n; i++)
		assert_true(strncmp(tokens[i - 1], tokens[i], PLAN_TOKEN_LEN) != 0);
	free(tokens);
	plan_free(plan);
}

static void
a_letter_names_nobody_and_ends_its_lines_well(void **state)
{
	static const char *const headers[] = {"TLS-Required: No", "X-Other: 1"};
	struct scenario s = usual();
	struct scenario_step step = warm_then_attacked[1];
	struct plan *plan;
	struct bytes text;

	(void)state;
	step.headers = headers;
	step.n_headers = 2;
	step.requiretls = true;
	s.steps = &step;
	s.n_steps = 1;
	plan = plan_of(&s, 1, (struct planner_options){.seed = 3});
	text = plan->legs[0].steps[0].messages[0].text;
	assert_true(plan->legs[0].steps[0].messages[0].requiretls);
	assert_true(bytes_find_nocase(text, BYTES("\r\nTo: undisclosed-recipients:;\r\n")) != SIZE_MAX);
	assert_true(bytes_find_nocase(text, BYTES("\r\nTLS-Required: No\r\nX-Other: 1\r\n\r\n")) != SIZE_MAX);
	assert_true(bytes_find_nocase(text, BYTES("Date: Sat, 21 Nov 2026 ")) == 0);
	assert_true(bytes_find_nocase(text, BYTES("\r\nX-Mitmx-Token: mtmx")) != SIZE_MAX);
	for (size_t i = 0; i < text.len; i++)
		assert_true(
		    (unsigned char)text.data[i] < 0x80 && (text.data[i] != '\n' || text.data[i - 1] == '\r'));
	for (size_t i = 0; i < 2; i++)
		assert_true(
		    bytes_find_nocase(text,
			bytes_of(plan->legs[0].steps[0].messages[0].recipients[i].address)) == SIZE_MAX);
	plan_free(plan);
}

static void
family_6_turns_every_address(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){.family = 6});
	const struct plan_world *w = plan->legs[0].steps[0].world;

	(void)state;
	assert_int_equal(plan->family, 6);
	assert_null(rdata(w, "mx1.a0001.example.", "A", 0));
	assert_memory_equal(rdata(w, "mx1.a0001.example.", "AAAA", 0), "2001:db8::", 10);
	assert_non_null(rdata(&plan->base, "mx.return.example.", "AAAA", 0));
	plan_free(plan);
}

static void
a_planted_dead_control_refuses_everything(void **state)
{
	struct scenario s = usual();
	struct plan *plan = plan_of(&s, 1, (struct planner_options){.plant = PLANT_DEAD_CONTROL});

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_false(plan->legs[0].steps[1].world->hosts[i].refused);
		assert_true(plan->legs[1].steps[1].world->hosts[i].refused);
	}
	plan_free(plan);
}

static void
what_makes_a_client_wait_is_said(void **state)
{
	static const struct {
		struct plan_move move;
		bool stalls;
	} rows[] = {
	    {{.move = MOVE_TCP_STALL}, true},
	    {{.move = MOVE_TCP_REFUSE}, false},
	    {{.move = MOVE_DNS_TIMEOUT, .name = "@"}, true},
	    {{.move = MOVE_SMTP_ANSWER, .verb = "EHLO", .bytes = {"", 0}}, true},
	    {{.move = MOVE_SMTP_ANSWER, .verb = "EHLO", .bytes = {"x", 1}}, false},
	    {{.move = MOVE_POLICY_STALL_BODY}, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plan_move move = rows[i].move;
		struct scenario_attack one = {.moves = &move, .n_moves = 1};
		struct scenario_step step = warm_then_attacked[1];
		struct scenario s = usual();
		struct plan *plan;

		step.attack = &one;
		s.steps = &step;
		s.n_steps = 1;
		plan = plan_of(&s, 1, (struct planner_options){0});
		assert_int_equal(plan->scenarios[0].stalls, rows[i].stalls);
		plan_free(plan);
	}
}

static void
the_same_seed_gives_the_same_plan(void **state)
{
	struct scenario s = usual();
	struct plan *a = plan_of(&s, 2, (struct planner_options){.seed = 5}),
		    *b = plan_of(&s, 2, (struct planner_options){.seed = 5});
	struct plan *c = plan_of(&s, 2, (struct planner_options){.seed = 6});

	(void)state;
	assert_true(bytes_equal(a->legs[3].steps[1].messages[1].text, b->legs[3].steps[1].messages[1].text));
	assert_false(bytes_equal(a->legs[3].steps[1].messages[1].text, c->legs[3].steps[1].messages[1].text));
	plan_free(a);
	plan_free(b);
	plan_free(c);
}

/* A benchmark, not a timed test: the numbers are printed, never judged. */
static void
two_thousand_scenarios_are_planned(void **state)
{
	struct scenario s = usual();
	uint64_t began = clock_ns();
	struct plan *plan = plan_of(&s, 2000, (struct planner_options){.seed = 1});

	(void)state;
	print_message("           2,000 scenarios: %.1f ms, %zu KB each\n",
	    (double)(clock_ns() - began) / 1e6, region_size(plan->region) / 2000 / 1024);
	assert_int_equal(plan->n_scenarios, 2000);
	plan_free(plan);
}

static void
more_hosts_than_addresses_are_refused(void **state)
{
	struct scenario s = usual();
	const struct scenario **all = must_alloc(20000 * sizeof(struct scenario *));
	struct why why = {""};

	(void)state;
	for (size_t i = 0; i < 20000; i++)
		all[i] = &s;
	assert_null(planner_make(all, 20000, &(struct planner_options){0}, &why));
	assert_non_null(strstr(why.text, "more than the 131072 addresses"));
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(legs_have_their_own_domains_and_numbers),
	    cmocka_unit_test(records_follow_from_the_world),
	    cmocka_unit_test(the_policy_lists_the_hosts_of_its_own_leg),
	    cmocka_unit_test(an_odd_world_is_shown_as_it_is),
	    cmocka_unit_test(moves_are_completed_and_neutral_in_the_control),
	    cmocka_unit_test(an_opposite_control_is_attacked_but_warmed_up_in_peace),
	    cmocka_unit_test(steps_that_show_the_same_share_one_world),
	    cmocka_unit_test(steps_carry_on_as_the_scenario_says),
	    cmocka_unit_test(every_token_is_its_own),
	    cmocka_unit_test(a_letter_names_nobody_and_ends_its_lines_well),
	    cmocka_unit_test(family_6_turns_every_address),
	    cmocka_unit_test(a_planted_dead_control_refuses_everything),
	    cmocka_unit_test(what_makes_a_client_wait_is_said),
	    cmocka_unit_test(the_same_seed_gives_the_same_plan),
	    cmocka_unit_test(two_thousand_scenarios_are_planned),
	    cmocka_unit_test(more_hosts_than_addresses_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
