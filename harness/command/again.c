/* SPDX-License-Identifier: Apache-2.0 */
/* again.c - see again.h */
#include "harness/command/again.h"

#include <string.h>

#include "harness/base/text.h"

/* Not part of what was played: which scenarios, and how they are told. */
static const char *const left_out[] = {"select", "out", "keep", "baseline", "quiet", "verbose"};

static bool
is_left_out(const char *option)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (text_equal(option, left_out[i]))
			return true;
	return false;
}

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_-+=:./"

/* Is it a word of itself to any shell? {one,two} is two words to bash, {one} is not. */
static bool
is_plain(const char *word)
{
	return word[0] != '\0' &&
	       (word[strspn(word, PLAIN ",")] == '\0' || word[strspn(word, PLAIN "{}")] == '\0');
}

static const char *
quote(const char *word, struct region *r)
{
	const char *quoted = "'", *end;

	if (is_plain(word))
		return word;
	for (; (end = strchr(word, '\'')) != NULL; word = end + 1)
		quoted = region_printf(r, "%s%.*s'\\''", quoted, (int)(end - word), word);
	return region_printf(r, "%s%s'", quoted, word);
}

static const char *
add(const char *text, const char *word, struct region *r)
{
	return text[0] == '\0' ? word : region_printf(r, "%s %s", text, word);
}

const char *
again_words(const struct command *self, const struct command_line *line, struct region *r)
{
	const char *text = "";

	for (size_t i = 0; self->options[i].name != NULL; i++)
		for (unsigned k = 0; k < line->count[i] && !is_left_out(self->options[i].name); k++) {
			text = add(text, region_printf(r, "--%s", self->options[i].name), r);
			if (self->options[i].argument != NULL)
				text = add(text, quote(line->values[i][k], r), r);
		}
	for (int i = 0; i < line->n_words; i++) {
		if (line->dashes && i == line->n_plain)
			text = add(text, "--", r);
		text = add(text, quote(line->words[i], r), r);
	}
	return text;
}
