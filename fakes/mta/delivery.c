/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.c - see delivery.h
 *
 * The way: policy, MX hosts, then for each host its addresses, for each address a session.
 * Whatever keeps the policy from being kept holds the mail; it is never given up for that.
 */
#include "fakes/mta/delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/mta/addresses.h"
#include "fakes/mta/mx_list.h"
#include "fakes/mta/smtp_attempt.h"
#include "harness/base/must.h"

#define ATTEMPTS_MAX 20 /* sessions, in one delivery */

struct delivery {
	const struct delivery_means *means;
	struct letter *letter;
	size_t *recipients, n;
	void (*done)(void *ctx, struct delivery *delivery);
	void *ctx;
	char domain[HOST_NAME_SIZE];
	struct event *over;
	struct sts_policy *policy; /* a reference; NULL: none */
	bool enforced;
	struct mx_list hosts;
	size_t at_host;
	struct addresses found; /* of that host */
	size_t at_address;
	struct smtp_attempt *attempt;
	unsigned attempts;
	bool policy_missed, beyond_list;
	char reason[LETTER_REASON_SIZE]; /* of the last failure; one about the policy stays */
};

static bool
has_flaw(const struct delivery *d, enum flaw flaw)
{
	return flaw_in(d->means->settings->flaws, flaw);
}

/* --- the end ------------------------------------------------------------------------------- */

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
	struct delivery *d = arg;

	(void)fd, (void)what;
	d->done(d->ctx, d);
}

/* Whoever is undecided gets this fate. */
static void
end(struct delivery *d, enum letter_fate fate, const char *reason)
{
	for (size_t i = 0; i < d->n; i++) {
		struct letter_recipient *recipient = &d->letter->recipients[d->recipients[i]];

		if (recipient->fate == LETTER_UNDECIDED)
			letter_decide(recipient, fate, reason);
	}
	event_active(d->over, 0, 0);
}

/* What DNS says against a policy in force is not proved, so it is no reason to give up. */
static void
end_by_dns(struct delivery *d, const char *what)
{
	char reason[LETTER_REASON_SIZE];

	snprintf(reason, sizeof(reason), "%s %s%s", d->domain, what,
	    d->enforced ? ", but has a policy that names hosts" : "");
	end(d, d->enforced ? LETTER_DEFERRED : LETTER_BOUNCED, reason);
}

static void
note_failure(struct delivery *d, bool policy, const char *reason)
{
	if (d->policy_missed && !policy)
		return;
	d->policy_missed |= policy;
	snprintf(d->reason, sizeof(d->reason), "%s", reason);
}

static void try_host(struct delivery *d);

/* Every host was tried. */
static void
end_of_list(struct delivery *d)
{
	bool give_up = d->policy_missed && has_flaw(d, FLAW_BOUNCES_POLICY_FAILURES);

	if (has_flaw(d, FLAW_USES_DOMAIN_ADDRESS) && !d->beyond_list && d->means->server == NULL) {
		struct mx_record itself = {0, d->domain};

		mx_list_done(&d->hosts);
		mx_list_init(&d->hosts, d->domain, &itself, 1, "", resolver_random);
		d->at_host = 0;
		d->beyond_list = true;
		d->enforced = false;
		try_host(d);
		return;
	}
	end(d, give_up ? LETTER_BOUNCED : LETTER_DEFERRED, d->reason);
}

/* --- from host to host --------------------------------------------------------------------- */

static void
next_host(struct delivery *d)
{
	d->at_host = has_flaw(d, FLAW_ONE_MX) ? d->hosts.n : d->at_host + 1;
	try_host(d);
}

static bool
is_anybody_undecided(const struct delivery *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->letter->recipients[d->recipients[i]].fate == LETTER_UNDECIDED)
			return true;
	return false;
}

static void try_address(struct delivery *d);
static void begin_attempt(struct delivery *d, enum tls_demand demand);

static void
on_attempt(void *ctx, const struct smtp_attempt_result *result)
{
	struct delivery *d = ctx;
	enum smtp_attempt_end how = result->end;

	if (how != SMTP_ATTEMPT_SPOKEN)
		note_failure(d, result->policy, result->reason);
	smtp_attempt_free(d->attempt);
	d->attempt = NULL;
	if (!is_anybody_undecided(d)) {
		end(d, LETTER_DEFERRED, "");
	} else if (how == SMTP_ATTEMPT_TLS_FAILED) {
		begin_attempt(d, TLS_DEMAND_CLEAR);
	} else {
		d->at_address = has_flaw(d, FLAW_ONE_ADDRESS) ? d->found.n : d->at_address + 1;
		try_address(d);
	}
}

static bool
is_enforced(const struct delivery *d)
{
	return d->enforced && !(d->at_host > 0 && has_flaw(d, FLAW_TRUSTS_BACKUP_MX));
}

