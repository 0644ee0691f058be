/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leg_world.c - the receiving side of one leg: zones, hosts, policy text (RFC 8461 s3.1, s3.2).
 */
#include <stdio.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/plan/leg.h"

/* A zone while it grows, and what its records are made with. */
struct making {
	const struct leg *leg;
	struct plan_zone zone;
	const char *id; /* of the policy; NULL without one */
};

/* --- zones -------------------------------------------------------------------------------------- */

static void
add(struct making *m, const char *owner, const char *type, const char *rdata)
{
	struct plan_record *new =
	    region_push(m->leg->region, &m->zone.records, &m->zone.n_records, sizeof(*new));

	*new = (struct plan_record){.owner = owner, .type = type, .rdata = rdata};
}

static void
begin_zone(struct making *m, const char *domain, bool secure)
{
	m->zone = (struct plan_zone){.apex = region_printf(m->leg->region, "%s.", domain), .secure = secure};
	add(m, m->zone.apex, "SOA", "ns.example. hostmaster.example. 1 3600 600 86400 0");
	add(m, m->zone.apex, "NS", "ns.example.");
}

static void
add_host(struct making *m, const struct scenario_host *host)
{
	const struct leg_host *known = leg_host_of(m->leg, host->label);
	const char *owner;

	must(known != NULL);
	owner = region_printf(m->leg->region, "%s.", known->name);
	add(m, owner, leg_address_type(m->leg), leg_address(m->leg, known->number));
	if (host->listed)
		add(m, m->zone.apex, "MX", region_printf(m->leg->region, "%u %s", host->preference, owner));
}

static void
add_web_server(struct making *m, const char *label, const struct scenario_policy_host *host)
{
	if (!host->withdrawn)
		add(m, region_printf(m->leg->region, "%s.%s", label, m->zone.apex), leg_address_type(m->leg),
		    leg_address(m->leg, leg_host_of(m->leg, label)->number));
}

static void
add_policy(struct making *m, const struct scenario_world *world)
{
	struct region *r = m->leg->region;
	const char *owner = region_printf(r, "_mta-sts.%s", m->zone.apex);

	add_web_server(m, LEG_POLICY_HOST, &world->policy_host);
	add_web_server(m, LEG_ELSEWHERE, &world->elsewhere);
	for (size_t i = 0; i < world->n_sts_records; i++)
		add(m, owner, "TXT", leg_txt(m->leg, leg_expand_text(m->leg, world->sts_records[i], m->id)));
	if (!world->has_sts_records && world->policy.given)
		add(m, owner, "TXT", leg_txt(m->leg, region_printf(r, "v=STSv1; id=%s;", m->id)));
}

static void
add_more(struct making *m, const char *owner, const struct scenario_record *record)
{
	add(m, owner, record->type,
	    leg_rdata(m->leg, record->type, leg_expand_text(m->leg, record->rdata, m->id)));
}

static const char *
owner_of(const struct leg *leg, const struct scenario_record *record, const char *id)
{
	return region_printf(leg->region, "%s.", leg_name(leg, leg_expand_text(leg, record->owner, id)));
}

static bool
is_below(const char *name, const char *apex)
{
	size_t len = strlen(name), n = strlen(apex);

	return len >= n && text_equal_nocase(name + len - n, apex) && (len == n || name[len - n - 1] == '.');
}

static struct plan_zone
domain_zone(const struct leg *leg, const struct scenario_world *world, const char *id)
{
	struct making m = {.leg = leg, .id = id};

	begin_zone(&m, leg->domain, world->secure);
	for (size_t i = 0; i < world->n_hosts; i++)
		add_host(&m, &world->hosts[i]);
	add_policy(&m, world);
	for (size_t i = 0; i < world->n_records; i++) {
		const char *owner = owner_of(leg, &world->records[i], id);

		if (is_below(owner, m.zone.apex))
			add_more(&m, owner, &world->records[i]);
	}
	return m.zone;
}

/* A name outside the domain is a zone of its own, with all the records that it has. */
static void
add_foreign_zones(
    const struct leg *leg, const struct scenario_world *world, const char *id, struct plan_world *made)
{
	for (size_t i = 0; i < world->n_records; i++) {
		struct making m = {.leg = leg, .id = id};
		const char *apex = owner_of(leg, &world->records[i], id);
		bool known = is_below(apex, made->zones[0].apex);

		for (size_t k = 1; k < made->n_zones && !known; k++)
			known = text_equal_nocase(made->zones[k].apex, apex);
		if (known)
			continue;
		begin_zone(&m, region_strndup(leg->region, apex, strlen(apex) - 1), false);
		for (size_t k = i; k < world->n_records; k++)
			if (text_equal_nocase(owner_of(leg, &world->records[k], id), apex))
				add_more(&m, apex, &world->records[k]);
		made->zones[made->n_zones++] = m.zone;
	}
}

static struct plan_zone
attackers_zone(const struct leg *leg, const struct scenario_attack *attack)
{
	struct making m = {.leg = leg};

	begin_zone(&m, leg->attackers_domain, false);
	for (size_t i = 0; i < attack->n_hosts; i++)
		add_host(&m, &attack->hosts[i]);
	return m.zone;
}

/* --- the policy ----------------------------------------------------------------------------------- */

static size_t
policy_patterns(const struct leg *leg, const struct scenario_world *world, const char *const **ret)
{
	const struct scenario_policy *policy = &world->policy;
	size_t n = 0, most = policy->has_mx ? policy->n_mx : world->n_hosts;
	const char **names = region_alloc(leg->region, most * sizeof(*names));

	for (size_t i = 0; i < most; i++)
		if (policy->has_mx || world->hosts[i].listed)
			names[n++] = leg_name(leg, policy->has_mx ? policy->mx[i] : world->hosts[i].label);
	*ret = names;
	return n;
}

