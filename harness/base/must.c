/* SPDX-License-Identifier: Apache-2.0 */
/* must.c - see must.h */
#include "harness/base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void
must_failed(const char *file, int line, const char *cond)
{
	fprintf(stderr, "mitmx: a bug in mitmx: %s:%d: '%s' does not hold\n", file, line, cond);
	abort();
}

_Noreturn void
must_out_of_memory(void)
{
	static const char sentence[] = "mitmx: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, sentence, sizeof(sentence) - 1); /* stdio might allocate */

	(void)ignored;
	abort();
}

void *
must_have(void *p)
{
	if (p == NULL)
		must_out_of_memory();
	return p;
}

void *
must_alloc(size_t len)
{
	return must_have(calloc(1, len ? len : 1));
}

void *
must_realloc(void *old, size_t len)
{
	return must_have(realloc(old, len ? len : 1));
}

char *
must_strdup(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(must_alloc(len), text, len);
}
