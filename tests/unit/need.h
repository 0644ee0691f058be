/* SPDX-License-Identifier: Apache-2.0 */
/*
 * need.h - a test that cannot run on this machine says so and counts as skipped; with MUST_RUN=1 it fails.
 */
#ifndef TEST_NEED_H
#define TEST_NEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* `what` is said when it is not here. Leaves the test then. */
static inline void
need(bool here, const char *what)
{
	const char *must_run = getenv("MUST_RUN");

	if (here)
		return;
	if (must_run != NULL && strcmp(must_run, "1") == 0)
		fail_msg("MUST_RUN=1: %s", what);
	print_message("skipped: %s\n", what);
	skip();
}

#endif
