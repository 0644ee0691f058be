/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staple.h - an OCSP response that a server sends with its certificate.
 *
 * Nobody answers OCSP questions here, and there are no CRLs. Ref: RFC 6960 s4.2, RFC 6066 s8.
 */
#ifndef PKI_STAPLE_H
#define PKI_STAPLE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

/* Signed by the issuer itself, an hour old and good for a day, seen from `ahead_s`; DER, to be freed with OPENSSL_free. */
unsigned char *
staple_make(X509 *leaf, X509 *issuer, EVP_PKEY *issuer_key, bool revoked, int64_t ahead_s, size_t *ret_len);
/* Sessions of this context send what staple_show gave them, to clients that ask for it. */
void staple_enable(SSL_CTX *ctx);
void staple_show(SSL *ssl, const unsigned char *der, size_t len); /* copied; NULL: none */

#endif
