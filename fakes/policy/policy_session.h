/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_session.h - one HTTPS connection to a policy host: its moves, its facts, its end.
 *
 * Private to fakes/policy. A session frees itself when it ends, and leaves the list it is in.
 */
#ifndef POLICY_SESSION_H
#define POLICY_SESSION_H

#include <event2/event.h>
#include <sys/queue.h>

#include "fakes/pki/pki.h"
#include "fakes/scene/scene.h"

struct policy_session;
LIST_HEAD(policy_sessions, policy_session);

/* What a new connection is. */
struct policy_call {
	struct event_base *base;
	struct scene *scene;
	struct pki *pki;
	struct policy_sessions *list; /* of the leg */
	uint32_t leg;
	const struct plan_host *host;
	struct plan_address dialed;
	uint16_t port, peer_port;
	const char *peer; /* address, text */
	bool paused;
};

/* fd taken; reports the connection, and meets it with the moves of its step. */
void policy_session_begin(const struct policy_call *call, evutil_socket_t fd);
/* Each of them; closed with the fact, or (`quietly`) freed without. */
void policy_sessions_close(struct policy_sessions *list, bool quietly);
void policy_sessions_pause(struct policy_sessions *list, bool on);

#endif
