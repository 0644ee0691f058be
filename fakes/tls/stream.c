/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.c - one TCP connection that may turn into TLS at any byte; see stream.h
 *
 * Out: the owner's bytes wait in `queue`, become bytes of the wire (wrapped in TLS or not) in
 * `wire`, and go to the bufferevent. In: the bufferevent's input is the owner's, or feeds TLS,
 * whose plaintext waits in `plain`. pump() does all of it and is the only caller of the owner,
 * always from the loop; `busy` keeps the stream alive when the owner frees it there.
 */
#include "fakes/tls/stream.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "harness/base/must.h"

#define UNREAD_MAX (256 * 1024) /* so many bytes may wait for the owner before reading stops */
#define WIRE_LOW (64 * 1024)    /* records are made only while fewer bytes wait for the kernel */
#define CHUNK 16384
#define CLOSING_S 30 /* a closed stream whose peer neither reads nor closes is given up then */
#define NO_END (-1)

enum tls_state { TLS_NONE, TLS_HANDSHAKE, TLS_UP, TLS_PEER_CLOSED, TLS_FAILED };
enum life { LIFE_OPEN, LIFE_CLOSING, LIFE_LINGERING, LIFE_DEAD };
enum run_kind { RUN_CLEAR, RUN_BENEATH, RUN_WRAPPED };

/* So many bytes of the queue go out this way. */
struct run {
	TAILQ_ENTRY(run) next;
	enum run_kind kind;
	size_t len;
};

struct stream {
	LIST_ENTRY(stream) closing; /* in closing_streams once stream_close was called */
	struct event_base *base;
	struct bufferevent *bev;
	struct event *kick;     /* runs pump from the loop */
	struct event *deadline; /* of a closed stream; else NULL */
	const struct stream_calls *calls;
	void *owner;
	struct evbuffer *queue, *wire, *plain; /* plain: NULL before TLS */
	TAILQ_HEAD(runs, run) runs;
	SSL *ssl;
	BIO *from_wire, *to_wire; /* owned by ssl */
	enum tls_state tls;
	enum life life;
	int end; /* enum stream_end or NO_END */
	int alert;
	unsigned timeout_ms, busy;
	bool connecting, paused, drip, fresh, told_end, shutdown_sent, saw_eof, owes_drained;
	char error[192];
};

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
	struct run *run;

	if (s->deadline != NULL) {
		LIST_REMOVE(s, closing);
		event_free(s->deadline);
	}
	event_free(s->kick);
	close_socket(s);
	bufferevent_free(s->bev);
	while ((run = TAILQ_FIRST(&s->runs)) != NULL) {
		TAILQ_REMOVE(&s->runs, run, next);
		free(run);
	}
	evbuffer_free(s->queue);
	evbuffer_free(s->wire);
	if (s->plain != NULL)
		evbuffer_free(s->plain);
	SSL_free(s->ssl);
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
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(stream_fd(s), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close_socket(s);
	die(s);
}

/* --- from the wire to the owner ----------------------------------------------------------- */

static struct evbuffer *
unread(struct stream *s)
{
	return s->plain != NULL ? s->plain : bufferevent_get_input(s->bev);
}

static void
tell_record(struct stream *s, bool out, const void *data, size_t len)
{
	if (s->calls->record != NULL)
		s->calls->record(s->owner, out, (struct bytes){data, len});
}

/* To be done after every SSL call, also a failed one: that is how alerts leave. */
static void
take_records(struct stream *s)
{
	char *data;
	long len = BIO_get_mem_data(s->to_wire, &data);

	if (len <= 0)
		return;
	tell_record(s, true, data, (size_t)len);
	evbuffer_add(s->wire, data, (size_t)len);
	s->owes_drained = true;
	(void)BIO_reset(s->to_wire);
}

