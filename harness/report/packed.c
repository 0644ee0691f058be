/* SPDX-License-Identifier: Apache-2.0 */
/* packed.c - see packed.h */
#include "harness/report/packed.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/report/words.h"

#define TEXT_MAX 1024 /* bytes of one text that a page shows; facts.jsonl has them all */

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
	const char *end = f->kind == FACT_TLS_SECRET ? memchr(text.data, ' ', text.len) : NULL;

	if (end != NULL)
		text.len = (size_t)(end - text.data);
	if (text.len > TEXT_MAX)
		text.len = TEXT_MAX;
	return text;
}

/* What the fact before said, so that it need not be said again. */
struct before {
	uint32_t number[FACT_SOURCES];
	uint64_t us;
	int64_t source, control, step, connection;
};

static void
put_number(FILE *out, int64_t n)
{
	char digits[16];
	size_t len = 0;
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		digits[len++] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % 36];
	while ((rest /= 36) > 0);
	if (n < 0)
		putc('-', out);
	while (len > 0)
		putc(digits[--len], out);
}

static void
put_column(FILE *out, int64_t n, int64_t *before)
{
	putc(',', out);
	if (n != *before)
		put_number(out, n);
	*before = n;
}

static void
put_fact(const struct fact *f, bool control, struct before *before, struct texts *texts, FILE *out)
{
	const struct fact_info *info = fact_info(f->kind);
	uint64_t us = f->t_ns / 1000;
	int64_t no_time = 0;

	put_number(out, (int64_t)f->kind);
	put_column(out, (int64_t)f->source, &before->source);
	putc(',', out);
	put_number(out, (int64_t)f->number - (int64_t)before->number[f->source]);
	put_column(out, before->us == 0 ? 0 : (int64_t)(us - before->us), &no_time);
	put_column(out, control, &before->control);
	put_column(out, f->step == FACT_NONE ? -1 : (int64_t)f->step, &before->step);
	put_column(out, f->connection, &before->connection);
	before->number[f->source] = f->number;
	before->us = us;
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct fact_field *field = &info->fields[i];

		putc(',', out);
		put_number(out, field->type == FACT_text
				    ? (int64_t)texts_number(texts, shown(f, fact_text(f, field)))
				    : fact_number(f, field));
	}
}

void
packed_write(const struct facts_by_leg *facts, const struct brief *brief, struct texts *texts, FILE *out)
{
	const uint32_t legs[] = {brief->attack.number, brief->control.number};
	struct before before = {.source = -1, .control = -1, .step = -2, .connection = -1};
	bool any = false;

	for (int control = 0; control < 2; control++) {
		size_t n;
		const struct fact *const *of_leg = facts_by_leg_of(facts, legs[control], &n);

		for (size_t i = 0; i < n; i++, any = true) {
			if (any)
				putc(',', out);
			put_fact(of_leg[i], control == 1, &before, texts, out);
		}
	}
}
