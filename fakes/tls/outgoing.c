/* SPDX-License-Identifier: Apache-2.0 */
/* outgoing.c - see outgoing.h */
#include "fakes/tls/outgoing.h"

#include <stdlib.h>

#include "harness/base/must.h"

struct outgoing_run {
	TAILQ_ENTRY(outgoing_run) next;
	enum outgoing_way way;
	size_t len;
};

void
outgoing_init(struct outgoing *o)
{
	TAILQ_INIT(&o->runs);
	o->bytes = evbuffer_new();
	must(o->bytes != NULL);
}

static void
end_run(struct outgoing *o, struct outgoing_run *run)
{
	TAILQ_REMOVE(&o->runs, run, next);
	free(run);
}

void
outgoing_done(struct outgoing *o)
{
	while (!TAILQ_EMPTY(&o->runs))
		end_run(o, TAILQ_FIRST(&o->runs));
	evbuffer_free(o->bytes);
}

void
outgoing_note(struct outgoing *o, enum outgoing_way way, size_t len)
{
	struct outgoing_run *last = TAILQ_LAST(&o->runs, outgoing_runs);

	if (len == 0)
		return;
	if (last == NULL || last->way != way) {
		last = must_alloc(sizeof(*last));
		last->way = way;
		TAILQ_INSERT_TAIL(&o->runs, last, next);
	}
	last->len += len;
}

bool
outgoing_is_empty(const struct outgoing *o)
{
	return TAILQ_EMPTY(&o->runs);
}

static struct outgoing_run *
first(const struct outgoing *o)
{
	must(!TAILQ_EMPTY(&o->runs));
	return TAILQ_FIRST(&o->runs);
}

enum outgoing_way
outgoing_way(const struct outgoing *o)
{
	return first(o)->way;
}

size_t
outgoing_len(const struct outgoing *o)
{
	return first(o)->len;
}

void
outgoing_drop(struct outgoing *o, size_t len)
{
	struct outgoing_run *run = first(o);

	must(len <= run->len);
	evbuffer_drain(o->bytes, len);
	run->len -= len;
	if (run->len == 0)
		end_run(o, run);
}

void
outgoing_move(struct outgoing *o, struct evbuffer *to)
{
	struct outgoing_run *run = first(o);

	evbuffer_remove_buffer(o->bytes, to, run->len);
	end_run(o, run);
}
