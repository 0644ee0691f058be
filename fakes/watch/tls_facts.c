/* SPDX-License-Identifier: Apache-2.0 */
/* tls_facts.c - see tls_facts.h. */
#include "fakes/watch/tls_facts.h"

#include <openssl/err.h>
#include <stdio.h>

#include "harness/base/must.h"

static void
tell_hello(struct tls_facts *t, const struct tls_hello *hello)
{
	t->hello_seen = true;
	snprintf(t->sni, sizeof(t->sni), "%s", hello->sni);
	SCOPE_EMIT(t->scope, .kind = FACT_TLS_HELLO,
	    .tls_hello = {.host = bytes_of(t->host),
		.sni = bytes_of(hello->sni),
		.versions = bytes_of(hello->versions),
		.alpn = bytes_of(hello->alpn)});
}

static int
on_hello(void *owner, SSL *ssl, const struct tls_hello *hello)
{
	struct tls_facts *t = owner;

	(void)ssl;
	if (!t->hello_seen) /* else it is the second one, after a HelloRetryRequest, or the same again */
		tell_hello(t, hello);
	return t->greeted ? t->greeted(t->owner) : TLS_WATCH_GO_ON;
}

static void
on_certificate(void *owner)
{
	struct tls_facts *t = owner;

	if (t->certificate_seen)
		return;
	t->certificate_seen = true;
	SCOPE_EMIT(t->scope, .kind = FACT_CERTIFICATE_SHOWN,
	    .certificate_shown = {.host = bytes_of(t->host),
		.fault = bytes_of(fault_name(t->chain->fault)),
		.names = bytes_of(t->chain->names),
		.sha256 = bytes_of(t->chain->sha256),
		.channel = bytes_of(t->channel)});
	if (t->shown)
		t->shown(t->owner);
}

static void
on_secret(void *owner, const char *line)
{
	const struct tls_facts *t = owner;

	SCOPE_EMIT(t->scope, .kind = FACT_TLS_SECRET, .tls_secret = {.line = bytes_of(line)});
}

SSL *
tls_facts_new(struct tls_facts *t, struct pki *pki, enum plan_tls_version min, enum plan_tls_version max)
{
	SSL *ssl = pki_session(pki, t->chain);

	pki_limit_versions(ssl, min, max);
	t->watch = (struct tls_watch){on_hello, on_certificate, on_secret, t->alpn};
	tls_context_watch(ssl, &t->watch, t);
	t->ssl = ssl;
	return ssl;
}

static const char *
version_name(const SSL *ssl)
{
	switch (SSL_version(ssl)) {
	case TLS1_VERSION:
		return "1.0";
	case TLS1_1_VERSION:
		return "1.1";
	case TLS1_2_VERSION:
		return "1.2";
	case TLS1_3_VERSION:
		return "1.3";
	default:
		return SSL_get_version(ssl);
	}
}

void
tls_facts_up(struct tls_facts *t)
{
	t->up = true;
	SCOPE_EMIT(t->scope, .kind = FACT_TLS_UP,
	    .tls_up = {.host = bytes_of(t->host),
		.version = bytes_of(version_name(t->ssl)),
		.cipher = bytes_of(SSL_get_cipher_name(t->ssl)),
		.sni = bytes_of(t->sni),
		.channel = bytes_of(t->channel)});
}

static const char *
reason_of(const struct stream *s, enum stream_end how)
{
	const char *error = stream_tls_error(s);

	if (how == STREAM_RESET)
		return "the connection was reset in the handshake";
	if (how != STREAM_TLS_FAILED)
		return "the connection was closed in the handshake";
	return error && *error ? error : "the session failed";
}

void
tls_facts_ended(const struct tls_facts *t, const struct stream *s, enum stream_end how)
{
	/* bytes that were no hello are a failed handshake too; silence is not */
	bool failed = how == STREAM_TLS_FAILED || (t->hello_seen && !t->up);

	if (!t->ssl || !failed)
		return;
	SCOPE_EMIT(t->scope, .kind = FACT_TLS_FAILED,
	    .tls_failed = {.host = bytes_of(t->host),
		.reason = bytes_of(reason_of(s, how)),
		.alert = stream_tls_alert(s)});
}

void
tls_facts_detach(struct tls_facts *t)
{
	if (t->ssl)
		tls_context_watch(t->ssl, NULL, NULL);
	t->ssl = NULL;
}

void
tls_facts_read_hello(struct tls_facts *t, struct pki *pki, struct bytes records)
{
	SSL *ssl = tls_facts_new(t, pki, TLS_DEFAULT, TLS_DEFAULT);
	static const struct tls_watch hello_only = {.hello = on_hello};

	tls_context_watch(ssl, &hello_only, t);
	SSL_set_bio(ssl, BIO_new_mem_buf(records.data, (int)records.len), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(ssl);
	SSL_do_handshake(ssl); /* its answer goes nowhere */
	ERR_clear_error();
	SSL_free(ssl);
	t->ssl = NULL;
}
