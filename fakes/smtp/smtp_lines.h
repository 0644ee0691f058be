/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_lines.h - splits a stream of bytes into lines, each with a limit; no I/O.
 *
 * Does not judge what a line says. An overlong line comes in pieces, so that nothing is
 * lost and nothing grows. A lone CR is a byte like any other. Ref: RFC 5321 s2.3.8, s4.5.3.1.
 */
#ifndef SMTP_LINES_H
#define SMTP_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/text.h"

#define SMTP_LINE_MAX                                                                         \
	4096 /* what our ends take; RFC 5321 asks for 512 (commands, replies) and 1000 (text) \
	      */

enum smtp_ending {
	SMTP_ENDING_CRLF,
	SMTP_ENDING_LF,  /* a bare LF: malformed, but a line */
	SMTP_ENDING_CUT, /* the limit: a piece of a line, more of the same line follows */
	SMTP_ENDING_NONE /* only from smtp_lines_rest: the stream ended in the middle of a line */
};

struct smtp_line {
	struct bytes text; /* without its ending; borrowed until the next call */
	enum smtp_ending ending;
	bool continued; /* earlier pieces of this line came as SMTP_ENDING_CUT */
};

struct smtp_lines {
	char *held; /* the beginning of a line whose end has not come yet; owned */
	size_t n_held, size, max;
	bool continued;
};

void
smtp_lines_init(struct smtp_lines *l, size_t max); /* max >= 2; a text or piece has at most max + 2 bytes */
void smtp_lines_done(struct smtp_lines *l);

/*
 * Takes bytes from the front of `*in` up to the end of one line at most; what stands behind that
 * line stays in `*in` (so it can become the beginning of TLS). True when `ret` is filled.
 */
bool smtp_lines_next(struct smtp_lines *l, struct bytes *in, struct smtp_line *ret);
/* What is held of an unfinished line, and forgets it. False when there is nothing. */
bool smtp_lines_rest(struct smtp_lines *l, struct smtp_line *ret);
bool smtp_lines_is_empty(const struct smtp_lines *l);

/* The line's bytes as they were on the wire: 0, 1 or 2 bytes to put behind the text; borrowed, static. */
struct bytes smtp_ending_bytes(enum smtp_ending ending);

#endif
