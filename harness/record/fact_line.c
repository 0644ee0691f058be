/* SPDX-License-Identifier: Apache-2.0 */
/* fact_line.c - see fact_line.h */
#include "harness/record/fact_line.h"

#include "harness/base/must.h"
#include "harness/record/escaped.h"

static void
put(json_t *object, const char *key, json_t *value)
{
	must(json_object_set_new_nocheck(object, key, value) == 0);
}

static bool
is_left_out(const struct fact *f, const struct fact_field *field)
{
	return field->optional &&
	       (field->type == FACT_text ? fact_text(f, field).len == 0 : fact_number(f, field) == 0);
}

static json_t *
value_of(const struct fact *f, const struct fact_field *field)
{
	struct bytes text;
	int64_t number;

	if (field->type == FACT_text) {
		text = fact_text(f, field);
		if (text.len > FACT_TEXT_MAX)
			text.len = FACT_TEXT_MAX; /* as on the socket */
		return escaped_new(text);
	}
	number = fact_number(f, field);
	/* A flag that is neither 0 nor 1 is kept as it is. */
	if (field->type == FACT_flag && (number == 0 || number == 1))
		return json_boolean(number);
	return json_integer(number);
}

json_t *
fact_line_new(const struct fact *f)
{
	const struct fact_info *info = fact_info(f->kind);
	json_t *line = json_object();

	put(line, "t", json_integer((json_int_t)f->t_ns));
	put(line, "from", json_string_nocheck(fact_source_name(f->source)));
	put(line, "n", json_integer(f->number));
	put(line, "fact", json_string_nocheck(info->name));
	if (f->leg != FACT_NONE)
		put(line, "leg", json_integer(f->leg));
	if (f->step != FACT_NONE)
		put(line, "step", json_integer(f->step));
	if (f->connection != 0)
		put(line, "conn", json_integer(f->connection));
	for (size_t i = 0; i < info->n_fields; i++)
		if (!is_left_out(f, &info->fields[i]))
			put(line, info->fields[i].name, value_of(f, &info->fields[i]));
	return line;
}

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

int
fact_line_get(const json_t *line, struct region *region, struct fact *ret, struct why *why)
{
	struct fact f = {.leg = FACT_NONE, .step = FACT_NONE};
	const struct fact_info *info;

	f.kind = fact_kind_of(word(line, "fact"));
	f.source = fact_source_of(word(line, "from"));
	if (f.kind == FACT_KINDS)
		return why_set(why, "no kind of fact that this mitmx knows");
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
