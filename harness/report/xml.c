/* SPDX-License-Identifier: Apache-2.0 */
/* xml.c - see xml.h */
#include "harness/report/xml.h"

/* References where a parser would take the character for markup, or would change it. */
static const char *const references[128] = {
    ['&'] = "&amp;",
    ['<'] = "&lt;",
    ['>'] = "&gt;", /* else "]]>" would not do in content */
    ['"'] = "&quot;",
    ['\''] = "&apos;",
    ['\t'] = "&#9;", /* in a value it would become a space, and so would */
    ['\n'] = "&#10;",
    ['\r'] = "&#13;", /* in content it would become a line feed */
};

/* Bytes of the UTF-8 sequence at `at`, and its character; 0 when it is none (RFC 3629 s4). */
static size_t
decode(const unsigned char *at, size_t left, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (len <= 1) {
		*ret = at[0];
		return len;
	}
	if (at[0] > 0xf4 || len > left)
		return 0;
	*ret = at[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*ret = *ret << 6 | (at[i] & 0x3f);
	}
	return *ret < least[len] || *ret > 0x10ffff || (*ret >= 0xd800 && *ret < 0xe000) ? 0 : len;
}

/* NULL: it stands for itself. */
static const char *
reference_of(uint32_t c, enum xml_place place)
{
	if (place == XML_CONTENT && (c == '\t' || c == '\n'))
		return NULL;
	return c < 128 ? references[c] : NULL;
}

static bool
is_fit(uint32_t c)
{
	if (c < 0xa0)
		return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
	return c != 0xfffe && c != 0xffff;
}

void
xml_put(FILE *out, struct bytes text, enum xml_place place)
{
	const unsigned char *at = (const unsigned char *)text.data;
	size_t left = text.len;

	while (left > 0) {
		uint32_t c = 0;
		size_t len = decode(at, left, &c);

		if (len == 0 || !is_fit(c)) {
			len = len == 0 ? 1 : len;
			for (size_t i = 0; i < len; i++)
				fprintf(out, "\\x%02x", at[i]);
		} else if (reference_of(c, place) != NULL) {
			fputs(reference_of(c, place), out);
		} else {
			fwrite(at, 1, len, out);
		}
		at += len;
		left -= len;
	}
}
