/* SPDX-License-Identifier: Apache-2.0 */
/* upgrade.c - see upgrade.h. */
#include "fakes/interposer/upgrade.h"

#include "fakes/interposer/moves.h"
#include "fakes/interposer/relay.h"
#include "harness/base/must.h"

#define HELLO_MAX (RECORDS_HEADER + 16384 + 2048) /* the longest record (RFC 5246 s6.2.3) */

/* The first bytes that wait, at most `n`, in one run. */
static struct bytes
peek(const struct session *s, size_t n)
{
	size_t all = s->in ? evbuffer_get_length(s->in) : 0;

	if (n > all)
		n = all;
	return (struct bytes){n ? (const char *)evbuffer_pullup(s->in, (ev_ssize_t)n) : "", n};
}

/*
 * In a row of commands no line begins with the byte of a handshake record, so TLS is seen where it
 * begins, whatever was agreed: a client may go on in clear after 220, or begin TLS after a refusal.
 */
bool
upgrade_is_due(const struct session *s)
{
	const struct smtp_observer *o = conversation_observer(s->talk);

	return s->phase == PHASE_LINES && !s->tls_begun && smtp_observer_is_at_command(o) &&
	       records_may_begin(peek(s, RECORDS_HEADER));
}

/* --- ended here ----------------------------------------------------------------------------- */

static void
on_shown(void *session)
{
	struct session *s = session;

	session_meet(s, &s->interception.moves);
}

/* The certificate goes by whether the client named a server. */
static int
on_greeted(void *session)
{
	struct session *s = session;
	struct interception *i = &s->interception;
	enum certificate_fault fault = s->tls.sni[0] ? i->named : i->unnamed;

	if (fault == s->host->certificate.fault)
		return TLS_WATCH_GO_ON;
	i->fault = fault;
	i->channel = s->tls.channel = "intercepted";
	s->tls.chain = mx_chain(s->owner->pki, s->owner->scene, s->scope.leg, s->host, fault);
	pki_show(stream_ssl(s->client), s->tls.chain);
	return TLS_WATCH_GO_ON;
}

static int
take_any_certificate(int ok, X509_STORE_CTX *store)
{
	(void)ok, (void)store;
	return 1;
}

static void
prepare(SSL *ssl, const struct interception *i)
{
	if (i->ciphers)
		must(SSL_set_cipher_list(ssl, i->ciphers) == 1);
	if (i->groups)
		must(SSL_set1_groups_list(ssl, i->groups) == 1);
	if (i->asks_certificate)
		SSL_set_verify(ssl, SSL_VERIFY_PEER, take_any_certificate);
	if (i->demands_certificate)
		SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, take_any_certificate);
	if (i->gives_tickets || i->tickets)
		SSL_clear_options(ssl, SSL_OP_NO_TICKET);
	if (i->renegotiates)
		SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
	if (i->gives_tickets)
		must(SSL_set_num_tickets(ssl, 1) == 1);
}

static void
end_tls(struct session *s)
{
	const struct plan_smtp *smtp = &s->host->smtp;
	struct interception *i = &s->interception;
	enum plan_tls_version min = smtp->min_tls;

	if (i->max != TLS_DEFAULT && min > i->max)
		min = TLS_DEFAULT;
	s->tls = (struct tls_facts){.scope = &s->scope,
	    .host = s->host->label,
	    .channel = i->channel,
	    .chain = mx_chain(s->owner->pki, s->owner->scene, s->scope.leg, s->host, i->fault),
	    .greeted = i->by_name ? on_greeted : NULL,
	    .shown = on_shown,
	    .owner = s};
	s->in = NULL; /* from here on the stream reads it */
	SSL *ssl = tls_facts_new(&s->tls, s->owner->pki, min, i->max);
	prepare(ssl, i);
	stream_start_tls(s->client, ssl, true);
}

/* --- passed on ------------------------------------------------------------------------------- */

static void
begin_opaque(struct session *s)
{
	relay_upstream_ended(s);
	s->phase = PHASE_OPAQUE;
	stream_set_drip(s->client, false); /* that was for replies */
}

