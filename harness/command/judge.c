/* SPDX-License-Identifier: Apache-2.0 */
/* judge.c - mitmx judge: a saved run is judged again, from its facts alone. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/command/command.h"
#include "harness/command/data.h"
#include "harness/command/outcome_status.h"
#include "harness/command/reporting.h"
#include "harness/judge/judge.h"
#include "harness/record/saved_run.h"

static const struct command_option options[] = {
    {'l', "level", "LEVEL", "what counts for the exit status: must (the default), should, may, info", false},
    {'f', "format", "FORMAT", "text (the default), json or junit", false},
    {'v', "verbose", NULL, "say a word about every scenario", false},
    {0},
};

struct wanted {
	enum level level;
	const struct report_format *format;
};

static int
read_options(const struct command *self, const struct command_line *line, struct wanted *ret)
{
	static const char *const levels[] = {"must", "should", "may", "info"}, *const formats[] = {
										   "text", "json", "junit"};
	const char *level = command_value(self, line, "level"), *format = command_value(self, line, "format");

	if (line->n_words != 1)
		return command_fail(
		    EXIT_USAGE, "'mitmx judge' takes one saved run: its folder, or its facts.jsonl");
	ret->level = level != NULL ? level_of(bytes_of(level)) : LEVEL_MUST;
	if (ret->level == LEVELS)
		return command_unknown("level", level, levels, 4);
	ret->format = report_format_of(format != NULL ? format : "text");
	if (ret->format == NULL)
		return command_unknown("format", format, formats, 3);
	return EXIT_OK;
}

/* The folder of the run: the word itself, or where the file lies. */
static const char *
folder_of(const char *word, struct region *r)
{
	const char *slash = strrchr(word, '/');
	struct stat st;

	if (stat(word, &st) == 0 && S_ISDIR(st.st_mode))
		return word;
	return slash != NULL ? region_strndup(r, word, (size_t)(slash - word)) : ".";
}

/* From the first fact to the last. */
static uint64_t
duration_ms(const struct saved_run *run)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (size_t i = 0; i < run->n_facts; i++) {
		first = run->facts[i].t_ns < first ? run->facts[i].t_ns : first;
		last = run->facts[i].t_ns > last ? run->facts[i].t_ns : last;
	}
	return last > first ? (last - first) / 1000000 : 0;
}

static int
report(const struct command *self, const struct command_line *line, const struct wanted *wanted,
    const struct saved_run *run, const struct judgments *judgments)
{
	struct complaints *complaints = complaints_new();
	const char *suite_folder = data_folder("scenarios", run->docket.region, NULL);
	struct suite *suite =
	    suite_folder != NULL ? suite_read_files(suite_folder, NULL, 0, NULL, complaints) : NULL;
	struct reporting around = {.suite = suite, .folder = folder_of(line->words[0], run->docket.region)};
	struct report r = {
	    .docket = &run->docket,
	    .judgments = judgments,
	    .facts = run->facts,
	    .n_facts = run->n_facts,
	    .started = run->started,
	    .duration_ms = duration_ms(run),
	    .interrupted = run->interrupted,
	    .folder = around.folder,
	    .capture = reporting_capture,
	    .source = reporting_source,
	    .ctx = &around,
	    .program = program_invocation_name,
	    .level = wanted->level,
	    .colors = reporting_colors(),
	    .verbose = command_count(self, line, "verbose") > 0,
	};
	struct why why;
	int status = wanted->format->write(&r, stdout, &why);

	suite_free(suite);
	complaints_free(complaints);
	return status < 0 ? command_fail(EXIT_LAB, "%s", why.text) : EXIT_OK;
}

static int
judge(const struct command *self, const struct command_line *line)
{
	struct saved_run run;
	struct wanted wanted = {LEVEL_MUST, NULL};
	struct why why;
	int status = read_options(self, line, &wanted);

	if (status != EXIT_OK)
		return status;
	if (saved_run_read(&run, line->words[0], &why) < 0) {
		status = command_fail(EXIT_USAGE, "%s", why.text);
	} else {
		struct record record = {
		    .facts = run.facts, .n_facts = run.n_facts, .closed = run.closed, .damage = run.damage};
		struct judgments judgments;

		memcpy(record.last_number, run.last_number, sizeof(record.last_number));
		judgments = judge_run(&run.docket, &record);
		status = report(self, line, &wanted, &run, &judgments);
		if (run.damage != NULL)
			command_fail(EXIT_LAB, "the record is damaged: %s", run.damage);
		if (status == EXIT_OK)
			status = outcome_status(&judgments, wanted.level, NULL);
		judgments_free(&judgments);
	}
	saved_run_done(&run);
	return status;
}

const struct command command_judge = {"judge", "RUN", "judges a saved run again", options, judge};
