/* SPDX-License-Identifier: Apache-2.0 */
/* region.c - see region.h; blocks of growing size in a list, newest first. */
#include "harness/base/region.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define REGION_FIRST 1024
#define REGION_LARGEST (256 * 1024)

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(max_align_t) unsigned char data[];
};

struct region {
	struct block *blocks;
	size_t handed_out;
};

struct region *
region_new(void)
{
	return must_alloc(sizeof(struct region));
}

void
region_free(struct region *r)
{
	struct block *b, *next;

	if (r == NULL)
		return;
	for (b = r->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(r);
}

size_t
region_size(const struct region *r)
{
	return r->handed_out;
}

static struct block *
add_block(struct region *r, size_t len)
{
	size_t size = r->blocks ? r->blocks->size * 2 : REGION_FIRST;
	struct block *b;

	if (size > REGION_LARGEST)
		size = REGION_LARGEST;
	if (size < len)
		size = len;
	b = must_alloc(sizeof(*b) + size);
	b->size = size;
	b->next = r->blocks;
	return r->blocks = b;
}

void *
region_alloc(struct region *r, size_t len)
{
	const size_t align = _Alignof(max_align_t);
	struct block *b = r->blocks;
	void *p;

	must(len < SIZE_MAX / 2);
	len = (len + align - 1) / align * align;
	if (b == NULL || b->size - b->used < len)
		b = add_block(r, len);
	p = b->data + b->used;
	b->used += len;
	r->handed_out += len;
	return p;
}

void *
region_memdup(struct region *r, const void *data, size_t len)
{
	void *p = region_alloc(r, len);

	if (len > 0)
		memcpy(p, data, len);
	return p;
}

char *
region_strndup(struct region *r, const char *text, size_t len)
{
	char *p = region_alloc(r, len + 1);

	if (len > 0)
		memcpy(p, text, len);
	return p;
}

char *
region_strdup(struct region *r, const char *text)
{
	return region_strndup(r, text, strlen(text));
}

char *
region_printf(struct region *r, const char *format, ...)
{
	va_list args;
	char *p;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	must(len >= 0);
	p = region_alloc(r, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(p, (size_t)len + 1, format, args);
	va_end(args);
	return p;
}

/* Full exactly when the count is 0 or a power of two; so no capacity is stored. */
static int
is_full(size_t n)
{
	return (n & (n - 1)) == 0;
}

void *
region_push(struct region *r, void *items, size_t *n, size_t size)
{
	unsigned char *old, *array;

	memcpy(&old, items, sizeof(old));
	array = old;
	if (is_full(*n)) {
		array = region_alloc(r, (*n ? *n * 2 : 1) * size);
		if (*n > 0)
			memcpy(array, old, *n * size);
		memcpy(items, &array, sizeof(array));
	}
	return array + (*n)++ * size;
}
