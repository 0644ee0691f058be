/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_tls.h - one TLS session to a named host, with or without proof that it is that host.
 *
 * With proof: a chain to a trust anchor, valid now, and a DNS-ID in the subjectAltName (never the CN).
 * Ref: RFC 8461 s4.2, s7; RFC 6125 s6.4; RFC 7435 (without proof); RFC 8996.
 */
#ifndef MTA_PEER_TLS_H
#define MTA_PEER_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "fakes/mta/sts_policy.h"

/*
 * `host` is the name that goes into SNI and, with `proof`, has to stand in the certificate.
 * `flaws` (borrowed until SSL_free): what is not checked although it should be; one of them asks `policy` (borrowed for the call; NULL:
 * none). Owned by whoever takes it (stream_start_tls).
 */
SSL *
peer_tls_new(SSL_CTX *context, const char *host, const struct sts_policy *policy, bool proof, const struct flaw_set *flaws);

/* After the handshake: did the peer show a certificate, and was all well with it? */
bool peer_tls_is_proved(const SSL *ssl, const struct flaw_set *flaws);

/* Of the flaw: was the session broken off because messages of the handshake came late? `ssl` may be NULL. */
bool peer_tls_choked(const SSL *ssl, const struct flaw_set *flaws);

#endif
