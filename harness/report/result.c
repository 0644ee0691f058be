/* SPDX-License-Identifier: Apache-2.0 */
/* result.c - see result.h. Bytes that are no UTF-8 come out escaped. */
#include "harness/report/result.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

void
result_put(json_t *object, const char *key, json_t *value)
{
	must(json_object_set_new(object, key, value) == 0);
}

json_t *
result_text_new(struct bytes b)
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
void
result_put_text(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		result_put(object, key, result_text_new(bytes_of(text)));
}

json_t *
result_list_new(const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		must(json_array_append_new(list, result_text_new(bytes_of(texts[i]))) == 0);
	return list;
}

static json_t *
measured_new(const struct measured *m)
{
	json_t *json = json_object();

	result_put(json, "message", json_integer(m->message));
	result_put_text(json, "recipient", m->recipient);
	result_put_text(json, "outcome", outcome_name(m->outcome));
	result_put_text(json, "exposure", exposure_name(m->exposure));
	result_put_text(json, "where", m->where);
	result_put(json, "arrived", json_boolean(m->arrived));
	if (m->fate.len > 0)
		result_put(json, "fate", result_text_new(m->fate));
	if (m->reason.len > 0)
		result_put(json, "reason", result_text_new(m->reason));
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
		result_put(json, "all", all);
	}
	result_put(step, key, json);
}

static json_t *
step_new(const struct step_judgment *s)
{
	json_t *json = json_object();

	result_put_text(json, "verdict", verdict_name(s->verdict));
	result_put_text(json, "expect", s->expected);
	result_put_text(json, "why", s->why);
	put_leg(json, "attack", s->attack, s->n_attack);
	put_leg(json, "control", s->control, s->n_control);
	return json;
}

void
result_put_judgment(json_t *object, const struct judgment *j)
{
	json_t *steps = json_array();

	result_put_text(object, "level", level_name(j->level));
	result_put_text(object, "verdict", verdict_name(j->verdict));
	result_put_text(object, "why", j->why != NULL ? j->why : "");
	result_put(object, "duration_ms", json_integer((json_int_t)((j->ended_ns - j->began_ns) / 1000000)));
	for (size_t i = 0; i < j->n_steps; i++)
		must(json_array_append_new(steps, step_new(&j->steps[i])) == 0);
	result_put(object, "steps", steps);
}

static json_t *
client_new(const struct docket *d)
{
	json_t *json = json_object();

	result_put_text(json, "name", d->client != NULL ? d->client : "");
	result_put_text(json, "version", d->client_version != NULL ? d->client_version : "");
	result_put(json, "claims", result_list_new(d->claims, d->n_claims));
	result_put_text(json, "floor", floor_name(d->floor));
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
		result_put(json, verdict_name(order[i]), json_integer(j->count[order[i]]));
	return json;
}

json_t *
result_head_new(const struct report *r)
{
	json_t *json = json_object();
	const char *tool = r->docket->tool_version, *lab = r->docket->lab_mode;

	result_put(json, "schema", json_integer(REPORT_SCHEMA));
	result_put(json, "tool",
	    json_pack("{s:s, s:o}", "name", "mitmx", "version", result_text_new(bytes_of(tool))));
	result_put(json, "client", client_new(r->docket));
	result_put(json, "lab", json_pack("{s:o}", "mode", result_text_new(bytes_of(lab))));
	result_put(json, "started", result_text_new(bytes_of(r->started)));
	result_put(json, "duration_ms", json_integer((json_int_t)r->duration_ms));
	result_put(json, "interrupted", json_boolean(r->interrupted));
	result_put(json, "summary", summary_new(r->judgments));
	return json;
}
