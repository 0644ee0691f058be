/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - result.json, as result.schema.json in this folder has it. */
#include "harness/base/must.h"
#include "harness/report/result.h"

static json_t *
scenario_new(const struct judgment *j)
{
	json_t *json = json_object();

	result_put_text(json, "name", j->brief->name);
	result_put_text(json, "family", j->brief->family != NULL ? j->brief->family : "");
	result_put_text(json, "title", j->brief->title);
	result_put(json, "covers", result_list_new(j->brief->covers, j->brief->n_covers));
	result_put_judgment(json, j);
	return json;
}

int
report_json(const struct report *r, FILE *out, struct why *why)
{
	json_t *json = result_head_new(r), *scenarios = json_array();
	int status;

	for (size_t i = 0; i < r->judgments->n_items; i++)
		must(json_array_append_new(scenarios, scenario_new(&r->judgments->items[i])) == 0);
	result_put(json, "scenarios", scenarios);
	status = json_dumpf(json, out, JSON_INDENT(1));
	json_decref(json);
	if (status != 0 || fputc('\n', out) == EOF)
		return why_errno(why, "the report cannot be written");
	return report_finish(out, why);
}
