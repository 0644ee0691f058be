/* SPDX-License-Identifier: Apache-2.0 */
/* saved.h - a saved run, read, judged again, and ready to be told. */
#ifndef SAVED_H
#define SAVED_H

#include "harness/command/reporting.h"
#include "harness/record/saved_run.h"

struct saved {
	struct saved_run run;
	struct judgments judgments;
	struct reporting around;
	struct report report; /* of the above; its ctx is `around`, so a struct saved must not be moved */
};

/*
 * `word`: the folder of a run, or its facts.jsonl. `suite`: ours, for requirements and words; may be NULL;
 * borrowed. -1 and why when there is no run; saved_close in either case.
 */
int
saved_open(struct saved *ret, const char *word, const struct suite *suite, enum level level, struct why *why);
void saved_close(struct saved *s);

#endif
