/* SPDX-License-Identifier: Apache-2.0 */
/* manual.c - see manual.h */
#include "harness/files/manual.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define TEXT_MAX 4096
#define TERM_COLUMN 20 /* of plain text: where meanings begin */
#define MDOC_COLUMNS 72

struct manual {
	FILE *to;
	enum manual_form form;
	int depth;     /* lists that are open */
	bool has_text; /* of this section: something stands above */
};

struct manual *
manual_new(FILE *to, enum manual_form form)
{
	struct manual *m = must_alloc(sizeof(*m));

	*m = (struct manual){.to = to, .form = form};
	return m;
}

void
manual_free(struct manual *m)
{
	if (m != NULL)
		must(m->depth == 0);
	free(m);
}

/* --- mdoc --------------------------------------------------------------------------------------- */

/* One word: a backslash, a hyphen that must stay one, a line's first dot mean something to troff. */
static void
put_word(const struct manual *m, const char *word, size_t len, bool first)
{
	if (first && (*word == '.' || *word == '\''))
		fputs("\\&", m->to);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", m->to);
		else if (word[i] == '-')
			fputs("\\-", m->to);
		else
			fputc(word[i], m->to);
	}
}

static bool
ends_a_sentence(const char *word, size_t len)
{
	return len > 1 && strchr(".!?", word[len - 1]) != NULL;
}

/* A new line begins behind each sentence, as mdoc(7) wants it. */
static void
put_filled(const struct manual *m, const char *text)
{
	size_t column = 0;

	while (*(text += strspn(text, " \n")) != '\0') {
		size_t len = strcspn(text, " \n");

		if (column > 0 && column + len >= MDOC_COLUMNS) {
			fputc('\n', m->to);
			column = 0;
		} else if (column > 0) {
			fputc(' ', m->to);
		}
		put_word(m, text, len, column == 0);
		column += len + 1;
		if (ends_a_sentence(text, len)) {
			fputc('\n', m->to);
			column = 0;
		}
		text += len;
	}
	if (column > 0)
		fputc('\n', m->to);
}

/* Behind a macro: none of the words may be taken for another macro or for punctuation. */
static void
put_macro(const struct manual *m, const char *macro, const char *term)
{
	fprintf(m->to, ".%s", macro);
	while (*(term += strspn(term, " ")) != '\0') {
		size_t len = strcspn(term, " ");

		fputs(" \\&", m->to);
		for (size_t i = 0; i < len; i++) {
			if (term[i] == '"')
				fputs("\\(dq", m->to);
			else
				put_word(m, term + i, 1, false);
		}
		term += len;
	}
	fputs("\\&", m->to);
	fputc('\n', m->to);
}

/* --- pieces ---------------------------------------------------------------------------------------- */

static void
put_paragraph(struct manual *m, const char *text)
{
	if (m->form == MANUAL_TEXT) {
		fprintf(m->to, "%s%*s%s\n", m->has_text && m->depth == 0 ? "\n" : "", m->depth * 2, "", text);
	} else {
		if (m->has_text)
			fputs(".Pp\n", m->to);
		put_filled(m, text);
	}
	m->has_text = true;
}

void
manual_page(struct manual *m, const char *name, int section, const char *about, const char *date)
{
	if (m->form == MANUAL_TEXT)
		return;
	fprintf(m->to, ".Dd %s\n.Dt ", date);
	for (const char *c = name; *c != '\0'; c++)
		fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, m->to);
	fprintf(m->to, " %d\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", section, name, about);
}

static void
put_title(struct manual *m, const char *macro, const char *title)
{
	must(m->depth == 0);
	if (m->form == MANUAL_MDOC)
		put_macro(m, macro, title);
	else
		fprintf(m->to, "%s%s\n", m->has_text ? "\n" : "", title);
	m->has_text = false;
}

void
manual_section(struct manual *m, const char *title)
{
	put_title(m, "Sh", title);
}

void
manual_part(struct manual *m, const char *title)
{
	put_title(m, "Ss", title);
}

void
manual_text(struct manual *m, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	must(vsnprintf(text, sizeof(text), format, args) < TEXT_MAX);
	va_end(args);
	put_paragraph(m, text);
}

void
manual_example(struct manual *m, const char *lines)
{
	if (m->form == MANUAL_TEXT) {
		fprintf(m->to, "\n%s", lines);
		return;
	}
	fputs(".Bd -literal -offset indent\n", m->to);
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n");

		put_word(m, lines, len, true);
		fputc('\n', m->to);
		lines += len + (lines[len] == '\n');
	}
	fputs(".Ed\n", m->to);
	m->has_text = true;
}

void
manual_begin(struct manual *m)
{
	m->depth++;
	if (m->form == MANUAL_MDOC)
		fprintf(m->to, ".Bl -tag -width Ds%s\n", m->depth > 1 ? " -compact" : "");
}

void
manual_entry(struct manual *m, const char *term, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;
	int indent = m->depth * 2;

	must(m->depth > 0);
	va_start(args, format);
	must(vsnprintf(text, sizeof(text), format, args) < TEXT_MAX);
	va_end(args);
	m->has_text = true;
	if (m->form == MANUAL_TEXT) {
		fprintf(m->to, "%*s%-*s %s\n", indent, "", TERM_COLUMN - indent, term, text);
		return;
	}
	put_macro(m, "It Sy", term);
	put_filled(m, text);
}

void
manual_end(struct manual *m)
{
	must(m->depth-- > 0);
	if (m->form == MANUAL_MDOC)
		fputs(".El\n", m->to);
}

void
manual_reference(struct manual *m, const char *name, int section, const char *behind)
{
	if (m->form == MANUAL_MDOC)
		fprintf(m->to, ".Xr %s %d%s%s\n", name, section, behind[0] != '\0' ? " " : "", behind);
	else
		fprintf(m->to, "%s(%d)%s\n", name, section, behind);
}
