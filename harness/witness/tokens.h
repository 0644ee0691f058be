/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens.h - looks for tokens in a stream of bytes, as they are and in base64. No I/O.
 *
 * Fed piece by piece; a token that lies across pieces is found. Base64 is tried at all four
 * alignments of every run of its letters, line breaks inside a run do not end it (RFC 2045 s6.8).
 * Ciphertext is searched like anything else: it does not hold a token by chance.
 */
#ifndef TOKENS_H
#define TOKENS_H

#include <stdbool.h>

#include "harness/base/text.h"
#include "harness/model/plan.h"

#define TOKENS_MAX 4096 /* different ones in one stream */

struct tokens;

/* `token` in lower case, borrowed for the call. Each token is told once, however often it comes. */
typedef void tokens_found(void *ctx, const char token[PLAN_TOKEN_LEN + 1], bool base64);

struct tokens *tokens_new(tokens_found *found, void *ctx); /* owned */
void tokens_free(struct tokens *t);                        /* NULL is fine */

void tokens_feed(struct tokens *t, struct bytes data);
/* What comes next does not join what was: bytes are missing between. */
void tokens_break(struct tokens *t);
/* More than TOKENS_MAX different ones came; later ones were not told. */
bool tokens_overflowed(const struct tokens *t);

#endif
