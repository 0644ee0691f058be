/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_talk.h - what is said to one host for one letter, and what each of its answers leads to.
 *
 * Private to smtp_attempt.c, which connects, cuts lines into replies and keeps the time. Decides the
 * recipients and says when TLS begins. Ref: RFC 5321 s3, s4.5.2; RFC 3207; RFC 1870.
 */
#ifndef MTA_SMTP_TALK_H
#define MTA_SMTP_TALK_H

#include <stdbool.h>

#include "fakes/mta/smtp_attempt.h"
#include "fakes/smtp/smtp_reply.h"
#include "fakes/tls/stream.h"

struct smtp_talk;

struct smtp_talk_calls {
	/* The host has so long for what comes next. */
	void (*waits)(void *owner, unsigned ms);
	/* The result stands; the stream is not used any more. Comes once, from inside any of the verbs. */
	void (*over)(void *owner);
};

/* What the order points to, and calls, are borrowed. Owned. */
struct smtp_talk *smtp_talk_new(const struct settings *settings, const struct smtp_order *order,
    const struct smtp_talk_calls *calls, void *owner);
void smtp_talk_free(struct smtp_talk *t); /* NULL is fine */

/* The stream (borrowed until over) begins to connect. */
void smtp_talk_begin(struct smtp_talk *t, struct stream *stream);
void smtp_talk_connected(struct smtp_talk *t);
/* Of a flaw: the stream is one on which another talk was kept open. */
void smtp_talk_resume(struct smtp_talk *t, struct stream *stream);
/* Of that flaw, once over: is the stream to be kept open? */
bool smtp_talk_keeps(const struct smtp_talk *t);
/* The handshake is done. What is to be read as if it had come inside TLS (a flaw; borrowed), or NULL. */
struct evbuffer *smtp_talk_tls_up(struct smtp_talk *t);
/* Is a reply due? */
bool smtp_talk_listens(const struct smtp_talk *t);
/* Of a flaw: is what comes now, in clear, to be read as if it had come inside TLS? */
bool smtp_talk_lingers(const struct smtp_talk *t);
void smtp_talk_injected(struct smtp_talk *t, struct evbuffer *in); /* NULL: nothing came */
bool smtp_talk_takes_first_line(const struct smtp_talk *t); /* of a flaw */
/* A whole reply, when one is due (borrowed during the call); `in` is what came behind it. */
void smtp_talk_reply(struct smtp_talk *t, const struct smtp_reply *reply, struct evbuffer *in);
/* What came is no reply: the fault says why. */
void smtp_talk_garbage(struct smtp_talk *t, const char *fault);
/* The connection is gone or the host's time is up; `how` in words: "reset the connection". Fine when over. */
void smtp_talk_lost(struct smtp_talk *t, const char *how);
/* Once over; borrowed. */
const struct smtp_attempt_result *smtp_talk_result(const struct smtp_talk *t);

#endif
