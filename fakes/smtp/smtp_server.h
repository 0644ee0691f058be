/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_server.h - server side of SMTP as a state machine without I/O.
 *
 * Feed it one line, get one step: the reply, and what the transport must do next. Sockets, TLS and
 * what the lab makes of it live elsewhere. Ref: RFC 5321 s4, RFC 3207, RFC 1870, RFC 2920, RFC 4954, RFC
 * 8689.
 */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include "fakes/smtp/smtp_lines.h"

#define SMTP_CONTENT_MAX (1024 * 1024)
#define SMTP_RECIPIENTS_MAX 1000

struct smtp_server;

/* Texts are borrowed as long as the server lives. */
struct smtp_server_options {
	const char *name;   /* in greeting and EHLO reply */
	const char *banner; /* behind the name in the greeting; NULL: "ESMTP" */
	bool starttls;      /* offered in clear */
	bool starttls_inside; /* STARTTLS is offered inside TLS, too; it is refused there */
	bool no_esmtp;      /* EHLO is not understood (502) */
	bool no_pipelining, no_8bitmime, no_size;
	bool requiretls;         /* offered inside TLS (RFC 8689) */
	const char *auth;        /* mechanisms offered, "PLAIN LOGIN": any credentials are taken; NULL none */
	const char *reject_rcpt; /* "450 4.2.1 busy": answer to every RCPT; NULL accept */
	const char *reject_data; /* answer to the end of data; NULL accept */
	size_t content_max;      /* 0: SMTP_CONTENT_MAX */
};

enum smtp_next {
	SMTP_NEXT_NOTHING,
	SMTP_NEXT_START_TLS, /* after the reply is written; then smtp_server_tls_up */
	SMTP_NEXT_CLOSE,     /* after the reply is written */
	SMTP_NEXT_CONTENT,   /* the lines that follow are content */
	SMTP_NEXT_ARRIVED /* a message was accepted; sender, recipients and content stand until the next line
			   */
};

struct smtp_step {
	struct bytes reply; /* with CRLF; may be empty; borrowed until the next call */
	enum smtp_next next;
};

struct smtp_server *smtp_server_new(const struct smtp_server_options *options); /* owned */
void smtp_server_free(struct smtp_server *s);

struct smtp_step smtp_server_greet(struct smtp_server *s);
/* One line or piece from smtp_lines: a command, content or an AUTH response, as the state has it. */
struct smtp_step smtp_server_line(struct smtp_server *s, const struct smtp_line *line);
/* TLS stands: all that was said before is forgotten (RFC 3207 s4.2). */
void smtp_server_tls_up(struct smtp_server *s);
/* Nothing is being said: at a command boundary, no transaction open. */
bool smtp_server_is_idle(const struct smtp_server *s);

const char *smtp_server_sender(const struct smtp_server *s);
size_t smtp_server_n_recipients(const struct smtp_server *s);
const char *smtp_server_recipient(const struct smtp_server *s, size_t i);
struct bytes smtp_server_content(const struct smtp_server *s);

#endif