static enum tls_demand
demand_of(const struct delivery *d)
{
	enum tls_demand own = d->means->settings->demand;

	if (is_enforced(d))
		return TLS_DEMAND_PROVED;
	if (own > TLS_DEMAND_ANY && !has_flaw(d, FLAW_IGNORES_OWN_DEMAND))
		return own;
	return has_flaw(d, FLAW_NO_TLS) ? TLS_DEMAND_CLEAR : TLS_DEMAND_ANY;
}

static void
begin_attempt(struct delivery *d, enum tls_demand demand)
{
	struct smtp_order order = {
	    .to = d->found.list[d->at_address],
	    .host = d->hosts.hosts[d->at_host].name,
	    .demand = demand,
	    .policy_domain = is_enforced(d) ? d->domain : NULL,
	    .policy = d->policy,
	    .letter = d->letter,
	    .recipients = d->recipients,
	    .n = d->n,
	};

	d->attempts++;
	d->attempt = smtp_attempt_new(d->means->settings, &order, on_attempt, d);
}

/* The socket where we take mail: a letter that comes back there would go round for ever. */
static bool
is_self(const struct delivery *d, const struct address *address)
{
	const struct sockaddr_storage *self = &d->means->settings->self;

	if (self->ss_family != address->to.ss_family)
		return false;
	if (self->ss_family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)self,
					 *b = (const struct sockaddr_in *)&address->to;

		return a->sin_port == b->sin_port &&
		       (a->sin_addr.s_addr == b->sin_addr.s_addr || b->sin_addr.s_addr == htonl(INADDR_ANY));
	}
	const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)self,
				  *b = (const struct sockaddr_in6 *)&address->to;

	return a->sin6_port == b->sin6_port &&
	       (memcmp(&a->sin6_addr, &b->sin6_addr, 16) == 0 || IN6_IS_ADDR_UNSPECIFIED(&b->sin6_addr));
}

static void
try_address(struct delivery *d)
{
	char reason[LETTER_REASON_SIZE];

	if (d->at_address >= d->found.n) {
		next_host(d);
	} else if (d->attempts >= ATTEMPTS_MAX) {
		end_of_list(d);
	} else if (is_self(d, &d->found.list[d->at_address])) {
		snprintf(reason, sizeof(reason), "%s has our own address", d->hosts.hosts[d->at_host].name);
		note_failure(d, false, reason);
		d->at_address++;
		try_address(d);
	} else {
		begin_attempt(d, demand_of(d));
	}
}

static void
on_addresses(void *ctx, const struct addresses *found)
{
	struct delivery *d = ctx;
	char reason[LETTER_REASON_SIZE];

	d->found = *found;
	d->at_address = 0;
	if (found->n == 0) {
		snprintf(reason, sizeof(reason), "%s has no address%s%s", d->hosts.hosts[d->at_host].name,
		    found->why[0] ? ": " : "", found->why);
		note_failure(d, false, reason);
	}
	try_address(d);
}

/* A host that the policy does not list counts as one that cannot be reached (RFC 8461 s8.4). */
static bool
is_listed(struct delivery *d, const char *host)
{
	char reason[LETTER_REASON_SIZE];

	if (!is_enforced(d) || has_flaw(d, FLAW_IGNORES_MX_LIST) ||
	    sts_policy_lists(d->policy, host, d->means->settings->flaws))
		return true;
	snprintf(reason, sizeof(reason), "%s is not among the MX hosts that the policy of %s lists", host,
	    d->domain);
	note_failure(d, true, reason);
	return false;
}

static bool
are_all_listed(struct delivery *d)
{
	for (size_t i = 0; i < d->hosts.n; i++)
		if (!is_listed(d, d->hosts.hosts[i].written))
			return false;
	return true;
}

static void
try_host(struct delivery *d)
{
	while (d->at_host < d->hosts.n && !is_listed(d, d->hosts.hosts[d->at_host].written))
		d->at_host = has_flaw(d, FLAW_ONE_MX) ? d->hosts.n : d->at_host + 1;
	if (d->at_host >= d->hosts.n)
		end_of_list(d);
	else
		addresses_find(d->means->resolver, d->hosts.hosts[d->at_host].name, d->means->port,
		    has_flaw(d, FLAW_WANTS_BOTH_FAMILIES), on_addresses, d);
}

/* --- which hosts --------------------------------------------------------------------------- */

/* An address instead of a name: nobody to ask, and no policy (RFC 8461 s3.4). */
static bool
goes_to_address(struct delivery *d, const char *next_hop)
{
	struct mx_record itself = {0, "address.invalid"};

	if (!addresses_parse(&d->found.list[0], next_hop, d->means->port))
		return false;
	d->found.n = 1;
	mx_list_done(&d->hosts);
	mx_list_init(&d->hosts, d->domain, &itself, 1, "", resolver_random);
	snprintf(d->hosts.hosts[0].name, HOST_NAME_SIZE, "%.64s", next_hop);
	return true;
}

