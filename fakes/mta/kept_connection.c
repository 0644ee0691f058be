/* SPDX-License-Identifier: Apache-2.0 */
/* kept_connection.c - see kept_connection.h; the process's own, as the flaws are. */
#include "fakes/mta/kept_connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "fakes/mta/host_name.h"
#include "harness/base/must.h"

struct kept {
	LIST_ENTRY(kept) next;
	char host[HOST_NAME_SIZE];
	struct stream *stream;
};

static LIST_HEAD(, kept) all = LIST_HEAD_INITIALIZER(all);

static struct stream *
let_go(struct kept *kept)
{
	struct stream *stream = kept->stream;

	LIST_REMOVE(kept, next);
	free(kept);
	return stream;
}

static void
on_data(void *owner, struct evbuffer *in)
{
	(void)in;
	stream_close(let_go(owner));
}

static void
on_ended(void *owner, enum stream_end how)
{
	(void)how;
	stream_close(let_go(owner));
}

static const struct stream_calls calls = {.data = on_data, .ended = on_ended};

void
kept_connection_put(struct stream *stream, const char *host)
{
	struct kept *kept = must_alloc(sizeof(*kept));

	snprintf(kept->host, sizeof(kept->host), "%s", host);
	kept->stream = stream;
	stream_set_owner(stream, &calls, kept);
	LIST_INSERT_HEAD(&all, kept, next);
}

struct stream *
kept_connection_take(const char *host)
{
	struct kept *kept;

	LIST_FOREACH(kept, &all, next)
	if (strcmp(kept->host, host) == 0)
		return let_go(kept);
	return NULL;
}

void
kept_connection_drop_all(void)
{
	while (!LIST_EMPTY(&all))
		stream_free(let_go(LIST_FIRST(&all)));
}
