/* SPDX-License-Identifier: Apache-2.0 */
/* mx.c - the MX hosts: sessions of smtp_server on streams; see mx.h. */
#include "fakes/mx/mx.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "fakes/mx/conversation.h"
#include "fakes/smtp/smtp_server.h"
#include "fakes/tls/stream.h"
#include "fakes/watch/tls_facts.h"
#include "harness/base/must.h"
#include "harness/base/text.h"

#define BUCKETS 1024
#define TLS_HANDSHAKE_RECORD 0x16

struct session {
	LIST_ENTRY(session) next;
	struct mx *mx;
	struct stream *stream;
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
	LIST_HEAD(sessions, session) sessions[BUCKETS]; /* by the number of the client's connection */
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

	/* A pair of sockets knows no RST: it is the client's that counts. */
	if (text_equal(s->closed_how, "reset"))
		how = STREAM_RESET;
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

static struct sessions *
sessions_of(struct mx *mx, uint32_t connection)
{
	return &mx->sessions[connection % BUCKETS];
}

evutil_socket_t
mx_open(struct mx *mx, const struct scope *scope, const struct plan_host *host)
{
	struct session *s;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	s = must_alloc(sizeof(*s));
	s->mx = mx;
	s->scope = *scope;
	s->host = host;
	s->server = new_server(s->host);
	s->talk = conversation_new(&s->scope, NULL);
	s->stream = stream_accept(mx->base, ends[1], &calls, s);
	LIST_INSERT_HEAD(sessions_of(mx, scope->connection), s, next);
	say(s, smtp_server_greet(s->server).reply);
	return ends[0];
}

void
mx_tell_closed(struct mx *mx, const struct scope *scope, const char *by, const char *how)
{
	struct session *s;

	LIST_FOREACH(s, sessions_of(mx, scope->connection), next)
	if (s->scope.connection == scope->connection)
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
hush_session(struct session *s, bool also_fresh)
{
	if ((!also_fresh && !conversation_carried_mail(s->talk)) || !s->tls.up || !smtp_server_is_idle(s->server) ||
	    !smtp_observer_is_idle(conversation_observer(s->talk)))
		return;
	say(s, BYTES("421 4.3.2 closing an idle session\r\n"));
	close_session(s);
}

void
mx_hush(struct mx *mx, uint32_t leg, bool also_fresh)
{
	struct session *s, *following;

	for (size_t i = 0; i < BUCKETS; i++)
		for (s = LIST_FIRST(&mx->sessions[i]); s; s = following) {
			following = LIST_NEXT(s, next);
			if (s->scope.leg == leg)
				hush_session(s, also_fresh);
		}
}

void
mx_free(struct mx *mx)
{
	struct session *s;

	if (!mx)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while ((s = LIST_FIRST(&mx->sessions[i]))) {
			struct stream *stream = s->stream;
			forget_session(s);
			stream_free(stream);
		}
	free(mx);
}
