/* SPDX-License-Identifier: Apache-2.0 */
/* test_run.c - whole runs: nothing that is missing or planted is ever honored, and scenarios stay apart. */
#include "tests/unit/harness-judge/small_run.h"

static struct small_run *
good_run(size_t n_briefs)
{
	struct small_run *run = small_run_new(n_briefs);

	for (unsigned k = 0; k < n_briefs; k++)
		small_run_add(run, k, GOOD_LINES, NULL);
	return run;
}

/* Judges, compares with one letter a scenario (h, v, u, s, r), and frees the run. */
static void
wants(const char *name, struct small_run *run, const char *letters)
{
	struct judgments all = judge_run(&run->docket, &run->record);

	assert_int_equal(all.n_items, strlen(letters));
	for (size_t i = 0; i < all.n_items; i++) {
		assert_non_null(all.items[i].why);
		if (verdict_name(all.items[i].verdict)[0] != letters[i])
			fail_msg("%s: scenario %zu: got %s (%s), want %c", name, i,
			    verdict_name(all.items[i].verdict), all.items[i].why, letters[i]);
	}
	judgments_free(&all);
	small_run_free(run);
}

/* --- what is missing --------------------------------------------------------------------- */

static void
remove_fact(struct small_run *run, size_t at)
{
	run->record.n_facts--;
	memmove(&run->facts[at], &run->facts[at + 1], (run->record.n_facts - at) * sizeof(struct fact));
}

static void
no_fact_can_be_taken_out_of_a_good_run(void **state)
{
	struct small_run *whole = good_run(1);
	size_t n = whole->record.n_facts;

	(void)state;
	wants("whole", whole, "h");
	for (size_t i = 0; i < n; i++) {
		struct small_run *run = good_run(1);

		remove_fact(run, i);
		wants("one fact less", run, "u");
	}
}

static void
no_run_can_be_cut_short(void **state)
{
	size_t n = 1;

	(void)state;
	for (size_t left = 0; left < n; left++) {
		struct small_run *run = good_run(1);

		n = run->record.n_facts;
		run->record.n_facts = left;
		wants("cut short", run, "u");
	}
}

static void
doubled_and_swapped_facts_are_noticed(void **state)
{
	struct small_run *run = good_run(1);
	struct fact swapped = run->facts[5];

	(void)state;
	assert_int_equal(run->facts[5].source, run->facts[6].source);
	run->facts[5] = run->facts[6];
	run->facts[6] = swapped;
	wants("swapped", run, "u");
	run = good_run(1);
	run->facts[run->record.n_facts++] = run->facts[4];
	wants("doubled", run, "u");
}

static void
an_unclosed_or_damaged_record_is_not_judged(void **state)
{
	struct small_run *run = good_run(2);

	(void)state;
	run->record.closed = false;
	wants("no last line", run, "uu");
	run = good_run(2);
	run->record.damage = "line 7 is no JSON";
	wants("damage", run, "uu");
	run = good_run(2);
	run->record.last_number[FACT_FROM_WITNESS]++;
	wants("the witness said more", run, "uu");
	run = good_run(0);
	wants("nothing at all", run, "");
}

/* --- lies -------------------------------------------------------------------------------- */

