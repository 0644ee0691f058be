/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.h - one message with its envelope, and what became of each recipient.
 *
 * Plain data; the queue writes it to disk. Ref: RFC 5321 s2.3.1.
 */
#ifndef MTA_LETTER_H
#define MTA_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#define LETTER_ID_SIZE 24
#define LETTER_ADDRESS_MAX 320 /* RFC 5321 s4.5.3.1: 64 + 1 + 255 */
#define LETTER_RECIPIENTS_MAX 1000
#define LETTER_REASON_SIZE 512

/* Undecided until an attempt has ended. */
enum letter_fate { LETTER_UNDECIDED, LETTER_DELIVERED, LETTER_DEFERRED, LETTER_BOUNCED };

struct letter_recipient {
	char *address;
	enum letter_fate fate;           /* of the last attempt */
	bool active;                     /* an attempt is under way */
	char reason[LETTER_REASON_SIZE]; /* printable */
};

struct letter {
	char id[LETTER_ID_SIZE];
	char *sender; /* "" is the null sender */
	struct letter_recipient *recipients;
	size_t n;
	char *content; /* as it came, lines end in CRLF, no dots added; NULL: on disk only */
	size_t content_len;
};

/* "delivered", "deferred", "bounced" */
const char *letter_fate_name(enum letter_fate fate);

struct letter *letter_new(const char *id, const char *sender); /* owned */
void letter_free(struct letter *letter);
void letter_add_recipient(struct letter *letter, const char *address);
/* Fills fate and reason, with every byte of the reason made printable. */
void letter_decide(struct letter_recipient *recipient, enum letter_fate fate, const char *reason);
/* A new one: time, process and a count; letters and digits. */
void letter_make_id(char out[LETTER_ID_SIZE]);
/* Is it a path that can stand between the brackets of MAIL or RCPT: printable ASCII without blanks and
 * brackets? */
bool letter_is_address(const char *address);
/* What stands behind the last '@', or "". */
const char *letter_domain(const char *address);

#endif
