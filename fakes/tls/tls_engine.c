/* SPDX-License-Identifier: Apache-2.0 */
/* tls_engine.c - see tls_engine.h */
#include "fakes/tls/tls_engine.h"

#include <openssl/err.h>
#include <stdio.h>

#include "harness/base/must.h"

#define CHUNK 16384 /* the longest plaintext of a record (RFC 8446 s5.1) */

void
tls_engine_init(struct tls_engine *e)
{
	*e = (struct tls_engine){.alert = -1};
}

void
tls_engine_done(struct tls_engine *e)
{
	SSL_free(e->ssl);
}

void
tls_engine_begin(struct tls_engine *e, SSL *ssl, bool server)
{
	must(e->state == TLS_ENGINE_NONE);
	e->ssl = ssl;
	e->from_wire = BIO_new(BIO_s_mem());
	e->to_wire = BIO_new(BIO_s_mem());
	must(e->from_wire != NULL && e->to_wire != NULL);
	SSL_set_bio(ssl, e->from_wire, e->to_wire);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	e->state = TLS_ENGINE_HANDSHAKE;
}

bool
tls_engine_is_up(const struct tls_engine *e)
{
	return e->state == TLS_ENGINE_UP || e->state == TLS_ENGINE_PEER_CLOSED;
}

static void
fail(struct tls_engine *e)
{
	unsigned long error = ERR_peek_error();
	const char *reason = ERR_reason_error_string(error);
	int code = ERR_GET_REASON(error);

	if (ERR_GET_LIB(error) == ERR_LIB_SSL && code >= SSL_AD_REASON_OFFSET &&
	    code < SSL_AD_REASON_OFFSET + 256)
		e->alert = code - SSL_AD_REASON_OFFSET;
	if (ERR_GET_LIB(error) == ERR_LIB_SSL && code == SSL_R_CERTIFICATE_VERIFY_FAILED)
		snprintf(e->error, sizeof(e->error), "certificate verify failed: %s",
		    X509_verify_cert_error_string(SSL_get_verify_result(e->ssl)));
	else
		snprintf(e->error, sizeof(e->error), "%s", reason != NULL ? reason : "TLS failed");
	ERR_clear_error();
	e->state = TLS_ENGINE_FAILED;
}

static enum tls_engine_step
after_failure(struct tls_engine *e, int result)
{
	switch (SSL_get_error(e->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_ENGINE_WANTS_BYTES;
	case SSL_ERROR_WANT_CLIENT_HELLO_CB: /* told to stall */
		return TLS_ENGINE_WANTS_BYTES;
	case SSL_ERROR_ZERO_RETURN:
		e->state = TLS_ENGINE_PEER_CLOSED;
		return TLS_ENGINE_STOP;
	default:
		fail(e);
		return TLS_ENGINE_STOP;
	}
}

enum tls_engine_step
tls_engine_shake_hands(struct tls_engine *e)
{
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(e->ssl);
	if (result != 1)
		return after_failure(e, result);
	e->state = TLS_ENGINE_UP;
	return TLS_ENGINE_GO_ON;
}

enum tls_engine_step
tls_engine_unwrap(struct tls_engine *e, struct evbuffer *plain)
{
	char chunk[CHUNK];
	int n;

	ERR_clear_error();
	n = SSL_read(e->ssl, chunk, sizeof(chunk));
	if (n <= 0)
		return after_failure(e, n);
	evbuffer_add(plain, chunk, (size_t)n);
	return TLS_ENGINE_GO_ON;
}

int
tls_engine_wrap(struct tls_engine *e, const void *data, int len)
{
	int n;

	ERR_clear_error();
	n = SSL_write(e->ssl, data, len);
	if (n > 0)
		return n;
	if (SSL_get_error(e->ssl, n) == SSL_ERROR_WANT_READ)
		return 0;
	fail(e);
	return -1;
}

void
tls_engine_shut_down(struct tls_engine *e)
{
	ERR_clear_error();
	SSL_shutdown(e->ssl);
	ERR_clear_error();
}

void
tls_engine_feed(struct tls_engine *e, struct bytes bytes)
{
	must(BIO_write(e->from_wire, bytes.data, (int)bytes.len) == (int)bytes.len);
}

struct bytes
tls_engine_records(const struct tls_engine *e)
{
	char *data;
	long len = BIO_get_mem_data(e->to_wire, &data);

	return len > 0 ? (struct bytes){data, (size_t)len} : (struct bytes){"", 0};
}

void
tls_engine_drop_records(struct tls_engine *e)
{
	(void)BIO_reset(e->to_wire);
}
