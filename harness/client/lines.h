/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - bytes that come in pieces, to lines; a line that is too long is cut, never kept waiting for.
 */
#ifndef LINES_H
#define LINES_H

#include <event2/event.h>

#include "harness/base/text.h"

#define LINES_AT_ONCE 65536 /* bytes that one read takes at most, so that nobody is kept waiting */

struct lines;

/* line() gets each line without its end; the bytes are borrowed and may hold NUL. Owned. */
struct lines *lines_new(void (*line)(void *ctx, struct bytes line), void *ctx);
void lines_free(struct lines *l);
/* Reads up to `most` bytes once. What read(2) returned; -1 and errno. */
long lines_read(struct lines *l, int fd, size_t most);
/* The same from memory. */
void lines_feed(struct lines *l, struct bytes piece);
/* What stands without an end is a line too. */
void lines_end(struct lines *l);

#endif
