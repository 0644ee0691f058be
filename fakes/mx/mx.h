/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mx.h - the genuine (and the attacker's own) MX hosts, behind the interposer.
 *
 * Ends the client's TLS when it comes through unopened, and then reports the conversation;
 * in clear the interposer reports it and the MX says only what arrived. Ref: RFC 5321, RFC 3207.
 */
#ifndef MX_H
#define MX_H

#include <event2/event.h>

#include "fakes/pki/pki.h"
#include "fakes/scene/scene.h"

struct mx;

/* What the interposer tells the MX about a connection it makes, found by the connection's source port. */
struct mx_caller {
	struct scope scope;
	struct plan_address dialed;
	const struct plan_host *host;
};

struct mx *mx_new(struct event_base *base, struct scene *scene, struct pki *pki);
void mx_free(struct mx *mx);

/* The accept callback of the genuine-side listeners; fd taken. */
void mx_accept(struct mx *mx, evutil_socket_t fd, const struct sockaddr *from, socklen_t len);
/* Called by the interposer right after its connect began: who that source port stands for. */
void mx_expect(struct mx *mx, uint8_t family, uint16_t source_port, const struct mx_caller *caller);

#endif
