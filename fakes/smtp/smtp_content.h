/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_content.h - the content of one message, collected from the lines after DATA, with a limit.
 *
 * Takes off the stuffed dots and finds the end. Server and observer share it, so that they never
 * disagree where a message ends. Ref: RFC 5321 s4.5.2, s4.1.1.4.
 */
#ifndef SMTP_CONTENT_H
#define SMTP_CONTENT_H

#include "fakes/smtp/smtp_lines.h"

struct smtp_content {
	char *data; /* what was kept; owned */
	size_t len, size, max;
	size_t total; /* bytes there were, kept or not */
	bool lf_ends; /* the DATA line itself ended in a bare LF: then "." LF ends the content too */
};

void smtp_content_init(struct smtp_content *c, size_t max);
void smtp_content_done(struct smtp_content *c);
/* Begins a new message. */
void smtp_content_begin(struct smtp_content *c, enum smtp_ending ending_of_data_line);
/* True when this line was the dot that ends the content. */
bool smtp_content_line(struct smtp_content *c, const struct smtp_line *line);
/* Bytes that are no lines (BDAT). */
void smtp_content_add(struct smtp_content *c, struct bytes bytes);
bool smtp_content_is_over(const struct smtp_content *c);       /* more came than is kept */
struct bytes smtp_content_bytes(const struct smtp_content *c); /* borrowed until the next change */

#endif
