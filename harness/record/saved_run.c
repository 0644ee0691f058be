/* SPDX-License-Identifier: Apache-2.0 */
/* saved_run.c - see saved_run.h */
#include "harness/record/saved_run.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/must.h"
#include "harness/record/brief_line.h"
#include "harness/record/escaped.h"
#include "harness/record/fact_line.h"
#include "harness/record/facts_file.h"

struct reading {
	struct saved_run *run;
	struct region *region;
	FILE *in;
	size_t line_number;
	bool has_head;
	uint64_t scenarios; /* as the head has it */
	uint64_t next_scenario;
	char line[FACTS_FILE_LINE_MAX + 1];
	size_t len;
};

enum line { LINE_WHOLE, LINE_TORN, LINE_TOO_LONG, LINE_NONE };

static enum line
read_line(struct reading *r)
{
	int c;

	r->len = 0;
	r->line_number++;
	while ((c = getc_unlocked(r->in)) != EOF && c != '\n') {
		if (r->len == FACTS_FILE_LINE_MAX)
			return LINE_TOO_LONG;
		r->line[r->len++] = (char)c;
	}
	if (c == '\n')
		return LINE_WHOLE;
	return r->len > 0 ? LINE_TORN : LINE_NONE;
}

/* The first one counts. */
static void
damage(struct reading *r, const char *what)
{
	if (r->run->damage == NULL)
		r->run->damage = region_printf(r->region, "line %zu: %s", r->line_number, what);
}

/* The same, of what stands nowhere. */
static void
damage_all(struct reading *r, const char *what)
{
	if (r->run->damage == NULL)
		r->run->damage = what;
}

/* --- the three special lines --------------------------------------------------------------- */

static int
take_head(struct reading *r, const json_t *run, struct why *why)
{
	struct docket *d = &r->run->docket;
	uint64_t schema = 0, deadline_s = 0, patience_s = 0;

	if (r->has_head) {
		damage(r, "a second head");
		return 0;
	}
	if (r->line_number != 1)
		damage(r, "the head does not come first");
	if (!escaped_number(run, "schema", INT_MAX, &schema) || schema == 0)
		return why_set(why, "the head of the run names no schema");
	if (schema != FACTS_FILE_SCHEMA)
		return why_set(why,
		    "the record has schema %" PRIu64
		    ", this mitmx reads %d: the one that made it can judge it",
		    schema, FACTS_FILE_SCHEMA);
	d->floor = floor_of(bytes_of(json_string_value(json_object_get(run, "floor"))));
	if (!escaped_text(run, "tool", r->region, &d->tool_version) ||
	    !escaped_text(run, "client", r->region, &d->client) ||
	    !escaped_text(run, "version", r->region, &d->client_version) ||
	    !escaped_list(run, "claims", r->region, &d->claims, &d->n_claims) ||
	    !escaped_text(run, "lab", r->region, &d->lab_mode) ||
	    !escaped_text(run, "again", r->region, &d->again) ||
	    !escaped_text(run, "started", r->region, &r->run->started) ||
	    !escaped_flag(run, "by_wire", &d->by_wire) ||
	    !escaped_number(run, "deadline_s", UINT32_MAX, &deadline_s) ||
	    !escaped_number(run, "patience_s", UINT32_MAX, &patience_s) ||
	    !escaped_number(run, "scenarios", INT_MAX, &r->scenarios) || d->floor == FLOORS)
		return why_set(why, "the head of the run is wrong");
	d->deadline_s = (uint32_t)deadline_s;
	d->patience_s = (uint32_t)patience_s;
	r->has_head = true;
	return 0;
}

static int
take_scenario(struct reading *r, const json_t *scenario, struct why *why)
{
	struct docket *d = &r->run->docket;
	uint64_t n = 0;
	struct brief brief;

	if (brief_line_get(scenario, r->region, &brief, why) < 0)
		return -1;
	if (!escaped_number(scenario, "n", INT_MAX, &n))
		return why_set(why, "the scenario has no number");
	if (n != r->next_scenario)
		damage(r, "scenario lines are missing or out of order");
	r->next_scenario = n + 1;
	*(struct brief *)region_push(r->region, &d->briefs, &d->n_briefs, sizeof(brief)) = brief;
	return 0;
}

static int
take_end(struct reading *r, const json_t *end, struct why *why)
{
	if (!json_is_object(end) || !escaped_flag(end, "interrupted", &r->run->interrupted))
		return why_set(why, "the last line of the run is wrong");
	for (unsigned s = 0; s < FACT_SOURCES; s++)
		if (!escaped_number32(end, fact_source_name((enum fact_source)s), &r->run->last_number[s]))
			return why_set(why, "the last line of the run is wrong");
	r->run->closed = true;
	return 0;
}

static int
take_fact(struct reading *r, const json_t *line, struct why *why)
{
	struct fact f;

	if (fact_line_get(line, r->region, &f, why) < 0)
		return -1;
	*(struct fact *)region_push(r->region, &r->run->facts, &r->run->n_facts, sizeof(f)) = f;
	return 0;
}

