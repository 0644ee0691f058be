/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.h - one attempt to bring one letter to its recipients at one domain.
 *
 * Finds the policy and the hosts, and goes from host to host until one has spoken. Keeps no queue.
 * Ref: RFC 5321 s5.1, RFC 8461 s5, RFC 7505.
 */
#ifndef MTA_DELIVERY_H
#define MTA_DELIVERY_H

#include "fakes/mta/letter.h"
#include "fakes/mta/resolver.h"
#include "fakes/mta/settings.h"
#include "fakes/mta/sts.h"

/* What every delivery uses; all borrowed. */
struct delivery_means {
	const struct settings *settings;
	struct resolver *resolver;
	struct sts *sts;
	const char *server; /* a smart host, by name or address; NULL: the domain's MX hosts */
	uint16_t port;
};

struct delivery;

/*
 * `domain` as the addresses have it (copied); `recipients` are indexes into the letter's (copied). Calls back
 * once, from the loop, when each of them is decided; then it is to be freed. Owned.
 */
struct delivery *delivery_new(const struct delivery_means *means, struct letter *letter, const char *domain,
    const size_t *recipients, size_t n, void (*done)(void *ctx, struct delivery *delivery), void *ctx);
/* Before its end only after the resolver was freed. */
void delivery_free(struct delivery *delivery);

struct letter *delivery_letter(const struct delivery *delivery);
const size_t *delivery_recipients(const struct delivery *delivery, size_t *ret_n);

#endif
