/* SPDX-License-Identifier: Apache-2.0 */
/* html.c - see html.h */
#include "harness/report/html.h"

#include <jansson.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness/base/must.h"
#include "harness/base/texts.h"
#include "harness/report/facts_by_leg.h"
#include "harness/report/packed.h"
#include "harness/report/result.h"
#include "harness/report/sessions.h"
#include "harness/report/viewer.h"

#define FACTS_OF_ALL_MAX                                                                 \
	(6l << 20) /* bytes of facts in a page of several runs, before they are deflated \
		    */

/* The page as it is made. */
struct html {
	const struct report *const *runs;
	size_t n_runs;
	json_t *numbers; /* of a scenario in the page, by its name */
	FILE *out;
};

/* --- data in a page --------------------------------------------------------------------------------- */

/*
 * Deflated, the parts are a fifth, and every browser of today inflates them. In base64 nothing of a
 * foreigner's can end the element.
 */
static void
put_part(FILE *out, const char *id, const char *text, size_t len)
{
	uLongf deflated_len = compressBound(len);
	unsigned char *deflated = must_alloc(deflated_len);
	char *base64;

	must(compress(deflated, &deflated_len, (const Bytef *)text, len) == Z_OK && deflated_len <= INT_MAX);
	base64 = must_alloc((deflated_len + 2) / 3 * 4 + 1);
	EVP_EncodeBlock((unsigned char *)base64, deflated, (int)deflated_len);
	fprintf(out, "<script type=\"application/x-deflate\" id=\"%s\">%s</script>\n", id, base64);
	free(base64);
	free(deflated);
}

/* Takes the value. */
static void
put_json(FILE *out, const char *id, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	must(text != NULL);
	put_part(out, id, text, strlen(text));
	free(text);
	json_decref(value);
}

/* --- the scenarios of all runs ------------------------------------------------------------------------ */

static json_t *
covers_new(const struct report *r, const struct brief *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->n_covers; i++) {
		json_t *item = json_object();
		struct report_source s;

		result_put_text(item, "id", b->covers[i]);
		if (r->source != NULL && r->source(r->ctx, b->covers[i], &s)) {
			result_put_text(item, "rfc", s.rfc);
			result_put_text(item, "section", s.section);
			result_put_text(item, "statement", s.statement);
		}
		must(json_array_append_new(list, item) == 0);
	}
	return list;
}

static json_t *
scenario_new(const struct report *r, const struct brief *b)
{
	json_t *json = json_object();

	result_put_text(json, "name", b->name);
	result_put_text(json, "family", b->family != NULL ? b->family : "");
	result_put_text(json, "title", b->title != NULL ? b->title : "");
	result_put_text(json, "why", b->why);
	if (r->words != NULL)
		result_put_text(json, "words", r->words(r->ctx, b->name));
	result_put(json, "covers", covers_new(r, b));
	return json;
}

/* Each scenario once, in the order in which the runs have them; numbers them. */
static json_t *
scenarios_new(struct html *h)
{
	json_t *list = json_array();

	for (size_t k = 0; k < h->n_runs; k++)
		for (size_t i = 0; i < h->runs[k]->judgments->n_items; i++) {
			const struct brief *b = h->runs[k]->judgments->items[i].brief;

			if (json_object_get(h->numbers, b->name) != NULL)
				continue;
			result_put(h->numbers, b->name, json_integer((json_int_t)json_array_size(list)));
			must(json_array_append_new(list, scenario_new(h->runs[k], b)) == 0);
		}
	return list;
}

static json_int_t
number_of(const struct html *h, const struct brief *b)
{
	return json_integer_value(json_object_get(h->numbers, b->name));
}

/* --- the runs ----------------------------------------------------------------------------------------- */

static json_t *
run_new(const struct report *r)
{
	json_t *json = result_head_new(r);
	struct sessions s = sessions_count(r->facts, r->n_facts);

	result_put(json, "sessions",
	    json_pack("{s:I,s:I,s:I,s:I}", "all", (json_int_t)s.all, "sealed", (json_int_t)s.sealed,
		"intercepted", (json_int_t)s.intercepted, "clear", (json_int_t)s.clear));
	result_put_text(json, "folder", r->folder);
	result_put_text(json, "program", r->program != NULL ? r->program : "mitmx");
	result_put_text(json, "again", r->docket->again);
	result_put_text(json, "doubt", r->judgments->doubt);
	return json;
}

static json_t *
outcomes_new(void)
{
	json_t *list = json_array();

	for (enum outcome o = 0; o < OUTCOMES; o++)
		must(json_array_append_new(list, json_pack("[s,s]", outcome_name(o), outcome_meaning(o))) ==
		     0);
	return list;
}

