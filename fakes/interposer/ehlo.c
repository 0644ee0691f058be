/* SPDX-License-Identifier: Apache-2.0 */
/* ehlo.c - see ehlo.h. */
#include "fakes/interposer/ehlo.h"

#include <stdlib.h>
#include <string.h>

#include "fakes/smtp/smtp_verb.h"
#include "harness/base/must.h"

#define CODE_LEN 4 /* "250-" */

/* The lines of a reply, in at most EHLO_LINES_MAX pieces: what is beyond stays joined to the last. */
static size_t
split(struct bytes ret[EHLO_LINES_MAX], struct bytes reply)
{
	size_t count = 0;

	while (reply.len) {
		const char *lf = memchr(reply.data, '\n', reply.len);
		size_t n = lf && count + 1 < EHLO_LINES_MAX ? (size_t)(lf - reply.data) + 1 : reply.len;
		ret[count++] = (struct bytes){reply.data, n};
		reply.data += n;
		reply.len -= n;
	}
	return count;
}

static void
push(struct ehlo *e, struct bytes text, size_t from)
{
	struct ehlo_line *line = &e->lines[e->n++];

	*line = (struct ehlo_line){.text = must_alloc(text.len), .len = text.len, .from = from};
	memcpy(line->text, text.data, text.len);
}

static void
clear(struct ehlo *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->lines[i].text);
	e->n = 0;
}

struct ehlo *
ehlo_new(struct bytes reply)
{
	struct ehlo *e = must_alloc(sizeof(*e));

	e->reply = must_alloc(reply.len + 1);
	if (reply.len)
		memcpy(e->reply, reply.data, reply.len);
	e->n_said = split(e->said, (struct bytes){e->reply, reply.len});
	for (size_t i = 0; i < e->n_said; i++)
		push(e, e->said[i], i);
	return e;
}

void
ehlo_free(struct ehlo *e)
{
	if (!e)
		return;
	clear(e);
	free(e->reply);
	free(e);
}

static struct bytes
keyword_of(const struct ehlo_line *line)
{
	if (line->len <= CODE_LEN)
		return (struct bytes){"", 0};
	struct bytes rest = bytes_trim((struct bytes){line->text + CODE_LEN, line->len - CODE_LEN});
	return smtp_word(&rest);
}

int
ehlo_find(const struct ehlo *e, const char *keyword)
{
	for (size_t i = 1; i < e->n; i++)
		if (bytes_equal_nocase(keyword_of(&e->lines[i]), bytes_of(keyword)))
			return (int)i;
	return -1;
}

/* The last line says that it is the last. */
static void
mend_last(struct ehlo *e)
{
	struct ehlo_line *last = &e->lines[e->n - 1];

	if (last->len < CODE_LEN || last->text[CODE_LEN - 1] != '-')
		return;
	last->text[CODE_LEN - 1] = ' ';
}

void
ehlo_remove(struct ehlo *e, int line)
{
	size_t i = (size_t)line;

	must(line > 0 && i < e->n);
	free(e->lines[i].text);
	memmove(&e->lines[i], &e->lines[i + 1], (e->n - i - 1) * sizeof(e->lines[0]));
	e->n--;
	if (i == e->n)
		mend_last(e);
}

void
ehlo_replace(struct ehlo *e, int line, struct bytes word)
{
	must(line > 0 && (size_t)line < e->n);
	struct ehlo_line *l = &e->lines[line];
	struct bytes old = keyword_of(l);
	size_t head = (size_t)(old.data - l->text), tail = l->len - head - old.len;
	char *text = must_alloc(head + word.len + tail);

	memcpy(text, l->text, head);
	if (word.len)
		memcpy(text + head, word.data, word.len);
	memcpy(text + head + word.len, old.data + old.len, tail);
	free(l->text);
	l->text = text;
	l->len = head + word.len + tail;
}

char *
ehlo_cut(struct ehlo *e, int line)
{
	size_t keep = (size_t)line, len = 0;

	must(line > 0 && keep < e->n);
	for (size_t i = keep; i < e->n; i++)
		len += e->lines[i].len;
	char *rest = must_alloc(len + 1), *at = rest;
	for (size_t i = keep; i < e->n; i++) {
		memcpy(at, e->lines[i].text, e->lines[i].len);
		at += e->lines[i].len;
		free(e->lines[i].text);
	}
	e->n = keep;
	mend_last(e);
	return rest;
}

/* What a line says, whether or not it is the last one. */
static struct bytes
saying(struct bytes line)
{
	if (line.len < CODE_LEN)
		return line;
	return bytes_trim((struct bytes){line.data + CODE_LEN, line.len - CODE_LEN});
}

/* The line at or behind `from` that says the same, or EHLO_NOWHERE. */
static size_t
find_same(const struct ehlo *e, size_t from, struct bytes line)
{
	for (size_t i = from; i < e->n_said; i++)
		if (bytes_equal(saying(e->said[i]), saying(line)))
			return i;
	return EHLO_NOWHERE;
}

/* What says nothing that was said takes the places between those that do, as far as there are any. */
static void
fill_places(struct ehlo *e)
{
	size_t place = 0, end;

	for (size_t i = 0; i < e->n; i++) {
		if (e->lines[i].from == EHLO_NOWHERE) {
			end = e->n_said;
			for (size_t j = i + 1; j < e->n && end == e->n_said; j++)
				if (e->lines[j].from != EHLO_NOWHERE)
					end = e->lines[j].from;
			if (place < end)
				e->lines[i].from = place;
		}
		if (e->lines[i].from != EHLO_NOWHERE)
			place = e->lines[i].from + 1;
	}
}

void
ehlo_put(struct ehlo *e, struct bytes reply)
{
	struct bytes lines[EHLO_LINES_MAX];
	size_t n = split(lines, reply), from = 0;

	clear(e);
	for (size_t i = 0; i < n; i++) {
		size_t same = find_same(e, from, lines[i]);
		push(e, lines[i], same);
		if (same != EHLO_NOWHERE)
			from = same + 1;
	}
	fill_places(e);
}
