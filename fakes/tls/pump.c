/* SPDX-License-Identifier: Apache-2.0 */
/* pump.c - see pump.h */
#include "fakes/tls/pump.h"

#include <errno.h>
#include <event2/bufferevent.h>

#include "fakes/tls/tcp_socket.h"

/* --- from the wire to the owner ----------------------------------------------------------- */

struct evbuffer *
pump_unread(struct stream *s)
{
	return s->plain != NULL ? s->plain : bufferevent_get_input(s->bev);
}

static void
tell_record(struct stream *s, bool out, struct bytes bytes)
{
	if (s->calls->record != NULL)
		s->calls->record(s->owner, out, bytes);
}

/* To be done after every call of the engine, also a failed one: that is how alerts leave. */
static void
take_records(struct stream *s)
{
	struct bytes records = tls_engine_records(&s->tls);

	if (records.len == 0)
		return;
	tell_record(s, true, records);
	evbuffer_add(s->wire, records.data, records.len);
	s->owes_drained = true;
	tls_engine_drop_records(&s->tls);
}

static enum tls_engine_step
end_if_over(struct stream *s, enum tls_engine_step step)
{
	if (step == TLS_ENGINE_STOP)
		s->end = s->tls.state == TLS_ENGINE_PEER_CLOSED ? STREAM_EOF : STREAM_TLS_FAILED;
	return step;
}

static enum tls_engine_step
shake_hands(struct stream *s)
{
	enum tls_engine_step step = end_if_over(s, tls_engine_shake_hands(&s->tls));

	take_records(s);
	if (step == TLS_ENGINE_GO_ON && s->calls->tls_up != NULL)
		s->calls->tls_up(s->owner);
	return step;
}

static enum tls_engine_step
unwrap(struct stream *s)
{
	enum tls_engine_step step;

	/* At the end everything is handed over, whoever paused. */
	if (s->end == STREAM_NO_END && (s->paused || evbuffer_get_length(s->plain) >= PUMP_UNREAD_MAX))
		return TLS_ENGINE_STOP;
	step = end_if_over(s, tls_engine_unwrap(&s->tls, s->plain));
	if (step == TLS_ENGINE_GO_ON)
		s->fresh = true;
	else
		take_records(s);
	return step;
}

/* Hands TLS some of what was read; false when there is nothing. */
static bool
feed_tls(struct stream *s)
{
	char chunk[PUMP_CHUNK];
	int n = evbuffer_remove(bufferevent_get_input(s->bev), chunk, sizeof(chunk));

	if (n <= 0)
		return false;
	tell_record(s, false, (struct bytes){chunk, (size_t)n});
	tls_engine_feed(&s->tls, (struct bytes){chunk, (size_t)n});
	return true;
}

static void
run_tls(struct stream *s)
{
	enum tls_engine_step step = TLS_ENGINE_GO_ON;

	while (s->life == LIFE_OPEN && step != TLS_ENGINE_STOP) {
		if (s->tls.state == TLS_ENGINE_HANDSHAKE)
			step = shake_hands(s);
		else if (s->tls.state == TLS_ENGINE_UP)
			step = unwrap(s);
		else
			return;
		if (step == TLS_ENGINE_WANTS_BYTES && (s->life != LIFE_OPEN || !feed_tls(s)))
			return;
	}
}

static void
hand_over(struct stream *s)
{
	if (s->life != LIFE_OPEN || !s->fresh || (s->paused && s->end == STREAM_NO_END))
		return;
	s->fresh = false;
	if (evbuffer_get_length(pump_unread(s)) > 0 && s->calls->data != NULL)
		s->calls->data(s->owner, pump_unread(s));
}

/* Not by the bufferevent's high watermark: above it, libevent 2.1 calls us again and again. */
void
pump_choose_reading(struct stream *s)
{
	bool want = s->end == STREAM_NO_END && !s->paused && !s->connecting &&
		    evbuffer_get_length(bufferevent_get_input(s->bev)) < PUMP_UNREAD_MAX;

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
	if (s->life != LIFE_OPEN || s->end == STREAM_NO_END || s->told_end)
		return;
	s->told_end = true;
	if (s->calls->ended != NULL)
		s->calls->ended(s->owner, (enum stream_end)s->end);
}

/* --- trouble -------------------------------------------------------------------------------- */

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
	int fd = bufferevent_getfd(s->bev);

	evbuffer_unfreeze(in, 0);
	while (evbuffer_get_length(in) < PUMP_UNREAD_MAX && evbuffer_read(in, fd, PUMP_CHUNK) > 0)
		s->fresh |= s->plain == NULL;
	evbuffer_freeze(in, 0);
}

void
pump_fail(struct stream *s, int error, bool writing)
{
	s->saw_eof = s->broken = true;
	if (s->life != LIFE_OPEN)
		s->life = LIFE_DEAD;
	else if (writing && !s->told_end)
		read_the_rest(s);
	if (s->end == STREAM_NO_END)
		s->end = (int)end_of_errno(s, error);
}

/* --- from the owner to the wire ----------------------------------------------------------- */

