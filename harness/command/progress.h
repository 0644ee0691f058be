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

/* Scenarios. */
struct tally {
	size_t over, all, violated;
};

#define PROGRESS_WIDTH 512 /* no line is longer */

void progress_init(struct progress *p, bool quiet);
/* `slowest`: a scenario that is still open, or NULL. Writes at most 20 times a second. */
void progress_show(struct progress *p, const struct tally *tally, const char *slowest);
/* Takes the line away. */
void progress_clear(struct progress *p);

/* The line for a terminal of so many columns (0: unknown), the last of them left free: there it would wrap. */
void
progress_line(char ret[PROGRESS_WIDTH], unsigned columns, const struct tally *tally, const char *slowest);

#endif
