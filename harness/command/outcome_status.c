/* SPDX-License-Identifier: Apache-2.0 */
/* outcome_status.c - see outcome_status.h */
#include "harness/command/outcome_status.h"

int
outcome_status(const struct judgments *j, enum level threshold, const struct baseline_view *baseline)
{
	bool seen[VERDICTS] = {false};

	for (size_t i = 0; i < j->n_items; i++) {
		enum verdict v = j->items[i].verdict;

		if (baseline != NULL && baseline->known[i])
			continue;
		if (v == VERDICT_HONORED || j->items[i].level <= threshold)
			seen[v] = true;
	}
	if (seen[VERDICT_VIOLATED] || (baseline != NULL && baseline->other_claims != NULL))
		return EXIT_VIOLATED;
	return seen[VERDICT_UNCLEAR] || !seen[VERDICT_HONORED] ? EXIT_LAB : EXIT_OK;
}
