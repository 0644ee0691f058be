/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upgrade.h - the client's turn to TLS: passed on unopened, or ended here with a chain of our choice.
 *
 * Ref: RFC 3207 s4, RFC 8446 s4.1.2, s6.
 */
#ifndef UPGRADE_H
#define UPGRADE_H

#include "fakes/interposer/session.h"

/* Do the client's unread bytes begin TLS at a place where a command could stand? */
bool upgrade_is_due(const struct session *s);
/* Begins it once the first record is whole, moves on the ClientHello first. True when the phase or stream
 * changed. */
bool upgrade_begin(struct session *s);
/* PHASE_OPAQUE: the client's bytes up, with an eye on the records. */
void upgrade_relay_client(struct session *s);
/* The same for a session that is held: what is TLS goes nowhere. */
void upgrade_swallow_client(struct session *s);
/* PHASE_OPAQUE: the MX's bytes down. */
void upgrade_relay_upstream(struct session *s, struct evbuffer *in);

#endif
