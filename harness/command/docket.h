/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docket.h - what the judge is told before the facts: each scenario's expectation, and the plan's tokens.
 *
 * The one place where expectation and plan meet; neither the world nor the judge sees both.
 */
#ifndef DOCKET_H
#define DOCKET_H

#include "harness/model/brief.h"
#include "harness/model/plan.h"
#include "harness/model/scenario.h"

struct docket_about {
	const char *client, *client_version, *tool_version, *lab_mode, *again; /* NULL: "" */
	const char *const *claims;
	size_t n_claims;
	enum floor floor;
	bool by_wire;
	uint32_t deadline_s, patience_s; /* as in struct docket */
};

/*
 * Brief i is of scenarios[i] and plan->scenarios[i]. Owned by the caller; what is in it is copied, but
 * for words of the scenarios, which must outlive it.
 */
struct docket *docket_make(
    const struct scenario *const *scenarios, const struct plan *plan, const struct docket_about *about);
void docket_free(struct docket *docket); /* NULL is fine */

#endif
