/* SPDX-License-Identifier: Apache-2.0 */
/* mx.c - the MX hosts: sessions of smtp_server on streams; see mx.h. */
#include "fakes/mx/mx.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "fakes/mx/conversation.h"
#include "fakes/scene/socket_address.h"
#include "fakes/smtp/smtp_server.h"
#include "fakes/tls/stream.h"
#include "fakes/watch/tls_facts.h"
#include "harness/base/must.h"

#define BUCKETS 1024
#define TLS_HANDSHAKE_RECORD 0x16

/* A connection of the interposer's is known by its source port and the dialed address. */
struct expected {
	LIST_ENTRY(expected) next;
	uint16_t port;
	struct mx_caller caller;
};

struct session {
	LIST_ENTRY(session) next;
	struct mx *mx;
	struct stream *stream;
	uint16_t port;
	struct plan_address dialed;
	struct scope scope;
	const struct plan_host *host;
	struct scope closed_scope;          /* of the `closed` fact that is to come last */
	const char *closed_by, *closed_how; /* NULL: not yet */
	struct smtp_server *server;
	struct conversation *talk;
	struct tls_facts tls;
	bool tls_wanted;
};

struct mx {
	struct event_base *base;
	struct scene *scene;
	struct pki *pki;
	LIST_HEAD(, session) sessions[BUCKETS];
	LIST_HEAD(, expected) expected[BUCKETS];
};

struct mx *
mx_new(struct event_base *base, struct scene *scene, struct pki *pki)
{
	struct mx *mx = must_alloc(sizeof(*mx));

	mx->base = base;
	mx->scene = scene;
	mx->pki = pki;
	return mx;
}

/* --- who is expected --------------------------------------------------------------------- */

static size_t
bucket_of(uint16_t port, struct plan_address dialed)
{
	return (port * 31u + dialed.number) % BUCKETS;
}

static bool
is_same(struct plan_address a, struct plan_address b)
{
	return a.number == b.number && a.v6 == b.v6;
}

static struct expected *
find_expected(struct mx *mx, uint16_t port, struct plan_address dialed)
{
	struct expected *e;

	LIST_FOREACH(e, &mx->expected[bucket_of(port, dialed)], next)
	if (e->port == port && is_same(e->caller.dialed, dialed))
		return e;
	return NULL;
}

void
mx_forget(struct mx *mx, uint16_t source_port, struct plan_address dialed)
{
	struct expected *e = find_expected(mx, source_port, dialed);

	if (!e)
		return;
	LIST_REMOVE(e, next);
	free(e);
}

void
mx_expect(struct mx *mx, uint16_t source_port, const struct mx_caller *caller)
{
	struct expected *e = must_alloc(sizeof(*e));

	mx_forget(mx, source_port, caller->dialed); /* one that never came, and whose port is used anew */
	e->port = source_port;
	e->caller = *caller;
	LIST_INSERT_HEAD(&mx->expected[bucket_of(source_port, caller->dialed)], e, next);
}

const struct pki_chain *
mx_chain(struct pki *pki, const struct scene *scene, uint32_t leg, const struct plan_host *host,
    enum certificate_fault fault)
{
	return pki_chain_for(pki, scene_domain(scene, leg), host->name, &host->certificate, fault);
}

/* --- sessions ----------------------------------------------------------------------------- */

static const char *
channel_of(const struct session *s)
{
	return s->host->attackers ? "attacker" : "genuine";
}

/* The stream is closed or freed by the caller. */
static void
forget_session(struct session *s)
{
	tls_facts_detach(&s->tls);
	LIST_REMOVE(s, next);
	conversation_free(s->talk);
	smtp_server_free(s->server);
	free(s);
}

static void
tell_closed(const struct scope *scope, const char *by, const char *how)
{
	SCOPE_EMIT(scope, .kind = FACT_CLOSED, .closed = {.by = bytes_of(by), .how = bytes_of(how)});
}

static void
close_session(struct session *s)
{
	struct stream *stream = s->stream;

	conversation_end(s->talk, NULL);
	if (s->closed_by)
		tell_closed(&s->closed_scope, s->closed_by, s->closed_how);
	forget_session(s);
	stream_close(stream);
}

static void
say(struct session *s, struct bytes reply)
{
	if (!reply.len)
		return;
	stream_write(s->stream, reply.data, reply.len);
	conversation_reply(s->talk, reply, NULL);
}

static void
tell_arrived(struct session *s)
{
	struct bytes content = smtp_server_content(s->server);
	char *owned;
	struct bytes data = conversation_cut(content, content.len, &owned);

	for (size_t i = 0; i < smtp_server_n_recipients(s->server); i++)
		SCOPE_EMIT(&s->scope, .kind = FACT_ARRIVED,
		    .arrived = {.host = bytes_of(s->host->label),
			.genuine = !s->host->attackers,
			.sender = bytes_of(smtp_server_sender(s->server)),
			.recipient = bytes_of(smtp_server_recipient(s->server, i)),
			.data = data});
	free(owned);
}

