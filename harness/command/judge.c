/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c - mitmx judge: a saved run is judged again, from its facts alone. */
#include "harness/command/command.h"
#include "harness/command/outcome_status.h"
#include "harness/command/saved.h"

static const struct command_option options[] = {
    {'l', "level", "LEVEL", "what counts for the exit status: must (the default), should, may, info", false},
    {'f', "format", "FORMAT", "text (the default), json, junit, html, tap or github", false},
    {'v', "verbose", NULL, "say a word about every scenario", false},
    {0},
};

static int
tell(struct saved *s, const struct report_format *format, bool verbose)
{
	struct why why;

	s->report.colors = reporting_colors();
	s->report.columns = reporting_columns();
	s->report.verbose = verbose;
	if (format->write(&s->report, stdout, &why) < 0)
		return command_fail(EXIT_LAB, "%s", why.text);
	if (s->judgments.doubt != NULL)
		return command_fail(EXIT_LAB, "nothing of this run could be judged: %s", s->judgments.doubt);
	return outcome_status(&s->judgments, s->report.level, NULL);
}

static int
judge(const struct command *self, const struct command_line *line)
{
	static const char *const levels[] = {"must", "should", "may", "info"};
	const char *word = command_value(self, line, "level");
	enum level level = word != NULL ? level_of(bytes_of(word)) : LEVEL_MUST;
	const struct report_format *format;
	struct reporting_suite known;
	struct saved saved;
	struct why why;
	int status;

	if (line->n_words != 1)
		return command_fail(
		    EXIT_USAGE, "'mitmx judge' takes one saved run: its folder, or its facts.jsonl");
	if (level == LEVELS)
		return command_unknown("level", word, levels, LEVELS);
	status = reporting_format(command_value(self, line, "format"), &format);
	if (status != EXIT_OK)
		return status;
	reporting_suite_open(&known);
	if (saved_open(&saved, line->words[0], known.suite, level, &why) < 0)
		status = command_fail(EXIT_USAGE, "%s", why.text);
	else
		status = tell(&saved, format, command_count(self, line, "verbose") > 0);
	saved_close(&saved);
	reporting_suite_close(&known);
	return status;
}

const struct command command_judge = {"judge", "RUN", "judges a saved run again", options, judge};
