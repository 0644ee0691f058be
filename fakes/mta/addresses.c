/* SPDX-License-Identifier: Apache-2.0 */
/* addresses.c - see addresses.h; A is asked first, then AAAA. */
#include "fakes/mta/addresses.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

struct search {
	struct resolver *resolver;
	char *host;
	uint16_t port;
	bool both, failed; /* both: nothing is found when one family's lookup failed */
	void (*done)(void *ctx, const struct addresses *found);
	void *ctx;
	struct addresses found;
};

static void
add(struct addresses *found, int family, const struct in6_addr *ip, uint16_t port)
{
	struct address *address = &found->list[found->n];

	if (found->n >= ADDRESSES_MAX)
		return;
	if (family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)&address->to;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, ip, sizeof(v4->sin_addr));
		address->len = sizeof(*v4);
	} else {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address->to;

		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		v6->sin6_addr = *ip;
		address->len = sizeof(*v6);
	}
	found->n++;
}

/* A failure of one family is told only when the other has nothing. */
static void
take(struct search *search, int family, const struct dns_answer *answer)
{
	struct addresses *found = &search->found;

	for (size_t i = 0; i < answer->n; i++)
		add(found, family, &answer->records[i].address, search->port);
	search->failed = search->failed || answer->state == DNS_FAILED;
	if (answer->state == DNS_FAILED && found->state != DNS_FOUND)
		snprintf(found->why, sizeof(found->why), "%s", answer->why);
	if (answer->state == DNS_FOUND || (answer->state == DNS_FAILED && found->state != DNS_FOUND))
		found->state = answer->state;
}

static void
end(struct search *search)
{
	free(search->host);
	free(search);
}

static void
on_v6(void *ctx, const struct dns_answer *answer)
{
	struct search *search = ctx;

	if (answer != NULL) {
		take(search, AF_INET6, answer);
		if (search->both && search->failed)
			search->found.n = 0;
		search->done(search->ctx, &search->found);
	}
	end(search);
}

static void
on_v4(void *ctx, const struct dns_answer *answer)
{
	struct search *search = ctx;

	if (answer == NULL) {
		end(search);
		return;
	}
	search->found.state = answer->state;
	snprintf(search->found.why, sizeof(search->found.why), "%s", answer->why != NULL ? answer->why : "");
	take(search, AF_INET, answer);
	resolver_ask(search->resolver, search->host, LDNS_RR_TYPE_AAAA, on_v6, search);
}

void
addresses_find(struct resolver *resolver, const char *host, uint16_t port, bool both,
    void (*done)(void *ctx, const struct addresses *found), void *ctx)
{
	struct search *search = must_alloc(sizeof(*search));

	search->resolver = resolver;
	search->host = must_strdup(host);
	search->port = port;
	search->both = both;
	search->done = done;
	search->ctx = ctx;
	resolver_ask(resolver, host, LDNS_RR_TYPE_A, on_v4, search);
}

bool
addresses_parse(struct address *ret, const char *text, uint16_t port)
{
	struct addresses one = {0};
	char bare[INET6_ADDRSTRLEN + 1];
	struct in6_addr ip;
	size_t len = strlen(text);
	bool brackets = len > 2 && text[0] == '[' && text[len - 1] == ']';
	int family;

	if (len - (brackets ? 2 : 0) > INET6_ADDRSTRLEN)
		return false;
	snprintf(bare, sizeof(bare), "%.*s", (int)(len - (brackets ? 2 : 0)), text + brackets);
	if (strncasecmp(bare, "IPv6:", 5) == 0)
		memmove(bare, bare + 5, strlen(bare + 5) + 1);
	family = strchr(bare, ':') != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(family, bare, &ip) != 1)
		return false;
	add(&one, family, &ip, port);
	*ret = one.list[0];
	return true;
}

const char *
addresses_text(const struct address *address, char *out, size_t size)
{
	const void *ip = address->to.ss_family == AF_INET
			     ? (const void *)&((const struct sockaddr_in *)&address->to)->sin_addr
			     : (const void *)&((const struct sockaddr_in6 *)&address->to)->sin6_addr;

	return inet_ntop(address->to.ss_family, ip, out, (socklen_t)size) != NULL ? out : "?";
}