static enum conversation_next
on_said(void *owner, const struct smtp_said *said)
{
	struct session *s = owner;

	if (said->kind == SMTP_SAID_CHUNK) /* BDAT was refused; its bytes are not lines */
		return CONVERSATION_READ;
	struct smtp_step step = smtp_server_line(s->server, &said->line);
	say(s, step.reply);
	switch (step.next) {
	case SMTP_NEXT_ARRIVED:
		tell_arrived(s);
		break;
	case SMTP_NEXT_START_TLS:
		s->tls_wanted = true;
		return CONVERSATION_STOP;
	case SMTP_NEXT_CLOSE:
		close_session(s);
		return CONVERSATION_GONE;
	case SMTP_NEXT_NOTHING:
	case SMTP_NEXT_CONTENT:
		break;
	}
	return CONVERSATION_READ;
}

/* Plaintext behind STARTTLS is thrown away (RFC 3207 s4.2); the interposer has reported it. */
static void
begin_tls(struct session *s, struct evbuffer *in)
{
	static const char first[] = {TLS_HANDSHAKE_RECORD};
	struct evbuffer_ptr at = evbuffer_search(in, first, 1, NULL);

	s->tls_wanted = false;
	evbuffer_drain(in, at.pos < 0 ? evbuffer_get_length(in) : (size_t)at.pos);
	s->tls = (struct tls_facts){.scope = &s->scope,
	    .host = s->host->label,
	    .channel = channel_of(s),
	    .chain = mx_chain(s->mx->pki, s->mx->scene, s->scope.leg, s->host, s->host->certificate.fault)};
	stream_start_tls(s->stream,
	    tls_facts_new(&s->tls, s->mx->pki, s->host->smtp.min_tls, s->host->smtp.max_tls), true);
}

static void
on_data(void *owner, struct evbuffer *in)
{
	struct session *s = owner;

	if (!conversation_read(s->talk, in, on_said, s))
		return;
	if (s->tls_wanted)
		begin_tls(s, in);
	conversation_settle(s->talk);
}

static void
on_tls_up(void *owner)
{
	struct session *s = owner;

	tls_facts_up(&s->tls);
	smtp_server_tls_up(s->server);
	conversation_restart(s->talk, channel_of(s));
}

static void
on_ended(void *owner, enum stream_end how)
{
	struct session *s = owner;

	tls_facts_ended(&s->tls, s->stream, how);
	close_session(s);
}

static const struct stream_calls calls = {.data = on_data, .tls_up = on_tls_up, .ended = on_ended};

static struct smtp_server *
new_server(const struct plan_host *host)
{
	const struct plan_smtp *smtp = &host->smtp;

	return smtp_server_new(&(struct smtp_server_options){.name = host->name,
	    .banner = smtp->banner,
	    .starttls = smtp->starttls,
	    .no_esmtp = !smtp->esmtp,
	    .no_size = !smtp->size,
	    .starttls_inside = smtp->starttls_inside,
	    .reject_rcpt = smtp->reject_rcpt,
	    .reject_data = smtp->reject_data});
}

void
mx_accept(struct mx *mx, evutil_socket_t fd, const struct sockaddr *from, socklen_t len)
{
	struct plan_address dialed;
	struct expected *e = NULL;
	uint16_t port;

	(void)len;
	if (socket_address_dialed(fd, &dialed, &port))
		e = find_expected(mx, socket_address_port(from), dialed);
	if (!e) {
		evutil_closesocket(fd);
		return;
	}
	struct session *s = must_alloc(sizeof(*s));
	s->mx = mx;
	s->port = e->port;
	s->dialed = dialed;
	s->scope = e->caller.scope;
	s->host = e->caller.host;
	LIST_REMOVE(e, next);
	free(e);
	s->server = new_server(s->host);
	s->talk = conversation_new(&s->scope, NULL);
	s->stream = stream_accept(mx->base, fd, &calls, s);
	LIST_INSERT_HEAD(&mx->sessions[bucket_of(s->port, dialed)], s, next);
	say(s, smtp_server_greet(s->server).reply);
}

void
mx_tell_closed(struct mx *mx, uint16_t source_port, struct plan_address dialed, const struct scope *scope,
    const char *by, const char *how)
{
	struct session *s;

	LIST_FOREACH(s, &mx->sessions[bucket_of(source_port, dialed)], next)
	if (s->port == source_port && is_same(s->dialed, dialed))
		break;
	if (!s) {
		tell_closed(scope, by, how);
		return;
	}
	s->closed_scope = *scope;
	s->closed_by = by;
	s->closed_how = how;
}

static void
hush_session(struct session *s)
{
	if (!s->tls.up || !smtp_server_is_idle(s->server) ||
	    !smtp_observer_is_idle(conversation_observer(s->talk)))
		return;
	say(s, BYTES("421 4.3.2 closing an idle session\r\n"));
	close_session(s);
}

void
mx_hush(struct mx *mx, uint32_t leg)
{
	struct session *s, *following;

	for (size_t i = 0; i < BUCKETS; i++)
		for (s = LIST_FIRST(&mx->sessions[i]); s; s = following) {
			following = LIST_NEXT(s, next);
			if (s->scope.leg == leg)
				hush_session(s);
		}
}

void
mx_free(struct mx *mx)
{
	struct session *s;
	struct expected *e;

	if (!mx)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while ((s = LIST_FIRST(&mx->sessions[i]))) {
			struct stream *stream = s->stream;
			forget_session(s);
			stream_free(stream);
		}
		while ((e = LIST_FIRST(&mx->expected[i]))) {
			LIST_REMOVE(e, next);
			free(e);
		}
	}
	free(mx);
}
