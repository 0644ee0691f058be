/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - what text for people is written on: labels, colors, and no control byte of a foreigner's. */
#ifndef PAGE_H
#define PAGE_H

#include "harness/report/facts_by_leg.h"
#include "harness/report/report.h"

#define PAGE_LINE_MAX 400 /* bytes of one text that are shown in a line */

enum page_color { PAGE_PLAIN, PAGE_RED, PAGE_GREEN, PAGE_YELLOW, PAGE_BOLD, PAGE_DIM };

/* All borrowed. */
struct page {
	const struct report *r;
	FILE *out;
	const struct facts_by_leg *by_leg;
	bool colors;
	unsigned columns; /* 0: lines are as long as they are */
};

enum page_color page_color(enum verdict verdict);
void page_put(const struct page *p, const char *text); /* NULL is empty; UTF-8 stays */
void page_put_colored(const struct page *p, enum page_color color, const char *text);
/* "  label     text"; goes on below itself where the page is too narrow. */
void page_put_line(const struct page *p, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same in one line, however long: a command, a path, a name to be copied. */
void page_put_whole(const struct page *p, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
