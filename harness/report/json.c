/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - result.json, as result.schema.json in this folder has it. Bytes that are no UTF-8 come out
 * escaped. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/report/report.h"

static void
put(json_t *object, const char *key, json_t *value)
{
	must(json_object_set_new(object, key, value) == 0);
}

static json_t *
text_new(struct bytes b)
{
	json_t *json = json_stringn(b.len > 0 ? b.data : "", b.len);
	char *escaped;
	size_t size = b.len * 4 + 1;

	if (json != NULL)
		return json;
	escaped = must_alloc(size);
	text_escape(escaped, size, b);
	json = json_string(escaped);
	must(json != NULL);
	free(escaped);
	return json;
}

/* A NULL is left out. */
static void
put_text(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		put(object, key, text_new(bytes_of(text)));
}

static json_t *
list_new(const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		must(json_array_append_new(list, text_new(bytes_of(texts[i]))) == 0);
	return list;
}

static json_t *
measured_new(const struct measured *m)
{
	json_t *json = json_object();

	put(json, "message", json_integer(m->message));
	put_text(json, "recipient", m->recipient);
	put_text(json, "outcome", outcome_name(m->outcome));
	put_text(json, "exposure", exposure_name(m->exposure));
	put_text(json, "where", m->where);
	put(json, "arrived", json_boolean(m->arrived));
	if (m->fate.len > 0)
		put(json, "fate", text_new(m->fate));
	if (m->reason.len > 0)
		put(json, "reason", text_new(m->reason));
	return json;
}

/* The worst of a leg; all of them where there are several. */
static void
put_leg(json_t *step, const char *key, const struct measured *rows, size_t n)
{
	const struct measured *worst = report_worst(rows, n);
	json_t *json, *all;

	if (worst == NULL)
		return;
	json = measured_new(worst);
	if (n > 1) {
		all = json_array();
		for (size_t i = 0; i < n; i++)
			must(json_array_append_new(all, measured_new(&rows[i])) == 0);
		put(json, "all", all);
	}
	put(step, key, json);
}

static json_t *
step_new(const struct step_judgment *s)
{
	json_t *json = json_object();

	put_text(json, "verdict", verdict_name(s->verdict));
	put_text(json, "expect", s->expected);
	put_text(json, "why", s->why);
	put_leg(json, "attack", s->attack, s->n_attack);
	put_leg(json, "control", s->control, s->n_control);
	return json;
}

static json_t *
scenario_new(const struct judgment *j)
{
	json_t *json = json_object(), *steps = json_array();

	put_text(json, "name", j->brief->name);
	put_text(json, "family", j->brief->family != NULL ? j->brief->family : "");
	put_text(json, "title", j->brief->title);
	put_text(json, "level", level_name(j->level));
	put(json, "covers", list_new(j->brief->covers, j->brief->n_covers));
	put_text(json, "verdict", verdict_name(j->verdict));
	put_text(json, "why", j->why != NULL ? j->why : "");
	put(json, "duration_ms", json_integer((json_int_t)((j->ended_ns - j->began_ns) / 1000000)));
	for (size_t i = 0; i < j->n_steps; i++)
		must(json_array_append_new(steps, step_new(&j->steps[i])) == 0);
	put(json, "steps", steps);
	return json;
}

static json_t *
client_new(const struct docket *d)
{
	json_t *json = json_object();

	put_text(json, "name", d->client != NULL ? d->client : "");
	put_text(json, "version", d->client_version != NULL ? d->client_version : "");
	put(json, "claims", list_new(d->claims, d->n_claims));
	put_text(json, "floor", floor_name(d->floor));
	return json;
}

static json_t *
summary_new(const struct judgments *j)
{
	/* In the order that people read them. */
	static const enum verdict order[] = {
	    VERDICT_HONORED, VERDICT_VIOLATED, VERDICT_RECORDED, VERDICT_UNCLEAR, VERDICT_SKIPPED};
	json_t *json = json_object();

	_Static_assert(sizeof(order) / sizeof(order[0]) == VERDICTS, "each verdict is counted");
	for (size_t i = 0; i < VERDICTS; i++)
		put(json, verdict_name(order[i]), json_integer(j->count[order[i]]));
	return json;
}

int
report_json(const struct report *r, FILE *out, struct why *why)
{
	json_t *json = json_object(), *scenarios = json_array();
	const char *tool = r->docket->tool_version, *lab = r->docket->lab_mode;
	int status;

	put(json, "schema", json_integer(REPORT_SCHEMA));
	put(json, "tool", json_pack("{s:s, s:o}", "name", "mitmx", "version", text_new(bytes_of(tool))));
	put(json, "client", client_new(r->docket));
	put(json, "lab", json_pack("{s:o}", "mode", text_new(bytes_of(lab))));
	put(json, "started", text_new(bytes_of(r->started)));
	put(json, "duration_ms", json_integer((json_int_t)r->duration_ms));
	put(json, "interrupted", json_boolean(r->interrupted));
	put(json, "summary", summary_new(r->judgments));
	for (size_t i = 0; i < r->judgments->n_items; i++)
		must(json_array_append_new(scenarios, scenario_new(&r->judgments->items[i])) == 0);
	put(json, "scenarios", scenarios);
	status = json_dumpf(json, out, JSON_INDENT(1));
	json_decref(json);
	if (status != 0 || fputc('\n', out) == EOF)
		return why_errno(why, "the report cannot be written");
	return report_finish(out, why);
}
