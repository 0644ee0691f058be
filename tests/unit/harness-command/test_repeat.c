/* SPDX-License-Identifier: Apache-2.0 */
/* test_repeat.c - what the verdicts of several plays amount to, as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "harness/command/repeat.h"

#define PLAYS 3

struct play {
	enum verdict verdict;
	enum level level;
};

static const struct row {
	const char *name;
	struct play plays[PLAYS], want;
	const char *why; /* NULL: the last play's */
} rows[] = {
    {"always honored",
	{{VERDICT_HONORED, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}},
	{VERDICT_HONORED, LEVEL_MUST}, NULL},
    {"always violated",
	{{VERDICT_VIOLATED, LEVEL_MAY}, {VERDICT_VIOLATED, LEVEL_MAY}, {VERDICT_VIOLATED, LEVEL_MAY}},
	{VERDICT_VIOLATED, LEVEL_MAY}, NULL},
    {"violated at the highest level of all",
	{{VERDICT_VIOLATED, LEVEL_SHOULD}, {VERDICT_VIOLATED, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_SHOULD}},
	{VERDICT_VIOLATED, LEVEL_MUST}, NULL},
    {"violated at last",
	{{VERDICT_HONORED, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_MUST}},
	{VERDICT_UNCLEAR, LEVEL_MUST},
	"the verdict changed between plays: violated in 1, honored in 2; in the last: why 2"},
    {"violated at first",
	{{VERDICT_VIOLATED, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}},
	{VERDICT_UNCLEAR, LEVEL_MUST},
	"the verdict changed between plays: violated in 1, honored in 2; in the last: why 2"},
    {"what only a should is broken of is unclear as a should",
	{{VERDICT_HONORED, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_SHOULD}, {VERDICT_HONORED, LEVEL_MUST}},
	{VERDICT_UNCLEAR, LEVEL_SHOULD},
	"the verdict changed between plays: violated in 1, honored in 2; in the last: why 2"},
    {"skipped once",
	{{VERDICT_HONORED, LEVEL_SHOULD}, {VERDICT_SKIPPED, LEVEL_SHOULD}, {VERDICT_HONORED, LEVEL_SHOULD}},
	{VERDICT_UNCLEAR, LEVEL_SHOULD},
	"the verdict changed between plays: skipped in 1, honored in 2; in the last: why 2"},
    {"three verdicts",
	{{VERDICT_UNCLEAR, LEVEL_MUST}, {VERDICT_SKIPPED, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_SHOULD}},
	{VERDICT_UNCLEAR, LEVEL_MUST},
	"the verdict changed between plays: violated in 1, unclear in 1, skipped in 1; in the last: why 2"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
a_verdict_that_changed_is_unclear(void **state)
{
	struct repeat *r = repeat_new(ROWS);
	struct judgment items[ROWS];
	struct judgments j = {.region = region_new(), .items = items, .n_items = ROWS};
	uint32_t count[VERDICTS] = {0};

	(void)state;
	for (unsigned p = 0; p < PLAYS; p++) {
		memset(j.count, 0, sizeof(j.count));
		for (size_t i = 0; i < ROWS; i++) {
			const struct play *play = &rows[i].plays[p];

			items[i] = (struct judgment){.verdict = play->verdict,
			    .level = play->level,
			    .why = region_printf(j.region, "why %u", p)};
			j.count[play->verdict]++;
		}
		repeat_count(r, &j);
	}
	repeat_merge(r, &j);
	for (size_t i = 0; i < ROWS; i++) {
		const char *why = rows[i].why != NULL ? rows[i].why : "why 2";

		count[items[i].verdict]++;
		if (items[i].verdict != rows[i].want.verdict || items[i].level != rows[i].want.level)
			fail_msg("%s: got %s (%s), want %s (%s)", rows[i].name,
			    verdict_name(items[i].verdict), level_name(items[i].level),
			    verdict_name(rows[i].want.verdict), level_name(rows[i].want.level));
		if (strcmp(items[i].why, why) != 0)
			fail_msg("%s: got '%s', want '%s'", rows[i].name, items[i].why, why);
	}
	assert_memory_equal(count, j.count, sizeof(count));
	region_free(j.region);
	repeat_free(r);
}

static void
one_play_stays_as_it_is(void **state)
{
	struct judgment item = {.verdict = VERDICT_VIOLATED, .level = LEVEL_INFO, .why = "so it was"};
	struct judgments j = {.items = &item, .n_items = 1, .count = {[VERDICT_VIOLATED] = 1}};
	struct repeat *r = repeat_new(1);

	(void)state;
	repeat_count(r, &j);
	repeat_merge(r, &j);
	assert_int_equal(item.verdict, VERDICT_VIOLATED);
	assert_int_equal(item.level, LEVEL_INFO);
	assert_string_equal(item.why, "so it was");
	repeat_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_verdict_that_changed_is_unclear),
	    cmocka_unit_test(one_play_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
