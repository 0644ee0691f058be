/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why.h - one ready sentence that says why something could not be done.
 *
 * For trouble of the machine or the user: a function returns -1 and has filled
 * its `why`. Only the command layer prints it.
 */
#ifndef BASE_WHY_H
#define BASE_WHY_H

#include <stdarg.h>

#define WHY_MAX 1024

struct why {
	char text[WHY_MAX];
};

/* All return -1, so that `return why_set(why, ...)` reads well. `why` may be NULL. */
int why_set(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends ": strerror(errno)". */
int why_errno(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts a prefix before what is there: "PREFIX: old sentence". */
int why_prefix(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