bool
upgrade_begin(struct session *s)
{
	struct bytes first = peek(s, HELLO_MAX);
	size_t need = records_first_len(first);

	if (need == 0 || need > first.len)
		return false;
	s->tls_begun = true;
	s->tls = (struct tls_facts){.scope = &s->scope,
	    .host = s->host->label,
	    .channel = "clear",
	    .chain =
		mx_chain(s->owner->pki, s->owner->scene, s->scope.leg, s->host, s->host->certificate.fault)};
	if (!moves_act(s, HOOK_HELLO, &(struct moment){.hello = {first.data, need}}))
		return true;
	if (s->interception.wanted)
		end_tls(s);
	else
		begin_opaque(s);
	return true;
}

void
upgrade_relay_client(struct session *s)
{
	size_t n;

	while (!s->over && s->phase == PHASE_OPAQUE && (n = evbuffer_get_contiguous_space(s->in)) > 0) {
		struct bytes chunk = {(const char *)evbuffer_pullup(s->in, (ev_ssize_t)n), n};
		size_t used = 0;

		switch (records_client(&s->records, chunk, &used)) {
		case RECORDS_APPLICATION_DATA:
			moves_act(s, HOOK_INSIDE, &(struct moment){0});
			if (s->over)
				return;
			break;
		case RECORDS_NO_TLS:
			s->phase = PHASE_LINES; /* in clear again: told as such from here on */
			break;
		case RECORDS_FINE:
			break;
		}
		session_to_upstream(s, (struct bytes){chunk.data, used});
		evbuffer_drain(s->in, used);
	}
}

/* What the client has to say about a ServerHello that no engine of ours wrote. */
static void
tell_alert(struct session *s)
{
	if (!s->records.alerted)
		return;
	s->records.alerted = false;
	SCOPE_EMIT(&s->scope, .kind = FACT_TLS_FAILED,
	    .tls_failed = {.host = bytes_of(s->host->label),
		.reason = BYTES("the client answered with an alert"),
		.alert = s->records.alert});
}

void
upgrade_swallow_client(struct session *s)
{
	size_t n;

	while (s->tls_begun && (n = evbuffer_get_contiguous_space(s->in)) > 0) {
		struct bytes chunk = {(const char *)evbuffer_pullup(s->in, (ev_ssize_t)n), n};
		size_t used = 0;

		if (records_client(&s->records, chunk, &used) == RECORDS_NO_TLS)
			s->tls_begun = false; /* in clear again */
		tell_alert(s);
		evbuffer_drain(s->in, used);
	}
}

/*
 * The server's first records, each whole, pass the moves. False when more must come first, or when the
 * session ends or is held here.
 */
static bool
pass_first_records(struct session *s, struct evbuffer *in)
{
	while (!s->records.passed) {
		size_t all = evbuffer_get_length(in);
		unsigned char *data = all ? evbuffer_pullup(in, (ev_ssize_t)all) : NULL;
		struct bytes first = {all ? (const char *)data : "", all};
		size_t need = records_first_len(first);

		if (!records_may_follow(first)) {
			s->records.passed = true; /* that is no TLS, or an alert */
			return true;
		}
		if (need == 0 || need > all)
			return false;
		struct moment moment = {.record = data, .record_len = need};
		struct bytes record = {first.data, need};
		enum hook hook = s->records.n_server++ == 0 ? HOOK_ANSWERED : HOOK_BEHIND;
		bool counts = hook == HOOK_ANSWERED || !records_is_change_cipher_spec(first);
		s->records.passed = hook == HOOK_BEHIND && counts;
		if (counts && !moves_act(s, hook, &moment))
			return false;
		records_server(&s->records, record);
		session_to_client(s, record);
		evbuffer_drain(in, need);
	}
	return true;
}

void
upgrade_relay_upstream(struct session *s, struct evbuffer *in)
{
	size_t n;

	if (!pass_first_records(s, in))
		return;
	while ((n = evbuffer_get_contiguous_space(in)) > 0) {
		struct bytes chunk = {(const char *)evbuffer_pullup(in, (ev_ssize_t)n), n};
		records_server(&s->records, chunk);
		session_to_client(s, chunk);
		evbuffer_drain(in, n);
	}
}