static size_t
on_its_way(const struct stream *s)
{
	return evbuffer_get_length(s->wire) + evbuffer_get_length(bufferevent_get_output(s->bev));
}

size_t
pump_pending(const struct stream *s)
{
	return evbuffer_get_length(s->out.bytes) + on_its_way(s);
}

/* Wraps some of the first run; false when TLS cannot take it now. */
static bool
wrap(struct stream *s)
{
	int len = outgoing_len(&s->out) < PUMP_CHUNK ? (int)outgoing_len(&s->out) : PUMP_CHUNK;
	int n = len;

	if (tls_engine_is_up(&s->tls)) {
		n = tls_engine_wrap(&s->tls, evbuffer_pullup(s->out.bytes, len), len);
		if (n == 0)
			return false;
		if (n < 0) {
			s->end = STREAM_TLS_FAILED;
			n = len;
		}
		take_records(s);
	}
	/* After a failure there is no session that could carry it: dropped. */
	outgoing_drop(&s->out, (size_t)n);
	return true;
}

static void
send_as_is(struct stream *s)
{
	size_t len = outgoing_len(&s->out);

	if (outgoing_way(&s->out) == OUTGOING_BENEATH)
		tell_record(s, true,
		    (struct bytes){(const char *)evbuffer_pullup(s->out.bytes, (ev_ssize_t)len), len});
	outgoing_move(&s->out, s->wire);
}

static void
send_out(struct stream *s)
{
	while (s->life != LIFE_DEAD && !outgoing_is_empty(&s->out)) {
		if (outgoing_way(&s->out) != OUTGOING_WRAPPED)
			send_as_is(s);
		else if (on_its_way(s) >= PUMP_WIRE_LOW || !wrap(s))
			return;
	}
}

static void
drip_byte(struct stream *s)
{
	struct timeval next_round = {0, 0};
	char byte;

	if (evbuffer_get_length(bufferevent_get_output(s->bev)) > 0 ||
	    evbuffer_remove(s->wire, &byte, 1) != 1)
		return;
	if (tcp_socket_send_alone(bufferevent_getfd(s->bev), byte))
		event_add(s->kick, &next_round);
	else
		bufferevent_write(s->bev, &byte, 1); /* waits until it is writable, or finds the error */
}

/* Mostly the socket takes it all at once, and the loop need not ask whether it would. */
static void
write_now(struct stream *s)
{
	if (outgoing_is_empty(&s->out) && evbuffer_get_length(bufferevent_get_output(s->bev)) == 0 &&
	    evbuffer_write(s->wire, bufferevent_getfd(s->bev)) < 0 && errno != EAGAIN && errno != EINTR) {
		pump_fail(s, errno, true);
		run_tls(s); /* of what was read last */
	} else if (evbuffer_get_length(s->wire) > 0) {
		bufferevent_write_buffer(s->bev, s->wire); /* on_write asks for more */
	}
}

static void
send_wire(struct stream *s)
{
	if (s->life == LIFE_DEAD || s->connecting || s->broken)
		return;
	if (s->drip)
		drip_byte(s);
	else if (evbuffer_get_length(s->wire) > 0)
		write_now(s);
}

/* The half-close of stream_finish. */
static void
finish_sending(struct stream *s)
{
	if (s->life != LIFE_OPEN || !s->finishing || pump_pending(s) > 0)
		return;
	s->finishing = false;
	shutdown(bufferevent_getfd(s->bev), SHUT_WR);
}

static void
tell_drained(struct stream *s)
{
	if (s->life != LIFE_OPEN || !s->owes_drained || pump_pending(s) > 0)
		return;
	s->owes_drained = false;
	if (s->calls->drained != NULL)
		s->calls->drained(s->owner);
}

/* --- the whole --------------------------------------------------------------------------- */

/* Goes on sending; then FIN, and reads on until the peer closes, lest a RST overtakes our bytes. */
static void
pump_closing(struct stream *s)
{
	struct evbuffer *in = bufferevent_get_input(s->bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	send_out(s);
	if (outgoing_is_empty(&s->out) && !s->shutdown_sent && tls_engine_is_up(&s->tls)) {
		s->shutdown_sent = true;
		tls_engine_shut_down(&s->tls);
		take_records(s);
	}
	send_wire(s);
	if (s->life == LIFE_CLOSING && pump_pending(s) == 0) {
		s->life = LIFE_LINGERING;
		shutdown(bufferevent_getfd(s->bev), SHUT_WR);
	}
	if (s->broken || (s->life == LIFE_LINGERING && s->saw_eof))
		s->life = LIFE_DEAD;
}

void
pump_run(struct stream *s)
{
	if (s->life == LIFE_OPEN) {
		send_out(s);
		run_tls(s);
		send_out(s);
		send_wire(s);
		finish_sending(s);
		hand_over(s);
		pump_choose_reading(s);
		tell_end(s);
		tell_drained(s);
	}
	if (s->life == LIFE_CLOSING || s->life == LIFE_LINGERING)
		pump_closing(s);
}
