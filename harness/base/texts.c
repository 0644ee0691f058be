/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c - see texts.h; a hash table with open addressing, at least twice as many slots as texts. */
#include "harness/base/texts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/base/region.h"

#define SLOTS_FIRST 256

struct texts {
	struct region *region;
	struct bytes *items;
	size_t n;
	uint32_t *slots; /* number + 1; 0 free */
	size_t n_slots;  /* a power of two */
};

static void
make_slots(struct texts *t, size_t n)
{
	free(t->slots);
	t->n_slots = n;
	t->slots = must_alloc(n * sizeof(*t->slots));
	t->items = must_realloc(t->items, n / 2 * sizeof(*t->items));
}

struct texts *
texts_new(void)
{
	struct texts *t = must_alloc(sizeof(*t));

	t->region = region_new();
	make_slots(t, SLOTS_FIRST);
	return t;
}

void
texts_free(struct texts *t)
{
	if (t == NULL)
		return;
	region_free(t->region);
	free(t->items);
	free(t->slots);
	free(t);
}

/* Eight bytes at a time: a run keeps millions of texts. */
static uint64_t
hash_of(struct bytes text)
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ text.len;

	for (size_t at = 0; at < text.len; at += sizeof(uint64_t)) {
		size_t left = text.len - at;
		uint64_t part = 0;

		memcpy(&part, text.data + at, left < sizeof(part) ? left : sizeof(part));
		hash = (hash ^ part) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	return hash;
}

/* Where its number stands, or the free slot where it would. */
static uint32_t *
slot_of(const struct texts *t, struct bytes text)
{
	size_t at = hash_of(text) & (t->n_slots - 1);

	while (t->slots[at] != 0 && !bytes_equal(t->items[t->slots[at] - 1], text))
		at = (at + 1) & (t->n_slots - 1);
	return &t->slots[at];
}

static void
grow(struct texts *t)
{
	make_slots(t, 2 * t->n_slots);
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->items[i]) = (uint32_t)i + 1;
}

size_t
texts_number(struct texts *t, struct bytes text)
{
	uint32_t *slot = slot_of(t, text);

	if (*slot == 0) {
		if (t->n == t->n_slots / 2) {
			grow(t);
			slot = slot_of(t, text);
		}
		must(t->n < UINT32_MAX);
		t->items[t->n++] = (struct bytes){region_memdup(t->region, text.data, text.len), text.len};
		*slot = (uint32_t)t->n;
	}
	return *slot - 1;
}

size_t
texts_count(const struct texts *t)
{
	return t->n;
}

struct bytes
texts_at(const struct texts *t, size_t number)
{
	must(number < t->n);
	return t->items[number];
}

struct bytes
texts_keep(struct texts *t, struct bytes text)
{
	return texts_at(t, texts_number(t, text));
}
