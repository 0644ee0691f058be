/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - life and ends of a session, its two streams, and how they hold each other back.
 *
 * `busy` keeps a session alive while calls of its own streams are running.
 */
#include "fakes/interposer/session.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <string.h>

#include "fakes/interposer/inside.h"
#include "fakes/interposer/moves.h"
#include "fakes/interposer/relay.h"
#include "fakes/interposer/upgrade.h"
#include "fakes/scene/socket_address.h"
#include "harness/base/must.h"

#define OUTPUT_HIGH (256 * 1024) /* with more than this waiting on one side, the other is not read */

static void
enter(struct session *s)
{
	s->busy++;
}

static void
leave(struct session *s)
{
	if (--s->busy > 0 || !s->over)
		return;
	relay_done(s);
	conversation_free(s->talk);
	free(s->interception.moves.items);
	free(s->interception.inside.items);
	free(s->apart_moves.items);
	free(s->ehlo_rest);
	free(s);
}

/* --- moves ---------------------------------------------------------------------------------- */

void
session_met(struct session *s, const struct plan_move *move)
{
	scene_met(s->owner->scene, &s->scope, move, s->host->label);
}

void
session_will_meet(struct session_moves *moves, const struct plan_move *move)
{
	moves->items = must_realloc(moves->items, (moves->n + 1) * sizeof(const struct plan_move *));
	moves->items[moves->n++] = move;
}

void
session_meet(struct session *s, struct session_moves *moves)
{
	for (size_t i = 0; i < moves->n; i++)
		session_met(s, moves->items[i]);
	free(moves->items);
	*moves = (struct session_moves){0};
}

/* --- bytes out ------------------------------------------------------------------------------- */

static void
read_client_if_free(struct session *s)
{
	if (s->client && !s->paused_by_owner && !s->paused_by_upstream)
		stream_resume(s->client);
}

void
session_to_client(struct session *s, struct bytes bytes)
{
	if (!s->client || !bytes.len)
		return;
	stream_write(s->client, bytes.data, bytes.len);
	if (s->upstream && stream_pending_output(s->client) > OUTPUT_HIGH)
		stream_pause(s->upstream);
}

void
session_to_upstream(struct session *s, struct bytes bytes)
{
	if (!s->upstream || !bytes.len)
		return;
	stream_write(s->upstream, bytes.data, bytes.len);
	if (!s->paused_by_upstream && stream_pending_output(s->upstream) > OUTPUT_HIGH) {
		s->paused_by_upstream = true;
		stream_pause(s->client);
	}
}

void
session_pause(struct session *s, bool on)
{
	s->paused_by_owner = on;
	if (on)
		stream_pause(s->client);
	else
		read_client_if_free(s);
}

static void
on_client_drained(void *owner)
{
	struct session *s = owner;

	enter(s);
	if (s->resets_when_drained)
		session_reset(s, "world");
	else
		relay_give_apart(s);
	if (s->upstream)
		stream_resume(s->upstream);
	leave(s);
}

static void
on_upstream_drained(void *owner)
{
	struct session *s = owner;

	s->paused_by_upstream = false;
	read_client_if_free(s);
}

/* --- ends ------------------------------------------------------------------------------------ */

void
session_drop_upstream(struct session *s)
{
	struct stream *upstream = s->upstream;

	if (!upstream)
		return;
	s->upstream = NULL;
	stream_close(upstream);
	s->paused_by_upstream = false;
	read_client_if_free(s);
}

/* The client's unread bytes, when they are lines that nobody told yet. */
static struct evbuffer *
untold(const struct session *s)
{
	bool lines = s->phase == PHASE_LINES || (s->phase == PHASE_HELD && !s->tls_begun);

	return lines && !upgrade_is_due(s) ? s->in : NULL;
}

static void
tell_closed(struct session *s, const char *by, const char *how)
{
	if (!s->told_closed)
		mx_tell_closed(s->owner->mx, &s->scope, by, how);
	s->told_closed = true;
}

static void
end(struct session *s, const char *by, const char *how)
{
	if (s->finished) {
		by = "world";
		how = "fin";
	}
	s->over = true;
	conversation_end(s->talk, untold(s));
	tls_facts_detach(&s->tls);
	tell_closed(s, by, how);
	LIST_REMOVE(s, next);
}

