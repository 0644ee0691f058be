/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selection.h - the suite as a command wants it: read, whole, and cut down to what was selected.
 *
 * Prints every mistake of the files. In a GLOB, `*` also matches `/`.
 */
#ifndef SELECTION_H
#define SELECTION_H

#include "harness/command/command.h"
#include "harness/scenario/suite.h"

struct selection {
	struct region *region;
	struct complaints *complaints;
	struct suite *suite;
	const struct scenario **chosen; /* in the order of the suite; borrowed from it */
	size_t n;
};

/*
 * Reads the suite of `folder` (NULL: ours) and keeps what matches one of the globs (n_globs 0: all).
 * EXIT_OK, or EXIT_USAGE after having said why: a broken file, no such folder, nothing matches.
 */
int selection_open(struct selection *ret, const char *folder, const char *const *globs, size_t n_globs);
/* The same with the values of the options "scenarios" and "select" of a command. */
int selection_of_line(struct selection *ret, const struct command *self, const struct command_line *line);
void selection_close(struct selection *s); /* also after a failure */

/* Flaws of the built-in client, for `catches`; ends with NULL. */
extern const char *const selection_flaws[];

#endif
