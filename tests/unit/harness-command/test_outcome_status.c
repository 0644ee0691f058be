/* SPDX-License-Identifier: Apache-2.0 */
/* test_outcome_status.c - verdicts and levels give one exit status: the rules of the manual as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>

#include "harness/command/outcome_status.h"

struct item {
	enum verdict verdict;
	enum level level;
	bool known; /* from the baseline */
};

enum claims { NO_BASELINE, SAME, OTHER };

/* clang-format off */
#define HONORED {VERDICT_HONORED, LEVEL_MUST, false}
#define KNOWN(ID) {VERDICT_##ID, LEVEL_MUST, true}
#define AT(LEVEL, ID) {VERDICT_##ID, LEVEL_##LEVEL, false}
#define END {VERDICTS, LEVEL_MUST, false}

static const struct row {
	const char *name;
	enum claims claims;
	enum level threshold;
	int want; /* an enum exit_status */
	struct item items[4];
} rows[] = {
	{"nothing at all", NO_BASELINE, LEVEL_MUST, EXIT_LAB, {END}},
	{"all honored", NO_BASELINE, LEVEL_MUST, EXIT_OK, {HONORED, HONORED, END}},
	{"one honored is enough", NO_BASELINE, LEVEL_MUST, EXIT_OK, {AT(MUST, SKIPPED), AT(MUST, RECORDED), HONORED, END}},
	{"an honored may counts", NO_BASELINE, LEVEL_MUST, EXIT_OK, {AT(MAY, HONORED), END}},
	{"all skipped", NO_BASELINE, LEVEL_MUST, EXIT_LAB, {AT(MUST, SKIPPED), END}},
	{"all recorded", NO_BASELINE, LEVEL_MUST, EXIT_LAB, {AT(MUST, RECORDED), END}},
	{"violated", NO_BASELINE, LEVEL_MUST, EXIT_VIOLATED, {HONORED, AT(MUST, VIOLATED), END}},
	{"violated wins over unclear", NO_BASELINE, LEVEL_MUST, EXIT_VIOLATED, {AT(MUST, UNCLEAR), AT(MUST, VIOLATED), END}},
	{"unclear", NO_BASELINE, LEVEL_MUST, EXIT_LAB, {HONORED, AT(MUST, UNCLEAR), END}},
	{"a should does not count for must", NO_BASELINE, LEVEL_MUST, EXIT_OK, {HONORED, AT(SHOULD, VIOLATED), AT(MAY, UNCLEAR), END}},
	{"a should counts for should", NO_BASELINE, LEVEL_SHOULD, EXIT_VIOLATED, {HONORED, AT(SHOULD, VIOLATED), END}},
	{"a must counts for may", NO_BASELINE, LEVEL_MAY, EXIT_LAB, {HONORED, AT(MUST, UNCLEAR), END}},
	{"below the level, and none honored", NO_BASELINE, LEVEL_MUST, EXIT_LAB, {AT(MAY, VIOLATED), END}},
	{"a known violation", SAME, LEVEL_MUST, EXIT_OK, {HONORED, KNOWN(VIOLATED), END}},
	{"a known unclear", SAME, LEVEL_MUST, EXIT_OK, {HONORED, KNOWN(UNCLEAR), END}},
	{"known, and nothing honored", SAME, LEVEL_MUST, EXIT_LAB, {KNOWN(VIOLATED), END}},
	{"one more violation", SAME, LEVEL_MUST, EXIT_VIOLATED, {HONORED, KNOWN(VIOLATED), AT(MUST, VIOLATED), END}},
	{"one more below the level", SAME, LEVEL_MUST, EXIT_OK, {HONORED, KNOWN(VIOLATED), AT(SHOULD, VIOLATED), END}},
	{"one more unclear", SAME, LEVEL_MUST, EXIT_LAB, {HONORED, KNOWN(VIOLATED), AT(MUST, UNCLEAR), END}},
	{"one more violation wins over unclear", SAME, LEVEL_MUST, EXIT_VIOLATED, {AT(MUST, UNCLEAR), KNOWN(UNCLEAR), AT(MUST, VIOLATED), END}},
	{"other claims are a violation", OTHER, LEVEL_MUST, EXIT_VIOLATED, {HONORED, END}},
	{"other claims win over unclear", OTHER, LEVEL_MUST, EXIT_VIOLATED, {AT(MUST, UNCLEAR), END}},
};
/* clang-format on */

static void
verdicts_and_levels_give_the_exit_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct judgment items[4] = {0};
		struct judgments j = {.items = items};
		bool known[4] = {false};
		const struct baseline_view view = {
		    .known = known, .other_claims = rows[i].claims == OTHER ? "other claims" : NULL};
		int got;

		for (const struct item *item = rows[i].items; item->verdict != VERDICTS; item++) {
			known[j.n_items] = item->known;
			items[j.n_items++] =
			    (struct judgment){.verdict = item->verdict, .level = item->level};
		}
		got = outcome_status(&j, rows[i].threshold, rows[i].claims != NO_BASELINE ? &view : NULL);
		if (got != rows[i].want)
			fail_msg("%s: got %d, want %d", rows[i].name, got, rows[i].want);
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