void
session_close(struct session *s, const char *by)
{
	if (s->over)
		return;
	enter(s);
	end(s, by, "fin");
	session_drop_upstream(s);
	stream_close(s->client);
	s->client = NULL;
	leave(s);
}

void
session_finish(struct session *s)
{
	if (s->over || s->finished)
		return;
	s->finished = true;
	s->phase = PHASE_HELD;
	session_drop_upstream(s);
	stream_finish(s->client);
}

void
session_reset(struct session *s, const char *by)
{
	if (s->over)
		return;
	enter(s);
	end(s, by, "reset");
	stream_free(s->upstream); /* what it has of the client's is read; no more comes */
	s->upstream = NULL;
	stream_reset(s->client);
	s->client = NULL;
	leave(s);
}

void
session_free(struct session *s)
{
	enter(s);
	s->over = true;
	tls_facts_detach(&s->tls);
	LIST_REMOVE(s, next);
	stream_free(s->client);
	stream_free(s->upstream);
	leave(s);
}

/* --- the client's bytes ------------------------------------------------------------------------ */

/* One round over what the client sent; true when something was taken and there may be more. */
static bool
read_round(struct session *s)
{
	if (!relay_give_forged(s) || !s->in)
		return false;
	if (upgrade_is_due(s) && s->phase == PHASE_LINES)
		return upgrade_begin(s);
	if (s->phase == PHASE_OPAQUE) {
		upgrade_relay_client(s);
		return !s->over && s->phase == PHASE_LINES;
	}
	size_t before = evbuffer_get_length(s->in);
	if (s->phase == PHASE_HELD && s->tls_begun)
		upgrade_swallow_client(s);
	else if (!conversation_read(s->talk, s->in, relay_said, s))
		return false;
	return !s->over && evbuffer_get_length(s->in) < before;
}

void
session_pump(struct session *s)
{
	enter(s);
	while (read_round(s))
		;
	if (!s->over && s->phase == PHASE_LINES)
		conversation_settle(s->talk);
	/* what was sent before the client's FIN has been answered now */
	if (!s->over && s->client_eof &&
	    (TAILQ_EMPTY(&s->exchanges) || !s->upstream || s->phase != PHASE_LINES))
		session_close(s, "client");
	leave(s);
}

static void
on_client_data(void *owner, struct evbuffer *in)
{
	struct session *s = owner;

	s->in = in;
	session_pump(s);
}

static void
on_client_tls_up(void *owner)
{
	struct session *s = owner;

	tls_facts_up(&s->tls);
	session_meet(s, &s->interception.moves); /* of those that show no certificate */
	conversation_restart(s->talk, s->tls.channel);
	inside_begin(s);
}

/* A client that cannot speak what a move leaves of TLS is refused before any certificate. */
static void
meet_refused(struct session *s)
{
	const struct interception *i = &s->interception;

	if (s->tls.hello_seen && (i->max != s->host->smtp.max_tls || i->groups))
		session_meet(s, &s->interception.moves);
}

static void
on_client_ended(void *owner, enum stream_end how)
{
	struct session *s = owner;

	enter(s);
	if (s->tls_begun && s->interception.wanted) {
		if (how == STREAM_TLS_FAILED && !s->tls.up)
			meet_refused(s);
		tls_facts_ended(&s->tls, s->client, how);
	}
	s->client_eof = true;
	if (how == STREAM_RESET)
		session_reset(s, "client");
	else if (how == STREAM_TLS_FAILED)
		session_close(s, stream_tls_alert(s->client) >= 0 ? "client" : "world");
	else
		session_pump(s);
	leave(s);
}

static const struct stream_calls client_calls = {.data = on_client_data,
    .tls_up = on_client_tls_up,
    .ended = on_client_ended,
    .drained = on_client_drained};

/* --- the MX's bytes ----------------------------------------------------------------------------- */

static void
on_upstream_data(void *owner, struct evbuffer *in)
{
	struct session *s = owner;

	enter(s);
	if (s->phase == PHASE_OPAQUE)
		upgrade_relay_upstream(s, in);
	else
		relay_upstream(s, in);
	if (!s->over)
		session_pump(s); /* an answer may decide what the client's next bytes are */
	leave(s);
}

