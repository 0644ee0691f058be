/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.c - the life of a stream: making, what its owner and the loop ask of it, closing; see stream.h
 *
 * pump.c moves the bytes, from the loop only. There the owner may free the stream: `busy` keeps it
 * until nobody stands in it any more.
 */
#include "fakes/tls/stream.h"

#include <event2/bufferevent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "fakes/tls/pump.h"
#include "fakes/tls/tcp_socket.h"
#include "harness/base/must.h"

#define CLOSING_S 30 /* a closed stream whose peer neither reads nor closes is given up then */

static const struct stream_calls no_calls;
static LIST_HEAD(, stream) closing_streams = LIST_HEAD_INITIALIZER(closing_streams);

/* --- beginning and end ------------------------------------------------------------------- */

static void
close_socket(struct stream *s)
{
	evutil_socket_t fd = bufferevent_getfd(s->bev);

	/* The bufferevent is finalized later by the loop; the socket must not wait for that. */
	bufferevent_setfd(s->bev, -1);
	if (fd >= 0)
		close(fd);
}

static void
destroy(struct stream *s)
{
	if (s->deadline != NULL) {
		LIST_REMOVE(s, closing);
		event_free(s->deadline);
	}
	event_free(s->kick);
	close_socket(s);
	bufferevent_free(s->bev);
	outgoing_done(&s->out);
	evbuffer_free(s->wire);
	if (s->plain != NULL)
		evbuffer_free(s->plain);
	tls_engine_done(&s->tls);
	free(s);
}

static void
die(struct stream *s)
{
	s->life = LIFE_DEAD;
	s->calls = &no_calls;
	if (s->busy == 0)
		destroy(s);
}

static void
enter(struct stream *s)
{
	s->busy++;
}

static void
leave(struct stream *s)
{
	if (--s->busy == 0 && s->life == LIFE_DEAD)
		destroy(s);
}

static void
kick(struct stream *s)
{
	event_active(s->kick, 0, 0);
}

void
stream_free(struct stream *s)
{
	if (s != NULL)
		die(s);
}

void
stream_reset(struct stream *s)
{
	tcp_socket_abort_on_close(stream_fd(s));
	close_socket(s);
	die(s);
}

/* --- closing ------------------------------------------------------------------------------ */

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	die(arg);
}

void
stream_close(struct stream *s)
{
	struct timeval limit = {CLOSING_S, 0};

	must(s->life == LIFE_OPEN);
	if (s->connecting || stream_fd(s) < 0 || (s->told_end && s->end == STREAM_RESET)) {
		die(s);
		return;
	}
	s->life = LIFE_CLOSING;
	s->calls = &no_calls;
	s->deadline = event_new(s->base, -1, 0, on_deadline, s);
	must(s->deadline != NULL);
	event_add(s->deadline, &limit);
	LIST_INSERT_HEAD(&closing_streams, s, closing);
	bufferevent_set_timeouts(s->bev, NULL, NULL);
	if (!s->saw_eof)
		bufferevent_enable(s->bev, EV_READ);
	kick(s);
}

void
stream_drop_closing(struct event_base *base)
{
	struct stream *s, *next;

	for (s = LIST_FIRST(&closing_streams); s != NULL; s = next) {
		next = LIST_NEXT(s, closing);
		if (s->base == base)
			die(s);
	}
}

/* --- the loop's calls ---------------------------------------------------------------------- */

static void
pump(struct stream *s)
{
	enter(s);
	pump_run(s);
	leave(s);
}

static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	pump(arg);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct stream *s = arg;

	(void)bev;
	s->fresh |= s->plain == NULL;
	pump(s);
}

static void
on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	pump(arg);
}

static void
connection_stands(struct stream *s)
{
	s->connecting = false;
	stream_set_timeout(s, s->timeout_ms);
	if (s->calls->connected != NULL)
		s->calls->connected(s->owner);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream *s = arg;
	int error = EVUTIL_SOCKET_ERROR();

	(void)bev;
	enter(s);
	if (what & BEV_EVENT_CONNECTED) {
		connection_stands(s);
	} else if (what & BEV_EVENT_ERROR) {
		pump_fail(s, error, (what & BEV_EVENT_WRITING) != 0);
	} else {
		s->saw_eof |= (what & BEV_EVENT_EOF) != 0;
		if (s->end == STREAM_NO_END && (what & BEV_EVENT_TIMEOUT))
			s->end = STREAM_TIMEOUT;
		else if (s->end == STREAM_NO_END)
			s->end = s->tls.state == TLS_ENGINE_NONE ? STREAM_EOF : STREAM_TRUNCATED;
	}
	pump(s);
	leave(s);
}

/* --- making ------------------------------------------------------------------------------- */

/* Reading stopped because the owner left too much; now it took some. */
static void
on_room(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	(void)buffer;
	if (info->orig_size >= PUMP_UNREAD_MAX && info->n_deleted > 0)
		kick(arg);
}

