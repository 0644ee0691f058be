/* SPDX-License-Identifier: Apache-2.0 */
/* texts.h - texts by number: each different one is kept once, in the order in which they came. */
#ifndef TEXTS_H
#define TEXTS_H

#include <stddef.h>

#include "harness/base/text.h"

struct texts;

struct texts *texts_new(void); /* owned */
void texts_free(struct texts *t);
/* The number of this text, from 0. The bytes are borrowed until texts_free. */
size_t texts_number(struct texts *t, struct bytes text);
size_t texts_count(const struct texts *t);
struct bytes texts_at(const struct texts *t, size_t number);

#endif
