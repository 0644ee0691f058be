/* SPDX-License-Identifier: Apache-2.0 */
/* help.c - mitmx help: what a command does, and the sources of the manual pages. */
#include <stdio.h>

#include "harness/base/text.h"
#include "harness/command/pages.h"

static const struct command_option options[] = {
    {0, "man", "PAGE", "a manual page's source: mitmx, mitmx-scenario or mitmx-client", false},
    {0},
};

static int
help(const struct command *self, const struct command_line *line)
{
	const char *names[COMMANDS_MAX], *page = command_value(self, line, "man");
	size_t n = 0;

	if (page != NULL)
		return page_print(page, stdout) == 0 ? EXIT_OK : command_unknown("page", page, page_names, 3);
	if (line->n_words == 0)
		command_print_commands();
	for (int i = 0; i < line->n_words; i++) {
		for (n = 0; commands[n] != NULL && !text_equal(commands[n]->name, line->words[i]); n++)
			names[n] = commands[n]->name;
		if (commands[n] == NULL)
			return command_unknown("command", line->words[i], names, n);
		command_print_help(commands[n]);
	}
	return EXIT_OK;
}

const struct command command_help = {"help", "[COMMAND]", "what a command does", options, help};