static void
no_planted_lie_is_honored(void **state)
{
	static const struct {
		const char *name, *drop, *add, *letter;
	} rows[] = {
	    {"the world keeps its first clear mail fact to itself", NULL,
		"world $a.1.2 rcpt recipient=mtmxr$2@to.example channel=clear\n"
		"witness $a.- crossed token=mtmxs$2\nwitness $a.- crossed token=mtmxr$2\n",
		"u"},
	    {"moves are inert and the client delivers", "$a.1 fate| met | $a.2",
		DELIVERED("$a", "1", "2", "$2"), "u"},
	    {"moves are inert and the client holds for another reason", " met ", NULL, "u"},
	    {"the witness drops", NULL, "witness -.- captured packets=1 dropped=5\n", "u"},
	    {"all controls are dead", "$c.0.11|$c.0 fate|$c.1.12|$c.1 fate", NULL, "u"},
	    {"the control of the attack's step is dead", "$c.1.12|$c.1 fate", NULL, "u"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct small_run *run = small_run_new(1);

		small_run_add(run, 0, GOOD_LINES, rows[i].drop);
		small_run_add(run, 0, rows[i].add, NULL);
		wants(rows[i].name, run, rows[i].letter);
	}
}

/* --- several scenarios ------------------------------------------------------------------- */

static void
scenarios_are_judged_apart(void **state)
{
	struct small_run *run = good_run(3);

	(void)state;
	small_run_add(run, 1, "world $c.1 lab-fault part=mx what=died\n", NULL);
	wants("a fault in the second", run, "huh");
	run = good_run(3);
	small_run_add(run, 2, "front $a.1 exited command=smtp signal=11 crash=1\n", NULL);
	wants("a crash in the third", run, "hhv");
	run = good_run(3);
	small_run_add(run, 0, "witness 5.- crossed token=mtmxs001\n", NULL);
	wants("a token of the first on a leg of the third", run, "uhu");
	run = good_run(3);
	small_run_add(run, 0, "witness -.- captured dropped=1\n", NULL);
	wants("packets dropped", run, "uuu");
}

/* Three scenarios of a client that never asks for what `drop` says. */
static struct small_run *
blind_run(const char *drop)
{
	struct small_run *run = small_run_new(3);

	for (unsigned k = 0; k < 3; k++)
		small_run_add(run, k, GOOD_LINES, drop);
	return run;
}

static void
a_client_that_never_looks_violates_once(void **state)
{
	static const char *const dane[] = {"dane"};
	struct small_run *run = blind_run("dns-asked");

	(void)state;
	wants("never asked", run, "vss");

	run = blind_run("http-request");
	wants("asked, and never fetched", run, "vss");

	run = blind_run("http-request");
	small_run_add(run, 1, "world $a.0 http-request host=mta-sts method=GET\n", NULL);
	wants("fetched once", run, "hhh");

	run = blind_run("dns-asked");
	small_run_add(run, 2, "world $c.0 dns-asked label=_MTA-STS\n", NULL);
	wants("asked once, in the last control", run, "hhh");

	run = blind_run("dns-asked");
	run->docket.briefs[0].n_needs = 0;
	wants("the first does not need it", run, "hvs");

	run = blind_run("dns-asked");
	small_run_add(run, 0, "world $a.1 lab-fault part=mx what=died\n", NULL);
	wants("the first is in doubt", run, "uvs");

	run = blind_run("dns-asked");
	small_run_add(run, 0, "world -.- lab-fault part=mx what=died\n", NULL);
	wants("all is in doubt", run, "uuu");

	run = blind_run("dns-asked|$a.1 step-ended");
	wants("interrupted", run, "uuu");

	run = blind_run("dns-asked");
	small_run_add(run, 2, "front $a.1 exited command=smtp signal=11 crash=1\n", NULL);
	wants("a crash stays a crash", run, "vsv");

	run = blind_run("dns-asked");
	small_run_add(run, 0, "front $a.1 fate recipient=mtmxr$2@to.example fate=cannot\n", NULL);
	wants("the first cannot do it at all", run, "svs");

	run = blind_run("dns-asked| sent ");
	wants("nothing was sent", run, "hhh");

	run = good_run(3);
	run->docket.claims = dane;
	run->docket.n_claims = 1;
	run->docket.briefs[1].needs = run->docket.briefs[2].needs = dane;
	wants("claims dane, asks only for policies", run, "svs");

	run = good_run(3);
	run->docket.claims = dane;
	run->docket.n_claims = 1;
	run->docket.briefs[1].needs = run->docket.briefs[2].needs = dane;
	small_run_add(run, 1, "world $a.0 dns-asked name=_25._tcp.mx1.to.example type=TLSA\n", NULL);
	wants("claims dane, and asks for TLSA", run, "shh");
}

/* --- what a judgment holds --------------------------------------------------------------- */

static void
a_judgment_holds_what_was_measured(void **state)
{
	struct small_run *run = good_run(1);
	struct judgments all = judge_run(&run->docket, &run->record);
	const struct judgment *j = &all.items[0];

	(void)state;
	assert_int_equal(all.count[VERDICT_HONORED], 1);
	assert_int_equal(j->n_steps, 3);
	assert_int_equal(j->steps[1].n_attack, 1);
	assert_int_equal(j->steps[1].n_control, 1);
	assert_int_equal(j->steps[1].attack[0].message, 2);
	assert_int_equal(j->steps[1].attack[0].outcome, OUTCOME_HELD);
	assert_true(bytes_equal(j->steps[1].attack[0].reason, BYTES("TLS is required")));
	assert_int_equal(j->steps[1].control[0].outcome, OUTCOME_PROTECTED);
	assert_int_equal(j->steps[1].control[0].shown_by->kind, FACT_ARRIVED);
	assert_string_equal(j->steps[1].expected, "refused (must), held (should)");
	assert_int_equal(j->steps[2].attack[0].outcome, OUTCOME_PROTECTED);
	assert_int_equal(j->steps[2].n_control, 0);
	assert_true(j->began_ns > 1000 && j->ended_ns > j->began_ns);
	judgments_free(&all);
	small_run_free(run);
}

static void
the_first_fact_of_the_worst_exposure_is_shown(void **state)
{
	struct small_run *run = good_run(1);
	struct judgments all;

	(void)state;
	small_run_add(run, 0,
	    "world $a.1.2 mail sender=mtmxs$2@ret.example channel=intercepted\n"
	    "world $a.1.2 content sender=mtmxs$2@ret.example data=1 channel=intercepted\n"
	    "world $a.1.2 content sender=mtmxs$2@ret.example data=2 channel=attacker\n",
	    NULL);
	all = judge_run(&run->docket, &run->record);
	assert_string_equal(all.items[0].steps[1].attack[0].where, "intercepted");
	assert_ptr_equal(all.items[0].steps[1].shown_by, &run->facts[run->record.n_facts - 2]);
	judgments_free(&all);
	small_run_free(run);
}

/* --- anything at all --------------------------------------------------------------------- */

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13; /* xorshift64: the same numbers on every machine */
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct bytes
random_text(uint64_t *state)
{
	static const char *const texts[] = {"", "clear", "intercepted", "attacker", "genuine", "mx", "facts",
	    "deadline", "interrupt", "delivered", "deferred", "bounced", "cannot", "accepted",
	    "mtmxs001@ret.example", "mtmxr002@to.example", "mtmxb002", "mtmxs006", "smtp:strip-starttls",
	    "dns:x smtp:strip-starttls : :", "strip-starttls", "smtp", "_mta-sts"};
	static const char odd[] = "\0\xff mtmxh002 \r\n\\";
	uint64_t which = next_random(state) % (sizeof(texts) / sizeof(texts[0]) + 2);

	if (which < sizeof(texts) / sizeof(texts[0]))
		return bytes_of(texts[which]);
	return which % 2 ? (struct bytes){odd, sizeof(odd) - 1} : (struct bytes){NULL, 0};
}

static struct fact
random_fact(uint64_t *state)
{
	static const uint32_t small[] = {0, 1, 2, 3, 4, FACT_NONE, FACT_NONE - 1};
	static const int64_t numbers[] = {0, 1, 2, 6, -1, INT64_MAX, INT64_MIN};
	struct fact f = {.kind = (enum fact_kind)(next_random(state) % FACT_KINDS),
	    .source = (enum fact_source)(next_random(state) % FACT_SOURCES),
	    .leg = small[next_random(state) % 7],
	    .step = small[next_random(state) % 7],
	    .connection = small[next_random(state) % 7],
	    .t_ns = next_random(state)};
	const struct fact_info *info = fact_info(f.kind);

	for (size_t i = 0; i < info->n_fields; i++) {
		if (info->fields[i].type == FACT_text)
			fact_set_text(&f, &info->fields[i], random_text(state));
		else
			fact_set_number(&f, &info->fields[i], numbers[next_random(state) % 7]);
	}
	return f;
}

static void
number_again(struct small_run *run)
{
	memset(run->record.last_number, 0, sizeof(run->record.last_number));
	for (size_t i = 0; i < run->record.n_facts; i++)
		run->facts[i].number = ++run->record.last_number[run->facts[i].source];
}

/* Takes out, adds and swaps facts of a good run; numbers are right again afterwards, or not. */
static void
shake(struct small_run *run, uint64_t *state)
{
	for (uint64_t n = next_random(state) % ((uint64_t)1 << next_random(state) % 7); n > 0; n--) {
		size_t at = next_random(state) % run->record.n_facts;

		switch (next_random(state) % 3) {
		case 0:
			if (run->record.n_facts > 1)
				remove_fact(run, at);
			break;
		case 1:
			run->facts[at] = random_fact(state);
			break;
		default:
			run->facts[run->record.n_facts++] = random_fact(state);
		}
	}
	if (next_random(state) % 8 != 0)
		number_again(run);
	run->docket.by_wire = next_random(state) % 2;
	run->docket.deadline_s = 30;
	run->docket.patience_s = next_random(state) % 2 * 600;
	run->docket.floor = (enum floor)(next_random(state) % (FLOORS + 1));
	run->docket.briefs[0].opposite_control = next_random(state) % 2;
	run->docket.briefs[0].attack.steps[1].judges_held = next_random(state) % 2;
	if (next_random(state) % 8 == 0)
		run->docket.n_claims = 1;
	if (next_random(state) % 8 == 0)
		run->docket.briefs[0].control.number = 1;
	if (next_random(state) % 8 == 0)
		run->docket.briefs[0].attack.number = FACT_NONE;
	if (next_random(state) % 8 == 0)
		run->docket.briefs[0].attack.n_steps = next_random(state) % 3;
}

static void
random_facts_get_a_verdict_and_never_crash(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;
	uint32_t sum[VERDICTS] = {0};

	(void)state;
	for (unsigned round = 0; round < 1500; round++) {
		struct small_run *run = good_run(2);
		struct judgments all;

		shake(run, &seed);
		all = judge_run(&run->docket, &run->record);
		for (size_t i = 0; i < all.n_items; i++) {
			assert_non_null(all.items[i].why);
			assert_true(all.items[i].verdict < VERDICTS);
			sum[all.items[i].verdict]++;
			for (size_t s = 0; s < all.items[i].n_steps; s++) {
				assert_non_null(all.items[i].steps[s].why);
				assert_non_null(all.items[i].steps[s].expected);
			}
		}
		judgments_free(&all);
		small_run_free(run);
	}
	for (unsigned v = 0; v < VERDICTS; v++)
		if (v != VERDICT_RECORDED)
			if (sum[v] == 0) /* else the runs are shaken too hard, or too little */
				fail_msg("no run was %s", verdict_name((enum verdict)v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_fact_can_be_taken_out_of_a_good_run),
	    cmocka_unit_test(no_run_can_be_cut_short),
	    cmocka_unit_test(doubled_and_swapped_facts_are_noticed),
	    cmocka_unit_test(an_unclosed_or_damaged_record_is_not_judged),
	    cmocka_unit_test(no_planted_lie_is_honored),
	    cmocka_unit_test(scenarios_are_judged_apart),
	    cmocka_unit_test(a_client_that_never_looks_violates_once),
	    cmocka_unit_test(a_judgment_holds_what_was_measured),
	    cmocka_unit_test(the_first_fact_of_the_worst_exposure_is_shown),
	    cmocka_unit_test(random_facts_get_a_verdict_and_never_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
