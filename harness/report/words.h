/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - a fact as a line for people; every kind has one template in one table. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

#include "harness/model/fact.h"

/* Writes at most `size` bytes with a NUL; control bytes of peers come out escaped, long texts cut. Returns
 * `out`. */
char *fact_in_words(const struct fact *f, char *out, size_t size);
/* How a kind is told; the little language is explained in words.c. */
const char *fact_template(enum fact_kind kind);
/* The kind matters to a reader of a failure; not so: counts, answers to orders, key log lines. */
bool fact_is_telling(const struct fact *f);
/* "in clear", "inside TLS that the interposer ended"; the channel itself when unknown. */
const char *channel_in_words(const char *channel);

#endif
