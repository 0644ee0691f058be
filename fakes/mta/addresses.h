/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addresses.h - the addresses of a host, of both families, in the order in which they are tried.
 *
 * IPv4 stands before IPv6. Ref: RFC 5321 s5.1.
 */
#ifndef MTA_ADDRESSES_H
#define MTA_ADDRESSES_H

#include <sys/socket.h>

#include "fakes/mta/resolver.h"

#define ADDRESSES_MAX 16

struct address {
	struct sockaddr_storage to;
	socklen_t len;
};

struct addresses {
	enum dns_state state; /* DNS_FOUND, else why there are none */
	struct address list[ADDRESSES_MAX];
	size_t n;
	char why[128];
};

/*
 * Calls back once, from the loop, or never if the resolver is freed; `found` is borrowed during the call.
 * `both`: finds nothing where the lookup of one family failed (a flaw).
 */
void addresses_find(struct resolver *resolver, const char *host, uint16_t port, bool both,
    void (*done)(void *ctx, const struct addresses *found), void *ctx);

/* "ADDRESS" or "[ADDRESS]" as text is an address with this port; false when it is none. */
bool addresses_parse(struct address *ret, const char *text, uint16_t port);
/* For people: "192.0.2.1"; writes at most `size` bytes. */
const char *addresses_text(const struct address *address, char *out, size_t size);

#endif
