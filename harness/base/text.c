/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - see text.h */
#include "harness/base/text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 63

struct bytes
bytes_of(const char *text)
{
	return (struct bytes){text, text ? strlen(text) : 0};
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

char
text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (text_lower(c) >= 'a' && text_lower(c) <= 'z');
}

static bool
equal_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_lower(a[i]) != text_lower(b[i]))
			return false;
	return true;
}

bool
bytes_equal_nocase(struct bytes a, struct bytes b)
{
	return a.len == b.len && equal_nocase(a.data, b.data, a.len);
}

bool
bytes_begin_nocase(struct bytes a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && equal_nocase(a.data, prefix, len);
}

size_t
bytes_find_nocase(struct bytes hay, struct bytes needle)
{
	if (needle.len == 0 || hay.len < needle.len)
		return SIZE_MAX;
	for (size_t i = 0; i <= hay.len - needle.len; i++)
		if (equal_nocase(hay.data + i, needle.data, needle.len))
			return i;
	return SIZE_MAX;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes
bytes_trim(struct bytes b)
{
	while (b.len > 0 && is_blank(b.data[0])) {
		b.data++;
		b.len--;
	}
	while (b.len > 0 && is_blank(b.data[b.len - 1]))
		b.len--;
	return b;
}

bool
text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool
text_equal_nocase(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && bytes_equal_nocase(bytes_of(a), bytes_of(b)));
}

static size_t
escape_byte(char out[4], unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char named = c == '\\' ? '\\' : c == '\r' ? 'r' : c == '\n' ? 'n' : c == '\t' ? 't' : '\0';

	if (c >= 0x20 && c < 0x7f && c != '\\') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = named != '\0' ? named : 'x';
	if (named != '\0')
		return 2;
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return 4;
}

size_t
text_escape(char *out, size_t size, struct bytes in)
{
	size_t whole = 0, written = 0;
	bool cut = size == 0;
	char one[4];

	for (size_t i = 0; i < in.len; i++) {
		size_t len = escape_byte(one, (unsigned char)in.data[i]);

		cut = cut || written + len >= size;
		if (!cut) {
			memcpy(out + written, one, len);
			written += len;
		}
		whole += len;
	}
	if (size > 0)
		out[written] = '\0';
	return whole;
}

static bool
is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the well-formed UTF-8 sequence that begins here (RFC 3629 s4); 0 when none does. */
static size_t
utf8_sequence(const unsigned char *at)
{
	size_t len = at[0] < 0x80   ? 1
		     : at[0] < 0xc2 ? 0
		     : at[0] < 0xe0 ? 2
		     : at[0] < 0xf0 ? 3
		     : at[0] < 0xf5 ? 4
				    : 0;

	for (size_t i = 1; i < len; i++)
		if (!is_continuation(at[i]))
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

/* C0, DEL and, as UTF-8, C1. */
static bool
is_control(const unsigned char *at)
{
	if (at[0] == '\t' || at[0] == '\n')
		return false;
	return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

char *
text_harmless(char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	char *to = text;

	while (*at != '\0') {
		size_t len = utf8_sequence(at);

		if (len == 0 ? !is_continuation(*at) : is_control(at)) {
			*to++ = '?';
		} else if (len > 0) {
			memmove(to, at, len);
			to += len;
		}
		at += len > 0 ? len : 1;
	}
	*to = '\0';
	return text;
}

static int
hex_digit(char c)
{
	c = text_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads one escape after the backslash; returns the bytes used, 0 when malformed. */
static size_t
unescape_one(struct bytes in, char *ret)
{
	static const char from[] = "\\rnt", to[] = "\\\r\n\t";
	const char *at = in.len > 0 && in.data[0] != '\0' ? strchr(from, in.data[0]) : NULL;

	if (at != NULL) {
		*ret = to[at - from];
		return 1;
	}
	if (in.len < 3 || in.data[0] != 'x' || hex_digit(in.data[1]) < 0 || hex_digit(in.data[2]) < 0)
		return 0;
	*ret = (char)(hex_digit(in.data[1]) * 16 + hex_digit(in.data[2]));
	return 3;
}

long
text_unescape(char *out, size_t size, struct bytes in)
{
	size_t n = 0;

	for (size_t i = 0; i < in.len;) {
		char c = in.data[i++];

		if (c == '\\') {
			size_t used = unescape_one((struct bytes){in.data + i, in.len - i}, &c);

			if (used == 0)
				return -1;
			i += used;
		}
		if (n >= size)
			return -1;
		out[n++] = c;
	}
	return (long)n;
}

const char *
text_signal(int64_t signal, char out[TEXT_SIGNAL])
{
	const char *name = signal > 0 && signal < INT_MAX ? sigabbrev_np((int)signal) : NULL;

	snprintf(
	    out, TEXT_SIGNAL, name != NULL ? "signal %" PRId64 " (SIG%s)" : "signal %" PRId64, signal, name);
	return out;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
text_distance(const char *a, const char *b)
{
	unsigned d[3][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = d[i % 3], *above = d[(i - 1) % 3], *two_above = d[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned differs = a[i - 1] != b[j - 1];

			row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], two_above[j - 2] + 1);
		}
	}
	return d[la % 3][lb];
}

const char *
text_nearest(const char *word, const char *const *words, size_t n)
{
	unsigned best = (unsigned)strlen(word) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned d = text_distance(word, words[i]);

		if (d < best || (d == best && found == NULL)) {
			best = d;
			found = words[i];
		}
	}
	return found;
}
