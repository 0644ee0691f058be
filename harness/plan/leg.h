/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leg.h - one leg while it is being planned: its domain, the hosts that have numbers, full names.
 *
 * Internal to harness/plan. Everything made lives in the plan's region.
 */
#ifndef LEG_H
#define LEG_H

#include "harness/model/plan.h"
#include "harness/model/scenario.h"

#define LEG_POLICY_HOST "mta-sts" /* label of the policy host, and its name below the domain */
#define LEG_ELSEWHERE "elsewhere" /* the same of the second web server */

struct leg_host {
	const char *label, *name; /* name: no trailing dot */
	uint32_t number;
};

struct leg {
	struct region *region;
	const char *domain, *attackers_domain; /* no trailing dot */
	uint8_t family;
	struct leg_host *hosts;
	size_t n_hosts;
};

/* Gives every host of the scenario a number from *next on, in both domains. */
void leg_number_hosts(struct leg *leg, const struct scenario *scenario, uint32_t *next);
/* By label; NULL when there is none. */
const struct leg_host *leg_host_of(const struct leg *leg, const char *label);

/* Full name without trailing dot: "@", a label, a relative name, or one that ends in a dot. */
const char *leg_name(const struct leg *leg, const char *relative);
/* The same, lower case, which is how dns moves are compared. */
const char *leg_name_lower(const struct leg *leg, const char *relative);

/* {domain}, {leg} (its first label), {LABEL}, {LABEL.address} and, when `id` is there, {id}; everything else stays. */
struct bytes leg_expand(const struct leg *leg, struct bytes text, const char *id);
const char *leg_expand_text(const struct leg *leg, const char *text, const char *id); /* NULL gives NULL */

/* Record data in zone-file form with names completed, a label in the place of an address looked up. */
const char *leg_rdata(const struct leg *leg, const char *type, const char *rdata);
/* A TXT record's data: quoted, escaped, in strings of at most 255 bytes (RFC 1035 s3.3.14, s5.1). */
const char *leg_txt(const struct leg *leg, const char *text);
/* "A" or "AAAA", and the host's address in that form. */
const char *leg_address_type(const struct leg *leg);
const char *leg_address(const struct leg *leg, uint32_t number);

/* What the leg shows with this world and these attackers' machines. `dead`: every host refuses. */
struct plan_world *leg_world_make(const struct leg *leg, const struct scenario_world *world,
    const struct scenario_attack *attack, bool dead);

#endif
