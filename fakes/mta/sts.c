/* SPDX-License-Identifier: Apache-2.0 */
/* sts.c - see sts.h */
#include "fakes/mta/sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "fakes/mta/host_name.h"
#include "fakes/mta/policy_fetch.h"
#include "harness/base/must.h"

#define TEXTS_MAX 64

struct waiter {
	STAILQ_ENTRY(waiter) next;
	void (*done)(void *ctx, const struct sts_finding *finding);
	void *ctx;
};

STAILQ_HEAD(waiters, waiter);

/* One search for one domain. */
struct search {
	LIST_ENTRY(search) next;
	struct sts *sts;
	char domain[HOST_NAME_SIZE];
	struct sts_record record;
	struct policy_fetch *fetch;
	struct waiters waiters;
};

struct sts {
	const struct settings *settings;
	struct resolver *resolver;
	struct sts_cache *cache;
	LIST_HEAD(, search) searches;
};

struct sts *
sts_new(const struct settings *settings, struct resolver *resolver, struct sts_cache *cache)
{
	struct sts *sts = must_alloc(sizeof(*sts));

	sts->settings = settings;
	sts->resolver = resolver;
	sts->cache = cache;
	LIST_INIT(&sts->searches);
	return sts;
}

static void
free_search(struct search *search)
{
	struct waiter *waiter;

	while ((waiter = STAILQ_FIRST(&search->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&search->waiters, next);
		free(waiter);
	}
	policy_fetch_free(search->fetch);
	free(search);
}

void
sts_free(struct sts *sts)
{
	struct search *search;

	if (sts == NULL)
		return;
	while ((search = LIST_FIRST(&sts->searches)) != NULL) {
		LIST_REMOVE(search, next);
		free_search(search);
	}
	free(sts);
}

static void note(const struct search *search, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
note(const struct search *search, const char *format, ...)
{
	const struct settings *settings = search->sts->settings;
	char what[1024], line[1400];
	va_list args;

	if (settings->note == NULL)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(line, sizeof(line), "policy of %s: %s", search->domain, what);
	settings->note(settings->note_ctx, line);
}

static void
end(struct search *search, struct sts_policy *policy)
{
	struct sts_finding finding = {
	    sts_policy_ref(policy), policy == NULL && search->record.state == STS_RECORD_GOOD};
	struct waiter *waiter;

	LIST_REMOVE(search, next);
	STAILQ_FOREACH(waiter, &search->waiters, next)
	waiter->done(waiter->ctx, &finding);
	sts_policy_unref(finding.policy);
	free_search(search);
}

static bool
has_flaw(const struct search *search, enum flaw flaw)
{
	return flaw_in(search->sts->settings->flaws, flaw);
}

/* Whether the cached policy is the one that the record announces. */
static bool
is_known(const struct search *search, const struct sts_entry *entry)
{
	int order = strcmp(entry->id, search->record.id);

	return order == 0 || has_flaw(search, FLAW_KEEPS_OLD_POLICY) ||
	       (order > 0 && has_flaw(search, FLAW_GREATER_IDS));
}

static bool
may_fetch(const struct search *search, const struct sts_entry *entry, time_t now)
{
	if (entry->policy != NULL && is_known(search, entry) && has_flaw(search, FLAW_RENEWS_BY_ID))
		return false;
	return sts_entry_may_fetch(entry, search->record.id, now) ||
	       has_flaw(search, FLAW_FETCHES_EACH_TIME);
}

static bool
is_usable(const struct search *search, const struct sts_entry *entry, time_t now)
{
	return sts_entry_is_valid(entry, now) ||
	       (entry->policy != NULL && has_flaw(search, FLAW_IGNORES_MAX_AGE));
}

/* Nothing new is to be had: what is cached counts until it has run out (RFC 8461 s3.3). */
static void
end_with_cached(struct search *search, enum flaw forgets)
{
	const struct sts_entry *entry = sts_cache_find(search->sts->cache, search->domain);

	if (is_usable(search, entry, time(NULL)) && has_flaw(search, forgets))
		sts_cache_forget(search->sts->cache, search->domain);
	end(search, is_usable(search, entry, time(NULL)) ? entry->policy : NULL);
}

static void
on_fetched(void *ctx, struct sts_policy *policy, const char *problem)
{
	struct search *search = ctx;
	struct sts_cache *cache = search->sts->cache;
	const struct sts_entry *entry = sts_cache_find(cache, search->domain);
	struct why why;

	if (policy == NULL) {
		sts_cache_note_failure(cache, search->domain, search->record.id, time(NULL));
		if (entry->policy == NULL || entry->policy->mode != STS_MODE_NONE)
			note(search, "not fetched, %s; %s", problem,
			    is_usable(search, entry, time(NULL)) ? "the cached one goes on"
								 : "there is none");
		end_with_cached(search, FLAW_FORGETS_WITHOUT_HOST);
		return;
	}
	note(search, "fetched, id %s, mode %s, for %u s", search->record.id,
	    sts_policy_mode_name(policy->mode), policy->max_age_s);
	if (sts_cache_store(cache, search->domain, search->record.id, policy, time(NULL), &why) < 0)
		note(search, "%s", why.text);
	end(search, policy);
	sts_policy_unref(policy);
}

static struct sts_record
record_of(const struct search *search, const struct dns_answer *answer)
{
	struct bytes texts[TEXTS_MAX];
	size_t n = 0;

	for (; answer->state == DNS_FOUND && n < answer->n && n < TEXTS_MAX; n++)
		texts[n] = answer->records[n].text;
	return sts_record_choose(texts, n, search->sts->settings->flaws);
}

static void
on_record(void *ctx, const struct dns_answer *answer)
{
	struct search *search = ctx;
	const struct sts_entry *entry;
	time_t now = time(NULL);

	if (answer == NULL)
		return;
	search->record = record_of(search, answer);
	if (search->record.state == STS_RECORD_NONE && has_flaw(search, FLAW_FETCHES_WITHOUT_RECORD))
		search->record.state = STS_RECORD_GOOD;
	if (search->record.state != STS_RECORD_GOOD) {
		end_with_cached(search, FLAW_FORGETS_WITHOUT_RECORD);
		return;
	}
	entry = sts_cache_find(search->sts->cache, search->domain);
	if (is_usable(search, entry, now) && is_known(search, entry) && !sts_entry_is_stale(entry, now))
		end(search, entry->policy);
	else if (may_fetch(search, entry, now))
		search->fetch = policy_fetch_new(
		    search->sts->settings, search->sts->resolver, search->domain, on_fetched, search);
	else
		end_with_cached(search, FLAW_FORGETS_WITHOUT_HOST);
}

static struct search *
search_for(struct sts *sts, const char *domain)
{
	char name[HOST_NAME_SIZE + 16];
	struct search *search;

	LIST_FOREACH(search, &sts->searches, next)
	if (strcmp(search->domain, domain) == 0)
		return search;
	search = must_alloc(sizeof(*search));
	search->sts = sts;
	must(strlen(domain) < sizeof(search->domain));
	strcpy(search->domain, domain);
	STAILQ_INIT(&search->waiters);
	LIST_INSERT_HEAD(&sts->searches, search, next);
	snprintf(name, sizeof(name), "_mta-sts.%s", domain);
	resolver_ask(sts->resolver, name, LDNS_RR_TYPE_TXT, on_record, search);
	return search;
}

void
sts_find(struct sts *sts, const char *domain, void (*done)(void *ctx, const struct sts_finding *finding),
    void *ctx)
{
	struct waiter *waiter = must_alloc(sizeof(*waiter));
	const char *parent = strchr(domain, '.');
	struct search *search;

	if (parent != NULL && strchr(parent + 1, '.') != NULL &&
	    flaw_in(sts->settings->flaws, FLAW_POLICY_OF_PARENT))
		domain = parent + 1;
	search = search_for(sts, domain);

	waiter->done = done;
	waiter->ctx = ctx;
	STAILQ_INSERT_TAIL(&search->waiters, waiter, next);
}
