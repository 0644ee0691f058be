/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - see memory.h; glibc lets a program replace its allocator, and keeps its own under other names.
 */
#include "harness/base/memory.h"

#include <features.h>
#include <stddef.h>

#include "harness/base/must.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_ANOTHER
#endif
#endif
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_ANOTHER
#endif

#ifndef HAS_ANOTHER
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *old, size_t len);
void *malloc(size_t len);
void *calloc(size_t n, size_t len);
void *realloc(void *old, size_t len);

void *
malloc(size_t len)
{
	return must_have(__libc_malloc(len));
}

void *
calloc(size_t n, size_t len)
{
	return must_have(__libc_calloc(n, len));
}

void *
realloc(void *old, size_t len)
{
	void *p = __libc_realloc(old, len);

	return p == NULL && old != NULL && len == 0 ? NULL : must_have(p); /* realloc(p, 0) frees */
}
#endif

void
memory_is_vital(void)
{
}
