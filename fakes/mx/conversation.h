/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conversation.h - one SMTP conversation with the client, told as facts.
 *
 * The observer of fakes/smtp with the fact sink behind it; knows no sockets. For whoever ends
 * the client's channel: the interposer in clear and in interception, the MX inside TLS.
 */
#ifndef CONVERSATION_H
#define CONVERSATION_H

#include <event2/buffer.h>

#include "fakes/scene/scene.h"
#include "fakes/smtp/smtp_observer.h"

struct conversation;

/* `scope` is borrowed and advanced on MAIL; `channel` (static) NULL: followed, but not told. Owned. */
struct conversation *conversation_new(struct scope *scope, const char *channel);
void conversation_free(struct conversation *c);
/* TLS stands: what was said is forgotten, what follows is told on this channel. */
void conversation_restart(struct conversation *c, const char *channel);
const char *conversation_channel(const struct conversation *c);
const struct smtp_observer *conversation_observer(const struct conversation *c);
/* A MAIL came, before TLS or in it. Who has said none yet is on the way to it. */
bool conversation_carried_mail(const struct conversation *c);
/* STARTTLS was answered by 220, and TLS does not stand yet. */
bool conversation_agreed_tls(const struct conversation *c);

enum conversation_next {
	CONVERSATION_READ, /* the next thing, please */
	CONVERSATION_STOP, /* this was taken; leave the rest where it is */
	CONVERSATION_GONE  /* do not touch anything: it may be freed */
};

/*
 * Takes what the client said from the front of `in`, one thing at a time, and hands it on. False when
 * the owner said GONE.
 */
bool conversation_read(struct conversation *c, struct evbuffer *in,
    enum conversation_next (*said)(void *owner, const struct smtp_said *said), void *owner);
/*
 * `was` says whose lines these are. NULL: to the byte what the MX host said. Else what it had said in the
 * place of the first of them, or nothing: conversation_unasked.
 */
extern const struct bytes conversation_unasked;

/* Lines that went to the client. */
void conversation_reply(struct conversation *c, struct bytes reply, const struct bytes *was);
/*
 * The same for an answer of the interposer's own to the oldest open command: it is answered then,
 * whatever the bytes are. False when they were no whole reply, so that the client still waits.
 */
bool conversation_answer(struct conversation *c, struct bytes answer, const struct bytes *was);
/* Lines that went to the client but answer no command (a greeting, injected ones). False as above. */
bool conversation_show(struct conversation *c, struct bytes lines, const struct bytes *was);
/* Lines of the MX host's that did not go to the client. */
void conversation_withhold(struct conversation *c, struct bytes lines);
/* The command that was just told went on to the MX host as `line`. */
void conversation_rewrite(struct conversation *c, struct bytes line, struct bytes was);
/* Plaintext that the client sent behind STARTTLS without waiting: told, and otherwise nothing (RFC 3207
 * s4.2). */
void conversation_tell_early(struct conversation *c, struct bytes early);
/* Content that came so far and was not told is told; when the input is used up. */
void conversation_settle(struct conversation *c);
/* The client's bytes are at an end; `in` (may be NULL) holds what was not read. */
void conversation_end(struct conversation *c, struct evbuffer *in);

/*
 * A text field that fits a fact: `data` itself, or its beginning with "...[LEN bytes, sha256 HEX]"
 * behind; then `*ret_owned` is to be freed.
 */
struct bytes conversation_cut(struct bytes data, size_t total, char **ret_owned);

#endif
