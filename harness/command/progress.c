/* SPDX-License-Identifier: Apache-2.0 */
/* progress.c - see progress.h */
#include "harness/command/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/clock.h"

#define SHOW_EVERY_NS 50000000u
#define NAME_WIDTH 48

void
progress_init(struct progress *p, bool quiet)
{
	const char *term = getenv("TERM");

	*p = (struct progress){
	    .live = !quiet && isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0};
}

void
progress_show(struct progress *p, size_t done, size_t all, const char *slowest)
{
	uint64_t now = clock_ns();

	if (!p->live || (now - p->shown_ns < SHOW_EVERY_NS && done < all))
		return;
	p->shown_ns = now;
	p->shown = true;
	fprintf(stderr, "\r\033[K%zu of %zu legs are over%s%.*s", done, all,
	    slowest != NULL ? "; open: " : "", NAME_WIDTH, slowest != NULL ? slowest : "");
	fflush(stderr);
}

void
progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
