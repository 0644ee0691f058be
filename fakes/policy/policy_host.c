/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_host.c - accepts for every policy host, and keeps the sessions of each leg; see policy_host.h
 */
#include "fakes/policy/policy_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakes/policy/policy_session.h"
#include "harness/base/must.h"

struct policy_host {
	struct event_base *base;
	struct scene *scene;
	struct pki *pki;
	struct policy_sessions *legs; /* by leg; the last one: of no leg */
	size_t n_legs;
	bool paused;
};

/* The address in plain IPv4 or IPv6 bytes (mapped IPv4 unwrapped), and the port. */
static size_t
take_apart(const struct sockaddr *from, const void **ret_bytes, uint16_t *ret_port)
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;

	if (from->sa_family == AF_INET) {
		*ret_bytes = &v4->sin_addr;
		*ret_port = ntohs(v4->sin_port);
		return 4;
	}
	if (from->sa_family != AF_INET6)
		return 0;
	*ret_port = ntohs(v6->sin6_port);
	*ret_bytes = &v6->sin6_addr.s6_addr[IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? 12 : 0];
	return IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? 4 : 16;
}

struct policy_host *
policy_host_new(struct event_base *base, struct scene *scene, struct pki *pki)
{
	struct policy_host *p = must_alloc(sizeof(*p));

	p->base = base;
	p->scene = scene;
	p->pki = pki;
	p->n_legs = scene_plan(scene)->n_legs;
	p->legs = must_alloc((p->n_legs + 1) * sizeof(*p->legs));
	return p;
}

void
policy_host_free(struct policy_host *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i <= p->n_legs; i++)
		policy_sessions_close(&p->legs[i], true);
	free(p->legs);
	free(p);
}

static struct policy_sessions *
sessions_of(struct policy_host *p, uint32_t leg)
{
	must(leg == FACT_NONE || leg < p->n_legs);
	return &p->legs[leg == FACT_NONE ? p->n_legs : leg];
}

static void
name_peer(const struct sockaddr *from, char out[INET6_ADDRSTRLEN], uint16_t *ret_port)
{
	const void *bytes = NULL;
	size_t len = take_apart(from, &bytes, ret_port);

	out[0] = '\0';
	if (len > 0)
		inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, out, INET6_ADDRSTRLEN);
}

void
policy_host_accept(struct policy_host *p, evutil_socket_t fd, const struct sockaddr *from, socklen_t len)
{
	struct policy_call call = {.base = p->base, .scene = p->scene, .pki = p->pki, .paused = p->paused};
	struct sockaddr_storage here;
	socklen_t here_len = sizeof(here);
	const void *bytes;
	size_t n_bytes;
	char peer[INET6_ADDRSTRLEN];

	(void)len;
	if (getsockname(fd, (struct sockaddr *)&here, &here_len) != 0 ||
	    (n_bytes = take_apart((struct sockaddr *)&here, &bytes, &call.port)) == 0 ||
	    !plan_address_from(&call.dialed, bytes, n_bytes) ||
	    !scene_find(p->scene, call.dialed, &call.leg, &call.host)) {
		close(fd);
		return;
	}
	name_peer(from, peer, &call.peer_port);
	call.peer = peer;
	call.list = sessions_of(p, call.leg);
	policy_session_begin(&call, fd);
}

void
policy_host_hush(struct policy_host *p, uint32_t leg)
{
	policy_sessions_close(sessions_of(p, leg), false);
}

void
policy_host_pause(struct policy_host *p, bool on)
{
	p->paused = on;
	for (size_t i = 0; i <= p->n_legs; i++)
		policy_sessions_pause(&p->legs[i], on);
}
