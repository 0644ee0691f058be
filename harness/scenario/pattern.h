/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.h - patterns of facts in a scenario file: `{tls-up: {host: mx2, channel: genuine}}`.
 *
 * Internal to harness/scenario. Kinds and fields are facts.def's; unknown ones are complained of.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include "harness/scenario/reader.h"

/* Hosts that a condition may name. */
struct pattern_hosts {
	const char *const *labels;
	size_t n;
};

struct pattern_hosts pattern_hosts_of(const struct scenario_step *step, struct region *r);
/* Complains unless the text is one of them. */
void pattern_check_host(const struct node *label, struct pattern_hosts hosts);

/*
 * One pattern: `kind` names it, `conditions` may be NULL, nothing or a mapping. at-least, at-most and
 * exactly in it are left for pattern_counts. Returns false after a complaint.
 */
bool pattern_read(struct fact_pattern *ret, const struct node *kind, const struct node *conditions,
    struct pattern_hosts hosts, struct region *r);
/* A number alone, or at-least, at-most, exactly among the conditions. */
void pattern_counts(const struct node *conditions, uint32_t *ret_least, uint32_t *ret_most);

#endif
