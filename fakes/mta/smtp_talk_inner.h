/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_talk_inner.h - a talk with one host, as its files share it.
 *
 * smtp_talk.c has the states and how it ends, smtp_opening.c what leads to a channel that will do,
 * smtp_handover.c what is done with it. Nobody else looks in here.
 */
#ifndef MTA_SMTP_TALK_INNER_H
#define MTA_SMTP_TALK_INNER_H

#include "fakes/mta/smtp_talk.h"

enum talk_state {
	TALK_CONNECT,
	TALK_GREETING,
	TALK_EHLO,
	TALK_HELO,
	TALK_STARTTLS,
	TALK_LINGERING, /* of a flaw: what is injected may come in a segment of its own */
	TALK_HANDSHAKE,
	TALK_MAIL,
	TALK_RCPT,
	TALK_DATA,
	TALK_CONTENT,
	TALK_QUIT,
	TALK_OVER,
	TALK_STATES
};

struct smtp_talk {
	const struct settings *settings;
	struct smtp_order order;
	const struct smtp_talk_calls *calls;
	void *owner;
	enum talk_state state;
	struct stream *stream;          /* NULL when over */
	const struct smtp_reply *reply; /* the one that is acted on */
	struct evbuffer *injected;      /* of the flaws about what is injected; else NULL */
	bool offers_size, offers_dsn;
	bool keeps;     /* of a flaw: the connection stays open when it is over */
	size_t at;      /* in order.recipients: the RCPT under way */
	bool *accepted; /* by order.recipients */
	struct smtp_attempt_result result;
};

#define SMTP_TALK_SAID 200 /* room for a reply in one line */

/* The one function that changes the state: says what is due there, and waits. */
void smtp_talk_enter(struct smtp_talk *t, enum talk_state state);
/* Sets the result; the caller then says whether politely (QUIT) or at once (smtp_talk_finish). */
void smtp_talk_fail(struct smtp_talk *t, enum smtp_attempt_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void smtp_talk_finish(struct smtp_talk *t);
/* The answer to `what` makes the host useless: the result, and QUIT. */
void smtp_talk_lose_host(struct smtp_talk *t, const char *what);
/* The connection was lost where a reply was due. */
void smtp_talk_lost_host(struct smtp_talk *t, const char *how);

/* "451 4.7.1 try later": the reply in one line, for people. Returns `out`. */
const char *smtp_talk_said(const struct smtp_talk *t, char out[SMTP_TALK_SAID]);
/* The first digit says yes (RFC 5321 s4.2), but for a farewell. */
bool smtp_talk_is_good(const struct smtp_talk *t);
bool smtp_talk_is_any_good(const struct smtp_talk *t); /* of a flaw: any reply that is no refusal will do */
bool smtp_talk_demands(const struct smtp_talk *t);     /* TLS, at least */
bool smtp_talk_has(const struct smtp_talk *t, enum flaw flaw);

#endif
