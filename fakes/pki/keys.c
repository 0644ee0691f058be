/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - see keys.h */
#define OPENSSL_SUPPRESS_DEPRECATED /* for EC_KEY alone, see p256_key */
#include "fakes/pki/keys.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "harness/base/must.h"

struct keys {
	EVP_PKEY *made[FAULTS]; /* NULL before its first use */
};

/*
 * Made the old way: OpenSSL 3.0 puts the key of a provider into a certificate by writing it as DER and
 * decoding that, which costs five times as much as the signature.
 */
static EVP_PKEY *
p256_key(void)
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	EVP_PKEY *key = EVP_PKEY_new();

	must(ec != NULL && EC_KEY_generate_key(ec) == 1);
	must(key != NULL && EVP_PKEY_assign_EC_KEY(key, ec) == 1);
	return key;
}

/* The curve's numbers instead of its name (RFC 5480 s2.1.1 forbids them). */
static EVP_PKEY *
explicit_key(void)
{
	char group[] = "P-256", encoding[] = OSSL_PKEY_EC_ENCODING_EXPLICIT;
	const OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding, 0), OSSL_PARAM_END};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	must(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_params(ctx, params) == 1);
	must(EVP_PKEY_generate(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
new_key(enum key_kind kind)
{
	EVP_PKEY *key = NULL;

	switch (kind) {
	case KEY_P256:
		key = p256_key();
		break;
	case KEY_P256_EXPLICIT:
		key = explicit_key();
		break;
	case KEY_RSA_1024:
		key = EVP_RSA_gen(1024);
		break;
	case KEY_RSA_512:
		key = EVP_RSA_gen(512);
		break;
	}
	must(key != NULL);
	return key;
}

EVP_PKEY *
keys_for(struct keys *keys, enum certificate_fault fault, enum key_kind kind)
{
	must(fault < FAULTS);
	if (keys->made[fault] == NULL)
		keys->made[fault] = new_key(kind);
	return keys->made[fault];
}

struct keys *
keys_new(void)
{
	return must_alloc(sizeof(struct keys));
}

void
keys_free(struct keys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < FAULTS; i++)
		EVP_PKEY_free(keys->made[i]);
	free(keys);
}
