/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki.c - the lab's certificate authority; see pki.h
 *
 * Keeps what was asked for. What a fault changes is leaf.c's and issuers.c's.
 */
#include "fakes/pki/pki.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/pki/issuers.h"
#include "fakes/pki/leaf.h"
#include "fakes/pki/staple.h"
#include "fakes/tls/tls_context.h"
#include "harness/base/must.h"

/* One chain, kept. */
struct entry {
	struct pki_chain chain;
	char *key;    /* what was asked for, as text */
	struct entry *next;
};

struct pki {
	struct issuers *issuers;
	struct keys *keys;
	SSL_CTX *ctx; /* of all sessions; NULL before the first */
	char *root_pem;
	char root_link[16];
	int64_t ahead_s; /* where the client's clock stands */
	struct entry **slots;
	size_t n_slots, n_entries; /* n_slots: a power of two */
};

/* --- a chain -------------------------------------------------------------------------------- */

static void
write_hex_digest(X509 *x, char out[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;

	must(X509_digest(x, EVP_sha256(), digest, &len) == 1 && len == 32);
	for (unsigned i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static char *
join_names(const char *const *names, size_t n)
{
	size_t len = 1;
	char *text;

	for (size_t i = 0; i < n; i++)
		len += strlen(names[i]) + 1;
	text = must_alloc(len);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strcat(text, " ");
		strcat(text, names[i]);
	}
	return text;
}

/* The leaf's issuer first; none of them twice, and never the root that the client has. */
static STACK_OF(X509) * chain_above(struct pki *pki, enum certificate_fault fault)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	enum issuer at = leaf_issuer(fault);

	must(chain != NULL);
	for (size_t i = leaf_sends(fault); i > 0; i--, at = issuers_above(at)) {
		X509 *cert = issuers_cert(pki->issuers, at);

		must(X509_up_ref(cert) == 1 && sk_X509_push(chain, cert) > 0);
	}
	return chain;
}

static struct entry *
mint(struct pki *pki, const char *domain, const char *name, const struct plan_certificate *certificate,
    enum certificate_fault fault)
{
	struct entry *entry = must_alloc(sizeof(*entry));
	struct pki_chain *chain = &entry->chain;
	struct leaf_order order = {.domain = domain, .host = name, .fault = fault, .ahead_s = pki->ahead_s};
	struct leaf leaf;

	if (certificate != NULL && certificate->names != NULL) {
		order.names = certificate->names;
		order.n_names = certificate->n_names;
	}
	leaf_make(pki->issuers, pki->keys, &order, &leaf);
	chain->fault = fault;
	chain->key = leaf.key;
	chain->leaf = leaf.cert;
	chain->names = leaf.names;
	chain->chain = chain_above(pki, fault);
	if (leaf_staple(fault) != LEAF_STAPLE_NONE)
		chain->staple = staple_make(chain->leaf, issuers_cert(pki->issuers, leaf_issuer(fault)),
		    issuers_key(pki->issuers, leaf_issuer(fault)), leaf_staple(fault) == LEAF_STAPLE_REVOKED,
		    pki->ahead_s, &chain->staple_len);
	write_hex_digest(chain->leaf, chain->sha256);
	return entry;
}

/* --- the table ------------------------------------------------------------------------------ */

static uint64_t
hash_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
	return hash;
}

static struct entry **
slot_of(struct pki *pki, const char *key)
{
	return &pki->slots[hash_text(key) & (pki->n_slots - 1)];
}

static void
grow(struct pki *pki)
{
	struct entry **old = pki->slots;
	size_t n = pki->n_slots;

	pki->n_slots = n == 0 ? 256 : 2 * n;
	pki->slots = must_alloc(pki->n_slots * sizeof(*pki->slots));
	for (size_t i = 0; i < n; i++) {
		for (struct entry *e = old[i], *next; e != NULL; e = next) {
			struct entry **slot = slot_of(pki, e->key);

			next = e->next;
			e->next = *slot;
			*slot = e;
		}
	}
	free(old);
}

/* Owned. Unit separators keep the parts apart: no name holds one. */
static char *
key_text(const struct pki *pki, const char *domain, const char *name,
    const struct plan_certificate *certificate, enum certificate_fault fault)
{
	size_t n = certificate != NULL ? certificate->n_names : 0;
	char *names = join_names(n > 0 ? certificate->names : NULL, n);
	char *key;

	must(asprintf(&key, "%d\x1f%" PRId64 "\x1f%s\x1f%s\x1f%s", (int)fault, pki->ahead_s, domain, name,
		 names) > 0);
	free(names);
	return key;
}

