/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - see command.h */
#include "harness/command/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/base/text.h"
#include "harness/command/version.h"

#define SENTENCE_MAX 8192

int
command_fail(int status, const char *format, ...)
{
	char text[SENTENCE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "mitmx: %s\n", text_harmless(text));
	return status;
}

int
command_unknown(const char *what, const char *word, const char *const *known, size_t n)
{
	const char *near = text_nearest(word, known, n);

	if (near != NULL)
		return command_fail(EXIT_USAGE, "unknown %s '%s'; did you mean '%s'?", what, word, near);
	return command_fail(EXIT_USAGE, "unknown %s '%s'", what, word);
}

static size_t
count_options(const struct command *self)
{
	size_t n = 0;

	while (self->options != NULL && self->options[n].name != NULL)
		n++;
	must(n < COMMAND_OPTIONS_MAX);
	return n;
}

static size_t
option_index(const struct command *self, const char *name)
{
	size_t n = count_options(self), i = 0;

	while (i < n && !text_equal(self->options[i].name, name))
		i++;
	must(i < n);
	return i;
}

const char *
command_value(const struct command *self, const struct command_line *line, const char *name)
{
	size_t i = option_index(self, name);

	return line->count[i] > 0 ? line->values[i][line->count[i] - 1] : NULL;
}

unsigned
command_count(const struct command *self, const struct command_line *line, const char *name)
{
	return line->count[option_index(self, name)];
}

void
command_print_help(const struct command *self)
{
	printf("usage: mitmx %s%s%s\n\n%s\n", self->name, self->arguments[0] ? " " : "", self->arguments,
	    self->summary);
	for (size_t i = 0; i < count_options(self); i++) {
		const struct command_option *o = &self->options[i];
		char left[64];

		if (o->meaning == NULL)
			continue;
		snprintf(left, sizeof(left), "%s--%s%s%s",
		    o->letter ? (char[]){'-', o->letter, ',', ' ', 0} : "    ", o->name,
		    o->argument ? " " : "", o->argument ? o->argument : "");
		printf("%s  %-26s %s\n", i == 0 ? "\n" : "", left, o->meaning);
	}
}

void
command_print_commands(void)
{
	puts("usage: mitmx COMMAND [OPTIONS]\n\nplays the man in the middle against a mail client, and says "
	     "whether it kept to its policy\n");
	for (size_t i = 0; commands[i] != NULL; i++)
		if (commands[i]->summary != NULL)
			printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	puts("\nmitmx COMMAND --help tells the options of one.");
}

/* Names the option that getopt stumbled over, with the nearest one we have. */
static int
bad_option(const struct command *self, int why, const char *given)
{
	const char *names[COMMAND_OPTIONS_MAX];
	size_t n = count_options(self);
	char word[64];

	for (size_t i = 0; i < n; i++)
		names[i] = self->options[i].name;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(given, "="), given);
	if (why == ':')
		return command_fail(EXIT_USAGE, "option '%s' of 'mitmx %s' needs a value", word, self->name);
	if (strncmp(word, "--", 2) != 0)
		return command_fail(EXIT_USAGE, "unknown option '%s' of 'mitmx %s'", word, self->name);
	memmove(word, word + 2, strlen(word) - 1);
	return command_unknown("option", word, names, n);
}

/* Fills getopt's own tables from ours. */
static void
fill_getopt(const struct command *self, struct option *longs, char *shorts)
{
	size_t n = count_options(self);

	*shorts++ = '+';
	*shorts++ = ':';
	for (size_t i = 0; i < n; i++) {
		const struct command_option *o = &self->options[i];

		longs[i] = (struct option){
		    o->name, o->argument ? required_argument : no_argument, NULL, 256 + (int)i};
		if (o->letter == 0)
			continue;
		*shorts++ = o->letter;
		if (o->argument != NULL)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[n] = (struct option){"help", no_argument, NULL, 'h'};
	longs[n + 1] = (struct option){0};
}

static size_t
index_of_letter(const struct command *self, int c)
{
	size_t i = 0;

	if (c >= 256)
		return (size_t)c - 256;
	while (self->options[i].letter != c)
		i++;
	return i;
}

/* Options may stand before and after words, but not behind "--". 0, or an exit status (with help: -1). */
static int
parse(const struct command *self, int argc, char **argv, struct command_line *ret)
{
	struct option longs[COMMAND_OPTIONS_MAX + 2];
	char shorts[COMMAND_OPTIONS_MAX * 2 + 4];
	int c;

	fill_getopt(self, longs, shorts);
	opterr = 0;
	optind = 1;
	while (optind < argc) {
		int before = optind;

		c = getopt_long(argc, argv, shorts, longs, NULL);
		if (c == -1 && before < argc && text_equal(argv[before], "--")) {
			ret->dashes = true;
			while (optind < argc)
				ret->words[ret->n_words++] = argv[optind++];
			break;
		}
		if (c == -1) {
			ret->words[ret->n_words++] = argv[optind++];
			ret->n_plain++;
			continue;
		}
		if (c == 'h')
			return -1;
		if (c == '?' || c == ':')
			return bad_option(self, c, argv[before]);
		size_t i = index_of_letter(self, c);

		if (ret->count[i] > 0 && !self->options[i].many && optarg != NULL)
			return command_fail(
			    EXIT_USAGE, "option '--%s' was given twice", self->options[i].name);
		if (ret->values[i] == NULL)
			ret->values[i] = must_alloc(sizeof(char *) * (size_t)argc);
		ret->values[i][ret->count[i]++] = optarg;
	}
	return 0;
}

int
command_main(int argc, char **argv)
{
	const char *names[COMMANDS_MAX];
	size_t n = 0;

	if (argc < 2) {
		command_print_commands();
		return EXIT_USAGE;
	}
	if (text_equal(argv[1], "--help") || text_equal(argv[1], "-h")) {
		command_print_commands();
		return EXIT_OK;
	}
	if (text_equal(argv[1], "--version")) {
		puts("mitmx " MITMX_VERSION);
		return EXIT_OK;
	}
	for (; commands[n] != NULL; n++) {
		must(n < COMMANDS_MAX);
		names[n] = commands[n]->name;
		if (!text_equal(argv[1], names[n]))
			continue;
		struct command_line line = {.words = must_alloc(sizeof(char *) * (size_t)argc)};
		int status = parse(commands[n], argc - 1, argv + 1, &line);

		if (status == -1)
			command_print_help(commands[n]);
		status = status > 0 ? status : status < 0 ? EXIT_OK : commands[n]->run(commands[n], &line);
		for (size_t i = 0; i < COMMAND_OPTIONS_MAX; i++)
			free(line.values[i]);
		free(line.words);
		return status;
	}
	return command_unknown("command", argv[1], names, n);
}
