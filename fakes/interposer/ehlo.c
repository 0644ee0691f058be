/* SPDX-License-Identifier: Apache-2.0 */
/* ehlo.c - see ehlo.h. */
#include "fakes/interposer/ehlo.h"

#include <stdlib.h>
#include <string.h>

#include "fakes/smtp/smtp_verb.h"
#include "harness/base/must.h"

#define CODE_LEN 4 /* "250-" */

static void
split(struct ehlo *e, struct bytes reply)
{
	while (reply.len) {
		const char *lf = memchr(reply.data, '\n', reply.len);
		size_t n = lf && e->n + 1 < EHLO_LINES_MAX ? (size_t)(lf - reply.data) + 1 : reply.len;
		struct ehlo_line *line = &e->lines[e->n++];
		line->text = must_alloc(n);
		line->len = n;
		memcpy(line->text, reply.data, n);
		reply.data += n;
		reply.len -= n;
	}
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

	split(e, reply);
	return e;
}

void
ehlo_free(struct ehlo *e)
{
	if (!e)
		return;
	clear(e);
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
	last->changed = true;
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
	*l = (struct ehlo_line){.text = text, .len = head + word.len + tail, .changed = true};
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

void
ehlo_put(struct ehlo *e, struct bytes reply)
{
	clear(e);
	split(e, reply);
	for (size_t i = 0; i < e->n; i++)
		e->lines[i].changed = true;
}
