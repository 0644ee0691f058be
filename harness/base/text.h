/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - bytes and text: views, comparison without case, escaping, nearest word.
 *
 * Case folding is ASCII only, as SMTP and DNS have it (RFC 5321 s2.4, RFC 4343).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed run of bytes: may hold NUL, need not end in one. */
struct bytes {
	const char *data;
	size_t len;
};

#define BYTES(literal) ((struct bytes){(literal), sizeof(literal) - 1})

struct bytes bytes_of(const char *text); /* NULL gives the empty run */
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_nocase(struct bytes a, struct bytes b);
bool bytes_begin_nocase(struct bytes a, const char *prefix);
/* Offset of `needle` in `hay`, compared without case; SIZE_MAX when absent or needle is empty. */
size_t bytes_find_nocase(struct bytes hay, struct bytes needle);
struct bytes bytes_trim(struct bytes b); /* spaces, tabs, CR and LF at both ends */

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_equal_nocase(const char *a, const char *b);
char text_lower(char c);
bool text_is_alnum(char c);

/*
 * Lossless printable form: printable ASCII as is, backslash as \\, every other
 * byte as \xNN (CR, LF, TAB as \r \n \t). Returns the length that the whole form has,
 * writes at most `size` bytes with a NUL. Reverse: text_unescape, -1 on a malformed one.
 */
size_t text_escape(char *out, size_t size, struct bytes in);
long text_unescape(char *out, size_t size, struct bytes in); /* bytes written, or -1 */

/*
 * Foreign text for a terminal, in place: control characters but TAB and LF, and bytes that are no UTF-8,
 * become '?'; continuation bytes that continue nothing are dropped, so that columns stay. Returns `text`.
 */
char *text_harmless(char *text);

#define TEXT_SIGNAL 32 /* room for the words */

/* "signal 11 (SIGSEGV)", or "signal 77" for one without a name. Returns `out`. */
const char *text_signal(int64_t signal, char out[TEXT_SIGNAL]);

/* Edit distance (Levenshtein, with swaps of neighbors as one edit); words over 63 bytes count as far. */
unsigned text_distance(const char *a, const char *b);
/* The nearest of `n` words, or NULL when none is near enough to be meant. */
const char *text_nearest(const char *word, const char *const *words, size_t n);

#endif
