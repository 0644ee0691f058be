/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c - see lines.h */
#include "harness/client/lines.h"

#include <event2/buffer.h>
#include <stdlib.h>

#include "harness/base/must.h"

#define LINE_LIMIT 8192

struct lines {
	void (*line)(void *ctx, struct bytes line);
	void *ctx;
	struct evbuffer *in;
};

struct lines *
lines_new(void (*line)(void *ctx, struct bytes line), void *ctx)
{
	struct lines *l = must_alloc(sizeof(*l));

	l->line = line;
	l->ctx = ctx;
	l->in = evbuffer_new();
	must(l->in != NULL);
	return l;
}

void
lines_free(struct lines *l)
{
	if (l == NULL)
		return;
	evbuffer_free(l->in);
	free(l);
}

static void
split(struct lines *l)
{
	size_t len;
	char *line;

	while ((line = evbuffer_readln(l->in, &len, EVBUFFER_EOL_LF)) != NULL) {
		if (len > 0 && line[len - 1] == '\r')
			len--;
		l->line(l->ctx, (struct bytes){line, len < LINE_LIMIT ? len : LINE_LIMIT});
		free(line);
	}
	if (evbuffer_get_length(l->in) > LINE_LIMIT)
		lines_end(l);
}

long
lines_read(struct lines *l, int fd, size_t most)
{
	int n = evbuffer_read(l->in, fd, (int)(most < LINES_AT_ONCE ? most : LINES_AT_ONCE));

	if (n > 0)
		split(l);
	return n;
}

void
lines_feed(struct lines *l, struct bytes piece)
{
	must(evbuffer_add(l->in, piece.data, piece.len) == 0);
	split(l);
}

void
lines_end(struct lines *l)
{
	size_t len = evbuffer_get_length(l->in), kept = len < LINE_LIMIT ? len : LINE_LIMIT;

	if (len == 0)
		return;
	l->line(l->ctx, (struct bytes){(char *)evbuffer_pullup(l->in, (ev_ssize_t)kept), kept});
	evbuffer_drain(l->in, len);
}
