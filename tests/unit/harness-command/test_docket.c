/* SPDX-License-Identifier: Apache-2.0 */
/* test_docket.c - what the judge is told of each leg: expectations, names, tokens, warm-ups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/command/docket.h"
#include "harness/plan/planner.h"
#include "harness/scenario/reader.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* A file from memory, planned and docketed. */
struct made {
	struct complaints *complaints;
	struct reading reading;
	struct document *document;
	struct plan *plan;
	struct docket *docket;
};

static struct made
make(const char *text)
{
	struct made m = {.complaints = complaints_new()};

	m.reading = (struct reading){.complaints = m.complaints, .region = region_new()};
	m.document = document_parse("file.yaml", bytes_of(text), m.complaints);
	if (m.document != NULL)
		file_read(&m.reading, m.document, "family/file");
	complaints_print(m.complaints, stderr);
	assert_int_equal(m.reading.n, 1);
	m.plan = planner_make(m.reading.scenarios, 1, &(struct planner_options){.seed = 1}, NULL);
	m.docket = docket_make(m.reading.scenarios, m.plan, &(struct docket_about){.client = "one"});
	return m;
}

static void
done(struct made *m)
{
	docket_free(m->docket);
	plan_free(m->plan);
	document_free(m->document);
	region_free(m->reading.region);
	complaints_free(m->complaints);
}

#define HEAD "title: t\ncatches: [x]\nneeds: [mta-sts]\n"
#define USUAL                                                                                            \
	HEAD "world: {policy: {mode: enforce}}\nsteps:\n  - send\n"                                      \
	     "  - {attack: {smtp: strip-starttls}, expect: {outcome: held, sni: mx1, seen: {dns-asked: " \
	     "{name: '*.{domain}'}}}}\n"

static const struct expected *
expected(const struct brief_leg *leg, size_t step, enum level level)
{
	const struct expectation *e = &leg->steps[step].expectation[FLOOR_MAY];

	assert_true(e->given && e->at[level].n == 1);
	return &e->at[level].any_of[0];
}

static void
names_are_those_of_the_leg(void **state)
{
	struct made m = make(USUAL);
	const struct expected *e = expected(&m.docket->briefs[0].attack, 1, LEVEL_MUST);

	(void)state;
	assert_int_equal(e->n_asks, 2);
	assert_string_equal(e->asks[0].patterns[0].conditions[0].value, "*.a0001.example");
	assert_string_equal(e->asks[1].patterns[0].conditions[0].value, "mx1.a0001.example");
	done(&m);
}

static void
a_refusal_has_a_control_that_is_delivered(void **state)
{
	struct made m = make(USUAL);
	const struct brief *b = &m.docket->briefs[0];

	(void)state;
	assert_string_equal(b->name, "family/file");
	assert_int_equal(expected(&b->attack, 1, LEVEL_MUST)->outcomes, OUTCOMES_REFUSED);
	assert_int_equal(expected(&b->attack, 1, LEVEL_SHOULD)->outcomes, OUTCOME_BIT(HELD));
	assert_int_equal(expected(&b->control, 1, LEVEL_MUST)->outcomes, OUTCOMES_DELIVERED);
	assert_int_equal(expected(&b->control, 1, LEVEL_MUST)->n_asks, 0);
	assert_false(b->attack.steps[0].expectation[FLOOR_MAY].given);
	assert_true(b->attack.steps[0].warm_up && b->control.steps[0].warm_up);
	assert_false(b->opposite_control);
	done(&m);
}

static void
what_was_held_must_arrive_at_the_end(void **state)
{
	struct made m = make(USUAL);
	const struct brief *b = &m.docket->briefs[0];

	(void)state;
	assert_int_equal(b->attack.n_steps, 3);
	assert_true(b->attack.steps[2].recovery && b->attack.steps[2].judges_held);
	assert_int_equal(expected(&b->attack, 2, LEVEL_MUST)->outcomes, OUTCOMES_DELIVERED);
	assert_int_equal(expected(&b->control, 2, LEVEL_MUST)->outcomes, OUTCOMES_DELIVERED);
	done(&m);
}

