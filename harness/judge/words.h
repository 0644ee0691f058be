/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - the judge's findings as plain words; every text hangs on the region.
 */
#ifndef JUDGE_WORDS_H
#define JUDGE_WORDS_H

#include "harness/base/region.h"
#include "harness/model/judgment.h"

/* "refused", "held or silent", "anything". */
const char *words_outcomes(struct region *r, uint32_t outcomes);
/* "refused (must), held (should)"; a warm-up: "delivered (warm-up)". */
const char *words_expected(struct region *r, const struct expectation *e);
/* "message 7 for tok@a1.example". */
const char *words_message(struct region *r, const struct measured *row);
/* `held (the client said: "TLS is required")`; a client that said nothing: `held`. */
const char *words_outcome(struct region *r, const struct measured *row);
/* "the envelope went out in clear". */
const char *words_exposure(struct region *r, const struct measured *row);
/* Printable, at most 200 bytes of it. */
const char *words_quote(struct region *r, struct bytes text);

#endif
