/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_lines.c - see smtp_lines.h. Whole lines are lent from the input; only beginnings are copied. */
#include "fakes/smtp/smtp_lines.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

void
smtp_lines_init(struct smtp_lines *l, size_t max)
{
	must(max >= 2);
	*l = (struct smtp_lines){.max = max};
}

void
smtp_lines_done(struct smtp_lines *l)
{
	free(l->held);
	*l = (struct smtp_lines){.max = l->max};
}

bool
smtp_lines_is_empty(const struct smtp_lines *l)
{
	return l->n_held == 0 && !l->continued;
}

static void
hold(struct smtp_lines *l, struct bytes *in, size_t n)
{
	if (l->n_held + n > l->size) {
		l->size = l->n_held + n < 128 ? 128 : 2 * (l->n_held + n);
		l->held = must_realloc(l->held, l->size);
	}
	if (n)
		memcpy(l->held + l->n_held, in->data, n);
	l->n_held += n;
	in->data += n;
	in->len -= n;
}

/* `whole` ends in LF. */
static bool
give_line(struct smtp_lines *l, struct bytes whole, struct smtp_line *ret)
{
	bool crlf = whole.len >= 2 && whole.data[whole.len - 2] == '\r';

	*ret = (struct smtp_line){.text = {whole.data, whole.len - (crlf ? 2 : 1)},
	    .ending = crlf ? SMTP_ENDING_CRLF : SMTP_ENDING_LF,
	    .continued = l->continued};
	l->continued = false;
	return true;
}

/* At the limit. A CR at the very end may be half of a CRLF: it stays in the input. */
static bool
give_piece(struct smtp_lines *l, struct bytes *in, struct smtp_line *ret)
{
	if (l->held[l->n_held - 1] == '\r') {
		l->n_held--;
		in->data--;
		in->len++;
	}
	*ret = (struct smtp_line){
	    .text = {l->held, l->n_held}, .ending = SMTP_ENDING_CUT, .continued = l->continued};
	l->continued = true;
	l->n_held = 0;
	return true;
}

bool
smtp_lines_next(struct smtp_lines *l, struct bytes *in, struct smtp_line *ret)
{
	if (in->len == 0)
		return false;
	const char *lf = memchr(in->data, '\n', in->len);
	size_t n = lf ? (size_t)(lf - in->data) + 1 : in->len;

	if (lf && l->n_held == 0 && n <= l->max) {
		struct bytes whole = {in->data, n};
		in->data += n;
		in->len -= n;
		return give_line(l, whole, ret);
	}
	/* Text of `max` bytes and its CRLF still fit. */
	size_t room = l->max + 2 - l->n_held;
	hold(l, in, n < room ? n : room);
	if (lf && n <= room) {
		struct bytes whole = {l->held, l->n_held};
		l->n_held = 0;
		return give_line(l, whole, ret);
	}
	return l->n_held < l->max + 2 ? false : give_piece(l, in, ret);
}

bool
smtp_lines_rest(struct smtp_lines *l, struct smtp_line *ret)
{
	if (smtp_lines_is_empty(l))
		return false;
	*ret = (struct smtp_line){
	    .text = {l->held, l->n_held}, .ending = SMTP_ENDING_NONE, .continued = l->continued};
	l->n_held = 0;
	l->continued = false;
	return true;
}

struct bytes
smtp_ending_bytes(enum smtp_ending ending)
{
	switch (ending) {
	case SMTP_ENDING_CRLF:
		return BYTES("\r\n");
	case SMTP_ENDING_LF:
		return BYTES("\n");
	case SMTP_ENDING_CUT:
	case SMTP_ENDING_NONE:
		break;
	}
	return BYTES("");
}
