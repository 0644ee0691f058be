/* SPDX-License-Identifier: Apache-2.0 */
/* argument.c - see argument.h */
#include "harness/command/argument.h"

#include <stdio.h>
#include <string.h>

const struct argument_info argument_infos[] = {
#define ARGUMENT(name, KIND, words, meaning) {name, ARGUMENT_##KIND, words, meaning},
#include "harness/command/arguments.def"
#undef ARGUMENT
    {0}};

static bool
is_literal(const char *word)
{
	return word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

bool
argument_next(const char **placeholder, struct argument_info *ret, char *word, size_t size)
{
	size_t len = strcspn(*placeholder, "|");

	if (**placeholder == '\0')
		return false;
	snprintf(word, size, "%.*s", (int)len, *placeholder);
	*placeholder += len + ((*placeholder)[len] == '|');
	for (const struct argument_info *info = argument_infos; info->name != NULL; info++)
		if (text_equal(info->name, word)) {
			*ret = *info;
			return true;
		}
	*ret = (struct argument_info){NULL, ARGUMENT_WORDS, is_literal(word) ? word : "", ""};
	return true;
}

/* "[CLIENT", "[FILE...]": the name alone. */
static void
strip(char *word)
{
	size_t from = strspn(word, "["), len = strcspn(word + from, "[].");

	memmove(word, word + from, len);
	word[len] = '\0';
}

void
argument_of_words(const struct command *command, char *out, size_t size)
{
	const char *rest = command->arguments;
	bool is_value = false; /* of an option, or a file that is redirected */

	out[0] = '\0';
	while (*(rest += strspn(rest, " ")) != '\0') {
		size_t len = strcspn(rest, " ");
		char word[64];

		snprintf(word, sizeof(word), "%.*s", (int)len, rest);
		rest += len;
		strip(word);
		if (text_equal(word, "--"))
			return;
		if (!is_value && word[0] >= 'A' && word[0] <= 'Z') {
			snprintf(out, size, "%s", word);
			return;
		}
		is_value = word[0] == '<' || word[0] == '-';
	}
}