static void
tokens_are_found_in_the_letters(void **state)
{
	struct made m = make(USUAL);
	const struct plan_step *planned = &m.plan->legs[1].steps[0];
	const struct brief_step *told = &m.docket->briefs[0].control.steps[0];

	(void)state;
	assert_int_equal(told->n_messages, 2);
	assert_false(told->messages[0].spare);
	assert_true(told->messages[1].spare);
	for (size_t i = 0; i < 2; i++) {
		const struct brief_message *b = &told->messages[i];
		struct bytes text = planned->messages[i].text;

		assert_int_equal(b->number, planned->messages[i].number);
		assert_string_equal(b->sender, planned->messages[i].sender);
		assert_string_equal(b->recipients[0], planned->messages[i].recipients[0].address);
		assert_int_equal(strlen(b->header_token), PLAN_TOKEN_LEN);
		assert_int_equal(strlen(b->body_token), PLAN_TOKEN_LEN);
		assert_true(
		    bytes_find_nocase(text, bytes_of(b->body_token)) == text.len - PLAN_TOKEN_LEN - 2);
		assert_string_not_equal(b->header_token, b->body_token);
	}
	done(&m);
}

static void
an_opposite_control_is_refused_but_for_first_contact(void **state)
{
	struct made m = make(HEAD
	    "world: {policy: {mode: testing}}\nsteps:\n  - {attack: {smtp: strip-starttls}, expect: record}\n"
	    "  - {expect: delivered}\ncontrol: {world: {policy: {mode: enforce}}, attack: same, expect: "
	    "refused}\n");
	const struct brief *b = &m.docket->briefs[0];

	(void)state;
	assert_true(b->opposite_control);
	assert_true(b->control.steps[0].expectation[FLOOR_MAY].record);
	assert_int_equal(expected(&b->control, 1, LEVEL_MUST)->outcomes, OUTCOMES_REFUSED);
	assert_int_equal(expected(&b->attack, 1, LEVEL_MUST)->outcomes, OUTCOMES_DELIVERED);
	done(&m);
}

static void
nothing_attacked_needs_no_control(void **state)
{
	struct made m = make(HEAD "steps: [{expect: protected}]\n");

	(void)state;
	assert_int_equal(m.docket->briefs[0].control.number, FACT_NONE);
	assert_int_equal(m.docket->briefs[0].control.n_steps, 0);
	done(&m);
}

/* Which first steps must end with a whole policy. */
static const struct {
	const char *rest;
	bool attack, control;
} warm_ups[] = {
    {"world: {policy: {mode: enforce}}\nsteps: [send, {attack: {smtp: drip}, expect: held}]\n", true, true},
    {"world: {policy: {mode: testing}}\nsteps: [send, {attack: {smtp: drip}, expect: delivered}]\n", true,
	true},
    {"steps: [send, {attack: {smtp: drip}, expect: delivered}]\n", false, false},
    /* an odd policy must be fetched only where a refusal rests on it */
    {"world: {policy: {raw: x}}\nsteps: [send, {attack: {smtp: drip}, expect: delivered}]\n", false, false},
    {"world: {policy: {raw: x}}\nsteps: [send, {attack: {smtp: drip}, expect: held}]\n", true, true},
    {"world: {policy: {mode: enforce}, sts-record: junk}\nsteps: [send, {attack: {smtp: drip}, expect: "
     "delivered}]\n"
     "control: {world: {sts-record: better}, attack: same, expect: refused}\n",
	false, true},
    {"world: {policy: {mode: enforce}}\nsteps: [{attack: {dns: {_mta-sts: nodata}}}, {expect: delivered}]\n",
	false, true},
};

static void
a_warm_up_must_fetch_what_a_refusal_rests_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(warm_ups); i++) {
		char text[512];
		struct made m;
		const struct brief *b;

		snprintf(text, sizeof(text), HEAD "%s", warm_ups[i].rest);
		m = make(text);
		b = &m.docket->briefs[0];
		if (b->attack.steps[0].needs_policy != warm_ups[i].attack ||
		    b->control.steps[0].needs_policy != warm_ups[i].control)
			fail_msg("row %zu: got %d, %d; want %d, %d\n%s", i, b->attack.steps[0].needs_policy,
			    b->control.steps[0].needs_policy, warm_ups[i].attack, warm_ups[i].control,
			    warm_ups[i].rest);
		done(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_those_of_the_leg),
	    cmocka_unit_test(a_refusal_has_a_control_that_is_delivered),
	    cmocka_unit_test(what_was_held_must_arrive_at_the_end),
	    cmocka_unit_test(tokens_are_found_in_the_letters),
	    cmocka_unit_test(an_opposite_control_is_refused_but_for_first_contact),
	    cmocka_unit_test(nothing_attacked_needs_no_control),
	    cmocka_unit_test(a_warm_up_must_fetch_what_a_refusal_rests_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
