/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_zone.h - one zone's records as ldns has them, in canonical order, found by name.
 *
 * Knows wildcards and empty non-terminals; follows no alias. Ref: RFC 1034 s4.3.2, RFC 4592, RFC 8020.
 */
#ifndef DNS_ZONE_H
#define DNS_ZONE_H

#include <stdbool.h> /* first: ldns would make bool a signed char */

#include <ldns/ldns.h>

#include "harness/base/why.h"
#include "harness/model/plan.h"

struct dns_zone;

/* Told of each record that could not be read; the record is left out. */
typedef void dns_zone_complain(void *ctx, const char *what);

/*
 * Made of the plan's text records (borrowed only for the call; the apex and `secure` are copied). SOA
 * and NS are made up where the plan has none. Owned; never NULL.
 */
struct dns_zone *dns_zone_new(const struct plan_zone *plan, dns_zone_complain *complain, void *ctx);
void dns_zone_free(struct dns_zone *zone);

bool dns_zone_is_secure(const struct dns_zone *zone);
const ldns_rr *dns_zone_soa(const struct dns_zone *zone); /* borrowed */

/* All records of one name, in the plan's order; borrowed from the zone. */
struct dns_node {
	ldns_rr *const *records;
	size_t n; /* 0: an empty non-terminal */
};

/* False when the name does not exist and no wildcard covers it. `name` lies in the zone. */
bool dns_zone_find(const struct dns_zone *zone, const ldns_rdf *name, struct dns_node *ret);

/*
 * One record from text: `rdata` in zone-file form. "\# LEN HEX" is taken for every type as it is,
 * so that rdata can be wrong for its type. NULL and why when it cannot be read. Owned, ldns_rr_free.
 */
ldns_rr *
dns_record_new(const char *owner, uint32_t ttl, const char *type, const char *rdata, struct why *why);

#endif