static struct bytes
policy_text(const struct leg *leg, const struct scenario_world *world, const char *id)
{
	const struct scenario_policy *policy = &world->policy;
	const char *const *mx;
	size_t n, len = 0, size = 256;
	char *text;

	if (policy->raw)
		return leg_expand(leg, policy->text, id);
	n = policy_patterns(leg, world, &mx);
	for (size_t i = 0; i < n; i++)
		size += strlen(mx[i]) + 8;
	size += strlen(policy->mode);
	text = region_alloc(leg->region, size);
	len += (size_t)snprintf(text, size, "version: STSv1\nmode: %s\n", policy->mode);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "mx: %s\n", mx[i]);
	len += (size_t)snprintf(text + len, size - len, "max_age: %lld\n", (long long)policy->max_age_s);
	must(len < size);
	return (struct bytes){text, len};
}

/* Made of the text (FNV-1a), so that a policy that changes has another id by itself. */
static const char *
policy_id(const struct leg *leg, const struct scenario_policy *policy)
{
	uint64_t hash = 14695981039346656037u;
	struct bytes text;

	if (policy->id != NULL)
		return policy->id;
	text = policy->raw ? policy->text : bytes_of(policy->mode);
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211u;
	for (size_t i = 0; i < policy->n_mx; i++)
		for (const char *c = policy->mx[i]; *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	hash = (hash ^ (uint64_t)policy->max_age_s) * 1099511628211u;
	return region_printf(leg->region, "%016llx", (unsigned long long)hash);
}

static struct plan_response *
policy_response(const struct leg *leg, const struct scenario_world *world,
    const struct scenario_policy_host *host, const char *id)
{
	struct plan_response *response;

	if (!world->policy.given && !host->has_body && host->response.status == 200)
		return NULL;
	response = region_memdup(leg->region, &host->response, sizeof(*response));
	if (host->has_body)
		response->body = leg_expand(leg, response->body, id);
	else if (world->policy.given)
		response->body = policy_text(leg, world, id);
	response->raw = leg_expand(leg, response->raw, id);
	response->location = leg_expand_text(leg, response->location, id);
	response->headers = leg_expand_text(leg, response->headers, id);
	return response;
}

/* --- hosts ----------------------------------------------------------------------------------------- */

static struct plan_certificate
certificate_of(const struct leg *leg, const struct plan_certificate *from)
{
	struct plan_certificate certificate = *from;
	const char **names;

	if (from->names == NULL)
		return certificate;
	names = region_alloc(leg->region, from->n_names * sizeof(*names));
	for (size_t i = 0; i < from->n_names; i++)
		names[i] = leg_name(leg, leg_expand_text(leg, from->names[i], NULL));
	certificate.names = names;
	return certificate;
}

static struct plan_host
host_of(const struct leg *leg, const struct scenario_host *from, bool attackers)
{
	const struct leg_host *known = leg_host_of(leg, from->label);

	return (struct plan_host){.label = from->label,
	    .name = known->name,
	    .number = known->number,
	    .role = ROLE_MX,
	    .attackers = attackers,
	    .refused = from->refused,
	    .blackholed = from->blackholed,
	    .certificate = certificate_of(leg, &from->certificate),
	    .smtp = from->smtp};
}

/* Adds the web server, if it is there. */
static void
place_web_server(const struct leg *leg, const struct scenario_world *world, const char *label,
    const struct scenario_policy_host *from, const char *id, struct plan_world *made)
{
	const struct leg_host *known = leg_host_of(leg, label);

	if (from->withdrawn)
		return;
	made->hosts[made->n_hosts++] = (struct plan_host){.label = label,
	    .name = known->name,
	    .number = known->number,
	    .role = ROLE_POLICY,
	    .refused = from->refused,
	    .blackholed = from->blackholed,
	    .certificate = certificate_of(leg, &from->certificate),
	    .response = policy_response(leg, world, from, id)};
}

struct plan_world *
leg_world_make(const struct leg *leg, const struct scenario_world *world,
    const struct scenario_attack *attack, bool dead)
{
	struct plan_world *made = region_alloc(leg->region, sizeof(*made));
	const char *id = world->policy.given ? policy_id(leg, &world->policy) : NULL;

	made->zones = region_alloc(leg->region, (2 + world->n_records) * sizeof(*made->zones));
	made->hosts =
	    region_alloc(leg->region, (world->n_hosts + attack->n_hosts + 2) * sizeof(*made->hosts));
	made->zones[made->n_zones++] = domain_zone(leg, world, id);
	if (attack->n_hosts > 0)
		made->zones[made->n_zones++] = attackers_zone(leg, attack);
	add_foreign_zones(leg, world, id, made);
	for (size_t i = 0; i < world->n_hosts; i++)
		made->hosts[made->n_hosts++] = host_of(leg, &world->hosts[i], false);
	place_web_server(leg, world, LEG_POLICY_HOST, &world->policy_host, id, made);
	place_web_server(leg, world, LEG_ELSEWHERE, &world->elsewhere, id, made);
	for (size_t i = 0; i < attack->n_hosts; i++)
		made->hosts[made->n_hosts++] = host_of(leg, &attack->hosts[i], true);
	for (size_t i = 0; dead && i < made->n_hosts; i++)
		made->hosts[i].refused = true;
	return made;
}
