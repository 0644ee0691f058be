/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h - SMTP by lines through the interposer: commands up, replies down, answers of our own between.
 *
 * Answers go out in the order of the commands, whoever gives them. Ref: RFC 5321 s4.1, s4.2, RFC 2920.
 */
#ifndef RELAY_H
#define RELAY_H

#include "fakes/interposer/session.h"

/* The greeting is awaited. */
void relay_begin(struct session *s);
/* One thing that the client said; as conversation_read has it. */
enum conversation_next relay_said(void *session, const struct smtp_said *said);
/* What the MX sent. */
void relay_upstream(struct session *s, struct evbuffer *in);
/* What is left of an unfinished reply goes to the client. */
void relay_upstream_ended(struct session *s);
/* Gives our own answers that are next in the row. False when the session is over. */
bool relay_give_forged(struct session *s);
/* What goes out behind the 220, now that it has left. */
void relay_give_apart(struct session *s);
bool relay_is_idle(const struct session *s); /* nothing awaits an answer, half a reply neither */
/* The exchange is answered by us with these bytes (copied). */
void relay_forge(struct exchange *e, struct bytes answer);
void relay_done(struct session *s);

#endif
