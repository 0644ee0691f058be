/* SPDX-License-Identifier: Apache-2.0 */
/* saved.c - see saved.h */
#include "harness/command/saved.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/judge/judge.h"

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

int
saved_open(struct saved *ret, const char *word, const struct suite *suite, enum level level, struct why *why)
{
	struct record record;

	memset(ret, 0, sizeof(*ret));
	if (saved_run_read(&ret->run, word, why) < 0)
		return -1;
	record = (struct record){.facts = ret->run.facts,
	    .n_facts = ret->run.n_facts,
	    .closed = ret->run.closed,
	    .damage = ret->run.damage};
	memcpy(record.last_number, ret->run.last_number, sizeof(record.last_number));
	ret->judgments = judge_run(&ret->run.docket, &record);
	ret->around = (struct reporting){.suite = suite, .folder = folder_of(word, ret->run.docket.region)};
	ret->report = (struct report){
	    .docket = &ret->run.docket,
	    .judgments = &ret->judgments,
	    .facts = ret->run.facts,
	    .n_facts = ret->run.n_facts,
	    .started = ret->run.started,
	    .duration_ms = duration_ms(&ret->run),
	    .interrupted = ret->run.interrupted,
	    .folder = ret->around.folder,
	    .program = program_invocation_name,
	    .capture = reporting_capture,
	    .source = reporting_source,
	    .words = reporting_words,
	    .ctx = &ret->around,
	    .level = level,
	};
	return 0;
}

void
saved_close(struct saved *s)
{
	if (s->judgments.region != NULL)
		judgments_free(&s->judgments);
	reporting_done(&s->around);
	saved_run_done(&s->run);
}
