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

/* What the interposer tells the MX about a connection it makes. */
struct mx_caller {
	struct scope scope;
	struct plan_address dialed;
	const struct plan_host *host;
};

struct mx *mx_new(struct event_base *base, struct scene *scene, struct pki *pki);
void mx_free(struct mx *mx);

/* The accept callback of the genuine-side listeners; fd taken. Who is not expected is closed. */
void mx_accept(struct mx *mx, evutil_socket_t fd, const struct sockaddr *from, socklen_t len);
/*
 * Called by the interposer right after its connect began: who a connection from that source port
 * to caller->dialed stands for. Copied; forgotten once accepted.
 */
void mx_expect(struct mx *mx, uint16_t source_port, const struct mx_caller *caller);
/* The connect failed: nobody will come. Fine when nobody is expected. */
void mx_forget(struct mx *mx, uint16_t source_port, struct plan_address dialed);
/*
 * The client's connection is over: tells its `closed` fact, behind the last that the MX has to say
 * about it. `by` and `how` are static.
 */
void mx_tell_closed(struct mx *mx, uint16_t source_port, struct plan_address dialed,
    const struct scope *scope, const char *by, const char *how);
/* Closes the leg's idle sessions inside TLS with a 421; those in clear are the interposer's care. */
void mx_hush(struct mx *mx, uint32_t leg);

/* The chain of an MX host of this leg, with this fault. */
const struct pki_chain *mx_chain(struct pki *pki, const struct scene *scene, uint32_t leg,
    const struct plan_host *host, enum certificate_fault fault);

#endif
