/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki.c - the lab's certificate authority; see pki.h
 *
 * What a fault changes stands in one table (`recipes`): who signs, for which name, in which
 * days, and what is odd about the leaf. mint() follows a row.
 */
#include "fakes/pki/pki.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/tls/tls_context.h"
#include "harness/base/must.h"

#define ELSEWHERE "host.elsewhere.example" /* of wrong-name */
#define LOOK_ALIKE_TAIL ".look-alike.example"

enum signer { BY_LAB, BY_ITSELF, BY_STRANGER, BY_INTERMEDIATE, BY_LEAF };
enum subject { FOR_HOST, FOR_ELSEWHERE, FOR_LOOK_ALIKE, FOR_DOMAIN };

static const struct recipe {
	enum signer signer;
	bool sends_issuer;
	enum subject subject;
	int begins_day, ends_day; /* from now */
	bool no_alt_name, not_server, flip_signature;
} recipes[FAULTS] = {
    [FAULT_NONE] = {.begins_day = -1, .ends_day = 30},
    [FAULT_SELF_SIGNED] = {BY_ITSELF, .begins_day = -1, .ends_day = 30},
    [FAULT_UNTRUSTED] = {BY_STRANGER, .sends_issuer = true, .begins_day = -1, .ends_day = 30},
    [FAULT_EXPIRED] = {.begins_day = -32, .ends_day = -2},
    [FAULT_NOT_YET_VALID] = {.begins_day = 2, .ends_day = 32},
    [FAULT_WRONG_NAME] = {.subject = FOR_ELSEWHERE, .begins_day = -1, .ends_day = 30},
    [FAULT_MISSING_INTERMEDIATE] = {BY_INTERMEDIATE, .begins_day = -1, .ends_day = 30},
    [FAULT_LOOK_ALIKE] = {.subject = FOR_LOOK_ALIKE, .begins_day = -1, .ends_day = 30},
    [FAULT_DOMAIN_ONLY] = {.subject = FOR_DOMAIN, .begins_day = -1, .ends_day = 30},
    [FAULT_COMMON_NAME_ONLY] = {.no_alt_name = true, .begins_day = -1, .ends_day = 30},
    [FAULT_LEAF_AS_ISSUER] = {BY_LEAF, .sends_issuer = true, .begins_day = -1, .ends_day = 30},
    [FAULT_NOT_SERVER] = {.not_server = true, .begins_day = -1, .ends_day = 30},
    [FAULT_BAD_SIGNATURE] = {.flip_signature = true, .begins_day = -1, .ends_day = 30},
};

/* A certificate that signs others; made at first use. */
struct issuer {
	X509 *cert;
	EVP_PKEY *key;
};

/* One chain, kept. */
struct entry {
	struct pki_chain chain;
	char *key;    /* what was asked for, as text */
	struct entry *next;
};

struct pki {
	struct issuer lab, stranger, intermediate, leaf;
	SSL_CTX *ctx; /* of all sessions; NULL before the first */
	char *root_pem;
	char root_link[16];
	uint64_t serial;
	int64_t ahead_s; /* where the client's clock stands */
	struct entry **slots;
	size_t n_slots, n_entries; /* n_slots: a power of two */
};

/* --- parts of a certificate ---------------------------------------------------------------- */

/* With its type given, OpenSSL does not mind that a name may be longer than 64 (ub-common-name). */
static void
set_common_name(X509_NAME *name, const char *text)
{
	X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(
	    NULL, NID_commonName, V_ASN1_UTF8STRING, (const unsigned char *)text, -1);

	must(entry != NULL && X509_NAME_add_entry(name, entry, -1, 0) == 1);
	X509_NAME_ENTRY_free(entry);
}

static void
add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

/* By hand: names are data here, never configuration text. */
static void
add_alt_names(X509 *x, const char *const *names, size_t n)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();

	must(all != NULL);
	for (size_t i = 0; i < n; i++) {
		GENERAL_NAME *one = GENERAL_NAME_new();
		ASN1_IA5STRING *text = ASN1_IA5STRING_new();

		must(one != NULL && text != NULL && ASN1_STRING_set(text, names[i], -1) == 1);
		GENERAL_NAME_set0_value(one, GEN_DNS, text);
		must(sk_GENERAL_NAME_push(all, one) > 0);
	}
	must(X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, 0) == 1);
	GENERAL_NAMES_free(all);
}

