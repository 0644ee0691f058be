/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ehlo.h - an EHLO reply (or a greeting) as a list of lines, for those who take a line out or change a word;
 * no I/O.
 *
 * Keeps every byte that it was not asked to change, and what each line was before. Ref: RFC 5321 s4.1.1.1,
 * s4.2.1.
 */
#ifndef EHLO_H
#define EHLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"

#define EHLO_LINES_MAX 100
#define EHLO_NOWHERE SIZE_MAX

struct ehlo_line {
	char *text; /* with its ending; owned */
	size_t len;
	size_t from; /* the line of `said` in whose place it stands; EHLO_NOWHERE: it is new */
};

struct ehlo {
	struct ehlo_line lines[EHLO_LINES_MAX];
	size_t n;
	struct bytes said[EHLO_LINES_MAX]; /* as the host said them, in the same order; in `reply` */
	size_t n_said;
	char *reply; /* owned */
};

/* Lines beyond the limit stay joined to the last. Owned. */
struct ehlo *ehlo_new(struct bytes reply);
void ehlo_free(struct ehlo *e);
/* The index of the line that offers this keyword (never the first line), or -1. */
int ehlo_find(const struct ehlo *e, const char *keyword);
/* Takes the line out; the line before becomes the last one if need be. */
void ehlo_remove(struct ehlo *e, int line);
/* Puts `word` in the place of the line's keyword. */
void ehlo_replace(struct ehlo *e, int line, struct bytes word);
/* Ends the reply before this line; returns what was behind, a text. Owned. */
char *ehlo_cut(struct ehlo *e, int line);
/* Puts another reply in the place of this one: lines that say the same stand for each other. */
void ehlo_put(struct ehlo *e, struct bytes reply);

#endif
