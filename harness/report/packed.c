/* SPDX-License-Identifier: Apache-2.0 */
/* packed.c - see packed.h */
#include "harness/report/packed.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/report/words.h"

#define TEXT_MAX 4096 /* bytes of one text that a page shows; facts.jsonl has them all */

json_t *
packed_kinds_new(void)
{
	static const char *const types[] = {
	    [FACT_number] = "number", [FACT_flag] = "flag", [FACT_text] = "text"};
	json_t *kinds = json_array();

	for (enum fact_kind k = 0; k < FACT_KINDS; k++) {
		const struct fact_info *info = fact_info(k);
		json_t *fields = json_array();

		for (size_t i = 0; i < info->n_fields; i++)
			must(json_array_append_new(fields,
				 json_pack("[s,s]", info->fields[i].name, types[info->fields[i].type])) == 0);
		must(json_array_append_new(
			 kinds, json_pack("{s:s,s:s,s:s,s:o}", "name", info->name, "meaning", info->meaning,
				    "words", fact_template(k), "fields", fields)) == 0);
	}
	return kinds;
}

/* Of a line of the key log, its label: the capture holds the secrets, a page that is passed on need not. */
static struct bytes
shown(const struct fact *f, struct bytes text)
{
	const char *end = memchr(text.data, ' ', text.len);

	if (f->kind == FACT_TLS_SECRET && end != NULL)
		text.len = (size_t)(end - text.data);
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	return text;
}

static void
put_fact(const struct fact *f, int64_t after_us, bool control, struct texts *texts, FILE *out)
{
	const struct fact_info *info = fact_info(f->kind);

	fprintf(out, "%d,%d,%" PRIu32 ",%" PRId64 ",%d,%" PRId64 ",%" PRIu32, (int)f->kind, (int)f->source,
	    f->number, after_us, control, f->step == FACT_NONE ? (int64_t)-1 : (int64_t)f->step,
	    f->connection);
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct fact_field *field = &info->fields[i];

		if (field->type == FACT_text)
			fprintf(out, ",%zu", texts_number(texts, shown(f, fact_text(f, field))));
		else
			fprintf(out, ",%" PRId64, fact_number(f, field));
	}
}

void
packed_write(const struct facts_by_leg *facts, const struct brief *brief, struct texts *texts, FILE *out)
{
	const uint32_t legs[] = {brief->attack.number, brief->control.number};
	uint64_t before_us = 0;
	bool any = false;

	putc('[', out);
	for (int control = 0; control < 2; control++) {
		size_t n;
		const struct fact *const *of_leg = facts_by_leg_of(facts, legs[control], &n);

		for (size_t i = 0; i < n; i++, any = true) {
			uint64_t us = of_leg[i]->t_ns / 1000;

			if (any)
				putc(',', out);
			put_fact(of_leg[i], any ? (int64_t)(us - before_us) : 0, control == 1, texts, out);
			before_us = us;
		}
	}
	putc(']', out);
}
