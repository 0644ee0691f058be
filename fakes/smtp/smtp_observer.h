/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_observer.h - watches one SMTP conversation from the middle; no I/O, changes nothing.
 *
 * Fed with the client's bytes and with the replies that the client was given, in order, it knows
 * which bytes are commands, content, chunks or credentials, pipelined or not. What follows a
 * command whose answer decides (DATA, AUTH, STARTTLS) is not read before that answer.
 * Ref: RFC 5321 s4.1, RFC 2920, RFC 3030, RFC 3207, RFC 4954.
 */
#ifndef SMTP_OBSERVER_H
#define SMTP_OBSERVER_H

#include "fakes/smtp/smtp_lines.h"
#include "fakes/smtp/smtp_verb.h"

struct smtp_observer;

/* Each may be NULL; bytes are borrowed until the call returns. */
struct smtp_observer_calls {
	void (*command)(void *owner, struct bytes line);
	void (*mail)(void *owner, struct bytes sender);
	/* Of the oldest that was not answered yet. Refused while a transaction stands, it changes nothing. */
	void (*mail_answered)(void *owner, bool taken, bool transaction_stood);
	void (*rcpt)(void *owner, struct bytes recipient);
	/*
	 * `whole` at the end of a message; `data` is all of it (dots unstuffed, cut at the limit),
	 * `total` its true length.
	 */
	void (*content)(void *owner, struct bytes data, size_t total, bool whole);
	/* An initial response of AUTH, or an answer to a 334. */
	void (*credentials)(void *owner, struct bytes mechanism, struct bytes data);
	/* STARTTLS was answered by 220: the client's next bytes should be TLS. */
	void (*starttls_agreed)(void *owner);
};

struct smtp_observer *smtp_observer_new(
    const struct smtp_observer_calls *calls, void *owner, size_t content_max); /* owned; both borrowed */
void smtp_observer_free(struct smtp_observer *o);

enum smtp_said_kind {
	SMTP_SAID_COMMAND,  /* also a piece of an overlong one: see line.ending, line.continued */
	SMTP_SAID_RESPONSE, /* a line of an AUTH exchange */
	SMTP_SAID_CONTENT,  /* a line of content, or a piece of one */
	SMTP_SAID_DOT,      /* the end of the content */
	SMTP_SAID_CHUNK     /* bytes of a BDAT chunk; no line: no ending */
};

struct smtp_said {
	enum smtp_said_kind kind;
	enum smtp_verb verb;   /* of a command; SMTP_CONTENT for the dot, SMTP_RESPONSE for a response */
	struct smtp_line line; /* for a chunk only .text, with ending NONE */
	bool awaits;           /* a reply to this will come */
};

/*
 * Takes the next thing that the client said from the front of `*in`; tells it to the calls and to
 * `ret`. False when more bytes or a deciding answer must come first.
 */
bool smtp_observer_client(struct smtp_observer *o, struct bytes *in, struct smtp_said *ret);
/* One line that went to the client, from smtp_lines. True when it ended the reply to something. */
bool smtp_observer_server(struct smtp_observer *o, const struct smtp_line *line);
/* The answer to the oldest open command is over, though no proper reply came (or none at all). */
void smtp_observer_drop(struct smtp_observer *o);

/* What the next reply answers; SMTP_UNKNOWN for an unknown command, and when nothing is open: see n_open. */
enum smtp_verb smtp_observer_awaited(const struct smtp_observer *o);
size_t smtp_observer_n_open(const struct smtp_observer *o);
/* The client's next byte begins a command line. */
bool smtp_observer_is_at_command(const struct smtp_observer *o);
/* Nothing is being said: no open command, no half line, no content, no transaction. */
bool smtp_observer_is_idle(const struct smtp_observer *o);

/* Content that came so far and was not told yet is told, not whole. Call when the input is used up. */
void smtp_observer_settle(struct smtp_observer *o);
/*
 * The client's bytes are at an end, `left` was never read: what is unfinished is told (a half
 * command, content that is not whole, what was sent behind DATA or AUTH without waiting).
 */
void smtp_observer_end(struct smtp_observer *o, struct bytes left);
/* TLS stands: everything before is forgotten (RFC 3207 s4.2). */
void smtp_observer_forget(struct smtp_observer *o);

#endif