static struct stream *
new_stream(struct event_base *base, evutil_socket_t fd, const struct stream_calls *calls, void *owner)
{
	struct stream *s = must_alloc(sizeof(*s));

	signal(SIGPIPE, SIG_IGN); /* a peer that is gone is not the end of the process */
	s->base = base;
	s->calls = calls;
	s->owner = owner;
	s->end = STREAM_NO_END;
	outgoing_init(&s->out);
	tls_engine_init(&s->tls);
	s->wire = evbuffer_new();
	s->bev = bufferevent_socket_new(base, fd, 0);
	s->kick = event_new(base, -1, 0, on_kick, s);
	must(s->wire != NULL && s->bev != NULL && s->kick != NULL);
	bufferevent_setcb(s->bev, on_read, on_write, on_event, s);
	evbuffer_add_cb(bufferevent_get_input(s->bev), on_room, s);
	bufferevent_setwatermark(s->bev, EV_WRITE, PUMP_WIRE_LOW / 2, 0);
	return s;
}

struct stream *
stream_accept(struct event_base *base, evutil_socket_t fd, const struct stream_calls *calls, void *owner)
{
	struct stream *s;

	must(evutil_make_socket_nonblocking(fd) == 0);
	tcp_socket_set_options(fd);
	s = new_stream(base, fd, calls, owner);
	bufferevent_enable(s->bev, EV_READ);
	return s;
}

struct stream *
stream_connect(struct event_base *base, const struct sockaddr *to, socklen_t len,
    const struct sockaddr *bind_to, socklen_t bind_len, const struct stream_calls *calls, void *owner)
{
	int error;
	evutil_socket_t fd = tcp_socket_connect(to, len, bind_to, bind_len, &error);
	struct stream *s = new_stream(base, fd, calls, owner);

	s->connecting = true;
	/* Without an address it waits for the connect that we began: errors come from the loop only. */
	if (error == 0 && bufferevent_socket_connect(s->bev, NULL, 0) == 0)
		return s;
	pump_fail(s, error, false);
	kick(s);
	return s;
}

void
stream_set_owner(struct stream *s, const struct stream_calls *calls, void *owner)
{
	s->calls = calls;
	s->owner = owner;
}

/* --- verbs -------------------------------------------------------------------------------- */

static void
note_out(struct stream *s, enum outgoing_way way, size_t len)
{
	if (len == 0)
		return;
	outgoing_note(&s->out, way, len);
	s->owes_drained = true;
	kick(s);
}

static enum outgoing_way
way_now(const struct stream *s)
{
	if (s->tls.state == TLS_ENGINE_NONE)
		return OUTGOING_CLEAR;
	return s->tls.state == TLS_ENGINE_HANDSHAKE ? OUTGOING_BENEATH : OUTGOING_WRAPPED;
}

void
stream_write(struct stream *s, const void *data, size_t len)
{
	evbuffer_add(s->out.bytes, data, len);
	note_out(s, way_now(s), len);
}

void
stream_print(struct stream *s, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = evbuffer_add_vprintf(s->out.bytes, format, args);
	va_end(args);
	must(len >= 0);
	note_out(s, way_now(s), (size_t)len);
}

void
stream_write_raw(struct stream *s, const void *data, size_t len)
{
	evbuffer_add(s->out.bytes, data, len);
	note_out(s, s->tls.state == TLS_ENGINE_NONE ? OUTGOING_CLEAR : OUTGOING_BENEATH, len);
}

void
stream_write_buffer(struct stream *s, struct evbuffer *from)
{
	size_t len = evbuffer_get_length(from);

	evbuffer_remove_buffer(from, s->out.bytes, len);
	note_out(s, way_now(s), len);
}

void
stream_finish(struct stream *s)
{
	s->finishing = true;
	kick(s);
}

void
stream_start_tls(struct stream *s, SSL *ssl, bool server)
{
	must(s->life == LIFE_OPEN);
	tls_engine_begin(&s->tls, ssl, server);
	s->plain = evbuffer_new();
	must(s->plain != NULL);
	evbuffer_add_cb(s->plain, on_room, s);
	s->fresh = false;
	kick(s);
}

SSL *
stream_ssl(struct stream *s)
{
	return s->tls.ssl;
}

bool
stream_tls_is_up(const struct stream *s)
{
	return tls_engine_is_up(&s->tls);
}

const char *
stream_tls_error(const struct stream *s)
{
	return s->tls.error;
}

int
stream_tls_alert(const struct stream *s)
{
	return s->tls.alert;
}

void
stream_pause(struct stream *s)
{
	s->paused = true;
	pump_choose_reading(s);
}

void
stream_resume(struct stream *s)
{
	s->paused = false;
	pump_choose_reading(s);
	if (evbuffer_get_length(pump_unread(s)) > 0)
		s->fresh = true;
	kick(s);
}

void
stream_set_timeout(struct stream *s, unsigned ms)
{
	struct timeval limit = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
	const struct timeval *set = ms > 0 ? &limit : NULL;

	s->timeout_ms = ms;
	bufferevent_set_timeouts(s->bev, s->connecting ? NULL : set, s->connecting ? set : NULL);
}

void
stream_set_drip(struct stream *s, bool on)
{
	s->drip = on;
	kick(s);
}

evutil_socket_t
stream_fd(const struct stream *s)
{
	return bufferevent_getfd(s->bev);
}

size_t
stream_pending_output(const struct stream *s)
{
	return pump_pending(s);
}
