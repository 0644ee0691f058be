/* SPDX-License-Identifier: Apache-2.0 */
/* interposer.c - see interposer.h: who was dialed, and the sessions that are open. */
#include "fakes/interposer/interposer.h"

#include <stdlib.h>

#include "fakes/interposer/session.h"
#include "fakes/scene/socket_address.h"
#include "harness/base/must.h"

struct interposer {
	struct session_host host;
};

struct interposer *
interposer_new(struct event_base *base, struct scene *scene, struct pki *pki, struct mx *mx)
{
	struct interposer *i = must_alloc(sizeof(*i));

	i->host = (struct session_host){.base = base, .scene = scene, .pki = pki, .mx = mx};
	return i;
}

void
interposer_free(struct interposer *i)
{
	if (!i)
		return;
	while (!LIST_EMPTY(&i->host.sessions))
		session_free(LIST_FIRST(&i->host.sessions));
	free(i);
}

void
interposer_accept(struct interposer *i, evutil_socket_t fd, const struct sockaddr *from, socklen_t len)
{
	const struct plan_host *host;
	struct plan_address dialed;
	uint16_t port;
	uint32_t leg;

	(void)len;
	if (!socket_address_dialed(fd, &dialed, &port) || !scene_find(i->host.scene, dialed, &leg, &host)) {
		evutil_closesocket(fd);
		return;
	}
	session_accept(&i->host, fd, from, leg, host, dialed, port);
}

void
interposer_hush(struct interposer *i, uint32_t leg, bool also_fresh)
{
	struct session *s, *following;

	for (s = LIST_FIRST(&i->host.sessions); s; s = following) {
		following = LIST_NEXT(s, next);
		if (s->scope.leg == leg)
			session_hush(s, also_fresh);
	}
	mx_hush(i->host.mx, leg, also_fresh); /* those whose TLS we do not open */
}

void
interposer_pause(struct interposer *i, bool on)
{
	struct session *s;

	i->host.paused = on;
	LIST_FOREACH(s, &i->host.sessions, next)
	session_pause(s, on);
}