static void
fail_tls(struct stream *s)
{
	unsigned long error = ERR_peek_error();
	const char *reason = ERR_reason_error_string(error);
	int code = ERR_GET_REASON(error);

	if (ERR_GET_LIB(error) == ERR_LIB_SSL && code >= SSL_AD_REASON_OFFSET &&
	    code < SSL_AD_REASON_OFFSET + 256)
		s->alert = code - SSL_AD_REASON_OFFSET;
	if (ERR_GET_LIB(error) == ERR_LIB_SSL && code == SSL_R_CERTIFICATE_VERIFY_FAILED)
		snprintf(s->error, sizeof(s->error), "certificate verify failed: %s",
		    X509_verify_cert_error_string(SSL_get_verify_result(s->ssl)));
	else
		snprintf(s->error, sizeof(s->error), "%s", reason != NULL ? reason : "TLS failed");
	ERR_clear_error();
	s->tls = TLS_FAILED;
	s->end = STREAM_TLS_FAILED;
}

enum progress { GO_ON, WANTS_BYTES, STOP };

static enum progress
after_failure(struct stream *s, int result)
{
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return WANTS_BYTES;
	case SSL_ERROR_WANT_CLIENT_HELLO_CB: /* told to stall */
		return WANTS_BYTES;
	case SSL_ERROR_ZERO_RETURN:
		s->tls = TLS_PEER_CLOSED;
		s->end = STREAM_EOF;
		return STOP;
	default:
		fail_tls(s);
		return STOP;
	}
}

static enum progress
shake_hands(struct stream *s)
{
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(s->ssl);
	if (result != 1) {
		enum progress progress = after_failure(s, result);

		take_records(s);
		return progress;
	}
	s->tls = TLS_UP;
	take_records(s);
	if (s->calls->tls_up != NULL)
		s->calls->tls_up(s->owner);
	return GO_ON;
}

static enum progress
unwrap(struct stream *s)
{
	char chunk[CHUNK];
	int n;

	/* At the end everything is handed over, whoever paused. */
	if (s->end == NO_END && (s->paused || evbuffer_get_length(s->plain) >= UNREAD_MAX))
		return STOP;
	ERR_clear_error();
	n = SSL_read(s->ssl, chunk, sizeof(chunk));
	if (n > 0) {
		evbuffer_add(s->plain, chunk, (size_t)n);
		s->fresh = true;
		return GO_ON;
	}
	enum progress progress = after_failure(s, n);
	take_records(s);
	return progress;
}

/* Hands TLS some of what was read; false when there is nothing. */
static bool
feed_tls(struct stream *s)
{
	char chunk[CHUNK];
	int n = evbuffer_remove(bufferevent_get_input(s->bev), chunk, sizeof(chunk));

	if (n <= 0)
		return false;
	tell_record(s, false, chunk, (size_t)n);
	must(BIO_write(s->from_wire, chunk, n) == n);
	return true;
}

static void
run_tls(struct stream *s)
{
	enum progress progress = GO_ON;

	while (s->life == LIFE_OPEN && progress != STOP) {
		if (s->tls == TLS_HANDSHAKE)
			progress = shake_hands(s);
		else if (s->tls == TLS_UP)
			progress = unwrap(s);
		else
			return;
		if (progress == WANTS_BYTES && (s->life != LIFE_OPEN || !feed_tls(s)))
			return;
	}
}

static void
hand_over(struct stream *s)
{
	if (s->life != LIFE_OPEN || !s->fresh || (s->paused && s->end == NO_END))
		return;
	s->fresh = false;
	if (evbuffer_get_length(unread(s)) > 0 && s->calls->data != NULL)
		s->calls->data(s->owner, unread(s));
}

/* Not by the bufferevent's high watermark: above it, libevent 2.1 calls us again and again. */
static void
choose_reading(struct stream *s)
{
	bool want = s->end == NO_END && !s->paused && !s->connecting &&
		    evbuffer_get_length(bufferevent_get_input(s->bev)) < UNREAD_MAX;

	if (s->life != LIFE_OPEN || want == ((bufferevent_get_enabled(s->bev) & EV_READ) != 0))
		return;
	if (want)
		bufferevent_enable(s->bev, EV_READ);
	else
		bufferevent_disable(s->bev, EV_READ);
}

