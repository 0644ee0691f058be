/* SPDX-License-Identifier: Apache-2.0 */
/* must.c - see must.h */
#include "harness/base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void
must_failed(const char *file, int line, const char *cond)
{
	fprintf(stderr, "mitmx: a bug in mitmx: %s:%d: '%s' does not hold\n", file, line, cond);
	abort();
}

void *
must_alloc(size_t len)
{
	void *p = calloc(1, len ? len : 1);

	must(p != NULL);
	return p;
}

void *
must_realloc(void *old, size_t len)
{
	void *p = realloc(old, len ? len : 1);

	must(p != NULL);
	return p;
}

char *
must_strdup(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(must_alloc(len), text, len);
}
