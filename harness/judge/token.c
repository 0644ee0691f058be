/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - see token.h */
#include "harness/judge/token.h"

#include <string.h>

#define TOKEN_BASE64_MAX 64 /* longer ones are not looked for in base64; ours have 16 characters */

struct bytes
token_of(const char *address)
{
	const char *at = address != NULL ? strchr(address, '@') : NULL;

	return at != NULL ? (struct bytes){address, (size_t)(at - address)} : bytes_of(address);
}

bool
token_in(struct bytes text, struct bytes token)
{
	return bytes_find_nocase(text, token) != SIZE_MAX;
}

/*
 * The characters that a token gives when `shift` other bytes stand before it in its group of three:
 * only those that all of whose bits are the token's own. Returns how many.
 */
static size_t
encode(char out[], struct bytes token, size_t shift)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t first = (shift * 8 + 5) / 6, end = (shift + token.len) * 8 / 6;

	for (size_t i = first; i < end; i++) {
		size_t bit = i * 6 - shift * 8;
		unsigned pair = (unsigned)(unsigned char)token.data[bit / 8] << 8;

		if (bit / 8 + 1 < token.len)
			pair |= (unsigned char)token.data[bit / 8 + 1];
		out[i - first] = digits[pair >> (10 - bit % 8) & 63];
	}
	return end - first;
}

/* Whether `want` begins at `at`, line ends in between left out. */
static bool
begins_folded(struct bytes text, size_t at, const char *want, size_t len)
{
	size_t done = 0;

	for (; done < len && at < text.len; at++) {
		if (text.data[at] == '\r' || text.data[at] == '\n')
			continue;
		if (text.data[at] != want[done++])
			return false;
	}
	return done == len;
}

bool
token_in_base64(struct bytes text, struct bytes token)
{
	char want[(TOKEN_BASE64_MAX * 8) / 6 + 2];

	if (token.len < 3 || token.len > TOKEN_BASE64_MAX)
		return false;
	for (size_t shift = 0; shift < 3; shift++) {
		size_t len = encode(want, token, shift);

		for (size_t at = 0; at < text.len; at++)
			if (text.data[at] == want[0] && begins_folded(text, at, want, len))
				return true;
	}
	return false;
}

size_t
token_count(const struct brief_message *m)
{
	return 3 + m->n_recipients;
}

struct bytes
token_at(const struct brief_message *m, size_t i)
{
	switch (i) {
	case 0:
		return token_of(m->sender);
	case 1:
		return bytes_of(m->header_token);
	case 2:
		return bytes_of(m->body_token);
	default:
		return token_of(m->recipients[i - 3]);
	}
}
