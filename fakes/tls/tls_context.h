/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_context.h - SSL_CTX as the lab wants them: no configuration file, security level 0 for fakes.
 *
 * The built-in client verifies at level 1 or higher with its own settings; see tls_context_client.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "harness/base/why.h"

/* Once per process, before any other OpenSSL call: no openssl.cnf, no OPENSSL_CONF. */
void tls_context_init(void);

/* A server's: all versions, all ciphers, no tickets, no session cache; owned, SSL_CTX_free. Never NULL. */
SSL_CTX *tls_context_server(void);

/* A client's: TLS 1.2 or newer, verify store from `ca_file` (NULL: the system's); NULL and why on trouble. */
SSL_CTX *tls_context_client(const char *ca_file, struct why *why);

#endif
