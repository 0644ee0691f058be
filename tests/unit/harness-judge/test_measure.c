/* SPDX-License-Identifier: Apache-2.0 */
/* test_measure.c - the partition of outcomes, tokens in texts, patterns of facts, words. */
#include "tests/unit/harness-judge/small_run.h"

#include "harness/judge/asks.h"
#include "harness/judge/measure.h"
#include "harness/judge/meeting.h"
#include "harness/judge/token.h"
#include "harness/judge/words.h"

/* Each line of the partition in design.md section 6 as a condition of its own: exactly one may hold. */
static unsigned
outcomes_that_fit(bool arrived, bool exposed, enum said said)
{
	return (unsigned)(arrived && !exposed) << OUTCOME_PROTECTED |
	       (unsigned)(arrived && exposed) << OUTCOME_READABLE |
	       (unsigned)(!arrived && exposed) << OUTCOME_STOLEN |
	       (unsigned)(!arrived && !exposed && said == SAID_DELIVERED) << OUTCOME_LOST |
	       (unsigned)(!arrived && !exposed && said == SAID_KEPT) << OUTCOME_HELD |
	       (unsigned)(!arrived && !exposed && said == SAID_GAVE_UP) << OUTCOME_BOUNCED |
	       (unsigned)(!arrived && !exposed && said == SAID_NOTHING) << OUTCOME_SILENT;
}

static void
every_combination_has_exactly_one_outcome(void **state)
{
	static const char *const words[] = {
	    "", "delivered", "deferred", "bounced", "refused", "accepted", "cannot", "DEFERRED", "odd"};
	static const char *const said[] = {
	    "nothing", "delivered", "kept", "gave up", "kept", "nothing", "kept", "kept", "nothing"};
	static const char *const said_names[SAIDS] = {"nothing", "delivered", "kept", "gave up"};
	unsigned seen = 0;

	(void)state;
	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
		enum said s = measure_said(bytes_of(words[w]));

		assert_string_equal(said_names[s], said[w]);
		for (unsigned arrived = 0; arrived < 2; arrived++)
			for (unsigned e = 0; e < EXPOSURES; e++) {
				enum outcome o = measure_outcome(arrived, (enum exposure)e, s);

				assert_int_equal(1u << o, outcomes_that_fit(arrived, e != EXPOSURE_NONE, s));
				seen |= 1u << o;
			}
	}
	assert_int_equal(seen, OUTCOMES_ALL);
}

static void
tokens_are_found_as_they_stand_and_in_base64(void **state)
{
	static const struct {
		const char *name, *text;
		bool plain, base64;
	} rows[] = {
	    {"as it is", "x mtmxabcdefgh0123 x", true, false},
	    {"in upper case", "MTMXABCDEFGH0123", true, false},
	    {"cut short", "mtmxabcdefgh012", false, false},
	    {"with nothing before it", "bXRteGFiY2RlZmdoMDEyMw==", false, true},
	    {"with one byte before it", "YW10bXhhYmNkZWZnaDAxMjM=", false, true},
	    {"with two bytes before it", "YWFtdG14YWJjZGVmZ2gwMTIz", false, true},
	    {"with bytes before and behind it", "AGFsaWNlAG10bXhhYmNkZWZnaDAxMjN6eno=", false, true},
	    {"folded", "bXRteGFi\r\nY2RlZmdoMDEyMw==", false, true},
	    {"one letter off", "bXRteGFiY2RlZmdoMDEyNA==", false, false},
	    {"nothing", "", false, false},
	};
	struct bytes token = bytes_of("mtmxabcdefgh0123");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (token_in(bytes_of(rows[i].text), token) != rows[i].plain ||
		    token_in_base64(bytes_of(rows[i].text), token) != rows[i].base64)
			fail_msg("%s: want %d and %d", rows[i].name, rows[i].plain, rows[i].base64);
	assert_true(bytes_equal(token_of("abc@d.example"), BYTES("abc")));
	assert_true(bytes_equal(token_of("abc"), BYTES("abc")));
	assert_int_equal(token_of(NULL).len, 0);
	assert_false(token_in(BYTES("abc"), token_of("@d.example")));
	assert_false(token_in_base64(BYTES("abc"), token_of(NULL)));
}

