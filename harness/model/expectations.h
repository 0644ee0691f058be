/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expectations.h - the part of a scenario that no plan and no fake may see.
 *
 * Values of conditions may hold {domain} and {LABEL}: the docket puts in each leg's own names.
 */
#ifndef MODEL_EXPECTATIONS_H
#define MODEL_EXPECTATIONS_H

#include "harness/model/brief.h"

struct scenario_expectations {
	enum level level;
	struct scenario_step_expectation {
		struct expectation by_floor[FLOORS];
	} * steps;        /* one per step of the scenario */
	uint32_t control; /* opposite control: the outcomes that it must have */
};

#endif
