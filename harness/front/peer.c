/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c - see peer.h */
#include "harness/front/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "harness/base/must.h"
#include "harness/base/outbox.h"

#define ORDERS_MAX_BYTES (4 * 1024 * 1024)

struct peer {
	const char *name;
	enum fact_source source;
	int fd;
	struct peer_calls calls;
	void *ctx;
	struct outbox *orders;
	struct event *readable, *writable;
	bool is_gone;
};

static void
gone(struct peer *p, const char *how)
{
	event_del(p->readable);
	p->is_gone = true;
	p->calls.gone(p->ctx, p, how);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct peer *p = ctx;
	char buffer[FACT_ENCODED_MAX];
	struct fact fact;
	ssize_t n;

	(void)what;
	while ((n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
		struct bytes message = {buffer, (size_t)n};

		while (message.len > 0) {
			if (fact_take(&fact, &message) < 0 || fact.source != p->source) {
				gone(p, "sent what is no fact");
				return;
			}
			p->calls.fact(p->ctx, p, &fact);
		}
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		gone(p, "has ended");
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct peer *p = ctx;

	(void)fd;
	(void)what;
	if (outbox_flush(p->orders) == 1)
		event_add(p->writable, NULL);
}

struct peer *
peer_new(struct event_base *base, const char *name, enum fact_source source, int fd,
    const struct peer_calls *calls, void *ctx)
{
	struct peer *p = must_alloc(sizeof(*p));

	p->name = name;
	p->source = source;
	p->fd = fd;
	p->calls = *calls;
	p->ctx = ctx;
	evutil_make_socket_nonblocking(fd);
	p->orders = outbox_new(fd, ORDERS_MAX_BYTES);
	p->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, p);
	p->writable = event_new(base, fd, EV_WRITE, on_writable, p);
	must(p->readable != NULL && p->writable != NULL);
	event_add(p->readable, NULL);
	return p;
}

void
peer_free(struct peer *p)
{
	if (p == NULL)
		return;
	event_free(p->readable);
	event_free(p->writable);
	outbox_free(p->orders);
	free(p);
}

const char *
peer_name(const struct peer *p)
{
	return p->name;
}

void
peer_order(struct peer *p, enum order_kind kind, uint32_t leg, uint32_t step, uint32_t number)
{
	struct order o = {kind, leg, step, number};

	if (p->is_gone || outbox_put(p->orders, &o, sizeof(o)) < 0)
		return; /* its death shows at its socket */
	if (!outbox_is_empty(p->orders))
		event_add(p->writable, NULL);
}
