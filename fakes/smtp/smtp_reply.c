/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_reply.c - see smtp_reply.h. */
#include "fakes/smtp/smtp_reply.h"

#include <stdlib.h>
#include <string.h>

#include "fakes/smtp/smtp_verb.h"
#include "harness/base/must.h"

void
smtp_reply_init(struct smtp_reply *r)
{
	*r = (struct smtp_reply){0};
}

void
smtp_reply_done(struct smtp_reply *r)
{
	free(r->text);
	*r = (struct smtp_reply){0};
}

void
smtp_reply_reset(struct smtp_reply *r)
{
	r->code = 0;
	r->enhanced[0] = '\0';
	r->len = 0;
	r->n_lines = 0;
	r->fault = NULL;
	r->whole = false;
	if (r->text)
		r->text[0] = '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

unsigned
smtp_reply_line_code(struct bytes line, bool *ret_final)
{
	const char *d = line.data;

	if (line.len < 3 || !is_digit(d[0]) || !is_digit(d[1]) || !is_digit(d[2]) || d[0] < '2' || d[0] > '5')
		return 0;
	if (line.len > 3 && d[3] != ' ' && d[3] != '-')
		return 0;
	*ret_final = line.len == 3 || d[3] == ' ';
	return (unsigned)(d[0] - '0') * 100 + (unsigned)(d[1] - '0') * 10 + (unsigned)(d[2] - '0');
}

static void
append(struct smtp_reply *r, const char *data, size_t len)
{
	if (r->len + len + 1 > r->size) {
		r->size = 2 * (r->len + len + 1);
		r->text = must_realloc(r->text, r->size);
	}
	if (len)
		memcpy(r->text + r->len, data, len);
	r->len += len;
	r->text[r->len] = '\0';
}

/* class "." subject "." detail, up to three digits each (RFC 3463 s2). */
static void
read_enhanced(struct smtp_reply *r)
{
	struct bytes rest = smtp_reply_text(r, 0);
	struct bytes word = smtp_word(&rest);
	unsigned dots = 0, digits = 0;

	if (word.len >= sizeof(r->enhanced) || word.len < 5 || word.data[0] != (char)('0' + r->code / 100))
		return;
	for (size_t i = 0; i < word.len; i++) {
		if (is_digit(word.data[i])) {
			if (++digits > 3)
				return;
		} else if (word.data[i] == '.' && digits) {
			dots++;
			digits = 0;
		} else {
			return;
		}
	}
	if (dots != 2 || !digits)
		return;
	memcpy(r->enhanced, word.data, word.len);
	r->enhanced[word.len] = '\0';
}

static enum smtp_reply_progress
malformed(struct smtp_reply *r, const char *fault)
{
	r->fault = fault;
	return SMTP_REPLY_MALFORMED;
}

enum smtp_reply_progress
smtp_reply_line(struct smtp_reply *r, const struct smtp_line *line)
{
	bool final = false;

	if (r->whole)
		smtp_reply_reset(r);
	if (line->ending == SMTP_ENDING_CUT || line->continued)
		return malformed(r, "a reply line is too long");
	if (line->ending == SMTP_ENDING_NONE)
		return malformed(r, "the connection ended inside a reply line");
	unsigned code = smtp_reply_line_code(line->text, &final);
	if (!code)
		return malformed(r, "a line does not begin with a reply code");
	if (r->n_lines && code != r->code)
		return malformed(r, "the lines of a reply have different codes");
	if (r->n_lines >= SMTP_REPLY_LINES_MAX || r->len + line->text.len > SMTP_REPLY_TEXT_MAX)
		return malformed(r, "a reply has too many lines");
	r->code = code;
	if (r->n_lines++)
		append(r, "\n", 1);
	append(
	    r, line->text.data + (line->text.len > 3 ? 4 : 3), line->text.len > 3 ? line->text.len - 4 : 0);
	if (!final)
		return SMTP_REPLY_MORE;
	r->whole = true;
	read_enhanced(r);
	return SMTP_REPLY_WHOLE;
}

struct bytes
smtp_reply_text(const struct smtp_reply *r, unsigned i)
{
	const char *at = r->text, *end = r->text ? r->text + r->len : NULL;

	for (; at && i < r->n_lines; i--) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		if (i == 0)
			return (struct bytes){at, (size_t)((lf ? lf : end) - at)};
		at = lf ? lf + 1 : NULL;
	}
	return (struct bytes){"", 0};
}

bool
smtp_reply_offers(const struct smtp_reply *r, const char *keyword, struct bytes *ret_parameters)
{
	for (unsigned i = 1; i < r->n_lines; i++) {
		struct bytes rest = smtp_reply_text(r, i);
		struct bytes word = smtp_word(&rest);
		if (!bytes_equal_nocase(word, bytes_of(keyword)))
			continue;
		if (ret_parameters)
			*ret_parameters = bytes_trim(rest);
		return true;
	}
	return false;
}
