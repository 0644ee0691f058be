/* SPDX-License-Identifier: Apache-2.0 */
/* issuers.c - see issuers.h; one row per issuer. */
#include "fakes/pki/issuers.h"

#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "harness/base/must.h"

#define DAY_S 86400l

struct signer {
	X509 *cert; /* NULL before its first use */
	EVP_PKEY *key;
};

struct issuers {
	struct signer made[ISSUERS];
	uint64_t serial;
};

#define CA "critical,CA:TRUE"
#define SIGNS "critical,keyCertSign,cRLSign"

static const struct row {
	const char *name;
	enum issuer by;            /* itself: a root */
	const char *basic, *usage; /* extensions; NULL: without */
	const char *constraints;
	int ends_day; /* from now */
	bool rsa;
} rows[ISSUERS] = {
    [ISSUER_LAB] = {"mitmx lab CA", ISSUER_LAB, CA, SIGNS, NULL, 36500, false},
    [ISSUER_STRANGER] = {"nobody's CA", ISSUER_STRANGER, CA, SIGNS, NULL, 36500, false},
    [ISSUER_INTERMEDIATE] = {"mitmx lab intermediate", ISSUER_LAB, CA, SIGNS, NULL, 36500, false},
    [ISSUER_LEAF] = {"leaf.elsewhere.example", ISSUER_LAB, "critical,CA:FALSE", "critical,digitalSignature",
	NULL, 36500, false},
    [ISSUER_NO_CA] = {"mitmx lab, no CA", ISSUER_LAB, NULL, SIGNS, NULL, 36500, false},
    [ISSUER_NO_SIGN] = {"mitmx lab, signs lists alone", ISSUER_LAB, CA, "critical,cRLSign", NULL, 36500,
	false},
    [ISSUER_EXPIRED] = {"mitmx lab, of yore", ISSUER_LAB, CA, SIGNS, NULL, -2, false},
    [ISSUER_SHUT] = {"mitmx lab, leaves alone", ISSUER_LAB, CA ",pathlen:0", SIGNS, NULL, 36500, false},
    [ISSUER_BELOW_SHUT] = {"mitmx lab, one too many", ISSUER_SHUT, CA, SIGNS, NULL, 36500, false},
    [ISSUER_PERMITS] = {"mitmx lab, for example", ISSUER_LAB, CA, SIGNS, "critical,permitted;DNS:example",
	36500, false},
    [ISSUER_PERMITS_OTHERS] = {"mitmx lab, for elsewhere", ISSUER_LAB, CA, SIGNS,
	"critical,permitted;DNS:elsewhere.example", 36500, false},
    [ISSUER_EXCLUDES] = {"mitmx lab, not for example", ISSUER_LAB, CA, SIGNS, "critical,excluded;DNS:example",
	36500, false},
    [ISSUER_RSA] = {"mitmx lab, RSA", ISSUER_LAB, CA, SIGNS, NULL, 36500, true},
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

void
issuers_extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

X509 *
issuers_begin(struct issuers *issuers, EVP_PKEY *key, const char *common_name, long begins_s, long ends_s)
{
	X509 *x = X509_new();

	must(x != NULL && X509_set_version(x, X509_VERSION_3) == 1);
	must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), issuers->serial++) == 1);
	must(X509_time_adj_ex(X509_getm_notBefore(x), (int)(begins_s / DAY_S), begins_s % DAY_S, NULL) !=
	     NULL);
	must(X509_time_adj_ex(X509_getm_notAfter(x), (int)(ends_s / DAY_S), ends_s % DAY_S, NULL) != NULL);
	must(X509_set_pubkey(x, key) == 1);
	set_common_name(X509_get_subject_name(x), common_name);
	return x;
}

/* --- the issuers ---------------------------------------------------------------------------- */

/* Of three primes, which are found in a third of the time: the world stands still meanwhile. */
static EVP_PKEY *
new_rsa_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	must(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1);
	must(EVP_PKEY_CTX_set_rsa_keygen_primes(ctx, 3) == 1 && EVP_PKEY_generate(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static struct signer *
signer_of(struct issuers *issuers, enum issuer which)
{
	const struct row *row = &rows[which];
	struct signer *made = &issuers->made[which], *by;
	X509 *x;

	must(which < ISSUERS);
	if (made->cert != NULL)
		return made;
	made->key = row->rsa ? new_rsa_key() : EVP_EC_gen("P-256");
	must(made->key != NULL);
	x = issuers_begin(issuers, made->key, row->name, -400 * DAY_S, row->ends_day * DAY_S);
	made->cert = x; /* a root finds itself */
	by = signer_of(issuers, row->by);
	must(X509_set_issuer_name(x, X509_get_subject_name(by->cert)) == 1);
	if (row->basic != NULL)
		issuers_extend(x, x, NID_basic_constraints, row->basic);
	issuers_extend(x, x, NID_key_usage, row->usage);
	if (row->constraints != NULL)
		issuers_extend(x, x, NID_name_constraints, row->constraints);
	issuers_extend(x, x, NID_subject_key_identifier, "hash");
	if (by != made)
		issuers_extend(x, by->cert, NID_authority_key_identifier, "keyid:always");
	must(X509_sign(x, by->key, EVP_sha256()) > 0);
	return made;
}

X509 *
issuers_cert(struct issuers *issuers, enum issuer which)
{
	return signer_of(issuers, which)->cert;
}

EVP_PKEY *
issuers_key(struct issuers *issuers, enum issuer which)
{
	return signer_of(issuers, which)->key;
}

enum issuer
issuers_above(enum issuer which)
{
	return rows[which].by;
}

struct issuers *
issuers_new(void)
{
	struct issuers *issuers = must_alloc(sizeof(*issuers));

	must(RAND_bytes((unsigned char *)&issuers->serial, sizeof(issuers->serial)) == 1);
	issuers->serial >>= 2; /* positive, with room to count */
	return issuers;
}

void
issuers_free(struct issuers *issuers)
{
	if (issuers == NULL)
		return;
	for (size_t i = 0; i < ISSUERS; i++) {
		X509_free(issuers->made[i].cert);
		EVP_PKEY_free(issuers->made[i].key);
	}
	free(issuers);
}
