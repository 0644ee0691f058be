/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts.h - which MTA-STS policy a domain has now: from the cache, or fetched anew.
 *
 * Asks for the record each time, fetches when its id is new, and falls back to what is cached and
 * has not run out, whatever fails. Does not apply the policy. Ref: RFC 8461 s3.1, s3.3, s5.1.
 */
#ifndef MTA_STS_H
#define MTA_STS_H

#include "fakes/mta/resolver.h"
#include "fakes/mta/settings.h"
#include "fakes/mta/sts_cache.h"

struct sts;

struct sts_finding {
	struct sts_policy *policy; /* borrowed during the call, NULL: none */
	bool unfetchable;          /* a record announces a policy, but there is none to be had */
};

/* All borrowed. Owned. */
struct sts *sts_new(const struct settings *settings, struct resolver *resolver, struct sts_cache *cache);
/* After the resolver was freed; no more calls. */
void sts_free(struct sts *sts);

/* Calls back once, from the loop. Those who ask for one domain at once share one search. */
void sts_find(struct sts *sts, const char *domain, void (*done)(void *ctx, const struct sts_finding *finding),
    void *ctx);

#endif