static void
on_mx(void *ctx, const struct dns_answer *answer)
{
	struct delivery *d = ctx;
	struct mx_record records[DNS_RECORDS_MAX];
	char reason[LETTER_REASON_SIZE];

	if (answer == NULL)
		return;
	if (answer->state == DNS_FAILED && !has_flaw(d, FLAW_FAILURE_FOR_NO_MX)) {
		snprintf(reason, sizeof(reason), "the MX hosts of %s cannot be looked up: %s", d->domain,
		    answer->why);
		end(d, LETTER_DEFERRED, reason);
		return;
	}
	if (answer->state == DNS_NO_NAME && has_flaw(d, FLAW_KEEPS_UNKNOWN_DOMAINS)) {
		end(d, LETTER_DEFERRED, "its domain does not exist, for now");
		return;
	}
	if (answer->state == DNS_NO_NAME) {
		end_by_dns(d, "does not exist");
		return;
	}
	if (answer->n == 0 && has_flaw(d, FLAW_NEEDS_MX_RECORDS)) {
		end_by_dns(d, "has no MX record");
		return;
	}
	for (size_t i = 0; i < answer->n; i++)
		records[i] = (struct mx_record){answer->records[i].preference, answer->records[i].host};
	mx_list_init(&d->hosts, d->domain, records, answer->n, d->means->settings->helo, resolver_random);
	if (d->hosts.state == MX_NULL && has_flaw(d, FLAW_IGNORES_NULL_MX))
		mx_list_init(&d->hosts, d->domain, NULL, 0, d->means->settings->helo, resolver_random);
	if (d->hosts.state == MX_NULL)
		end_by_dns(d, "takes no mail");
	else if (d->hosts.state == MX_OURSELVES)
		end_by_dns(d, "has ourselves as its best MX host");
	else if (d->hosts.state == MX_UNUSABLE && has_flaw(d, FLAW_ADDRESS_FOR_HOST) &&
		 goes_to_address(d, records[0].host)) {
		d->enforced = false;
		try_address(d);
	} else if (d->hosts.state == MX_UNUSABLE) {
		snprintf(reason, sizeof(reason), "no MX record of %s names a host", d->domain);
		end(d, LETTER_DEFERRED, reason);
	} else if (has_flaw(d, FLAW_DEMANDS_ALL_LISTED) && !are_all_listed(d)) {
		end(d, LETTER_DEFERRED, d->reason);
	} else {
		try_host(d);
	}
}

static void
set_policy(struct delivery *d, const struct sts_finding *finding)
{
	if (finding->policy == NULL || has_flaw(d, FLAW_IGNORES_POLICY))
		return;
	d->policy = sts_policy_ref(finding->policy);
	d->enforced = d->policy->mode == STS_MODE_ENFORCE ||
		      (d->policy->mode == STS_MODE_TESTING && has_flaw(d, FLAW_TESTING_AS_ENFORCE)) ||
		      (d->policy->mode == STS_MODE_NONE && has_flaw(d, FLAW_NONE_AS_ENFORCE));
}

static void
on_policy(void *ctx, const struct sts_finding *finding)
{
	struct delivery *d = ctx;
	struct mx_record itself = {0, d->domain};

	set_policy(d, finding);
	if (finding->unfetchable && has_flaw(d, FLAW_HOLDS_WITHOUT_POLICY)) {
		end(d, LETTER_DEFERRED, "the policy cannot be fetched");
	} else if (d->means->server != NULL) {
		mx_list_init(&d->hosts, d->domain, &itself, 1, "", resolver_random);
		try_host(d);
	} else {
		resolver_ask(d->means->resolver, d->domain, LDNS_RR_TYPE_MX, on_mx, d);
	}
}

struct delivery *
delivery_new(const struct delivery_means *means, struct letter *letter, const char *domain,
    const size_t *recipients, size_t n, void (*done)(void *ctx, struct delivery *delivery), void *ctx)
{
	struct delivery *d = must_alloc(sizeof(*d));
	const char *next_hop = means->server != NULL ? means->server : domain;

	d->means = means;
	d->letter = letter;
	d->n = n;
	d->recipients = must_alloc(n * sizeof(*recipients) + 1);
	memcpy(d->recipients, recipients, n * sizeof(*recipients));
	d->done = done;
	d->ctx = ctx;
	d->over = evtimer_new(means->settings->base, on_over, d);
	must(d->over != NULL);
	for (size_t i = 0; i < n; i++)
		letter->recipients[recipients[i]].fate = LETTER_UNDECIDED;
	if ((next_hop[0] == '[' || means->server != NULL) && goes_to_address(d, next_hop))
		try_address(d);
	else if (!host_name_set(d->domain, bytes_of(next_hop)))
		end(d, LETTER_BOUNCED, "its domain is not a domain name");
	else
		sts_find(means->sts, d->domain, on_policy, d);
	return d;
}

void
delivery_free(struct delivery *d)
{
	if (d == NULL)
		return;
	smtp_attempt_free(d->attempt);
	mx_list_done(&d->hosts);
	sts_policy_unref(d->policy);
	event_free(d->over);
	free(d->recipients);
	free(d);
}

struct letter *
delivery_letter(const struct delivery *d)
{
	return d->letter;
}

const size_t *
delivery_recipients(const struct delivery *d, size_t *ret_n)
{
	*ret_n = d->n;
	return d->recipients;
}
