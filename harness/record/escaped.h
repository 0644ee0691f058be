/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escaped.h - any bytes as a JSON string, and back without loss.
 *
 * JSON holds Unicode, what peers send is bytes: so every text of a record goes through text_escape
 * (harness/base/text.h) first. Plain ASCII looks the same in both. Does no I/O. Ref: RFC 8259 s7.
 */
#ifndef ESCAPED_H
#define ESCAPED_H

#include <jansson.h>

#include "harness/base/region.h"
#include "harness/base/text.h"

json_t *escaped_new(struct bytes b); /* owned; never NULL */
/* Into the region, with a NUL behind; false when `json` is no string or malformed. */
bool escaped_get(const json_t *json, struct region *region, struct bytes *ret);

/* Sets a member; a NULL text leaves it out. */
void escaped_set(json_t *object, const char *key, const char *text);
/* An absent member gives NULL. False when it is there and is no such text, or holds a NUL. */
bool escaped_text(const json_t *object, const char *key, struct region *region, const char **ret);

/* Lists of texts; an empty one is left out. */
void escaped_set_list(json_t *object, const char *key, const char *const *texts, size_t n);
bool escaped_list(
    const json_t *object, const char *key, struct region *region, const char *const **ret, size_t *ret_n);

/* Whole numbers and flags; an absent one leaves `*ret` as it is. False when it is of another type or out of
 * range. */
bool escaped_number(const json_t *object, const char *key, uint64_t most, uint64_t *ret);
bool escaped_number32(const json_t *object, const char *key, uint32_t *ret);
bool escaped_flag(const json_t *object, const char *key, bool *ret);

#endif
