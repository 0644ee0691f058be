/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h - one live line on a terminal while a run goes on; nothing elsewhere. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool live;         /* a terminal, and not told to be quiet */
	bool shown;        /* a line stands there now */
	uint64_t shown_ns; /* when it was written last */
};

void progress_init(struct progress *p, bool quiet);
/* Done and all in legs; `slowest` may be NULL. Writes at most 20 times a second. */
void progress_show(struct progress *p, size_t done, size_t all, const char *slowest);
/* Takes the line away. */
void progress_clear(struct progress *p);

#endif
