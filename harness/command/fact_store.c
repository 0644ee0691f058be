/* SPDX-License-Identifier: Apache-2.0 */
/* fact_store.c - see fact_store.h */
#include "harness/command/fact_store.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define FIRST_CAPACITY 1024

void
fact_store_init(struct fact_store *s)
{
	*s = (struct fact_store){.texts = texts_new()};
}

void
fact_store_done(struct fact_store *s)
{
	texts_free(s->texts);
	free(s->facts);
	*s = (struct fact_store){0};
}

void
fact_store_put(struct fact_store *s, const struct fact *f)
{
	const struct fact_info *info = fact_info(f->kind);
	struct fact *copy;

	if (s->n_facts == s->capacity) {
		s->capacity = s->capacity + s->capacity / 2 + FIRST_CAPACITY;
		s->facts = must_realloc(s->facts, s->capacity * sizeof(*s->facts));
	}
	copy = &s->facts[s->n_facts++];
	*copy = *f;
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct fact_field *field = &info->fields[i];

		if (field->type == FACT_text)
			fact_set_text(copy, field, texts_keep(s->texts, fact_text(f, field)));
	}
	s->last_number[f->source] = f->number;
}

struct record
fact_store_record(const struct fact_store *s, bool closed)
{
	struct record r = {.facts = s->facts, .n_facts = s->n_facts, .closed = closed};

	memcpy(r.last_number, s->last_number, sizeof(r.last_number));
	return r;
}
