/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - see progress.h */
#include "harness/command/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/base/clock.h"

#define SHOW_EVERY_NS 50000000u
#define COLUMNS 80 /* of a terminal that does not say */

void
progress_init(struct progress *p, bool quiet)
{
	const char *term = getenv("TERM");

	*p = (struct progress){
	    .live = !quiet && isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0};
}

void
progress_line(char ret[PROGRESS_WIDTH], unsigned columns, const struct tally *tally, const char *slowest)
{
	size_t room = columns > 0 ? columns : COLUMNS;

	snprintf(ret, room < PROGRESS_WIDTH ? room : PROGRESS_WIDTH,
	    "%zu of %zu scenarios, %zu violated so far%s%s", tally->over, tally->all, tally->violated,
	    slowest != NULL ? "; open: " : "", slowest != NULL ? slowest : "");
}

void
progress_show(struct progress *p, const struct tally *tally, const char *slowest)
{
	uint64_t now = clock_ns();
	struct winsize size = {0};
	char line[PROGRESS_WIDTH];

	if (!p->live || (now - p->shown_ns < SHOW_EVERY_NS && tally->over < tally->all))
		return;
	ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	progress_line(line, size.ws_col, tally, slowest);
	p->shown_ns = now;
	p->shown = true;
	fprintf(stderr, "\r\033[K%s", line);
	fflush(stderr);
}

void
progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