static void
tell_end(struct stream *s)
{
	if (s->life != LIFE_OPEN || s->end == NO_END || s->told_end)
		return;
	s->told_end = true;
	if (s->calls->ended != NULL)
		s->calls->ended(s->owner, (enum stream_end)s->end);
}

/* --- from the owner to the wire ----------------------------------------------------------- */

static size_t
on_its_way(const struct stream *s)
{
	return evbuffer_get_length(s->wire) + evbuffer_get_length(bufferevent_get_output(s->bev));
}

/* Wraps some of the run; false when TLS cannot take it now. */
static bool
wrap(struct stream *s, struct run *run)
{
	size_t len = run->len < CHUNK ? run->len : CHUNK;
	int n = (int)len;

	if (s->tls == TLS_UP || s->tls == TLS_PEER_CLOSED) {
		ERR_clear_error();
		n = SSL_write(s->ssl, evbuffer_pullup(s->queue, (ev_ssize_t)len), (int)len);
		if (n <= 0 && SSL_get_error(s->ssl, n) == SSL_ERROR_WANT_READ)
			return false;
		if (n <= 0) {
			fail_tls(s);
			n = (int)len;
		}
		take_records(s);
	}
	/* After a failure there is no session that could carry it: dropped. */
	evbuffer_drain(s->queue, (size_t)n);
	run->len -= (size_t)n;
	return true;
}

static void
send_as_is(struct stream *s, struct run *run)
{
	if (run->kind == RUN_BENEATH)
		tell_record(s, true, evbuffer_pullup(s->queue, (ev_ssize_t)run->len), run->len);
	evbuffer_remove_buffer(s->queue, s->wire, run->len);
	run->len = 0;
}

static void
send_queue(struct stream *s)
{
	struct run *run;

	while (s->life != LIFE_DEAD && (run = TAILQ_FIRST(&s->runs)) != NULL) {
		if (run->kind != RUN_WRAPPED)
			send_as_is(s, run);
		else if (on_its_way(s) >= WIRE_LOW || !wrap(s, run))
			return;
		if (run->len > 0)
			continue;
		TAILQ_REMOVE(&s->runs, run, next);
		free(run);
	}
}

/* MSG_EOR keeps the kernel from putting two bytes into one segment while the window is full. */
static void
drip_byte(struct stream *s)
{
	struct timeval next_round = {0, 0};
	char byte;

	if (evbuffer_get_length(bufferevent_get_output(s->bev)) > 0 ||
	    evbuffer_remove(s->wire, &byte, 1) != 1)
		return;
	if (send(stream_fd(s), &byte, 1, MSG_EOR | MSG_NOSIGNAL) == 1)
		event_add(s->kick, &next_round);
	else
		bufferevent_write(s->bev, &byte, 1); /* waits until it is writable, or finds the error */
}

static void
send_wire(struct stream *s)
{
	if (s->life == LIFE_DEAD || s->connecting)
		return;
	if (s->drip)
		drip_byte(s);
	else if (evbuffer_get_length(s->wire) > 0)
		bufferevent_write_buffer(s->bev, s->wire);
}

static void
tell_drained(struct stream *s)
{
	if (s->life != LIFE_OPEN || !s->owes_drained || stream_pending_output(s) > 0)
		return;
	s->owes_drained = false;
	if (s->calls->drained != NULL)
		s->calls->drained(s->owner);
}

/* --- closing ------------------------------------------------------------------------------ */

