/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_host.c - accepts for every policy host, and keeps the sessions of each leg; see policy_host.h
 */
#include "fakes/policy/policy_host.h"

#include <stdlib.h>
#include <unistd.h>

#include "fakes/policy/policy_session.h"
#include "fakes/scene/socket_address.h"
#include "harness/base/must.h"

struct policy_host {
	struct event_base *base;
	struct scene *scene;
	struct pki *pki;
	struct policy_sessions *legs; /* by leg; the last one: of no leg */
	size_t n_legs;
	bool paused;
};

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

void
policy_host_accept(struct policy_host *p, evutil_socket_t fd, const struct sockaddr *from, socklen_t len)
{
	struct policy_call call = {.base = p->base, .scene = p->scene, .pki = p->pki, .paused = p->paused};
	char peer[INET6_ADDRSTRLEN];

	(void)len;
	if (!socket_address_dialed(fd, &call.dialed, &call.port) ||
	    !scene_find(p->scene, call.dialed, &call.leg, &call.host)) {
		close(fd);
		return;
	}
	socket_address_text(from, peer);
	call.peer_port = socket_address_port(from);
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
