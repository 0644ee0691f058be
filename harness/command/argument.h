/* SPDX-License-Identifier: Apache-2.0 */
/*
 * argument.h - what "GLOB" or "DIR|TAR" in a table of options stands for.
 */
#ifndef ARGUMENT_H
#define ARGUMENT_H

#include "harness/base/text.h"
#include "harness/command/command.h"

enum argument_kind {
	ARGUMENT_NOTHING,
	ARGUMENT_WORDS,
	ARGUMENT_SCENARIO,
	ARGUMENT_FLAW,
	ARGUMENT_MECHANISMS,
	ARGUMENT_REQUIREMENT,
	ARGUMENT_CLIENT,
	ARGUMENT_RUN,
	ARGUMENT_COMMAND,
	ARGUMENT_FILE,
	ARGUMENT_FOLDER
};

struct argument_info {
	const char *name; /* NULL ends the list */
	enum argument_kind kind;
	const char *words; /* parted by blanks */
	const char *meaning;
};

extern const struct argument_info argument_infos[];

/*
 * The next alternative of a placeholder ("DIR|TAR"), which is moved on behind it. False when there is none.
 * Of one that stands for itself ("all") `ret` has its words alone; of an unknown one `name` is NULL, `words`
 * empty.
 */
bool argument_next(const char **placeholder, struct argument_info *ret, char *word, size_t size);

/* What the words of a command are: its first placeholder that belongs to no option; "" when it takes none. */
void argument_of_words(const struct command *command, char *out, size_t size);

#endif
