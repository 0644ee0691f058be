/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interposer.h - the man in the middle of every SMTP connection: relays to the genuine MX over TCP,
 * and makes the moves that are armed on lines, on the TLS upgrade, on certificates and on TCP.
 */
#ifndef INTERPOSER_H
#define INTERPOSER_H

#include <event2/event.h>

#include "fakes/mx/mx.h"
#include "fakes/pki/pki.h"
#include "fakes/scene/scene.h"

struct interposer;

/* All borrowed; free it before the mx. */
struct interposer *
interposer_new(struct event_base *base, struct scene *scene, struct pki *pki, struct mx *mx);
void interposer_free(struct interposer *i);
/* The accept callback of the client-side listeners; fd taken. The dialed address comes from getsockname. */
void interposer_accept(struct interposer *i, evutil_socket_t fd, const struct sockaddr *from, socklen_t len);
/*
 * Closes the leg's idle sessions (421 where SMTP allows it), and those in which a move lets the
 * client wait for ever. For when a step is over or all its messages have a fate. One that has carried no mail
 * yet is on its way to it, say to the next MX after a fate that was told of the first: it is closed only where
 * `also_fresh`.
 */
void interposer_hush(struct interposer *i, uint32_t leg, bool also_fresh);
/* Stops and resumes reading from all clients, when facts cannot leave fast enough. */
void interposer_pause(struct interposer *i, bool on);

#endif