static const struct {
	const char *key;
	int (*take)(struct reading *r, const json_t *inner, struct why *why);
} special[] = {
    {"run", take_head},
    {"scenario", take_scenario},
    {"end", take_end},
};

static int
take_object(struct reading *r, const json_t *line, struct why *why)
{
	if (r->run->closed)
		damage(r, "something stands behind the end");
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		const json_t *inner = json_object_get(line, special[i].key);

		if (inner != NULL && json_object_size(line) == 1)
			return json_is_object(inner) ? special[i].take(r, inner, why)
						     : why_set(why, "'%s' is no object", special[i].key);
	}
	return take_fact(r, line, why);
}

static int
take_line(struct reading *r, struct why *why)
{
	json_error_t error;
	json_t *line = json_loadb(r->line, r->len, JSON_REJECT_DUPLICATES, &error);
	int status;

	if (!json_is_object(line) && r->line_number == 1)
		status = why_set(why, "no record of a run");
	else if (!json_is_object(line))
		status = why_set(
		    why, "no JSON object%s%s", line == NULL ? ": " : "", line == NULL ? error.text : "");
	else
		status = take_object(r, line, why);
	json_decref(line);
	return status;
}

/* --- the whole file ------------------------------------------------------------------------- */

static int
read_all(struct reading *r, const char *path, struct why *why)
{
	enum line line;

	while ((line = read_line(r)) == LINE_WHOLE)
		if (take_line(r, why) < 0)
			return why_prefix(why, "%s:%zu", path, r->line_number);
	if (ferror(r->in))
		return why_errno(why, "%s cannot be read", path);
	if (line == LINE_TOO_LONG)
		return why_set(why, "%s:%zu: the line is longer than %d bytes", path, r->line_number,
		    FACTS_FILE_LINE_MAX);
	if (line == LINE_TORN && r->line_number == 1)
		return why_set(why, "%s:1: no record of a run", path);
	if (line == LINE_TORN)
		damage(r, "the record ends inside this line");
	if (line == LINE_NONE && r->line_number == 1)
		return why_set(why, "%s is empty", path);
	if (!r->has_head)
		damage_all(r, "the head of the run is missing");
	else if (r->next_scenario != r->scenarios + 1)
		damage_all(r, "scenario lines are missing");
	return 0;
}

/* A folder stands for its facts.jsonl. A regular file of a fair size only. */
static FILE *
open_record(const char *path, char full[PATH_MAX], struct why *why)
{
	struct stat st;
	FILE *in = NULL;
	int len = snprintf(full, PATH_MAX, "%s", path);

	if (len < PATH_MAX && stat(full, &st) == 0 && S_ISDIR(st.st_mode))
		len = snprintf(full, PATH_MAX, "%s/facts.jsonl", path);
	if (len >= PATH_MAX)
		errno = ENAMETOOLONG;
	if (len >= PATH_MAX || stat(full, &st) < 0)
		why_errno(why, "%s cannot be read", full);
	else if (!S_ISREG(st.st_mode))
		why_set(why, "%s is no regular file", full);
	else if ((uint64_t)st.st_size > SAVED_RUN_BYTES_MAX)
		why_set(why, "%s is larger than %llu MiB", full, SAVED_RUN_BYTES_MAX >> 20);
	else if ((in = fopen(full, "rbe")) == NULL)
		why_errno(why, "%s cannot be read", full);
	return in;
}

/* What a missing head would have said. */
static void
fill_in(struct saved_run *run)
{
	struct docket *d = &run->docket;
	const char **const texts[] = {
	    &d->client, &d->client_version, &d->tool_version, &d->lab_mode, &d->again, &run->started};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (*texts[i] == NULL)
			*texts[i] = "";
}

/* `in` is taken; NULL: it could not be opened. */
static int
read_from(struct saved_run *ret, FILE *in, const char *name, struct why *why)
{
	struct reading *r = must_alloc(sizeof(*r));
	int status = -1;

	*ret = (struct saved_run){.docket.region = region_new()};
	r->run = ret;
	r->region = ret->docket.region;
	r->next_scenario = 1;
	r->in = in;
	if (in != NULL) {
		status = read_all(r, name, why);
		fclose(in);
	}
	fill_in(ret);
	free(r);
	return status;
}

int
saved_run_read(struct saved_run *ret, const char *path, struct why *why)
{
	char full[PATH_MAX];
	FILE *in = open_record(path, full, why);

	return read_from(ret, in, full, why);
}

int
saved_run_parse(struct saved_run *ret, struct bytes text, const char *name, struct why *why)
{
	FILE *in = fmemopen((void *)text.data, text.len, "r"); /* reading writes nothing */

	if (in == NULL)
		why_errno(why, "%s cannot be read", name);
	return read_from(ret, in, name, why);
}

void
saved_run_done(struct saved_run *run)
{
	region_free(run->docket.region);
	*run = (struct saved_run){0};
}
