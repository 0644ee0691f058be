/* SPDX-License-Identifier: Apache-2.0 */
/* test_outcome_status.c - verdicts and levels give one exit status: the rules of the manual as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/command/outcome_status.h"

struct item {
	enum verdict verdict;
	enum level level;
};

#define HONORED                             \
	{                                   \
		VERDICT_HONORED, LEVEL_MUST \
	}
#define END                          \
	{                            \
		VERDICTS, LEVEL_MUST \
	}

static const struct row {
	const char *name;
	enum level threshold;
	struct item items[4];
	int want; /* an enum exit_status */
} rows[] = {
    {"nothing at all", LEVEL_MUST, {END}, EXIT_LAB},
    {"all honored", LEVEL_MUST, {HONORED, HONORED, END}, EXIT_OK},
    {"one honored is enough", LEVEL_MUST,
	{{VERDICT_SKIPPED, LEVEL_MUST}, {VERDICT_RECORDED, LEVEL_MUST}, HONORED, END}, EXIT_OK},
    {"an honored may counts", LEVEL_MUST, {{VERDICT_HONORED, LEVEL_MAY}, END}, EXIT_OK},
    {"all skipped", LEVEL_MUST, {{VERDICT_SKIPPED, LEVEL_MUST}, END}, EXIT_LAB},
    {"all recorded", LEVEL_MUST, {{VERDICT_RECORDED, LEVEL_MUST}, END}, EXIT_LAB},
    {"violated", LEVEL_MUST, {HONORED, {VERDICT_VIOLATED, LEVEL_MUST}, END}, EXIT_VIOLATED},
    {"violated wins over unclear", LEVEL_MUST,
	{{VERDICT_UNCLEAR, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_MUST}, END}, EXIT_VIOLATED},
    {"unclear", LEVEL_MUST, {HONORED, {VERDICT_UNCLEAR, LEVEL_MUST}, END}, EXIT_LAB},
    {"a should does not count for must", LEVEL_MUST,
	{HONORED, {VERDICT_VIOLATED, LEVEL_SHOULD}, {VERDICT_UNCLEAR, LEVEL_MAY}, END}, EXIT_OK},
    {"a should counts for should", LEVEL_SHOULD, {HONORED, {VERDICT_VIOLATED, LEVEL_SHOULD}, END},
	EXIT_VIOLATED},
    {"a must counts for may", LEVEL_MAY, {HONORED, {VERDICT_UNCLEAR, LEVEL_MUST}, END}, EXIT_LAB},
    {"below the level, and none honored", LEVEL_MUST, {{VERDICT_VIOLATED, LEVEL_MAY}, END}, EXIT_LAB},
};

static void
verdicts_and_levels_give_the_exit_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct judgment items[4] = {0};
		struct judgments j = {.items = items};

		for (const struct item *item = rows[i].items; item->verdict != VERDICTS; item++)
			items[j.n_items++] =
			    (struct judgment){.verdict = item->verdict, .level = item->level};
		if (outcome_status(&j, rows[i].threshold) != rows[i].want)
			fail_msg("%s: got %d, want %d", rows[i].name, outcome_status(&j, rows[i].threshold),
			    rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts_and_levels_give_the_exit_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
