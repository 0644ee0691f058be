/* SPDX-License-Identifier: Apache-2.0 */
/* fact.c - see fact.h; everything is generated from facts.def. */
#include "harness/model/fact.h"

#include <string.h>

#include "harness/base/must.h"

/* A struct of the same fields as the member of the union, so that offsetof finds them by kind. */
#define F(name, type) FACT_TYPE_##type name;
#define O(name, type) F(name, type)
#define FACT(ID, member, name, meaning, fields) \
	struct body_##ID {                      \
		fields                          \
	};
#include "harness/model/facts.def"
#undef FACT
#undef O
#undef F

/*
 * The tables. The field macro does not know its kind, so each table is made with the offsets
 * added up: every field is 8-byte aligned and nothing is padded.
 */
_Static_assert(sizeof(struct bytes) == 16 && sizeof(int64_t) == 8, "fields are laid end to end");
_Static_assert(_Alignof(struct bytes) == 8, "fields are laid end to end");

#define F(name, type) {#name, FACT_##type, false, 0},
#define O(name, type) {#name, FACT_##type, true, 0},
#define FACT(ID, member, name, meaning, fields)            \
	static struct fact_field fields_##ID[] = {fields}; \
	_Static_assert(                                    \
	    sizeof(fields_##ID) / sizeof(fields_##ID[0]) <= FACT_FIELDS_MAX, "raise FACT_FIELDS_MAX");
#include "harness/model/facts.def"
#undef FACT
#undef O
#undef F

static const struct fact_info infos[] = {
#define FACT(ID, member, name, meaning, fields) \
	{name, meaning, fields_##ID, sizeof(fields_##ID) / sizeof(fields_##ID[0])},
#include "harness/model/facts.def"
#undef FACT
};

static const char *const sources[] = {"front", "world", "witness"};

__attribute__((constructor)) static void
lay_fields(void)
{
	struct fact_field *const tables[] = {
#define FACT(ID, member, name, meaning, fields) fields_##ID,
#include "harness/model/facts.def"
#undef FACT
	};
	const size_t bodies[] = {
#define FACT(ID, member, name, meaning, fields) sizeof(struct body_##ID),
#include "harness/model/facts.def"
#undef FACT
	};

	for (size_t k = 0; k < FACT_KINDS; k++) {
		size_t offset = 0;

		for (size_t i = 0; i < infos[k].n_fields; i++) {
			tables[k][i].offset = offsetof(struct fact, step_begun) + offset;
			offset += tables[k][i].type == FACT_text ? sizeof(struct bytes) : sizeof(int64_t);
		}
		must(offset == bodies[k]);
	}
}

const struct fact_info *
fact_info(enum fact_kind kind)
{
	must((unsigned)kind < FACT_KINDS);
	return &infos[kind];
}

enum fact_kind
fact_kind_of(struct bytes name)
{
	size_t k = 0;

	while (k < FACT_KINDS && !bytes_equal(name, bytes_of(infos[k].name)))
		k++;
	return (enum fact_kind)k;
}

const char *
fact_source_name(enum fact_source source)
{
	must((unsigned)source < FACT_SOURCES);
	return sources[source];
}

enum fact_source
fact_source_of(struct bytes name)
{
	size_t s = 0;

	while (s < FACT_SOURCES && !bytes_equal(name, bytes_of(sources[s])))
		s++;
	return (enum fact_source)s;
}

const struct fact_field *
fact_field_of(enum fact_kind kind, struct bytes name)
{
	const struct fact_info *info = fact_info(kind);

	for (size_t i = 0; i < info->n_fields; i++)
		if (bytes_equal(name, bytes_of(info->fields[i].name)))
			return &info->fields[i];
	return NULL;
}

int64_t
fact_number(const struct fact *f, const struct fact_field *field)
{
	int64_t value;

	must(field->type != FACT_text);
	memcpy(&value, (const char *)f + field->offset, sizeof(value));
	return value;
}

struct bytes
fact_text(const struct fact *f, const struct fact_field *field)
{
	struct bytes value;

	must(field->type == FACT_text);
	memcpy(&value, (const char *)f + field->offset, sizeof(value));
	return value;
}

void
fact_set_number(struct fact *f, const struct fact_field *field, int64_t value)
{
	must(field->type != FACT_text);
	memcpy((char *)f + field->offset, &value, sizeof(value));
}

void
fact_set_text(struct fact *f, const struct fact_field *field, struct bytes value)
{
	must(field->type == FACT_text);
	memcpy((char *)f + field->offset, &value, sizeof(value));
}

/* --- the codec: a cursor that goes dead at the end of its buffer ------------------------ */

struct writer {
	unsigned char *at;
	size_t left;
	bool full;
};

static void
put(struct writer *w, const void *data, size_t len)
{
	if (w->full || w->left < len) {
		w->full = true;
		return;
	}
	if (len > 0)
		memcpy(w->at, data, len);
	w->at += len;
	w->left -= len;
}

static void
put_number(struct writer *w, uint64_t value, size_t width)
{
	unsigned char b[8];

	for (size_t i = 0; i < width; i++)
		b[i] = (unsigned char)(value >> (8 * i));
	put(w, b, width);
}

static void
put_text(struct writer *w, struct bytes value)
{
	size_t len = value.len > FACT_TEXT_MAX ? FACT_TEXT_MAX : value.len;

	put_number(w, len, 4);
	put(w, value.data, len);
}

size_t
fact_encode(const struct fact *f, unsigned char *out, size_t size)
{
	const struct fact_info *info = fact_info(f->kind);
	struct writer w = {out, size, false};

	put_number(&w, (uint64_t)f->kind, 2);
	put_number(&w, (uint64_t)f->source, 2);
	put_number(&w, f->number, 4);
	put_number(&w, f->t_ns, 8);
	put_number(&w, f->leg, 4);
	put_number(&w, f->step, 4);
	put_number(&w, f->connection, 4);
	for (size_t i = 0; i < info->n_fields; i++) {
		if (info->fields[i].type == FACT_text)
			put_text(&w, fact_text(f, &info->fields[i]));
		else
			put_number(&w, (uint64_t)fact_number(f, &info->fields[i]), 8);
	}
	return w.full ? 0 : size - w.left;
}

struct reader {
	const unsigned char *at;
	size_t left;
	bool short_of; /* a read went past the end */
};

static uint64_t
get_number(struct reader *r, size_t width)
{
	uint64_t value = 0;

	if (r->short_of || r->left < width) {
		r->short_of = true;
		return 0;
	}
	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)r->at[i] << (8 * i);
	r->at += width;
	r->left -= width;
	return value;
}

static struct bytes
get_text(struct reader *r)
{
	size_t len = get_number(r, 4);
	struct bytes value = {(const char *)r->at, len};

	if (r->short_of || len > FACT_TEXT_MAX || len > r->left) {
		r->short_of = true;
		return (struct bytes){NULL, 0};
	}
	r->at += len;
	r->left -= len;
	return value;
}

int
fact_take(struct fact *ret, struct bytes *message)
{
	struct reader r = {(const unsigned char *)message->data, message->len, false};
	struct fact f = {0};
	uint64_t kind = get_number(&r, 2), source = get_number(&r, 2);

	if (r.short_of || kind >= FACT_KINDS || source >= FACT_SOURCES)
		return -1;
	f.kind = (enum fact_kind)kind;
	f.source = (enum fact_source)source;
	f.number = (uint32_t)get_number(&r, 4);
	f.t_ns = get_number(&r, 8);
	f.leg = (uint32_t)get_number(&r, 4);
	f.step = (uint32_t)get_number(&r, 4);
	f.connection = (uint32_t)get_number(&r, 4);
	for (size_t i = 0; i < infos[kind].n_fields; i++) {
		const struct fact_field *field = &infos[kind].fields[i];

		if (field->type == FACT_text)
			fact_set_text(&f, field, get_text(&r));
		else
			fact_set_number(&f, field, (int64_t)get_number(&r, 8));
	}
	if (r.short_of)
		return -1;
	*message = (struct bytes){(const char *)r.at, r.left};
	*ret = f;
	return 0;
}

int
fact_decode(struct fact *ret, const unsigned char *data, size_t len)
{
	struct bytes message = {(const char *)data, len};
	struct fact f;

	if (fact_take(&f, &message) < 0 || message.len != 0)
		return -1;
	*ret = f;
	return 0;
}