#define DAY_S 86400l

/* A certificate with key, subject and dates (seconds from now); no extensions, not signed. */
static X509 *
begin_cert(struct pki *pki, EVP_PKEY *key, const char *common_name, long begins_s, long ends_s)
{
	X509 *x = X509_new();

	must(x != NULL && X509_set_version(x, X509_VERSION_3) == 1);
	must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), pki->serial++) == 1);
	must(X509_time_adj_ex(X509_getm_notBefore(x), (int)(begins_s / DAY_S), begins_s % DAY_S, NULL) !=
	     NULL);
	must(X509_time_adj_ex(X509_getm_notAfter(x), (int)(ends_s / DAY_S), ends_s % DAY_S, NULL) != NULL);
	must(X509_set_pubkey(x, key) == 1);
	set_common_name(X509_get_subject_name(x), common_name);
	return x;
}

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	must(key != NULL);
	return key;
}

static void
name_issuer(X509 *x, X509 *issuer)
{
	must(X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1);
}

/* A CA, or (for leaf-as-issuer) what only claims to be one; `by` NULL: a root. */
static struct issuer
make_issuer(struct pki *pki, const char *common_name, const struct issuer *by, bool ca)
{
	struct issuer made = {.key = new_key()};
	X509 *x = begin_cert(pki, made.key, common_name, -400 * DAY_S, 36500 * DAY_S);

	name_issuer(x, by != NULL ? by->cert : x);
	add_extension(x, x, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_extension(x, x, NID_key_usage, ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
	add_extension(x, x, NID_subject_key_identifier, "hash");
	if (by != NULL)
		add_extension(x, by->cert, NID_authority_key_identifier, "keyid:always");
	must(X509_sign(x, by != NULL ? by->key : made.key, EVP_sha256()) > 0);
	made.cert = x;
	return made;
}

static const struct issuer *
issuer_for(struct pki *pki, enum signer signer)
{
	switch (signer) {
	case BY_LAB:
		return &pki->lab;
	case BY_ITSELF:
		return NULL;
	case BY_STRANGER:
		return &pki->stranger;
	case BY_INTERMEDIATE:
		if (pki->intermediate.cert == NULL)
			pki->intermediate = make_issuer(pki, "mitmx lab intermediate", &pki->lab, true);
		return &pki->intermediate;
	case BY_LEAF:
		if (pki->leaf.cert == NULL)
			pki->leaf = make_issuer(pki, "leaf.elsewhere.example", &pki->lab, false);
		return &pki->leaf;
	}
	must_failed(__FILE__, __LINE__, "signer");
}

/* --- a chain -------------------------------------------------------------------------------- */

/* Names of the leaf; `made` holds the one that a fault makes up. */
static size_t
choose_names(const struct recipe *recipe, const char *domain, const char *name,
    const struct plan_certificate *certificate, char *made, size_t size, const char *const **ret_names)
{
	static const char *one[1]; /* borrowed until the next call */
	const char *host = name;

	if (recipe->subject == FOR_HOST && certificate != NULL && certificate->n_names > 0) {
		*ret_names = certificate->names;
		return certificate->n_names;
	}
	if (recipe->subject == FOR_ELSEWHERE)
		host = ELSEWHERE;
	if (recipe->subject == FOR_DOMAIN)
		host = domain;
	if (recipe->subject == FOR_LOOK_ALIKE) {
		snprintf(made, size, "%s%s", name, LOOK_ALIKE_TAIL);
		host = made;
	}
	one[0] = host;
	*ret_names = one;
	return 1;
}

static void
flip_signature(X509 *x)
{
	const ASN1_BIT_STRING *signature;

	X509_get0_signature(&signature, NULL, x);
	/* The last byte belongs to the number s; it stays well-formed DER. */
	((unsigned char *)ASN1_STRING_get0_data(signature))[ASN1_STRING_length(signature) - 1] ^= 1;
}

/* A chain that should be good shuts out the true time once the client's clock was moved. */
static long
begins_s(const struct pki *pki, const struct recipe *recipe)
{
	long begins = recipe->begins_day * DAY_S;

	if (begins < 0 && recipe->ends_day > 0 && -begins > pki->ahead_s / 2 && pki->ahead_s > 0)
		begins = -pki->ahead_s / 2;
	return begins + pki->ahead_s;
}

static X509 *
make_leaf(struct pki *pki, const struct recipe *recipe, EVP_PKEY *key, const char *const *names, size_t n)
{
	const struct issuer *by = issuer_for(pki, recipe->signer);
	X509 *x =
	    begin_cert(pki, key, names[0], begins_s(pki, recipe), recipe->ends_day * DAY_S + pki->ahead_s);

	name_issuer(x, by != NULL ? by->cert : x);
	add_extension(x, x, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(x, x, NID_key_usage, "critical,digitalSignature");
	add_extension(x, x, NID_ext_key_usage, recipe->not_server ? "clientAuth" : "serverAuth");
	add_extension(x, x, NID_subject_key_identifier, "hash");
	if (by != NULL)
		add_extension(x, by->cert, NID_authority_key_identifier, "keyid:always");
	if (!recipe->no_alt_name)
		add_alt_names(x, names, n);
	must(X509_sign(x, by != NULL ? by->key : key, EVP_sha256()) > 0);
	if (recipe->flip_signature)
		flip_signature(x);
	return x;
}

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

static struct entry *
mint(struct pki *pki, const char *domain, const char *name, const struct plan_certificate *certificate,
    enum certificate_fault fault)
{
	const struct recipe *recipe = &recipes[fault];
	struct entry *entry = must_alloc(sizeof(*entry));
	struct pki_chain *chain = &entry->chain;
	const struct issuer *by = issuer_for(pki, recipe->signer);
	char made[512];
	const char *const *names;
	size_t n = choose_names(recipe, domain, name, certificate, made, sizeof(made), &names);

	chain->fault = fault;
	chain->key = new_key();
	chain->leaf = make_leaf(pki, recipe, chain->key, names, n);
	chain->chain = sk_X509_new_null();
	must(chain->chain != NULL);
	if (recipe->sends_issuer && by != NULL)
		must(X509_up_ref(by->cert) == 1 && sk_X509_push(chain->chain, by->cert) > 0);
	chain->names = join_names(names, recipe->no_alt_name ? 1 : n);
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

/* The certificate is the session's, not a context's: a context costs as much as fifteen chains. */
SSL *
pki_session(struct pki *pki, const struct pki_chain *chain)
{
	SSL *ssl;

	if (pki->ctx == NULL)
		pki->ctx = tls_context_server();
	ssl = SSL_new(pki->ctx);
	must(ssl != NULL);
	must(SSL_use_certificate(ssl, chain->leaf) == 1);
	must(SSL_use_PrivateKey(ssl, chain->key) == 1);
	/* Also an empty list: else OpenSSL would look for issuers by itself. */
	SSL_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
	must(SSL_set1_chain(ssl, chain->chain) == 1);
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

	tls_context_init();
	must(RAND_bytes((unsigned char *)&pki->serial, sizeof(pki->serial)) == 1);
	pki->serial >>= 2; /* positive, with room to count */
	pki->lab = make_issuer(pki, "mitmx lab CA", NULL, true);
	pki->stranger = make_issuer(pki, "nobody's CA", NULL, true);
	pki->root_pem = pem_of(pki->lab.cert);
	snprintf(pki->root_link, sizeof(pki->root_link), "%08lx.0", X509_subject_name_hash(pki->lab.cert));
	grow(pki);
	return pki;
}

static void
free_issuer(struct issuer *issuer)
{
	X509_free(issuer->cert);
	EVP_PKEY_free(issuer->key);
}

static void
free_entry(struct entry *e)
{
	X509_free(e->chain.leaf);
	EVP_PKEY_free(e->chain.key);
	sk_X509_pop_free(e->chain.chain, X509_free);
	free((char *)e->chain.names);
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
	free_issuer(&pki->lab);
	free_issuer(&pki->stranger);
	free_issuer(&pki->intermediate);
	free_issuer(&pki->leaf);
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
