/* SPDX-License-Identifier: Apache-2.0 */
/* page.c - see page.h; texts of saved runs are foreign: their control bytes are not printed. */
#include "harness/report/page.h"

#include <stdarg.h>

static const char *const colors[] = {"", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[2m"};

static const enum page_color color_of[VERDICTS] = {
    [VERDICT_VIOLATED] = PAGE_RED,
    [VERDICT_UNCLEAR] = PAGE_YELLOW,
    [VERDICT_SKIPPED] = PAGE_DIM,
    [VERDICT_RECORDED] = PAGE_PLAIN,
    [VERDICT_HONORED] = PAGE_GREEN,
};

enum page_color
page_color(enum verdict verdict)
{
	return color_of[verdict];
}

void
page_put(const struct page *p, const char *text)
{
	const unsigned char *at = (const unsigned char *)(text != NULL ? text : "");

	for (; *at != '\0'; at++) {
		bool c1 = at[0] == 0xc2 && at[1] >= 0x80 &&
			  at[1] < 0xa0; /* the other control characters, as UTF-8 */

		putc(*at < 0x20 || *at == 0x7f || c1 ? '?' : *at, p->out);
		at += c1;
	}
}

void
page_put_colored(const struct page *p, enum page_color color, const char *text)
{
	bool on = p->colors && color != PAGE_PLAIN;

	fputs(on ? colors[color] : "", p->out);
	page_put(p, text);
	fputs(on ? "\x1b[0m" : "", p->out);
}

void
page_put_line(const struct page *p, const char *label, const char *format, ...)
{
	char text[PAGE_LINE_MAX * 3];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(p->out, "  %-10s", label);
	page_put(p, text);
	putc('\n', p->out);
}
