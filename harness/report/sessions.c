/* SPDX-License-Identifier: Apache-2.0 */
/* sessions.c - see sessions.h */
#include "harness/report/sessions.h"

#include <stdlib.h>

#include "harness/base/must.h"

enum reader { NOBODY, INTERPOSER, ANYONE };

struct crossing {
	uint32_t leg, connection;
	enum reader reader;
};

/* The channel on which mail was named or sent; empty for any other fact. */
static struct bytes
channel_of(const struct fact *f)
{
	switch (f->kind) {
	case FACT_MAIL:
		return f->mail.channel;
	case FACT_RCPT:
		return f->rcpt.channel;
	case FACT_CONTENT:
		return f->content.channel;
	case FACT_CREDENTIALS:
		return f->credentials.channel;
	default:
		return bytes_of(NULL);
	}
}

static enum reader
reader_of(struct bytes channel)
{
	if (bytes_equal(channel, bytes_of("genuine")))
		return NOBODY;
	return bytes_equal(channel, bytes_of("clear")) ? ANYONE : INTERPOSER;
}

/* By connection, the worst first. */
static int
compare(const void *a, const void *b)
{
	const struct crossing *x = a, *y = b;

	if (x->leg != y->leg)
		return x->leg < y->leg ? -1 : 1;
	if (x->connection != y->connection)
		return x->connection < y->connection ? -1 : 1;
	return (int)y->reader - (int)x->reader;
}

struct sessions
sessions_count(const struct fact *facts, size_t n)
{
	struct crossing *crossings = must_alloc(sizeof(*crossings) * (n + 1));
	struct sessions s = {0};
	size_t n_crossings = 0;

	for (size_t i = 0; i < n; i++) {
		struct bytes channel = channel_of(&facts[i]);

		if (channel.len > 0)
			crossings[n_crossings++] =
			    (struct crossing){facts[i].leg, facts[i].connection, reader_of(channel)};
	}
	qsort(crossings, n_crossings, sizeof(*crossings), compare);
	for (size_t i = 0; i < n_crossings; i++) {
		if (i > 0 && crossings[i].leg == crossings[i - 1].leg &&
		    crossings[i].connection == crossings[i - 1].connection)
			continue;
		s.all++;
		s.sealed += crossings[i].reader == NOBODY;
		s.intercepted += crossings[i].reader == INTERPOSER;
		s.clear += crossings[i].reader == ANYONE;
	}
	free(crossings);
	return s;
}
