/* SPDX-License-Identifier: Apache-2.0 */
/* dns_zone.c - records sorted by owner in canonical order (RFC 4034 s6.1); see dns_zone.h. */
#include "fakes/dns/dns_zone.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

/* In canonical order a name's descendants stand right behind it: that is how empty non-terminals are seen. */
struct dns_zone {
	bool secure;
	ldns_rdf *apex, *star;
	ldns_rr **records;
	size_t n;
	ldns_rr *soa; /* one of `records` */
};

struct placed {
	ldns_rr *rr;
	size_t place;
};

ldns_rr *
dns_record_new(const char *owner, uint32_t ttl, const char *type, const char *rdata, struct why *why)
{
	/* Of a type that ldns does not know it takes any bytes; the true type is set afterwards. */
	bool opaque = strncmp(rdata, "\\#", 2) == 0;
	size_t len = strlen(owner) + strlen(type) + strlen(rdata) + 32;
	char *line = must_alloc(len);
	ldns_rr *rr = NULL;
	ldns_rr_type real = ldns_get_rr_type_by_name(type);
	ldns_status status;

	snprintf(line, len, "%s %u IN %s %s", owner, ttl, opaque ? "TYPE65280" : type, rdata);
	status = real == 0 ? LDNS_STATUS_SYNTAX_TYPE_ERR : ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL);
	free(line);
	if (status != LDNS_STATUS_OK) {
		why_set(why, "%s %s %.200s: %s", owner, type, rdata, ldns_get_errorstr_by_id(status));
		return NULL;
	}
	ldns_rr_set_type(rr, real);
	return rr;
}

static int
compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = ldns_dname_compare(ldns_rr_owner(x->rr), ldns_rr_owner(y->rr));

	return order != 0 ? order : x->place < y->place ? -1 : 1;
}

static void
sort_records(struct dns_zone *zone)
{
	struct placed *placed = must_alloc((zone->n + 1) * sizeof(*placed));

	for (size_t i = 0; i < zone->n; i++)
		placed[i] = (struct placed){zone->records[i], i};
	qsort(placed, zone->n, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < zone->n; i++)
		zone->records[i] = placed[i].rr;
	free(placed);
}

static bool
is_inside(const struct dns_zone *zone, const ldns_rdf *name)
{
	return ldns_dname_compare(name, zone->apex) == 0 || ldns_dname_is_subdomain(name, zone->apex);
}

static ldns_rr *
add_record(struct dns_zone *zone, const struct plan_record *record, dns_zone_complain *complain, void *ctx)
{
	struct why why;
	ldns_rr *rr = dns_record_new(record->owner, record->ttl, record->type, record->rdata, &why);

	if (rr != NULL && !is_inside(zone, ldns_rr_owner(rr))) {
		why_set(&why, "%s %s: not inside its zone", record->owner, record->type);
		ldns_rr_free(rr);
		rr = NULL;
	}
	if (rr == NULL)
		complain(ctx, why.text);
	else
		zone->records[zone->n++] = rr;
	return rr;
}

static bool
has_at_apex(const struct dns_zone *zone, ldns_rr_type type, ldns_rr **ret)
{
	for (size_t i = 0; i < zone->n; i++)
		if (ldns_rr_get_type(zone->records[i]) == type &&
		    ldns_dname_compare(ldns_rr_owner(zone->records[i]), zone->apex) == 0) {
			*ret = zone->records[i];
			return true;
		}
	return false;
}

/* Every zone has an SOA and an NS; Postfix takes an answer to ". NS" as the sign of a resolver that
 * validates. */
static void
complete(struct dns_zone *zone, const char *apex, dns_zone_complain *complain, void *ctx)
{
	const char *dot = text_equal(apex, ".") ? "" : ".";
	char rdata[1100];
	ldns_rr *ns;

	if (!has_at_apex(zone, LDNS_RR_TYPE_SOA, &zone->soa)) {
		snprintf(rdata, sizeof(rdata), "ns%s%.255s hostmaster%s%.255s 1 3600 600 86400 0", dot, apex,
		    dot, apex);
		zone->soa = add_record(
		    zone, &(struct plan_record){.owner = apex, .type = "SOA", .rdata = rdata}, complain, ctx);
		must(zone->soa != NULL);
	}
	if (!has_at_apex(zone, LDNS_RR_TYPE_NS, &ns)) {
		snprintf(rdata, sizeof(rdata), "ns%s%.255s", dot, apex);
		add_record(
		    zone, &(struct plan_record){.owner = apex, .type = "NS", .rdata = rdata}, complain, ctx);
	}
}

struct dns_zone *
dns_zone_new(const struct plan_zone *plan, dns_zone_complain *complain, void *ctx)
{
	struct dns_zone *zone = must_alloc(sizeof(*zone));

	zone->secure = plan->secure;
	zone->apex = ldns_dname_new_frm_str(plan->apex);
	must(zone->apex != NULL);
	zone->star = ldns_dname_new_frm_str("*");
	zone->records = must_alloc((plan->n_records + 2) * sizeof(ldns_rr *)); /* 2: SOA and NS made up */
	for (size_t i = 0; i < plan->n_records; i++)
		add_record(zone, &plan->records[i], complain, ctx);
	complete(zone, plan->apex, complain, ctx);
	sort_records(zone);
	return zone;
}

void
dns_zone_free(struct dns_zone *zone)
{
	if (zone == NULL)
		return;
	for (size_t i = 0; i < zone->n; i++)
		ldns_rr_free(zone->records[i]);
	free(zone->records);
	ldns_rdf_deep_free(zone->apex);
	ldns_rdf_deep_free(zone->star);
	free(zone);
}

bool
dns_zone_is_secure(const struct dns_zone *zone)
{
	return zone->secure;
}

const ldns_rr *
dns_zone_soa(const struct dns_zone *zone)
{
	return zone->soa;
}

static bool
find_exactly(const struct dns_zone *zone, const ldns_rdf *name, struct dns_node *ret)
{
	size_t low = 0, high = zone->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ldns_dname_compare(ldns_rr_owner(zone->records[middle]), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < zone->n && ldns_dname_compare(ldns_rr_owner(zone->records[end]), name) == 0;)
		end++;
	*ret = (struct dns_node){zone->records + low, end - low};
	return ret->n > 0 ||
	       (low < zone->n && ldns_dname_is_subdomain(ldns_rr_owner(zone->records[low]), name));
}

/* The wildcard at the closest name that exists above `name` (RFC 4592 s3.3.1). */
static bool
find_wildcard(const struct dns_zone *zone, const ldns_rdf *name, struct dns_node *ret)
{
	ldns_rdf *encloser = ldns_dname_left_chop(name);
	ldns_rdf *wildcard;
	bool found;

	while (!find_exactly(zone, encloser, ret)) { /* ends at the apex, which has an SOA */
		ldns_rdf *shorter = ldns_dname_left_chop(encloser);

		ldns_rdf_deep_free(encloser);
		encloser = shorter;
	}
	wildcard = ldns_dname_cat_clone(zone->star, encloser);
	found = wildcard != NULL && find_exactly(zone, wildcard, ret);
	ldns_rdf_deep_free(wildcard);
	ldns_rdf_deep_free(encloser);
	return found;
}

bool
dns_zone_find(const struct dns_zone *zone, const ldns_rdf *name, struct dns_node *ret)
{
	must(is_inside(zone, name));
	return find_exactly(zone, name, ret) || find_wildcard(zone, name, ret);
}
