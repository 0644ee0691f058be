/* SPDX-License-Identifier: Apache-2.0 */
/* complaints.c - see complaints.h */
#include "harness/files/complaints.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/base/region.h"

#define SENTENCE_MAX 2048
#define SHOWN_MAX 160 /* columns of a source line; the caret must stay visible */

struct complaints {
	struct region *region;
	struct complaint *items;
	size_t n, made;
};

struct complaints *
complaints_new(void)
{
	struct complaints *c = must_alloc(sizeof(*c));

	c->region = region_new();
	return c;
}

void
complaints_free(struct complaints *c)
{
	if (c == NULL)
		return;
	region_free(c->region);
	free(c);
}

size_t
complaints_count(const struct complaints *c)
{
	return c->n;
}

size_t
complaints_made(const struct complaints *c)
{
	return c->made;
}

const struct complaint *
complaints_at(const struct complaints *c, size_t i)
{
	must(i < c->n);
	return &c->items[i];
}

/* The whole line, without its end. */
static struct bytes
source_line(struct bytes source, unsigned line)
{
	struct bytes rest = source;

	while (line-- > 0) {
		const char *end = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
		size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

		if (line == 0)
			return (struct bytes){rest.data, len};
		if (end == NULL)
			break;
		rest.data += len + 1;
		rest.len -= len + 1;
	}
	return (struct bytes){NULL, 0};
}

/* Bytes of the first `columns` characters: columns count characters, as libyaml's marks do. */
static size_t
bytes_before(struct bytes line, unsigned column)
{
	size_t at = 0;

	for (unsigned left = column - 1; at < line.len; at++) {
		if (((unsigned char)line.data[at] & 0xc0) == 0x80)
			continue;
		if (left-- == 0)
			break;
	}
	return at;
}

/* The line, harmless to a terminal, and under it a caret; tabs before the caret stay tabs, so that it stands
 * right. */
static const char *
show(struct region *r, struct bytes source, unsigned line, unsigned column)
{
	struct bytes text = source_line(source, line);
	char indent[SHOWN_MAX + 1];
	size_t before, n = 0;

	while (text.len > 0 && (text.data[text.len - 1] == '\r' || text.data[text.len - 1] == '\n'))
		text.len--;
	if (text.data == NULL || column == 0)
		return NULL;
	before = bytes_before(text, column);
	if (before >= SHOWN_MAX)
		return NULL;
	for (size_t i = 0; i < before; i++)
		if (((unsigned char)text.data[i] & 0xc0) != 0x80)
			indent[n++] = text.data[i] == '\t' ? '\t' : ' ';
	indent[n] = '\0';
	return region_printf(r, "%s\n%s^",
	    text_harmless(region_strndup(r, text.data, text.len < SHOWN_MAX ? text.len : SHOWN_MAX)), indent);
}

/* Too many for the file already, or this very one is there. */
static bool
is_superfluous(
    const struct complaints *c, const char *file, unsigned line, unsigned column, const char *sentence)
{
	size_t of_file = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct complaint *old = &c->items[i];

		if (!text_equal(old->file, file))
			continue;
		of_file++;
		if (old->line == line && old->column == column && text_equal(old->sentence, sentence))
			return true;
	}
	return of_file >= COMPLAINTS_A_FILE;
}

void
complaints_add_list(struct complaints *c, const char *file, unsigned line, unsigned column,
    struct bytes source, const char *format, va_list args)
{
	char sentence[SENTENCE_MAX];
	struct complaint *new;

	vsnprintf(sentence, sizeof(sentence), format, args);
	c->made++;
	if (is_superfluous(c, file, line, column, sentence))
		return;
	new = region_push(c->region, &c->items, &c->n, sizeof(*new));
	new->file = region_strdup(c->region, file);
	new->line = line;
	new->column = column;
	new->sentence = text_harmless(region_strdup(c->region, sentence));
	new->shown = show(c->region, source, line, column);
}

void
complaints_add(struct complaints *c, const char *file, unsigned line, unsigned column, struct bytes source,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complaints_add_list(c, file, line, column, source, format, args);
	va_end(args);
}

void
complaints_print(const struct complaints *c, FILE *to)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct complaint *one = &c->items[i];

		if (one->line > 0)
			fprintf(to, "%s:%u:%u: %s\n", one->file, one->line, one->column, one->sentence);
		else
			fprintf(to, "%s: %s\n", one->file, one->sentence);
		if (one->shown == NULL)
			continue;
		const char *end = strchr(one->shown, '\n');

		fprintf(to, "    %.*s\n    %s\n", (int)(end - one->shown), one->shown, end + 1);
	}
}
