/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts_file.h - writes facts.jsonl: the head, a line per scenario, a line per fact, the end.
 *
 * What was observed can be judged again from this file alone; saved_run.h reads it back. Every trouble
 * with the disk is told, at the latest by facts_file_end.
 */
#ifndef FACTS_FILE_H
#define FACTS_FILE_H

#include <stdbool.h>

#include "harness/base/why.h"
#include "harness/model/brief.h"
#include "harness/model/fact.h"

#define FACTS_FILE_SCHEMA 1
#define FACTS_FILE_LINE_MAX (256 * 1024)

struct facts_file;

/* Makes the file and writes head and scenarios. `started` as in RFC 3339. Owned; NULL and why on trouble. */
struct facts_file *
facts_file_new(const char *path, const struct docket *docket, const char *started, struct why *why);
void facts_file_free(struct facts_file *f); /* closes; NULL is fine */

/* All return -1 and why on trouble; after the first they write no more and say the same again. */
int facts_file_put(struct facts_file *f, const struct fact *fact, struct why *why);
int facts_file_flush(struct facts_file *f, struct why *why); /* hands the lines so far to the kernel */
/* Writes the last line, with the last number that came from each source. */
int facts_file_end(struct facts_file *f, bool interrupted, struct why *why);

#endif
