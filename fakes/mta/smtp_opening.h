/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_opening.h - of a talk: from the greeting to a channel that will do, TLS or not.
 *
 * Private to smtp_talk.c, whose table calls these. Ref: RFC 5321 s3.1, s3.2; RFC 3207.
 */
#ifndef MTA_SMTP_OPENING_H
#define MTA_SMTP_OPENING_H

#include <event2/buffer.h>

#include "fakes/mta/smtp_talk.h"

/* A reply is here; `in` is what came behind it. */
void smtp_opening_on_greeting(struct smtp_talk *t, struct evbuffer *in);
void smtp_opening_on_ehlo(struct smtp_talk *t, struct evbuffer *in);
void smtp_opening_on_helo(struct smtp_talk *t, struct evbuffer *in);
void smtp_opening_on_starttls(struct smtp_talk *t, struct evbuffer *in);

/* After the 220, with what else came in clear; NULL: nothing. */
void smtp_opening_go_ahead(struct smtp_talk *t, struct evbuffer *in);
/* TLS stands, and the proof that is needed does not. */
bool smtp_opening_is_unproved(const struct smtp_talk *t);
/* The handshake, or the way to it, went wrong: the result, and the end. */
void smtp_opening_fail(struct smtp_talk *t, const char *what, const char *detail);

/* The connection is gone: on the way to TLS; and before a sender was named. */
void smtp_opening_lost_tls(struct smtp_talk *t, const char *how);
void smtp_opening_lost(struct smtp_talk *t, const char *how);

#endif
