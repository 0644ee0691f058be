/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_fetch.h - one HTTPS request for a domain's MTA-STS policy.
 *
 * Its host proves its name; only a 200 with text/plain counts; nothing is followed, nothing is kept.
 * Bounded in time and size. Ref: RFC 8461 s3.2, s3.3.
 */
#ifndef MTA_POLICY_FETCH_H
#define MTA_POLICY_FETCH_H

#include "fakes/mta/resolver.h"
#include "fakes/mta/settings.h"
#include "fakes/mta/sts_policy.h"

struct policy_fetch;

/*
 * Calls back once, from the loop, with a policy (taken by the callee) or NULL and a sentence that says why
 * not; after that call the fetch is to be freed. Owned; domain is canonical.
 */
struct policy_fetch *policy_fetch_new(const struct settings *settings, struct resolver *resolver,
    const char *domain, void (*done)(void *ctx, struct sts_policy *policy, const char *why), void *ctx);
/* No more calls. Not while the resolver still looks for its addresses, unless that was freed before. */
void policy_fetch_free(struct policy_fetch *fetch);

#endif