const struct pki_chain *
pki_chain_for(struct pki *pki, const char *domain, const char *name,
    const struct plan_certificate *certificate, enum certificate_fault fault)
{
	char *key = key_text(pki, domain, name, certificate, fault);
	struct entry *e = *slot_of(pki, key);

	must(fault < FAULTS);
	while (e != NULL && strcmp(e->key, key) != 0)
		e = e->next;
	if (e != NULL) {
		free(key);
		return &e->chain;
	}
	if (pki->n_entries++ == pki->n_slots)
		grow(pki);
	e = mint(pki, domain, name, certificate, fault);
	e->key = key;
	e->next = *slot_of(pki, key);
	*slot_of(pki, key) = e;
	return &e->chain;
}

void
pki_show(SSL *ssl, const struct pki_chain *chain)
{
	must(SSL_use_certificate(ssl, chain->leaf) == 1);
	must(SSL_use_PrivateKey(ssl, chain->key) == 1);
	/* Also an empty list: else OpenSSL would look for issuers by itself. */
	SSL_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
	must(SSL_set1_chain(ssl, chain->chain) == 1);
	staple_show(ssl, chain->staple, chain->staple_len);
	if (leaf_is_too_short_for_tls_1_3(chain->fault))
		SSL_set_options(ssl, SSL_OP_NO_TLSv1_3);
}

/* The certificate is the session's, not a context's: a context costs as much as fifteen chains. */
SSL *
pki_session(struct pki *pki, const struct pki_chain *chain)
{
	SSL *ssl;

	if (pki->ctx == NULL) {
		pki->ctx = tls_context_server();
		staple_enable(pki->ctx);
	}
	ssl = SSL_new(pki->ctx);
	must(ssl != NULL);
	pki_show(ssl, chain);
	return ssl;
}

void
pki_limit_versions(SSL *ssl, enum plan_tls_version min, enum plan_tls_version max)
{
	static const int numbers[] = {[TLS_DEFAULT] = 0,
	    [TLS_1_0] = TLS1_VERSION,
	    [TLS_1_1] = TLS1_1_VERSION,
	    [TLS_1_2] = TLS1_2_VERSION,
	    [TLS_1_3] = TLS1_3_VERSION};

	must(SSL_set_min_proto_version(ssl, numbers[min]) == 1);
	must(SSL_set_max_proto_version(ssl, numbers[max]) == 1);
}

/* --- life ----------------------------------------------------------------------------------- */

static char *
pem_of(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *pem;
	long len;

	must(bio != NULL && PEM_write_bio_X509(bio, x) == 1);
	len = BIO_get_mem_data(bio, &data);
	pem = must_alloc((size_t)len + 1);
	memcpy(pem, data, (size_t)len);
	BIO_free(bio);
	return pem;
}

struct pki *
pki_new(void)
{
	struct pki *pki = must_alloc(sizeof(*pki));
	X509 *root;

	tls_context_init();
	pki->issuers = issuers_new();
	pki->keys = keys_new();
	root = issuers_cert(pki->issuers, ISSUER_LAB);
	pki->root_pem = pem_of(root);
	snprintf(pki->root_link, sizeof(pki->root_link), "%08lx.0", X509_subject_name_hash(root));
	grow(pki);
	return pki;
}

static void
free_entry(struct entry *e)
{
	X509_free(e->chain.leaf);
	EVP_PKEY_free(e->chain.key);
	sk_X509_pop_free(e->chain.chain, X509_free);
	free((char *)e->chain.names);
	OPENSSL_free(e->chain.staple);
	free(e->key);
	free(e);
}

void
pki_free(struct pki *pki)
{
	if (pki == NULL)
		return;
	for (size_t i = 0; i < pki->n_slots; i++)
		for (struct entry *e = pki->slots[i], *next; e != NULL; e = next) {
			next = e->next;
			free_entry(e);
		}
	SSL_CTX_free(pki->ctx);
	keys_free(pki->keys);
	issuers_free(pki->issuers);
	free(pki->root_pem);
	free(pki->slots);
	free(pki);
}

void
pki_set_clock(struct pki *pki, uint64_t ahead_s)
{
	pki->ahead_s = (int64_t)ahead_s;
}

const char *
pki_root_pem(const struct pki *pki)
{
	return pki->root_pem;
}

const char *
pki_root_link(const struct pki *pki)
{
	return pki->root_link;
}
