/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manual.h - a manual that is written once, as plain text for the terminal or as mdoc(7) for man.
 *
 * What it says comes from tables (keys, moves, options). It breaks no lines of plain text.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include <stdio.h>

enum manual_form { MANUAL_TEXT, MANUAL_MDOC };

struct manual;

struct manual *manual_new(FILE *to, enum manual_form form); /* owned; `to` is borrowed */
void manual_free(struct manual *m);                         /* NULL is fine */

/* The head of a page, for mdoc alone: mitmx-client, 5, "describes a client", and "November 1, 2026". */
void manual_page(struct manual *m, const char *name, int section, const char *about, const char *date);
void manual_section(struct manual *m, const char *title);
void manual_part(struct manual *m, const char *title); /* within a section */
void manual_text(struct manual *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
void manual_example(struct manual *m, const char *lines); /* to the byte; ends with a newline */

/* A list: entries stand between begin and end; a list may stand in the last entry of another. */
void manual_begin(struct manual *m);
void manual_entry(struct manual *m, const char *term, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void manual_end(struct manual *m);

/* See also: "mitmx-client", 5. */
void manual_reference(struct manual *m, const char *name, int section, const char *behind);

#endif
