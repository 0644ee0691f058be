/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts_words.h - the small words that the grammars of MTA-STS records and policies share.
 *
 * Ref: RFC 8461 s3.1 (sts-ext-name), s3.2 (sts-policy-ext-name).
 */
#ifndef MTA_STS_WORDS_H
#define MTA_STS_WORDS_H

#include <stdbool.h>

#include "harness/base/text.h"

bool sts_words_is_blank(char c); /* WSP: a space or a tab */
/* The name of a field or key: up to 32 letters, digits, '_', '-' and '.', not one of these three first. */
bool sts_words_is_name(struct bytes name);

#endif
