/* SPDX-License-Identifier: Apache-2.0 */
/* inside.c - see inside.h */
#include "fakes/interposer/inside.h"

#include <openssl/err.h>

#include "fakes/interposer/relay.h"
#include "fakes/mx/mx.h"
#include "harness/base/must.h"

/* Whoever else has a certificate that fits; what they say to a client that takes them for a mail host. */
struct other_server {
	enum move move;
	struct bytes greeting, answer;
	bool closes; /* behind the answer */
};

#define TEXT(literal) {literal, sizeof(literal) - 1}

static const struct other_server servers[] = {
    {MOVE_TLS_LEAD_TO_HTTPS, TEXT(""),
	TEXT("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
	     "<html><body><h1>400 Bad Request</h1></body></html>\r\n"),
	true},
    {MOVE_TLS_LEAD_TO_FTP, TEXT("220 FTP server ready.\r\n"), TEXT("500 Unknown command.\r\n"), false},
    {MOVE_TLS_LEAD_TO_IMAP, TEXT("* OK [CAPABILITY IMAP4rev1] IMAP server ready.\r\n"),
	TEXT("* BAD Unknown command.\r\n"), false},
};

const struct other_server *
inside_server(enum move move)
{
	size_t i = 0;

	while (servers[i].move != move)
		must(++i < sizeof(servers) / sizeof(servers[0]));
	return &servers[i];
}

static void
say(struct session *s, struct bytes bytes)
{
	if (!bytes.len)
		return;
	session_to_client(s, bytes);
	conversation_show(s->talk, bytes, &conversation_unasked);
}

/* True when the session can do it: TLS 1.3 alone can. */
static bool
update_keys(SSL *ssl, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		/* asked for once: a client that answers all of a flood floods us */
		int type = i + 1 < n ? SSL_KEY_UPDATE_NOT_REQUESTED : SSL_KEY_UPDATE_REQUESTED;

		if (SSL_key_update(ssl, type) != 1 || SSL_do_handshake(ssl) != 1)
			return false;
	}
	return true;
}

static bool
give_tickets(SSL *ssl, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (SSL_new_session_ticket(ssl) != 1 || SSL_do_handshake(ssl) != 1)
			return false;
	return true;
}

/* By RFC 5746 the new handshake is bound to the session that stands: its peer is the genuine one still. */
static bool
renegotiate(struct session *s, SSL *ssl)
{
	struct interception *i = &s->interception;

	if (!i->renegotiates)
		return true;
	s->tls.chain = mx_chain(s->owner->pki, s->owner->scene, s->scope.leg, s->host, i->anew);
	s->tls.certificate_seen = false; /* the next one is told, too */
	pki_show(ssl, s->tls.chain);
	return SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1;
}

void
inside_begin(struct session *s)
{
	struct interception *i = &s->interception;
	SSL *ssl = stream_ssl(s->client);
	bool can = update_keys(ssl, i->key_updates) && give_tickets(ssl, i->tickets) && renegotiate(s, ssl);

	ERR_clear_error();
	say(s, i->first);
	if (i->server) {
		session_drop_upstream(s);
		say(s, i->server->greeting);
	}
	if (can)
		session_meet(s, &i->inside);
}

void
inside_answer(struct session *s, struct exchange *e)
{
	const struct other_server *server = s->interception.server;

	relay_forge(e, server->answer);
	e->closes = server->closes || e->verb == SMTP_QUIT;
}
