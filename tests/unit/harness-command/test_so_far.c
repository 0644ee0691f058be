/* SPDX-License-Identifier: Apache-2.0 */
/* test_so_far.c - the count on the way: a scenario counts once, when both its legs are over, as it then
 * looks; the live line. */
#include "tests/unit/harness-judge/small_run.h"

#include "harness/command/progress.h"
#include "harness/command/so_far.h"

#define READABLE                                                       \
	"world $a.1.2 mail sender=mtmxs$2@ret.example channel=clear\n" \
	"witness $a.1.2 crossed token=mtmxs$2 encoding=raw\n"

static struct small_run *
run_of(size_t n_briefs, unsigned violated)
{
	struct small_run *run = small_run_new(n_briefs);

	for (unsigned k = 0; k < n_briefs; k++) {
		small_run_add(run, k, GOOD_LINES, NULL);
		if (k == violated)
			small_run_add(run, k, READABLE, NULL);
	}
	return run;
}

static void
a_scenario_counts_when_both_its_legs_are_over(void **state)
{
	struct small_run *run = run_of(3, 1);
	struct fact_store store;
	struct so_far s;

	(void)state;
	fact_store_init(&store);
	so_far_init(&s, &run->docket);
	for (size_t i = 0; i < run->record.n_facts; i++)
		fact_store_put(&store, &run->facts[i]);
	so_far_leg_over(&s, 1, &store);
	so_far_leg_over(&s, 3, &store);
	so_far_leg_over(&s, 6, &store);
	assert_int_equal(s.n_over, 0);
	so_far_leg_over(&s, 2, &store);
	assert_int_equal(s.n_over, 1);
	assert_int_equal(s.n_violated, 0);
	so_far_leg_over(&s, 4, &store);
	so_far_leg_over(&s, 4, &store);
	assert_int_equal(s.n_over, 2);
	assert_int_equal(s.n_violated, 1);
	so_far_leg_over(&s, 5, &store);
	so_far_leg_over(&s, 7, &store);
	so_far_leg_over(&s, UINT32_MAX, &store);
	assert_int_equal(s.n_over, 3);
	assert_int_equal(s.n_violated, 1);
	so_far_done(&s);
	fact_store_done(&store);
	small_run_free(run);
}

/* What comes later does not count any more; what came before a leg was over counts, whenever it was looked
 * at. */
static void
facts_count_as_they_come(void **state)
{
	struct small_run *run = run_of(2, 0);
	struct fact_store store;
	struct so_far s;
	size_t i = 0;

	(void)state;
	fact_store_init(&store);
	so_far_init(&s, &run->docket);
	for (; run->facts[i].kind != FACT_MAIL || !bytes_equal(run->facts[i].mail.channel, BYTES("clear"));
	     i++)
		fact_store_put(&store, &run->facts[i]);
	so_far_leg_over(&s, 2, &store);
	for (; i < run->record.n_facts; i++)
		fact_store_put(&store, &run->facts[i]);
	so_far_leg_over(&s, 1, &store);
	assert_int_equal(s.n_violated, 1);
	so_far_done(&s);
	so_far_init(&s, &run->docket);
	store.n_facts = 3; /* nothing of any leg */
	so_far_leg_over(&s, 1, &store);
	so_far_leg_over(&s, 2, &store);
	assert_int_equal(s.n_over, 1);
	assert_int_equal(s.n_violated, 0);
	so_far_done(&s);
	fact_store_done(&store);
	small_run_free(run);
}

/* Where nothing of the run as a whole is in doubt, alone and together say the same. */
static void
a_scenario_alone_is_judged_as_in_its_run(void **state)
{
	static const char *const planted[] = {"", READABLE, "world $a.1 lab-fault part=mx what=died\n",
	    "front $a.1 fate message=$2 recipient=mtmxr$2@to.example fate=bounced\n",
	    "world -.- starved ms=5000\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		struct small_run *run = small_run_new(1);
		struct judgments all;

		small_run_add(run, 0, GOOD_LINES, NULL);
		small_run_add(run, 0, planted[i], NULL);
		all = judge_run(&run->docket, &run->record);
		assert_int_equal(
		    judge_alone(&run->docket, &run->docket.briefs[0], run->facts, run->record.n_facts, true),
		    all.items[0].verdict);
		judgments_free(&all);
		small_run_free(run);
	}
}

static void
the_line_fits_the_terminal(void **state)
{
	static const struct {
		unsigned columns;
		const char *open, *want;
	} rows[] = {
	    {80, NULL, "12 of 538 scenarios, 3 violated so far"},
	    {80, "mta-sts/strip/removed",
		"12 of 538 scenarios, 3 violated so far; open: mta-sts/strip/removed"},
	    {50, "mta-sts/strip/removed", "12 of 538 scenarios, 3 violated so far; open: mta"},
	    {10, "x", "12 of 538"},
	    {1, "x", ""},
	};
	const struct tally tally = {12, 538, 3};
	char line[PROGRESS_WIDTH], name[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		progress_line(line, rows[i].columns, &tally, rows[i].open);
		assert_string_equal(line, rows[i].want);
	}
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	progress_line(line, 0, &tally, name);
	assert_int_equal(strlen(line), 79);
	progress_line(line, 65535, &tally, name);
	assert_int_equal(strlen(line), PROGRESS_WIDTH - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_scenario_counts_when_both_its_legs_are_over),
	    cmocka_unit_test(facts_count_as_they_come),
	    cmocka_unit_test(a_scenario_alone_is_judged_as_in_its_run),
	    cmocka_unit_test(the_line_fits_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
