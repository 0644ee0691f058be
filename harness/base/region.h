/* SPDX-License-Identifier: Apache-2.0 */
/*
 * region.h - many small allocations that are freed together.
 *
 * One region per scenario, plan or saved run: whatever hangs on it is owned by
 * it, so the structures themselves need no free functions. Memory is zeroed.
 */
#ifndef BASE_REGION_H
#define BASE_REGION_H

#include <stddef.h>

struct region;

struct region *region_new(void);            /* owned; never NULL */
void region_free(struct region *r);         /* everything in it; NULL is fine */
size_t region_size(const struct region *r); /* bytes handed out */

void *region_alloc(struct region *r, size_t len); /* aligned for any type; borrowed until region_free */
char *region_strdup(struct region *r, const char *text);
char *region_strndup(struct region *r, const char *text, size_t len); /* adds a NUL */
void *region_memdup(struct region *r, const void *data, size_t len);
char *region_printf(struct region *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Grows an array of `size`-byte items that lives in the region, one item at a
 * time: returns a pointer to the new, zeroed last item. `*items` and `*n` are updated.
 * Capacity doubles, so the array may move: hold indexes, not pointers, while it grows.
 */
void *region_push(struct region *r, void *items, size_t *n, size_t size);

#endif
