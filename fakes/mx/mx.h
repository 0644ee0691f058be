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

struct mx *mx_new(struct event_base *base, struct scene *scene, struct pki *pki);
void mx_free(struct mx *mx);

/*
 * A session with `host` for the client's connection that the scope stands for; the MX greets. The
 * interposer's end of it, a stream socket, owned by the caller; -1 (errno) when none can be made.
 */
evutil_socket_t mx_open(struct mx *mx, const struct scope *scope, const struct plan_host *host);
/*
 * The client's connection is over: tells its `closed` fact, behind the last that the MX has to say
 * about it. `by` and `how` are static.
 */
void mx_tell_closed(struct mx *mx, const struct scope *scope, const char *by, const char *how);
/* Closes the leg's idle sessions inside TLS with a 421; those in clear are the interposer's care.
 * also_fresh: as there. */
void mx_hush(struct mx *mx, uint32_t leg, bool also_fresh);

/* The chain of an MX host of this leg, with this fault. */
const struct pki_chain *mx_chain(struct pki *pki, const struct scene *scene, uint32_t leg,
    const struct plan_host *host, enum certificate_fault fault);

#endif
