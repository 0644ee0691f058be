/* SPDX-License-Identifier: Apache-2.0 */
/* why.c - see why.h */
#include "harness/base/why.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
why_set(struct why *why, const char *format, ...)
{
	va_list args;

	if (why == NULL)
		return -1;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return -1;
}

int
why_errno(struct why *why, const char *format, ...)
{
	int saved = errno;
	va_list args;
	size_t len;

	if (why == NULL)
		return -1;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	len = strlen(why->text);
	snprintf(why->text + len, sizeof(why->text) - len, ": %s", strerror(saved));
	return -1;
}

int
why_prefix(struct why *why, const char *format, ...)
{
	char old[WHY_MAX];
	va_list args;
	size_t len;

	if (why == NULL)
		return -1;
	memcpy(old, why->text, sizeof(old));
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	len = strlen(why->text);
	snprintf(why->text + len, sizeof(why->text) - len, ": %s", old);
	return -1;
}