static void
put_head(struct html *h)
{
	json_t *head = json_object(), *runs = json_array();

	for (size_t k = 0; k < h->n_runs; k++)
		must(json_array_append_new(runs, run_new(h->runs[k])) == 0);
	result_put(head, "kinds", packed_kinds_new());
	result_put(head, "outcomes", outcomes_new());
	result_put(head, "scenarios", scenarios_new(h));
	result_put(head, "runs", runs);
	put_json(h->out, "head", head);
}

static size_t
count_facts(const struct facts_by_leg *facts, const struct brief *b)
{
	size_t attack, control;

	facts_by_leg_of(facts, b->attack.number, &attack);
	facts_by_leg_of(facts, b->control.number, &control);
	return attack + control;
}

/* Leaves out what the page shows elsewhere, or not at all: hundreds of scenarios on many clients must fit. */
static void
thin(json_t *judgment)
{
	static const char *const of_both[] = {"message", "recipient", "arrived"};
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(judgment, "steps"), i, step)
	{
		json_t *attack = json_object_get(step, "attack"), *control = json_object_get(step, "control");

		json_object_del(step, "why");
		for (size_t k = 0; k < sizeof(of_both) / sizeof(of_both[0]); k++) {
			json_object_del(attack, of_both[k]);
			json_object_del(control, of_both[k]);
		}
		json_object_del(control, "fate");
		json_object_del(control, "reason");
	}
}

static void
put_judgments(const struct html *h, size_t run, const struct facts_by_leg *facts)
{
	const struct report *r = h->runs[run];
	json_t *list = json_array();
	char id[32];

	for (size_t i = 0; i < r->judgments->n_items; i++) {
		const struct judgment *j = &r->judgments->items[i];
		json_t *json = json_object();

		result_put(json, "scenario", json_integer(number_of(h, j->brief)));
		result_put_judgment(json, j);
		thin(json);
		result_put(json, "worst", json_integer(j->worst_step));
		result_put(json, "n_facts", json_integer((json_int_t)count_facts(facts, j->brief)));
		result_put_text(
		    json, "capture", r->capture != NULL ? r->capture(r->ctx, j->brief->name) : NULL);
		must(json_array_append_new(list, json) == 0);
	}
	snprintf(id, sizeof(id), "judgments-%zu", run);
	put_json(h->out, id, list);
}

static json_t *
texts_json_new(const struct texts *texts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < texts_count(texts); i++)
		must(json_array_append_new(list, result_text_new(texts_at(texts, i))) == 0);
	return list;
}

/* The facts of a run, {"facts": {SCENARIO: PACKED}, "texts": [...]}. Owned. */
static char *
facts_text(const struct html *h, size_t run, const struct facts_by_leg *facts, size_t *ret_len)
{
	const struct report *r = h->runs[run];
	struct texts *texts = texts_new();
	char *text = NULL;
	const char *comma = "";
	FILE *out = open_memstream(&text, ret_len);
	json_t *list;

	must(out != NULL);
	fputs("{\"facts\":{", out);
	for (size_t i = 0; i < r->judgments->n_items; i++) {
		const struct judgment *j = &r->judgments->items[i];
		bool telling = j->verdict == VERDICT_VIOLATED || j->verdict == VERDICT_UNCLEAR;

		if (h->n_runs > 1 && (!telling || ftell(out) > FACTS_OF_ALL_MAX / (long)h->n_runs))
			continue;
		fprintf(out, "%s\"%" JSON_INTEGER_FORMAT "\":\"", comma, number_of(h, j->brief));
		packed_write(facts, j->brief, texts, out);
		putc('"', out);
		comma = ",";
	}
	fputs("},\"texts\":", out);
	list = texts_json_new(texts);
	must(json_dumpf(list, out, JSON_COMPACT) == 0);
	json_decref(list);
	texts_free(texts);
	putc('}', out);
	must(fclose(out) == 0);
	return text;
}

static void
put_facts(const struct html *h, size_t run, const struct facts_by_leg *facts)
{
	size_t len;
	char *text = facts_text(h, run, facts, &len), id[32];

	snprintf(id, sizeof(id), "facts-%zu", run);
	put_part(h->out, id, text, len);
	free(text);
}

int
html_write(const struct report *const *runs, size_t n, FILE *out, struct why *why)
{
	struct html h = {.runs = runs, .n_runs = n, .numbers = json_object(), .out = out};
	struct bytes before, after;

	viewer_parts(&before, &after);
	fwrite(before.data, 1, before.len, out);
	put_head(&h);
	for (size_t k = 0; k < n; k++) {
		struct facts_by_leg *facts = facts_by_leg_new(runs[k]->facts, runs[k]->n_facts);

		put_judgments(&h, k, facts);
		put_facts(&h, k, facts);
		facts_by_leg_free(facts);
	}
	json_decref(h.numbers);
	fwrite(after.data, 1, after.len, out);
	return report_finish(out, why);
}

int
report_html(const struct report *r, FILE *out, struct why *why)
{
	return html_write(&r, 1, out, why);
}
