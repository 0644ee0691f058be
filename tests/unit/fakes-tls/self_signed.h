/* SPDX-License-Identifier: Apache-2.0 */
/* self_signed.h - a certificate for the servers of these tests, which nobody trusts. */
#ifndef TEST_SELF_SIGNED_H
#define TEST_SELF_SIGNED_H

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "harness/base/must.h"

/* Gives the context a new key and its certificate. */
static inline void
self_signed_use(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"mx", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	must(X509_sign(x, key, EVP_sha256()) > 0);
	must(SSL_CTX_use_certificate(ctx, x) == 1);
	must(SSL_CTX_use_PrivateKey(ctx, key) == 1);
	X509_free(x);
	EVP_PKEY_free(key);
}

#endif
