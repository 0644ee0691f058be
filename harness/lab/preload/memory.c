/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the functions that compilers call by themselves, since there is no libc; seen by nobody else. */
#include <stddef.h>

void *memset(void *to, int byte, size_t n);
void *memcpy(void *restrict to, const void *restrict from, size_t n);

/* Volatile, so that the compiler does not see a memset in it. */
void *
memset(void *to, int byte, size_t n)
{
	volatile unsigned char *at = to;

	while (n-- > 0)
		*at++ = (unsigned char)byte;
	return to;
}

void *
memcpy(void *restrict to, const void *restrict from, size_t n)
{
	volatile unsigned char *at = to;
	const unsigned char *source = from;

	while (n-- > 0)
		*at++ = *source++;
	return to;
}
