/* SPDX-License-Identifier: Apache-2.0 */
/*
 * complaints.h - what is wrong in files that people wrote: collected, with file, line and column.
 *
 * Nothing is printed before somebody asks; one broken place never hides the others.
 * At most COMPLAINTS_A_FILE are kept for one file, and no sentence twice for one place.
 */
#ifndef COMPLAINTS_H
#define COMPLAINTS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/text.h"

#define COMPLAINTS_A_FILE 20

struct complaint {
	const char *file;      /* as it was opened */
	unsigned line, column; /* from 1; 0: about the file as a whole */
	const char *sentence;
	const char *shown; /* the source line, a newline and a line with a caret; NULL when there is none */
};

struct complaints;

struct complaints *complaints_new(void);    /* owned */
void complaints_free(struct complaints *c); /* NULL is fine */

size_t complaints_count(const struct complaints *c); /* that were kept */
size_t complaints_made(const struct complaints *c);  /* with those that were not: grows at every one */
const struct complaint *
complaints_at(const struct complaints *c, size_t i); /* borrowed until complaints_free */

/* `source` is the whole text of the file, from which the line is shown; empty: no line is shown. */
void complaints_add(struct complaints *c, const char *file, unsigned line, unsigned column,
    struct bytes source, const char *format, ...) __attribute__((format(printf, 6, 7)));
void complaints_add_list(struct complaints *c, const char *file, unsigned line, unsigned column,
    struct bytes source, const char *format, va_list args) __attribute__((format(printf, 6, 0)));

/* All of them, in the order they came: "FILE:LINE:COLUMN: sentence", the line, the caret. */
void complaints_print(const struct complaints *c, FILE *to);

#endif
