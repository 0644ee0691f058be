/* SPDX-License-Identifier: Apache-2.0 */
/* texts.c - see texts.h; open addressing over FNV-1a, twice as many slots as texts. */
#include "harness/report/texts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define SLOTS_FIRST 256

struct texts {
	struct bytes *items;
	size_t n;
	size_t *slots;  /* number + 1; 0 free */
	size_t n_slots; /* a power of two */
};

struct texts *
texts_new(void)
{
	struct texts *t = must_alloc(sizeof(*t));

	t->n = 0;
	t->n_slots = SLOTS_FIRST;
	t->items = must_alloc(sizeof(*t->items) * t->n_slots / 2);
	t->slots = must_alloc(sizeof(*t->slots) * t->n_slots);
	memset(t->slots, 0, sizeof(*t->slots) * t->n_slots);
	return t;
}

void
texts_free(struct texts *t)
{
	if (t == NULL)
		return;
	free(t->items);
	free(t->slots);
	free(t);
}

static size_t *
slot_of(const struct texts *t, struct bytes text)
{
	uint64_t hash = 14695981039346656037u;
	size_t i;

	for (size_t k = 0; k < text.len; k++)
		hash = (hash ^ (unsigned char)text.data[k]) * 1099511628211u;
	for (i = (size_t)hash & (t->n_slots - 1); t->slots[i] != 0; i = (i + 1) & (t->n_slots - 1))
		if (bytes_equal(t->items[t->slots[i] - 1], text))
			break;
	return &t->slots[i];
}

static void
grow(struct texts *t)
{
	t->n_slots *= 2;
	t->items = must_realloc(t->items, sizeof(*t->items) * t->n_slots / 2);
	t->slots = must_realloc(t->slots, sizeof(*t->slots) * t->n_slots);
	memset(t->slots, 0, sizeof(*t->slots) * t->n_slots);
	for (size_t i = 0; i < t->n; i++)
		*slot_of(t, t->items[i]) = i + 1;
}

size_t
texts_number(struct texts *t, struct bytes text)
{
	size_t *slot = slot_of(t, text);

	if (*slot == 0) {
		if (t->n == t->n_slots / 2) {
			grow(t);
			slot = slot_of(t, text);
		}
		t->items[t->n++] = text;
		*slot = t->n;
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
