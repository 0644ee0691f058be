/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_context.h - SSL_CTX as the lab wants them: no configuration file, security level 0 for fakes.
 *
 * The built-in client verifies with its own settings; see tls_context_client. What happens inside
 * a session (ClientHello, Certificate message, key log) is told per SSL, see tls_context_watch.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "harness/base/why.h"

/* Once per process, before any other OpenSSL call: no openssl.cnf, no OPENSSL_CONF. */
void tls_context_init(void);

/*
 * A server's: all versions, all ciphers that authenticate and encrypt, no tickets, no session
 * cache; owned, SSL_CTX_free. Never NULL. It has no certificate yet.
 */
SSL_CTX *tls_context_server(void);

/* A client's: TLS 1.2 or newer, verify store from `ca_file` (NULL: the system's); NULL and why on trouble. */
SSL_CTX *tls_context_client(const char *ca_file, struct why *why);

/* What a ClientHello asks for; borrowed until the call returns. Odd bytes stand as '?'. */
struct tls_hello {
	const char *sni;      /* "" when absent */
	const char *versions; /* "1.3 1.2", as offered; the highest alone when there is no supported_versions */
	const char *alpn;     /* "h2 http/1.1"; "" when absent */
};

#define TLS_WATCH_GO_ON 0
#define TLS_WATCH_STALL (-1)

/*
 * Told from inside the SSL calls of a stream's session; do not free the stream or write to it here.
 * Each may be NULL.
 */
struct tls_watch {
	/*
	 * Server: a ClientHello arrived. It may choose: SSL_use_certificate, SSL_set_max_proto_version.
	 * Returns TLS_WATCH_GO_ON, TLS_WATCH_STALL (nothing is answered; asked again when more bytes
	 * come), or the number of the fatal alert that answers it.
	 */
	int (*hello)(void *owner, SSL *ssl, const struct tls_hello *hello);
	/* A Certificate message was written (not: believed). */
	void (*certificate_written)(void *owner);
	/* One line of the key log, without newline. */
	void (*secret)(void *owner, const char *line);
	/* Server: the ALPN protocol to answer when it is offered ("http/1.1"); NULL: no answer. */
	const char *alpn;
};

/*
 * `watch` and `owner` are borrowed until SSL_free. For sessions of contexts made here. Uses the SSL's
 * message callback.
 */
void tls_context_watch(SSL *ssl, const struct tls_watch *watch, void *owner);

/* Only the key log, for a session that is not watched: `line` gets each line, without newline. */
void tls_context_keylog(SSL *ssl, void (*line)(void *owner, const char *line), void *owner);

#endif
