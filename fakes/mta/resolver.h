/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h - a stub resolver: asks the given recursive name servers, over UDP and, if need be, TCP.
 *
 * Keeps nothing; validates nothing. One socket and one random id per question, as a guard against
 * forged answers (RFC 5452). Names are absolute. Ref: RFC 1035, RFC 7766.
 */
#ifndef MTA_RESOLVER_H
#define MTA_RESOLVER_H

#include <event2/event.h>

#include "fakes/mta/dns_answer.h"
#include "harness/base/why.h"

#define RESOLVER_SERVERS_MAX 3

struct resolver;

/*
 * `server`: "ADDRESS" or "ADDRESS:PORT" ("[V6]:PORT"); NULL: those of /etc/resolv.conf. A question is
 * asked three times, within `timeout_ms` (over TCP once more so long). NULL and why on a bad address. Owned.
 */
struct resolver *
resolver_new(struct event_base *base, const char *server, unsigned timeout_ms, struct flaw_set flaws,
    struct why *why);
/* Questions under way are dropped; their calls come with NULL for an answer, only to clean up. */
void resolver_free(struct resolver *resolver);

/* Calls back once, from the loop; the answer is borrowed during the call. Aliases are followed. */
void resolver_ask(struct resolver *resolver, const char *name, ldns_rr_type type,
    void (*done)(void *ctx, const struct dns_answer *answer), void *ctx);

/* A number below `below`, which is at least 1, from the kernel's random source. */
uint32_t resolver_random(uint32_t below);

#endif
