/* SPDX-License-Identifier: Apache-2.0 */
/*
 * planner.h - scenarios to a plan: names, addresses, records, tokens, moves per leg and step.
 *
 * Knows worlds and attacks, never what would be right. Makes no key, certificate, zone or socket.
 */
#ifndef PLANNER_H
#define PLANNER_H

#include <time.h>

#include "harness/base/why.h"
#include "harness/model/plan.h"
#include "harness/model/scenario.h"

struct planner_options {
	uint8_t family; /* 4 or 6: what honest hosts have; 0 is 4 */
	uint64_t seed;  /* of the tokens: the same seed gives the same plan */
	time_t now;     /* for Date:; 0: the clock's */
	enum plan_plant plant;
};

/*
 * Scenario i becomes plan->scenarios[i]; its attack leg comes before its control leg. Owned by the
 * caller (plan_free); the scenarios must outlive it. NULL and why when there are not enough addresses.
 */
struct plan *planner_make(const struct scenario *const *scenarios, size_t n,
    const struct planner_options *options, struct why *why);

#endif
