/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_engine.h - one TLS session over memory BIOs: wire bytes in and out, plaintext in and out.
 *
 * Knows no socket and no loop, calls nobody; pump.c moves the bytes. What a call has to say to the
 * peer stands in tls_engine_records afterward, also when it failed: that is how alerts leave.
 * Ref: RFC 8446, RFC 5246.
 */
#ifndef TLS_ENGINE_H
#define TLS_ENGINE_H

#include <event2/buffer.h>
#include <openssl/ssl.h>
#include <stdbool.h>

#include "harness/base/text.h"

enum tls_engine_state {
	TLS_ENGINE_NONE, /* before tls_engine_begin; all bits zero is this */
	TLS_ENGINE_HANDSHAKE,
	TLS_ENGINE_UP,
	TLS_ENGINE_PEER_CLOSED, /* it sent close_notify; we may still write */
	TLS_ENGINE_FAILED
};

struct tls_engine {
	enum tls_engine_state state;
	SSL *ssl;        /* owned */
	int alert;       /* that the peer sent, or -1 */
	char error[192]; /* a sentence about the failure, or "" */
	/* private */
	BIO *from_wire, *to_wire; /* owned by ssl */
};

enum tls_engine_step {
	TLS_ENGINE_GO_ON,       /* there may be more to be had: call again */
	TLS_ENGINE_WANTS_BYTES, /* of the wire; or it was told to stall */
	TLS_ENGINE_STOP         /* over: the state says how */
};

void tls_engine_init(struct tls_engine *e);
void tls_engine_done(struct tls_engine *e);
/* `ssl` is taken: fresh from SSL_new, BIOs and state are set here. */
void tls_engine_begin(struct tls_engine *e, SSL *ssl, bool server);
/* Is or was the handshake done, and nothing wrong since? */
bool tls_engine_is_up(const struct tls_engine *e);

/* In a handshake. GO_ON: it is done. */
enum tls_engine_step tls_engine_shake_hands(struct tls_engine *e);
/* When up: adds some plaintext to `plain`. */
enum tls_engine_step tls_engine_unwrap(struct tls_engine *e, struct evbuffer *plain);
/* When up: how many of the bytes are wrapped now; 0: none before more came; -1: failed. */
int tls_engine_wrap(struct tls_engine *e, const void *data, int len);
/* When up: says close_notify. */
void tls_engine_shut_down(struct tls_engine *e);

/* Hands it bytes of the wire. */
void tls_engine_feed(struct tls_engine *e, struct bytes bytes);
/* What is to go to the wire; borrowed until the next call. */
struct bytes tls_engine_records(const struct tls_engine *e);
/* They went. */
void tls_engine_drop_records(struct tls_engine *e);

#endif
