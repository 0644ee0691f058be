/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaf.h - end entity certificates: what each fault changes in kind of key, names, dates, extensions and
 * signature.
 *
 * Who signs, and with which rights, is issuers.h's. Ref: RFC 5280 s4, RFC 9525 s6.
 */
#ifndef PKI_LEAF_H
#define PKI_LEAF_H

#include <openssl/x509.h>

#include "fakes/pki/issuers.h"
#include "fakes/pki/keys.h"
#include "harness/model/plan.h"

#define LEAF_NAMES_SIZE 1024

struct leaf {
	X509 *cert;
	EVP_PKEY *key;
	char *names; /* in the subjectAltName, or the CN where there is none; joined by spaces, for people */
};

/* For whom it is, and when. */
struct leaf_order {
	const char *domain, *host;
	const char *const
	    *names; /* instead of the host's own, unless the fault is about the name; n may be 0 */
	size_t n_names;
	enum certificate_fault fault;
	int64_t ahead_s; /* where the client's clock stands */
};

/* Everything in `ret` is owned by the caller: X509_free, EVP_PKEY_free, free. */
void leaf_make(struct issuers *issuers, struct keys *keys, const struct leaf_order *order, struct leaf *ret);

/* The OCSP response that is sent with what has this fault. */
enum leaf_staple { LEAF_STAPLE_NONE, LEAF_STAPLE_GOOD, LEAF_STAPLE_REVOKED };
enum leaf_staple leaf_staple(enum certificate_fault fault);

/* Which issuer signs what has this fault, and how many of the certificates above the leaf are sent. */
enum issuer leaf_issuer(enum certificate_fault fault);
size_t leaf_sends(enum certificate_fault fault);

/* TLS 1.3 cannot use it: its key is too short for any signature of that version (RFC 8446 s4.2.3). */
bool leaf_is_too_short_for_tls_1_3(enum certificate_fault fault);

#endif
