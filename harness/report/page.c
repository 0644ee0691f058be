/* SPDX-License-Identifier: Apache-2.0 */
/* page.c - see page.h; texts of saved runs are foreign: their control bytes are not printed. */
#include "harness/report/page.h"

#include <stdarg.h>
#include <string.h>

#define PAGE_INDENT 12 /* before the text of a line */

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

/* Columns that the next word takes: its characters up to a space. */
static size_t
width_of_word(const char *word)
{
	size_t width = 0;

	for (; *word != '\0' && *word != ' '; word++)
		width += ((unsigned char)*word & 0xc0) !=
			 0x80; /* a byte that goes on with a character adds none */
	return width;
}

/* Breaks between words alone: what is longer than a line stands in one of its own. */
static void
put_broken(const struct page *p, char *text, size_t room)
{
	size_t used = 0;

	while (*text != '\0') {
		size_t width = width_of_word(text), len = strcspn(text, " ");
		char after = text[len];

		if (used > 0 && used + 1 + width > room) {
			fprintf(p->out, "\n%*s", PAGE_INDENT, "");
			used = 0;
		}
		fputs(used > 0 ? " " : "", p->out);
		used += width + (used > 0);
		text[len] = '\0';
		page_put(p, text);
		text += len + (after == ' ');
	}
}

static void
put_label(const struct page *p, const char *label)
{
	fprintf(p->out, "  %-*s", PAGE_INDENT - 2, label);
}

void
page_put_line(const struct page *p, const char *label, const char *format, ...)
{
	char text[PAGE_LINE_MAX * 3];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_label(p, label);
	if (p->columns > 2 * PAGE_INDENT)
		put_broken(p, text, p->columns - PAGE_INDENT);
	else
		page_put(p, text);
	putc('\n', p->out);
}

void
page_put_whole(const struct page *p, const char *label, const char *format, ...)
{
	char text[PAGE_LINE_MAX * 3];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_label(p, label);
	page_put(p, text);
	putc('\n', p->out);
}
