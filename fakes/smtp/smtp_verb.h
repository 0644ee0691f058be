/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_verb.h - the words of an SMTP command line: its verb, its arguments, the path of MAIL and RCPT.
 *
 * Lenient where peers are sloppy (blanks, missing brackets): what was meant is what counts for
 * an observer. Ref: RFC 5321 s4.1.1, s4.1.2; RFC 3030 (BDAT); RFC 4954 (AUTH).
 */
#ifndef SMTP_VERB_H
#define SMTP_VERB_H

#include <stdbool.h>

#include "harness/base/text.h"

enum smtp_verb {
	SMTP_UNKNOWN,
	SMTP_EHLO,
	SMTP_HELO,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_BDAT,
	SMTP_RSET,
	SMTP_NOOP,
	SMTP_VRFY,
	SMTP_EXPN,
	SMTP_HELP,
	SMTP_QUIT,
	/* no verbs, but things that are answered: */
	SMTP_GREETING, /* the connection itself */
	SMTP_CONTENT,  /* the end of data */
	SMTP_RESPONSE, /* a line of an AUTH exchange */
	SMTP_VERBS
};

const char *smtp_verb_name(enum smtp_verb verb); /* "EHLO", "GREETING"; "" for SMTP_UNKNOWN */
/* By the first word of the line; only real verbs. `ret_args` (may be NULL): what stands behind it, trimmed,
 * borrowed. */
enum smtp_verb smtp_verb_of(struct bytes line, struct bytes *ret_args);

/*
 * From the arguments of MAIL ("FROM:") or RCPT ("TO:"): the address without brackets and source
 * route, and the parameters behind it. False when the keyword is not there. Borrowed from `args`.
 */
bool
smtp_path(struct bytes args, const char *keyword, struct bytes *ret_address, struct bytes *ret_parameters);
/* The value behind NAME= among blank-separated parameters, empty for a bare NAME; false when absent. */
bool smtp_parameter(struct bytes parameters, const char *name, struct bytes *ret_value);
/* Takes the next blank-separated word from the front of `*rest`; empty at the end. */
struct bytes smtp_word(struct bytes *rest);

#endif
