/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki.h - the lab's certificate authority: chains minted at first use, each with the fault asked for.
 *
 * Keys live in this process's memory only. Honest certificates are valid from yesterday for
 * 30 days. Chains are kept in a hash table and never forgotten. Ref: RFC 5280, RFC 9525.
 */
#ifndef PKI_H
#define PKI_H

#include <openssl/ssl.h>

#include "harness/model/plan.h"

struct pki;

struct pki *pki_new(void);      /* makes the lab's CA and an untrusted one; owned; never NULL */
void pki_free(struct pki *pki);

/*
 * The client's wall clock is so many seconds ahead from now on: chains asked for from here on are valid, expired
 * and so on around that time alone, so that a client whose clock did not move refuses what is honest.
 */
void pki_set_clock(struct pki *pki, uint64_t ahead_s);

/* The lab's root certificate as PEM, and the name of its hash link ("1a2b3c4d.0"); borrowed. */
const char *pki_root_pem(const struct pki *pki);
const char *pki_root_link(const struct pki *pki);

struct pki_chain {
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) *chain; /* sent after the leaf; may be empty */
	char sha256[65];       /* of the leaf's DER, hex */
	enum certificate_fault fault;
	const char *names;     /* of the leaf, joined by spaces */
	unsigned char *staple; /* an OCSP response; NULL: none */
	size_t staple_len;
};

/*
 * The chain of host `name` in the leg's `domain`, with `fault` instead of the host's own fault;
 * minted at first use, kept, borrowed until pki_free. Same arguments, same chain. `certificate`
 * (or its names) may be NULL: the host's own name. Where a fault is about the name, its name counts.
 */
const struct pki_chain *pki_chain_for(struct pki *pki, const char *domain, const char *name,
    const struct plan_certificate *certificate, enum certificate_fault fault);

/* A server's end that shows this chain; owned. All share one context. */
SSL *pki_session(struct pki *pki, const struct pki_chain *chain);
/* The session shows this chain (borrowed) from its next handshake on, also one that is at its ClientHello. */
void pki_show(SSL *ssl, const struct pki_chain *chain);

/* Which versions a session speaks; TLS_DEFAULT sets no bound. */
void pki_limit_versions(SSL *ssl, enum plan_tls_version min, enum plan_tls_version max);

#endif
