/* SPDX-License-Identifier: Apache-2.0 */
/* fact_line.c - see fact_line.h */
#include "harness/record/fact_line.h"

#include <string.h>

#include "harness/record/escaped.h"

/* --- writing ---------------------------------------------------------------------------------- */

/*
 * By hand and not as a tree of jansson's: a run has a hundred thousand of them, each is one flat object,
 * and no text needs more than what put_plain does.
 */
struct line {
	char *at;
	size_t left;
	bool full;
};

static void
put(struct line *l, struct bytes b)
{
	l->full |= b.len > l->left;
	if (l->full)
		return;
	memcpy(l->at, b.data, b.len);
	l->at += b.len;
	l->left -= b.len;
}

static void
put_number(struct line *l, int64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (n < 0)
		digits[--at] = '-';
	put(l, (struct bytes){digits + at, sizeof(digits) - at});
}

/* Printable ASCII (RFC 8259 s7). */
static void
put_plain(struct line *l, struct bytes b)
{
	size_t begun = 0;

	for (size_t i = 0; i < b.len; i++) {
		if (b.data[i] != '"' && b.data[i] != '\\')
			continue;
		put(l, (struct bytes){b.data + begun, i - begun});
		put(l, BYTES("\\"));
		begun = i;
	}
	put(l, (struct bytes){b.data + begun, b.len - begun});
}

/* Escaped as by escaped_new, piece by piece. */
static void
put_text(struct line *l, struct bytes text)
{
	char piece[4 * 64 + 1];

	put(l, BYTES("\""));
	for (size_t i = 0; i < text.len; i += 64) {
		struct bytes some = {text.data + i, text.len - i < 64 ? text.len - i : 64};

		put_plain(l, (struct bytes){piece, text_escape(piece, sizeof(piece), some)});
	}
	put(l, BYTES("\""));
}

static void
put_key(struct line *l, const char *key)
{
	put(l, BYTES(",\""));
	put(l, bytes_of(key));
	put(l, BYTES("\":"));
}

static bool
is_left_out(const struct fact *f, const struct fact_field *field)
{
	return field->optional &&
	       (field->type == FACT_text ? fact_text(f, field).len == 0 : fact_number(f, field) == 0);
}

static void
put_field(struct line *l, const struct fact *f, const struct fact_field *field)
{
	struct bytes text;
	int64_t number;

	put_key(l, field->name);
	if (field->type == FACT_text) {
		text = fact_text(f, field);
		if (text.len > FACT_TEXT_MAX)
			text.len = FACT_TEXT_MAX; /* as on the socket */
		put_text(l, text);
		return;
	}
	number = fact_number(f, field);
	/* A flag that is neither 0 nor 1 is kept as it is. */
	if (field->type == FACT_flag && (number == 0 || number == 1))
		put(l, number == 1 ? BYTES("true") : BYTES("false"));
	else
		put_number(l, number);
}

size_t
fact_line_write(const struct fact *f, char *out, size_t size)
{
	const struct fact_info *info = fact_info(f->kind);
	struct line line = {out, size, false}, *l = &line;

	put(l, BYTES("{\"t\":"));
	put_number(l, (int64_t)f->t_ns);
	put_key(l, "from");
	put_text(l, bytes_of(fact_source_name(f->source)));
	put_key(l, "n");
	put_number(l, f->number);
	put_key(l, "fact");
	put_text(l, bytes_of(info->name));
	if (f->leg != FACT_NONE) {
		put_key(l, "leg");
		put_number(l, f->leg);
	}
	if (f->step != FACT_NONE) {
		put_key(l, "step");
		put_number(l, f->step);
	}
	if (f->connection != 0) {
		put_key(l, "conn");
		put_number(l, f->connection);
	}
	for (size_t i = 0; i < info->n_fields; i++)
		if (!is_left_out(f, &info->fields[i]))
			put_field(l, f, &info->fields[i]);
	put(l, BYTES("}"));
	return l->full ? 0 : size - l->left;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool
get_field(const json_t *value, struct region *region, const struct fact_field *field, struct fact *ret)
{
	struct bytes text;

	if (value == NULL && field->optional)
		return true;
	if (field->type == FACT_text) {
		if (!escaped_get(value, region, &text))
			return false;
		fact_set_text(ret, field, text);
		return true;
	}
	if (field->type == FACT_flag && json_is_boolean(value))
		fact_set_number(ret, field, json_is_true(value));
	else if (json_is_integer(value))
		fact_set_number(ret, field, json_integer_value(value));
	else
		return false;
	return true;
}

static struct bytes
word(const json_t *line, const char *key)
{
	return bytes_of(json_string_value(json_object_get(line, key)));
}

/* A record of a newer mitmx may hold kinds that are not known here. */
static int
refuse_kind(const json_t *line, struct why *why)
{
	struct bytes name = word(line, "fact");
	char shown[64];

	if (name.len == 0)
		return why_set(why, "neither a fact nor another line of a record");
	text_escape(shown, sizeof(shown), name);
	return why_set(why, "this mitmx knows no fact '%s'", shown);
}

int
fact_line_get(const json_t *line, struct region *region, struct fact *ret, struct why *why)
{
	struct fact f = {.leg = FACT_NONE, .step = FACT_NONE};
	const struct fact_info *info;

	f.kind = fact_kind_of(word(line, "fact"));
	f.source = fact_source_of(word(line, "from"));
	if (f.kind == FACT_KINDS)
		return refuse_kind(line, why);
	if (f.source == FACT_SOURCES)
		return why_set(why, "a fact from nobody ('from' must be front, world or witness)");
	if (json_object_get(line, "t") == NULL || json_object_get(line, "n") == NULL ||
	    !escaped_number(line, "t", INT64_MAX, &f.t_ns) || !escaped_number32(line, "n", &f.number) ||
	    !escaped_number32(line, "leg", &f.leg) || !escaped_number32(line, "step", &f.step) ||
	    !escaped_number32(line, "conn", &f.connection))
		return why_set(
		    why, "a number of this fact (t, n, leg, step, conn) is missing or out of range");
	info = fact_info(f.kind);
	for (size_t i = 0; i < info->n_fields; i++)
		if (!get_field(json_object_get(line, info->fields[i].name), region, &info->fields[i], &f))
			return why_set(why, "field '%s' of fact '%s' is missing or wrong",
			    info->fields[i].name, info->name);
	*ret = f;
	return 0;
}
