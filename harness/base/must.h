/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must.h - the check for our own bugs; never compiled out.
 *
 * Not for the machine's trouble (see why.h) and not for what a peer sends.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include <stddef.h>

#define must(cond) ((cond) ? (void)0 : must_failed(__FILE__, __LINE__, #cond))

/* Says where and what on stderr, then aborts. */
_Noreturn void must_failed(const char *file, int line, const char *cond);

/*
 * Memory. No part of the lab goes on without the memory that it asked for: it says "out of memory" on
 * stderr and aborts, so no fact is lost and no foreign byte is misread in silence. The malloc family of
 * ours is here; what libraries allocate is covered by memory.h. Tried by tests/fuzz/driver/allocations.c.
 */
_Noreturn void must_out_of_memory(void);
void *must_have(void *p); /* returns `p`; NULL: out of memory */

/* The results are owned. */
void *must_alloc(size_t len) __attribute__((malloc)); /* zeroed */
void *must_realloc(void *old, size_t len);
char *must_strdup(const char *text) __attribute__((malloc));

#endif
