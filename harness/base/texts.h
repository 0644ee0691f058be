/* SPDX-License-Identifier: Apache-2.0 */
/*
 * texts.h - many texts that are often the same: each different one is kept once, and has a number.
 *
 * Nothing is forgotten before texts_free.
 */
#ifndef BASE_TEXTS_H
#define BASE_TEXTS_H

#include <stddef.h>

#include "harness/base/text.h"

struct texts;

struct texts *texts_new(void);    /* owned */
void texts_free(struct texts *t); /* NULL is fine */
/* The number of this text, in the order in which different ones came, from 0. The text is copied. */
size_t texts_number(struct texts *t, struct bytes text);
size_t texts_count(const struct texts *t);
struct bytes texts_at(const struct texts *t, size_t number); /* borrowed until texts_free */
/* The same bytes, at one place for all that are equal; borrowed until texts_free. */
struct bytes texts_keep(struct texts *t, struct bytes text);

#endif
