/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issuers.h - the certificates that sign others: the lab's root, a stranger's, and intermediates with one
 * fault each; made at first use and kept. Also the parts that every certificate is made of.
 *
 * What they sign is leaf.h's. Ref: RFC 5280 s4.2.1.3, s4.2.1.9, s4.2.1.10, s6.1.4.
 */
#ifndef PKI_ISSUERS_H
#define PKI_ISSUERS_H

#include <openssl/x509.h>

/* In issuers.c a table says what each is. */
enum issuer {
	ISSUER_LAB, /* the root that the client trusts */
	ISSUER_STRANGER,
	ISSUER_INTERMEDIATE,
	ISSUER_LEAF,    /* an ordinary leaf, CA:FALSE */
	ISSUER_NO_CA,   /* no basicConstraints at all */
	ISSUER_NO_SIGN, /* keyUsage without keyCertSign */
	ISSUER_EXPIRED,
	ISSUER_SHUT, /* pathLenConstraint 0 */
	ISSUER_BELOW_SHUT,
	ISSUER_PERMITS,        /* the names that the lab uses */
	ISSUER_PERMITS_OTHERS, /* other names alone */
	ISSUER_EXCLUDES,       /* the names that the lab uses */
	ISSUER_RSA,            /* the one that can sign with MD5 */
	ISSUERS,
	ISSUER_ITSELF = ISSUERS /* a leaf signed by its own key */
};

struct issuers;

struct issuers *issuers_new(void); /* owned */
void issuers_free(struct issuers *issuers);

/* Borrowed until issuers_free. */
X509 *issuers_cert(struct issuers *issuers, enum issuer which);
EVP_PKEY *issuers_key(struct issuers *issuers, enum issuer which);
/* Who signed it; itself for a root. */
enum issuer issuers_above(enum issuer which);

/* --- parts of a certificate ---------------------------------------------------------------- */

/* With key, subject, serial number and dates (seconds from now); no extensions, not signed; owned. */
X509 *
issuers_begin(struct issuers *issuers, EVP_PKEY *key, const char *common_name, long begins_s, long ends_s);
/* An extension as OpenSSL's configuration writes it. */
void issuers_extend(X509 *x, X509 *issuer, int nid, const char *value);

#endif
