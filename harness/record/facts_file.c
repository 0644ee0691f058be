/* SPDX-License-Identifier: Apache-2.0 */
/* facts_file.c - see facts_file.h */
#include "harness/record/facts_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/must.h"
#include "harness/record/brief_line.h"
#include "harness/record/escaped.h"
#include "harness/record/fact_line.h"

struct facts_file {
	FILE *out;
	char *path;
	bool broken;
	struct why trouble; /* when broken */
	uint32_t last[FACT_SOURCES];
	char line[FACTS_FILE_LINE_MAX];
};

static int
break_off(struct facts_file *f, struct why *why)
{
	if (!f->broken)
		why_errno(&f->trouble, "%s cannot be written", f->path);
	f->broken = true;
	return why_set(why, "%s", f->trouble.text);
}

/* What stands in `line`; 0: it is too long for it. */
static int
put_line(struct facts_file *f, size_t len, struct why *why)
{
	if (len == 0 || len >= sizeof(f->line)) {
		f->broken = true;
		why_set(
		    &f->trouble, "a line of %s would be longer than %d bytes", f->path, FACTS_FILE_LINE_MAX);
		return break_off(f, why);
	}
	f->line[len++] = '\n';
	if (f->broken || fwrite(f->line, 1, len, f->out) != len)
		return break_off(f, why);
	return 0;
}

/* `json` is taken. */
static int
put_json(struct facts_file *f, json_t *json, struct why *why)
{
	size_t len = json_dumpb(json, f->line, sizeof(f->line) - 1, JSON_COMPACT);

	json_decref(json);
	must(len > 0);
	return put_line(f, len, why);
}

static json_t *
wrap(const char *key, json_t *inner)
{
	json_t *line = json_object();

	must(json_object_set_new_nocheck(line, key, inner) == 0);
	return line;
}

static json_t *
head_new(const struct docket *d, const char *started)
{
	json_t *run = json_pack("{s:i}", "schema", FACTS_FILE_SCHEMA);

	must(run != NULL);
	escaped_set(run, "tool", d->tool_version);
	escaped_set(run, "client", d->client);
	escaped_set(run, "version", d->client_version);
	escaped_set_list(run, "claims", d->claims, d->n_claims);
	escaped_set(run, "floor", floor_name(d->floor));
	escaped_set(run, "lab", d->lab_mode);
	escaped_set(run, "again", d->again);
	escaped_set(run, "started", started);
	must(json_object_set_new_nocheck(run, "by_wire", json_boolean(d->by_wire)) == 0);
	must(json_object_set_new_nocheck(run, "deadline_s", json_integer((json_int_t)d->deadline_s)) == 0);
	must(json_object_set_new_nocheck(run, "patience_s", json_integer((json_int_t)d->patience_s)) == 0);
	must(json_object_set_new_nocheck(run, "scenarios", json_integer((json_int_t)d->n_briefs)) == 0);
	return wrap("run", run);
}

static int
put_head(struct facts_file *f, const struct docket *docket, const char *started, struct why *why)
{
	if (put_json(f, head_new(docket, started), why) < 0)
		return -1;
	for (size_t i = 0; i < docket->n_briefs; i++) {
		json_t *inner = json_pack("{s:I}", "n", (json_int_t)i + 1),
		       *brief = brief_line_new(&docket->briefs[i]);

		must(inner != NULL && json_object_update_new(inner, brief) == 0);
		if (put_json(f, wrap("scenario", inner), why) < 0)
			return -1;
	}
	return facts_file_flush(f, why);
}

struct facts_file *
facts_file_new(const char *path, const struct docket *docket, const char *started, struct why *why)
{
	struct facts_file *f = must_alloc(sizeof(*f));

	f->path = must_strdup(path);
	f->out = fopen(path, "wbe");
	if (f->out == NULL) {
		why_errno(why, "%s cannot be made", path);
		facts_file_free(f);
		return NULL;
	}
	if (put_head(f, docket, started, why) < 0) {
		facts_file_free(f);
		return NULL;
	}
	return f;
}

void
facts_file_free(struct facts_file *f)
{
	if (f == NULL)
		return;
	if (f->out != NULL)
		fclose(f->out);
	free(f->path);
	free(f);
}

int
facts_file_put(struct facts_file *f, const struct fact *fact, struct why *why)
{
	if (fact->number > f->last[fact->source])
		f->last[fact->source] = fact->number;
	return put_line(f, fact_line_write(fact, f->line, sizeof(f->line) - 1), why);
}

int
facts_file_flush(struct facts_file *f, struct why *why)
{
	return f->broken || fflush(f->out) != 0 ? break_off(f, why) : 0;
}

int
facts_file_end(struct facts_file *f, bool interrupted, struct why *why)
{
	json_t *end = json_object();

	for (unsigned s = 0; s < FACT_SOURCES; s++)
		must(json_object_set_new_nocheck(
			 end, fact_source_name((enum fact_source)s), json_integer(f->last[s])) == 0);
	must(json_object_set_new_nocheck(end, "interrupted", json_boolean(interrupted)) == 0);
	return put_json(f, wrap("end", end), why) < 0 ? -1 : facts_file_flush(f, why);
}
