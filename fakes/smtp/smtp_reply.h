/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_reply.h - client side: one reply put together from its lines, with limits; no I/O.
 *
 * Lines come from smtp_lines. What is no reply is said to be malformed, with a reason;
 * nothing is guessed. Ref: RFC 5321 s4.2, s4.2.1; RFC 2034 and 3463 (enhanced codes); RFC 5321 s4.1.1.1
 * (EHLO).
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "fakes/smtp/smtp_lines.h"

#define SMTP_REPLY_LINES_MAX 200
#define SMTP_REPLY_TEXT_MAX (64 * 1024)

enum smtp_reply_progress {
	SMTP_REPLY_MORE,  /* a multi-line reply goes on */
	SMTP_REPLY_WHOLE, /* this was its last line; the fields below are valid until the next line is fed */
	SMTP_REPLY_MALFORMED /* see `fault`; the conversation has no sense any more */
};

struct smtp_reply {
	unsigned code;     /* 200..599 */
	char enhanced[12]; /* "5.7.1" when the text begins with one, else "" */
	char *
	    text; /* of all lines behind the code, joined by LF; NUL at the end (bytes may hold NUL); owned */
	size_t len, size;
	unsigned n_lines;
	const char *fault; /* why it is malformed, a static phrase */
	bool whole;        /* private: the next line begins a new reply */
};

void smtp_reply_init(struct smtp_reply *r);
void smtp_reply_done(struct smtp_reply *r);
/* Forgets a half reply, as after STARTTLS. */
void smtp_reply_reset(struct smtp_reply *r);
enum smtp_reply_progress smtp_reply_line(struct smtp_reply *r, const struct smtp_line *line);

/* The text of line `i` (0: the first), without code; borrowed. Empty beyond the last. */
struct bytes smtp_reply_text(const struct smtp_reply *r, unsigned i);
/*
 * Does this EHLO reply name the keyword (compared without case; never in its first line)?
 * `ret_parameters` (may be NULL) gets what stands behind it; borrowed.
 */
bool smtp_reply_offers(const struct smtp_reply *r, const char *keyword, struct bytes *ret_parameters);

/*
 * One reply line as it is on the wire, judged alone: 0 when it is none, else the code;
 * `ret_final` says whether it ends its reply. For those who watch or relay replies.
 */
unsigned smtp_reply_line_code(struct bytes line, bool *ret_final);

#endif