/* Goes on sending; then FIN, and reads on until the peer closes, lest a RST overtakes our bytes. */
static void
pump_closing(struct stream *s)
{
	struct evbuffer *in = bufferevent_get_input(s->bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	send_queue(s);
	if (TAILQ_EMPTY(&s->runs) && !s->shutdown_sent && (s->tls == TLS_UP || s->tls == TLS_PEER_CLOSED)) {
		s->shutdown_sent = true;
		ERR_clear_error();
		SSL_shutdown(s->ssl);
		ERR_clear_error();
		take_records(s);
	}
	send_wire(s);
	if (s->life == LIFE_CLOSING && stream_pending_output(s) == 0) {
		s->life = LIFE_LINGERING;
		shutdown(stream_fd(s), SHUT_WR);
	}
	if (s->life == LIFE_LINGERING && s->saw_eof)
		die(s);
}

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
	if (s->life == LIFE_OPEN) {
		send_queue(s);
		run_tls(s);
		send_queue(s);
		send_wire(s);
		hand_over(s);
		choose_reading(s);
		tell_end(s);
		tell_drained(s);
	}
	if (s->life == LIFE_CLOSING || s->life == LIFE_LINGERING)
		pump_closing(s);
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

static enum stream_end
end_of_errno(const struct stream *s, int error)
{
	if (error == ETIMEDOUT)
		return STREAM_TIMEOUT;
	if (!s->connecting || error == ECONNRESET)
		return STREAM_RESET;
	return error == ECONNREFUSED ? STREAM_REFUSED : STREAM_UNREACHABLE;
}

/* A write may meet the peer's RST before what it said last was read; Linux still hands that out. */
static void
read_the_rest(struct stream *s)
{
	struct evbuffer *in = bufferevent_get_input(s->bev);

	if (s->told_end)
		return;
	evbuffer_unfreeze(in, 0);
	while (evbuffer_get_length(in) < UNREAD_MAX && evbuffer_read(in, stream_fd(s), CHUNK) > 0)
		s->fresh |= s->plain == NULL;
	evbuffer_freeze(in, 0);
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
	} else if (s->life != LIFE_OPEN) {
		s->saw_eof = true;
		if (!(what & BEV_EVENT_EOF))
			die(s);
	} else {
		s->saw_eof |= (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0;
		if ((what & BEV_EVENT_ERROR) && (what & BEV_EVENT_WRITING))
			read_the_rest(s);
		if (s->end == NO_END && (what & BEV_EVENT_TIMEOUT))
			s->end = STREAM_TIMEOUT;
		else if (s->end == NO_END && (what & BEV_EVENT_ERROR))
			s->end = (int)end_of_errno(s, error);
		else if (s->end == NO_END)
			s->end = s->tls == TLS_NONE ? STREAM_EOF : STREAM_TRUNCATED;
	}
	pump(s);
	leave(s);
}

/* --- making ------------------------------------------------------------------------------- */

/* Only what TCP has; on other sockets these fail and nobody cares. */
static void
set_options(evutil_socket_t fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* Reading stopped because the owner left too much; now it took some. */
static void
on_room(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *arg)
{
	(void)buffer;
	if (info->orig_size >= UNREAD_MAX && info->n_deleted > 0)
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
	s->end = NO_END;
	s->alert = -1;
	TAILQ_INIT(&s->runs);
	s->queue = evbuffer_new();
	s->wire = evbuffer_new();
	s->bev = bufferevent_socket_new(base, fd, 0);
	s->kick = event_new(base, -1, 0, on_kick, s);
	must(s->queue != NULL && s->wire != NULL && s->bev != NULL && s->kick != NULL);
	bufferevent_setcb(s->bev, on_read, on_write, on_event, s);
	evbuffer_add_cb(bufferevent_get_input(s->bev), on_room, s);
	bufferevent_setwatermark(s->bev, EV_WRITE, WIRE_LOW / 2, 0);
	if (fd >= 0)
		set_options(fd);
	return s;
}

struct stream *
stream_accept(struct event_base *base, evutil_socket_t fd, const struct stream_calls *calls, void *owner)
{
	struct stream *s;

	must(evutil_make_socket_nonblocking(fd) == 0);
	s = new_stream(base, fd, calls, owner);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	return s;
}

/* Lets us use addresses that are on no interface (AnyIP); IPv4 local routes need no such thing. */
static int
bind_socket(evutil_socket_t fd, const struct sockaddr *to, socklen_t len)
{
	int one = 1;

	if (to->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, to, len);
}

struct stream *
stream_connect(struct event_base *base, const struct sockaddr *to, socklen_t len,
    const struct sockaddr *bind_to, socklen_t bind_len, const struct stream_calls *calls, void *owner)
{
	evutil_socket_t fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct stream *s = new_stream(base, fd, calls, owner);
	int error = fd < 0 ? errno : 0;

	s->connecting = true;
	if (error == 0 && bind_to != NULL && bind_socket(fd, bind_to, bind_len) != 0)
		error = errno;
	if (error == 0 && connect(fd, to, len) != 0 && errno != EINPROGRESS)
		error = errno;
	/* Without an address it waits for the connect that we began: errors come from the loop only. */
	if (error == 0 && bufferevent_socket_connect(s->bev, NULL, 0) == 0)
		return s;
	s->end = (int)end_of_errno(s, error);
	kick(s);
	return s;
}

/* --- verbs -------------------------------------------------------------------------------- */

static void
note_run(struct stream *s, enum run_kind kind, size_t len)
{
	struct run *last = TAILQ_LAST(&s->runs, runs);

	if (len == 0)
		return;
	if (last == NULL || last->kind != kind) {
		last = must_alloc(sizeof(*last));
		last->kind = kind;
		TAILQ_INSERT_TAIL(&s->runs, last, next);
	}
	last->len += len;
	s->owes_drained = true;
	kick(s);
}

static enum run_kind
kind_now(const struct stream *s)
{
	if (s->tls == TLS_NONE)
		return RUN_CLEAR;
	return s->tls == TLS_HANDSHAKE ? RUN_BENEATH : RUN_WRAPPED;
}

void
stream_write(struct stream *s, const void *data, size_t len)
{
	evbuffer_add(s->queue, data, len);
	note_run(s, kind_now(s), len);
}

void
stream_print(struct stream *s, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = evbuffer_add_vprintf(s->queue, format, args);
	va_end(args);
	must(len >= 0);
	note_run(s, kind_now(s), (size_t)len);
}

void
stream_write_raw(struct stream *s, const void *data, size_t len)
{
	evbuffer_add(s->queue, data, len);
	note_run(s, s->tls == TLS_NONE ? RUN_CLEAR : RUN_BENEATH, len);
}

void
stream_write_buffer(struct stream *s, struct evbuffer *from)
{
	size_t len = evbuffer_get_length(from);

	evbuffer_remove_buffer(from, s->queue, len);
	note_run(s, kind_now(s), len);
}

void
stream_start_tls(struct stream *s, SSL *ssl, bool server)
{
	must(s->tls == TLS_NONE && s->life == LIFE_OPEN);
	s->ssl = ssl;
	s->from_wire = BIO_new(BIO_s_mem());
	s->to_wire = BIO_new(BIO_s_mem());
	s->plain = evbuffer_new();
	must(s->from_wire != NULL && s->to_wire != NULL && s->plain != NULL);
	evbuffer_add_cb(s->plain, on_room, s);
	SSL_set_bio(ssl, s->from_wire, s->to_wire);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	s->tls = TLS_HANDSHAKE;
	s->fresh = false;
	kick(s);
}

SSL *
stream_ssl(struct stream *s)
{
	return s->ssl;
}

bool
stream_tls_is_up(const struct stream *s)
{
	return s->tls == TLS_UP || s->tls == TLS_PEER_CLOSED;
}

const char *
stream_tls_error(const struct stream *s)
{
	return s->error;
}

int
stream_tls_alert(const struct stream *s)
{
	return s->alert;
}

void
stream_pause(struct stream *s)
{
	s->paused = true;
	choose_reading(s);
}

void
stream_resume(struct stream *s)
{
	s->paused = false;
	choose_reading(s);
	if (evbuffer_get_length(unread(s)) > 0)
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
	return evbuffer_get_length(s->queue) + on_its_way(s);
}