static void
on_upstream_ended(void *owner, enum stream_end how)
{
	struct session *s = owner;

	enter(s);
	if (s->phase == PHASE_LINES)
		relay_upstream_ended(s);
	if (how == STREAM_RESET)
		session_reset(s, "world");
	else
		session_close(s, "world");
	leave(s);
}

static const struct stream_calls upstream_calls = {
    .data = on_upstream_data, .ended = on_upstream_ended, .drained = on_upstream_drained};

/* --- beginning ------------------------------------------------------------------------------------ */

static void
open_upstream(struct session *s)
{
	evutil_socket_t fd = mx_open(s->owner->mx, &s->scope, s->host);
	char what[160];

	if (fd >= 0) {
		s->upstream = stream_accept(s->owner->base, fd, &upstream_calls, s);
		return;
	}
	snprintf(what, sizeof(what), "no way to the MX: %.100s", strerror(errno));
	SCOPE_EMIT(&s->scope, .kind = FACT_LAB_FAULT,
	    .lab_fault = {.part = BYTES("interposer"), .what = bytes_of(what)});
	session_to_client(s, BYTES("421 4.3.0 try again later\r\n"));
	session_close(s, "world");
}

static void
tell_accepted(const struct session *s, const struct sockaddr *from, struct plan_address dialed, uint16_t port)
{
	char address[64], peer[INET6_ADDRSTRLEN];

	plan_address_text(dialed, address);
	socket_address_text(from, peer);
	SCOPE_EMIT(&s->scope, .kind = FACT_ACCEPTED,
	    .accepted = {.host = bytes_of(s->host->label),
		.role = bytes_of(s->host->role == ROLE_MX ? "mx" : "other"),
		.address = bytes_of(address),
		.port = port,
		.peer = bytes_of(peer),
		.peer_port = socket_address_port(from)});
}

void
session_accept(struct session_host *owner, evutil_socket_t fd, const struct sockaddr *from, uint32_t leg,
    const struct plan_host *host, struct plan_address dialed, uint16_t port)
{
	struct session *s = must_alloc(sizeof(*s));

	enter(s);
	s->owner = owner;
	s->host = host;
	s->scope = scope_open(owner->scene, leg);
	s->aim = scene_count(owner->scene, leg, host, dialed, port);
	s->talk = conversation_new(&s->scope, "clear");
	relay_begin(s);
	s->client = stream_accept(owner->base, fd, &client_calls, s);
	LIST_INSERT_HEAD(&owner->sessions, s, next);
	if (owner->paused)
		session_pause(s, true);
	tell_accepted(s, from, dialed, port);
	if (host->role != ROLE_MX) /* nobody speaks SMTP there */
		session_reset(s, "world");
	else if (moves_act(s, HOOK_ACCEPT, &(struct moment){0}))
		open_upstream(s);
	leave(s);
}

/* --- hush ------------------------------------------------------------------------------------------- */

static bool
is_idle(const struct session *s)
{
	return s->phase == PHASE_LINES && relay_is_idle(s) && !s->client_eof &&
	       smtp_observer_is_idle(conversation_observer(s->talk)) &&
	       (!s->in || evbuffer_get_length(s->in) == 0);
}

/* The client has said more than was read: that comes first, for the witness has seen it, too. */
static bool
has_unread(const struct session *s)
{
	int unread = 0;

	return ioctl(stream_fd(s->client), FIONREAD, &unread) == 0 && unread > 0;
}

/*
 * A client that rests on a kept session may not look whether it still stands: what it says there next crosses in
 * clear, though nobody answers. The step need not wait for that, but it is heard.
 */
static void
part(struct session *s)
{
	tell_closed(s, "world", "fin");
	session_finish(s);
}

void
session_hush(struct session *s, bool also_fresh)
{
	static const struct bytes line = {"421 4.3.2 closing an idle session\r\n", 35};

	enter(s);
	if (s->told_closed) {
		/* it was hushed before, and is listened to */
	} else if (s->finished && has_unread(s)) {
		/* it ends when the client closes its side, as it does when it has read our end */
	} else if (s->phase == PHASE_HELD || (s->phase == PHASE_LINES && s->mute)) {
		session_close(s, "world");
	} else if (is_idle(s) && (also_fresh || conversation_carried_mail(s->talk))) {
		session_to_client(s, line);
		conversation_show(s->talk, line, &conversation_unasked);
		if (s->tls_begun)
			session_close(s, "world");
		else
			part(s);
	}
	leave(s);
}
