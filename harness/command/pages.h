/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - the manual pages: mitmx(1) from the tables of commands and options, mitmx-scenario(5) and
 * mitmx-client(5) from the tables of keys that check these files.
 */
#ifndef PAGES_H
#define PAGES_H

#include <stdio.h>

#include "harness/command/command.h"

extern const char *const page_names[]; /* ends with NULL */

/* The source of a page in mdoc(7); -1 when there is no such page. */
int page_print(const char *name, FILE *to);

#endif