static void
a_star_stands_for_any_run(void **state)
{
	static const struct {
		const char *text, *pattern;
		bool like;
	} rows[] = {
	    {"", "", true},
	    {"", "*", true},
	    {"a", "", false},
	    {"abc", "abc", true},
	    {"abc", "ABC", true},
	    {"abc", "ab", false},
	    {"ab", "abc", false},
	    {"abc", "a*", true},
	    {"abc", "*c", true},
	    {"abcbc", "a*bc", true},
	    {"abcbd", "a*bc", false},
	    {"abc", "a*b*c", true},
	    {"abc", "**", true},
	    {"abc", "*d*", false},
	    {"a*c", "a*c", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (asks_like(bytes_of(rows[i].text), rows[i].pattern) != rows[i].like)
			fail_msg("%s against %s", rows[i].text, rows[i].pattern);
}

/* --- asks -------------------------------------------------------------------------------- */

static void
asks_look_at_the_facts_of_the_step(void **state)
{
	struct fact_condition port = {"port", "25"}, source = {"source", "world"},
			      connection = {"connection", "2"};
	struct fact_condition odd = {"nonsense", "*"}, empty = {"host", NULL};
	struct fact_pattern accepted = {FACT_ACCEPTED, NULL, 0}, mail = {FACT_MAIL, NULL, 0};
	struct fact_pattern on_port = {FACT_ACCEPTED, &port, 1}, from_world = {FACT_ACCEPTED, &source, 1};
	struct fact_pattern second = {FACT_ACCEPTED, &connection, 1}, nonsense = {FACT_ACCEPTED, &odd, 1};
	struct fact_pattern no_value = {FACT_ACCEPTED, &empty, 1};
	struct fact_pattern first_then_mail[] = {accepted, mail}, mail_first[] = {mail, accepted};
	struct fact_pattern two_sources[] = {accepted, {FACT_FATE, NULL, 0}};
	const struct {
		const char *name;
		struct fact_ask ask;
		bool holds;
	} rows[] = {
	    {"seen", {.kind = ASK_SEEN, .patterns = &accepted, .n_patterns = 1}, true},
	    {"seen with a number", {.kind = ASK_SEEN, .patterns = &on_port, .n_patterns = 1}, true},
	    {"seen from a source", {.kind = ASK_SEEN, .patterns = &from_world, .n_patterns = 1}, true},
	    {"seen on a connection", {.kind = ASK_SEEN, .patterns = &second, .n_patterns = 1}, true},
	    {"a field that is not there", {.kind = ASK_SEEN, .patterns = &nonsense, .n_patterns = 1}, false},
	    {"a value that is not there", {.kind = ASK_SEEN, .patterns = &no_value, .n_patterns = 1}, false},
	    {"unseen", {.kind = ASK_UNSEEN, .patterns = &accepted, .n_patterns = 1}, false},
	    {"two", {.kind = ASK_COUNT, .patterns = &accepted, .n_patterns = 1, .at_least = 2, .at_most = 2},
		true},
	    {"three",
		{.kind = ASK_COUNT, .patterns = &accepted, .n_patterns = 1, .at_least = 3, .at_most = 9},
		false},
	    {"none", {.kind = ASK_COUNT, .patterns = &accepted, .n_patterns = 1, .at_most = 1}, false},
	    {"in order", {.kind = ASK_ORDER, .patterns = first_then_mail, .n_patterns = 2}, true},
	    {"out of order", {.kind = ASK_ORDER, .patterns = mail_first, .n_patterns = 2}, false},
	    {"order between sources", {.kind = ASK_ORDER, .patterns = two_sources, .n_patterns = 2}, false},
	};
	struct small_run *run = small_run_new(1);
	struct index ix;

	(void)state;
	small_run_add(run, 0,
	    "world $a.0.1 mail sender=x\nworld $a.1.1 accepted port=25\nworld $a.1.2 accepted port=465\n"
	    "world $a.1.2 mail sender=x\nfront $a.1 fate fate=deferred\nworld $a.2.3 accepted port=25\n",
	    NULL);
	index_init(&ix, run->region, &run->docket, &run->record);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (asks_hold(&rows[i].ask, index_leg(&ix, 1), 1, NULL) != rows[i].holds)
			fail_msg("%s: want %d", rows[i].name, rows[i].holds);
	small_run_free(run);
}

/* --- several domains ------------------------------------------------------------------------ */

#define SENDER "world $a.1.2 mail sender=mtmxs$2@ret.example channel=clear\n"
#define OURS "world $a.1.2 rcpt recipient=mtmxr$2@to.example channel=clear\n"
#define OTHERS "world $a.1.2 rcpt recipient=mtmxq002@bare.example channel=clear\n"
#define CONTENT "world $a.1.2 content sender=mtmxs$2@ret.example data=x channel=clear whole=1\n"

static void
what_goes_to_another_domain_alone_exposes_nothing_of_ours(void **state)
{
	static const char *const recipients[] = {"mtmxr002@to.example", "mtmxq002@bare.example"};
	static const struct {
		const char *name, *facts;
		enum exposure exposure;
	} rows[] = {
	    {"theirs", SENDER OTHERS CONTENT, EXPOSURE_NONE},
	    {"both in one go", SENDER OTHERS OURS CONTENT, EXPOSURE_CONTENT},
	    {"theirs, and then ours in the same session", SENDER OTHERS CONTENT SENDER OURS CONTENT, EXPOSURE_CONTENT},
	    {"ours, and then theirs", SENDER OURS SENDER OTHERS CONTENT, EXPOSURE_ENVELOPE},
	    {"theirs, and ours is begun", SENDER OTHERS CONTENT SENDER OURS, EXPOSURE_ENVELOPE},
	    {"theirs, and then a sender alone", SENDER OTHERS CONTENT SENDER, EXPOSURE_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct small_run *run = small_run_new(1);
		struct brief_message *m = &run->docket.briefs[0].attack.steps[1].messages[0];
		struct course course;
		struct index ix;

		m->recipients = recipients;
		m->n_recipients = 2;
		m->n_companions = 1;
		small_run_add(run, 0, rows[i].facts, NULL);
		index_init(&ix, run->region, &run->docket, &run->record);
		measure_leg(&course, run->region, &run->docket, index_leg(&ix, 1), &run->docket.briefs[0].attack);
		if (course.steps[1].n_judged != 1 || course.steps[1].rows[0].exposure != rows[i].exposure)
			fail_msg("%s: %zu judged, exposure %d", rows[i].name, course.steps[1].n_judged,
			    (int)course.steps[1].rows[0].exposure);
		small_run_free(run);
	}
}

static void
expectations_read_like_the_scenario(void **state)
{
	struct region *r = region_new();
	struct brief_step step = {0};
	struct fact_condition c = {"fault", "expired"};
	struct fact_pattern p = {FACT_CERTIFICATE_SHOWN, &c, 1};
	struct fact_ask ask = {.kind = ASK_SEEN, .patterns = &p, .n_patterns = 1};

	(void)state;
	assert_string_equal(words_expected(r, &step.expectation[0]), "delivered (warm-up)");
	small_run_expect(r, &step, LEVEL_MUST, OUTCOMES_REFUSED);
	small_run_expect(r, &step, LEVEL_SHOULD, OUTCOME_BIT(HELD));
	assert_string_equal(words_expected(r, &step.expectation[0]), "refused (must), held (should)");
	small_run_expect(r, &step, LEVEL_SHOULD, OUTCOME_BIT(HELD) | OUTCOME_BIT(SILENT));
	assert_string_equal(
	    words_expected(r, &step.expectation[0]), "refused (must), held or silent (should)");
	step.expectation[0].at[LEVEL_SHOULD].n = 0;
	step.expectation[0].at[LEVEL_MUST].any_of->asks = &ask;
	step.expectation[0].at[LEVEL_MUST].any_of->n_asks = 1;
	assert_string_equal(words_expected(r, &step.expectation[0]),
	    "refused and certificate-shown {fault: expired} is seen (must)");
	step.expectation[0].record = true;
	assert_string_equal(words_expected(r, &step.expectation[0]), "anything (recorded)");
	region_free(r);
}

static void
long_and_odd_words_of_a_client_are_cut_and_escaped(void **state)
{
	struct region *r = region_new();
	char text[5000];

	(void)state;
	memset(text, '\x01', sizeof(text));
	assert_int_equal(strlen(words_quote(r, (struct bytes){text, sizeof(text)})), 200 * 4 + 3);
	assert_string_equal(words_quote(r, BYTES("a\r\n\"b")), "a\\r\\n\"b");
	region_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_combination_has_exactly_one_outcome),
	    cmocka_unit_test(tokens_are_found_as_they_stand_and_in_base64),
	    cmocka_unit_test(a_star_stands_for_any_run),
	    cmocka_unit_test(asks_look_at_the_facts_of_the_step),
	    cmocka_unit_test(what_goes_to_another_domain_alone_exposes_nothing_of_ours),
	    cmocka_unit_test(expectations_read_like_the_scenario),
	    cmocka_unit_test(long_and_odd_words_of_a_client_are_cut_and_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
