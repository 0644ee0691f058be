/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - a subcommand and its options as one table, from which parsing, help,
 * the manual page and shell completion are made. Only this layer prints.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum exit_status {
	EXIT_OK = 0, /* all honored, or nothing was wrong */
	EXIT_VIOLATED = 1,
	EXIT_USAGE = 2, /* wrong usage, or a broken scenario or client file */
	EXIT_LAB = 3,   /* the lab could not run, or unclear */
	EXIT_INTERRUPTED = 130
};

struct command_option {
	char letter;          /* 'q'; 0 none */
	const char *name;     /* "select" */
	const char *argument; /* "GLOB"; NULL: a switch */
	const char *meaning;  /* one line; NULL: not shown in the help */
	bool many;            /* may be given more than once */
};

/* What was given: for option i, values[i][0..count[i]-1]; a switch counts only. */
#define COMMANDS_MAX 32
#define COMMAND_OPTIONS_MAX 32
struct command_line {
	unsigned count[COMMAND_OPTIONS_MAX];
	const char **values[COMMAND_OPTIONS_MAX]; /* NULL where there are none */
	int n_words; /* what is left after the options, "--" and what follows included as words */
	char **words;
	bool dashes; /* there was a "--" */
	int n_plain; /* of the words: how many stand before it */
};

struct command {
	const char *name, *arguments;
	const char *summary; /* NULL: not shown in the help */
	const struct command_option *options;                                    /* ends with a NULL name */
	int (*run)(const struct command *self, const struct command_line *line); /* an enum exit_status */
};

/* The table of all, ends with NULL. */
extern const struct command *const commands[];

extern const struct command command_run, command_list, command_explain, command_check, command_coverage,
    command_judge, command_report, command_send, command_doctor, command_help, command_complete;

/* The last value of option `name`, or NULL. */
const char *command_value(const struct command *self, const struct command_line *line, const char *name);
unsigned command_count(const struct command *self, const struct command_line *line, const char *name);

/* What --help prints: of one, and of all. */
void command_print_help(const struct command *self);
void command_print_commands(void);

/* Parses argv[1..] of the program and runs the subcommand; the whole of main(). */
int command_main(int argc, char **argv);

/* "mitmx: SENTENCE" on stderr; returns `status`, so that `return command_fail(2, ...)` reads well. */
int command_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A word that does not fit: adds "did you mean" when one of `known` is near. Returns EXIT_USAGE. */
int command_unknown(const char *what, const char *word, const char *const *known, size_t n);

#endif
