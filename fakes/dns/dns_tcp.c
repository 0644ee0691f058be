/* SPDX-License-Identifier: Apache-2.0 */
/* dns_tcp.c - see dns_tcp.h; a list of connections, the longest unused last. */
#include "fakes/dns/dns_tcp.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "fakes/dns/dns_answer.h"
#include "harness/base/must.h"

#define CONNECTIONS_MAX 1024
#define OUTPUT_MAX (256 * 1024) /* beyond, no more questions are read until the client has read its answers \
				 */

struct connection {
	TAILQ_ENTRY(connection) link;
	struct dns_tcp *tcp;
	struct bufferevent *bev;
	bool ended; /* nothing more comes: closed when the output is out */
};

struct dns_tcp {
	struct event_base *base;
	struct dns_book *book;
	TAILQ_HEAD(connections, connection) connections;
	size_t n;
	bool paused;
};

struct dns_tcp *
dns_tcp_new(struct event_base *base, struct dns_book *book)
{
	struct dns_tcp *t = must_alloc(sizeof(*t));

	t->base = base;
	t->book = book;
	TAILQ_INIT(&t->connections);
	return t;
}

static void
drop(struct connection *c)
{
	TAILQ_REMOVE(&c->tcp->connections, c, link);
	c->tcp->n--;
	bufferevent_free(c->bev);
	free(c);
}

static void
reset(struct connection *c)
{
	struct linger at_once = {.l_onoff = 1};

	setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	drop(c);
}

void
dns_tcp_free(struct dns_tcp *t)
{
	if (t == NULL)
		return;
	while (!TAILQ_EMPTY(&t->connections))
		drop(TAILQ_FIRST(&t->connections));
	free(t);
}

static size_t
pending_output(const struct connection *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static bool
is_idle(const struct connection *c)
{
	return evbuffer_get_length(bufferevent_get_input(c->bev)) == 0 && pending_output(c) == 0;
}

static void
write_framed(struct connection *c, struct bytes message)
{
	unsigned char len[2] = {(unsigned char)(message.len >> 8), (unsigned char)message.len};

	bufferevent_write(c->bev, len, sizeof(len));
	bufferevent_write(c->bev, message.data, message.len);
}

/* False when the connection is gone. */
static bool
answer(struct connection *c, struct bytes question)
{
	struct dns_answer *a = dns_answer_new(c->tcp->book, question, true);
	bool resets = dns_answer_resets(a);

	if (resets)
		reset(c);
	else if (dns_answer_bytes(a).len > 0)
		write_framed(c, dns_answer_bytes(a));
	dns_answer_done(a);
	dns_answer_free(a);
	return !resets;
}

/*
 * Answers what has come whole. A frame over the limit ends the connection: what follows could not be
 * told from its rest without reading it all.
 */
static void
take_questions(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	unsigned char head[2];

	while (!c->tcp->paused && pending_output(c) <= OUTPUT_MAX && evbuffer_copyout(in, head, 2) == 2) {
		size_t len = (size_t)head[0] << 8 | head[1];

		if (len > DNS_QUESTION_MAX) {
			reset(c);
			return;
		}
		if (evbuffer_get_length(in) < 2 + len)
			break;
		evbuffer_drain(in, 2);
		if (!answer(c, (struct bytes){(const char *)evbuffer_pullup(in, (ssize_t)len), len}))
			return;
		evbuffer_drain(in, len);
	}
	if (c->ended && pending_output(c) == 0 && !c->tcp->paused)
		drop(c);
	else if (c->ended || c->tcp->paused || pending_output(c) > OUTPUT_MAX)
		bufferevent_disable(c->bev, EV_READ);
	else
		bufferevent_enable(c->bev, EV_READ);
}

static void
on_read(struct bufferevent *bev, void *ctx)
{
	struct connection *c = ctx;

	(void)bev;
	TAILQ_REMOVE(&c->tcp->connections, c, link);
	TAILQ_INSERT_HEAD(&c->tcp->connections, c, link);
	take_questions(c);
}

static void
on_written(struct bufferevent *bev, void *ctx)
{
	(void)bev;
	take_questions(ctx);
}

static void
on_end(struct bufferevent *bev, short what, void *ctx)
{
	struct connection *c = ctx;

	(void)bev;
	c->ended = true;
	if (what & BEV_EVENT_EOF)
		take_questions(c); /* half-closed clients still get their answers */
	else
		drop(c);
}

/* The longest unused idle one goes. */
static bool
make_room(struct dns_tcp *t)
{
	struct connection *c;

	if (t->n < CONNECTIONS_MAX)
		return true;
	TAILQ_FOREACH_REVERSE(c, &t->connections, connections, link)
	if (is_idle(c)) {
		drop(c);
		return true;
	}
	return false;
}

void
dns_tcp_accept(struct dns_tcp *t, evutil_socket_t fd)
{
	struct connection *c;

	if (!make_room(t)) {
		evutil_closesocket(fd);
		return;
	}
	evutil_make_socket_nonblocking(fd);
	c = must_alloc(sizeof(*c));
	c->tcp = t;
	c->bev = bufferevent_socket_new(t->base, fd, BEV_OPT_CLOSE_ON_FREE);
	must(c->bev != NULL);
	bufferevent_setcb(c->bev, on_read, on_written, on_end, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, 2 + DNS_QUESTION_MAX);
	TAILQ_INSERT_HEAD(&t->connections, c, link);
	t->n++;
	if (!t->paused)
		bufferevent_enable(c->bev, EV_READ);
}

void
dns_tcp_pause(struct dns_tcp *t, bool on)
{
	struct connection *c, *next;

	t->paused = on;
	for (c = TAILQ_FIRST(&t->connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (on && is_idle(c))
			drop(c);
		else
			take_questions(c);
	}
}
