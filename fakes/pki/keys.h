/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - the keys of leaves: one for each fault, made at first use and kept.
 *
 * Who has the genuine key has no other: no two faults share one. Issuers have keys of their own (issuers.h).
 */
#ifndef PKI_KEYS_H
#define PKI_KEYS_H

#include <openssl/evp.h>

#include "harness/model/plan.h"

enum key_kind { KEY_P256, KEY_P256_EXPLICIT, KEY_RSA_1024, KEY_RSA_512 };

struct keys;

struct keys *keys_new(void); /* owned */
void keys_free(struct keys *keys);

/* Borrowed until keys_free. A fault's kind is always the same. */
EVP_PKEY *keys_for(struct keys *keys, enum certificate_fault fault, enum key_kind kind);

#endif
