/* SPDX-License-Identifier: Apache-2.0 */
/* brief_line.c - see brief_line.h; each structure has its writer and its reader side by side. */
#include "harness/record/brief_line.h"

#include <string.h>

#include "harness/base/must.h"
#include "harness/record/escaped.h"

static const char *const ask_names[] = {"seen", "unseen", "count", "order", "reason", "fate"};

_Static_assert(ASK_FATE + 1 == sizeof(ask_names) / sizeof(ask_names[0]), "one name per kind");

static void
put(json_t *object, const char *key, json_t *value)
{
	must(json_object_set_new_nocheck(object, key, value) == 0);
}

static void
put_flag(json_t *object, const char *key, bool value)
{
	if (value)
		put(object, key, json_true());
}

static void
put_number(json_t *object, const char *key, uint32_t value)
{
	if (value != 0)
		put(object, key, json_integer(value));
}

/* A list of objects; an empty one is left out. */
#define PUT_LIST(object, key, items, n, make)                                        \
	do {                                                                         \
		json_t *list_ = (n) > 0 ? json_array() : NULL;                       \
                                                                                     \
		for (size_t i_ = 0; i_ < (n); i_++)                                  \
			must(json_array_append_new(list_, make(&(items)[i_])) == 0); \
		if (list_ != NULL)                                                   \
			put(object, key, list_);                                     \
	} while (0)

/* Reads such a list: allocates, then `get` fills each item. False when one is wrong. */
static bool
get_list(const json_t *object, const char *key, struct region *region, size_t size,
    bool (*get)(const json_t *json, struct region *region, void *ret), void *items, size_t *ret_n)
{
	const json_t *list = json_object_get(object, key);
	size_t n = json_array_size(list);
	char *array;

	*ret_n = 0;
	if (list == NULL)
		return true;
	if (!json_is_array(list))
		return false;
	array = region_alloc(region, size * (n + 1));
	for (size_t i = 0; i < n; i++)
		if (!get(json_array_get(list, i), region, array + i * size))
			return false;
	memcpy(items, &array, sizeof(array));
	*ret_n = n;
	return true;
}

/* --- what an expectation asks -------------------------------------------------------------- */

static json_t *
condition_new(const struct fact_condition *c)
{
	json_t *json = json_object();

	escaped_set(json, "field", c->field);
	escaped_set(json, "value", c->value);
	return json;
}

static bool
get_condition(const json_t *json, struct region *region, void *ret)
{
	struct fact_condition *c = ret;

	return escaped_text(json, "field", region, &c->field) &&
	       escaped_text(json, "value", region, &c->value);
}

static json_t *
pattern_new(const struct fact_pattern *p)
{
	json_t *json = json_object();

	put(json, "fact", json_string_nocheck(fact_info(p->kind)->name));
	PUT_LIST(json, "where", p->conditions, p->n_conditions, condition_new);
	return json;
}

static bool
get_pattern(const json_t *json, struct region *region, void *ret)
{
	struct fact_pattern *p = ret;

	p->kind = fact_kind_of(bytes_of(json_string_value(json_object_get(json, "fact"))));
	return p->kind != FACT_KINDS && get_list(json, "where", region, sizeof(*p->conditions), get_condition,
					    &p->conditions, &p->n_conditions);
}

static json_t *
ask_new(const struct fact_ask *a)
{
	json_t *json = json_object();

	must((unsigned)a->kind < sizeof(ask_names) / sizeof(ask_names[0]));
	put(json, "ask", json_string_nocheck(ask_names[a->kind]));
	PUT_LIST(json, "patterns", a->patterns, a->n_patterns, pattern_new);
	put_number(json, "at_least", a->at_least);
	put_number(json, "at_most", a->at_most);
	escaped_set_list(json, "words", a->words, a->n_words);
	return json;
}

static bool
get_ask(const json_t *json, struct region *region, void *ret)
{
	const char *name = json_string_value(json_object_get(json, "ask"));
	struct fact_ask *a = ret;
	unsigned kind = 0;

	while (kind <= ASK_FATE && !text_equal(name, ask_names[kind]))
		kind++;
	a->kind = (enum ask_kind)kind;
	return kind <= ASK_FATE &&
	       get_list(json, "patterns", region, sizeof(*a->patterns), get_pattern, &a->patterns,
		   &a->n_patterns) &&
	       escaped_number32(json, "at_least", &a->at_least) &&
	       escaped_number32(json, "at_most", &a->at_most) &&
	       escaped_list(json, "words", region, &a->words, &a->n_words);
}

static json_t *
expected_new(const struct expected *e)
{
	json_t *json = json_object(), *outcomes = json_array();

	must((e->outcomes & ~OUTCOMES_ALL) == 0);
	for (unsigned o = 0; o < OUTCOMES; o++)
		if (e->outcomes & 1u << o)
			must(json_array_append_new(
				 outcomes, json_string_nocheck(outcome_name((enum outcome)o))) == 0);
	put(json, "outcomes", outcomes);
	PUT_LIST(json, "asks", e->asks, e->n_asks, ask_new);
	return json;
}

static bool
get_expected(const json_t *json, struct region *region, void *ret)
{
	const json_t *outcomes = json_object_get(json, "outcomes");
	struct expected *e = ret;

	if (!json_is_array(outcomes))
		return false;
	for (size_t i = 0; i < json_array_size(outcomes); i++) {
		uint32_t bit = outcomes_of(bytes_of(json_string_value(json_array_get(outcomes, i))));

		if (bit == 0)
			return false;
		e->outcomes |= bit;
	}
	return get_list(json, "asks", region, sizeof(*e->asks), get_ask, &e->asks, &e->n_asks);
}

static json_t *
expectation_new(const struct expectation *e)
{
	json_t *json = json_object();

	put_flag(json, "given", e->given);
	put_flag(json, "record", e->record);
	for (unsigned l = 0; l < LEVELS; l++)
		PUT_LIST(json, level_name((enum level)l), e->at[l].any_of, e->at[l].n, expected_new);
	escaped_set_list(json, "must_meet", e->must_meet, e->n_must_meet);
	return json;
}

static bool
get_expectation(const json_t *json, struct region *region, struct expectation *e)
{
	if (!json_is_object(json) || !escaped_flag(json, "given", &e->given) ||
	    !escaped_flag(json, "record", &e->record))
		return false;
	for (unsigned l = 0; l < LEVELS; l++)
		if (!get_list(json, level_name((enum level)l), region, sizeof(*e->at[l].any_of), get_expected,
			&e->at[l].any_of, &e->at[l].n))
			return false;
	return escaped_list(json, "must_meet", region, &e->must_meet, &e->n_must_meet);
}

/* --- legs, steps, messages ------------------------------------------------------------------ */

static json_t *
message_new(const struct brief_message *m)
{
	json_t *json = json_object();

	put_number(json, "number", m->number);
	escaped_set(json, "sender", m->sender);
	escaped_set(json, "header_token", m->header_token);
	escaped_set(json, "body_token", m->body_token);
	escaped_set_list(json, "recipients", m->recipients, m->n_recipients);
	put_number(json, "companions", m->n_companions);
	put_flag(json, "spare", m->spare);
	return json;
}

static bool
get_message(const json_t *json, struct region *region, void *ret)
{
	struct brief_message *m = ret;

	return json_is_object(json) && escaped_number32(json, "number", &m->number) &&
	       escaped_text(json, "sender", region, &m->sender) &&
	       escaped_text(json, "header_token", region, &m->header_token) &&
	       escaped_text(json, "body_token", region, &m->body_token) &&
	       escaped_list(json, "recipients", region, &m->recipients, &m->n_recipients) &&
	       escaped_number32(json, "companions", &m->n_companions) &&
	       m->n_companions <= m->n_recipients && escaped_flag(json, "spare", &m->spare);
}

static json_t *
step_new(const struct brief_step *s)
{
	json_t *json = json_object(), *by_floor = json_object();

	for (unsigned f = 0; f < FLOORS; f++) {
		json_t *e = expectation_new(&s->expectation[f]);

		if (json_object_size(e) > 0)
			put(by_floor, floor_name((enum floor)f), e);
		else
			json_decref(e);
	}
	if (json_object_size(by_floor) > 0)
		put(json, "expect", by_floor);
	else
		json_decref(by_floor);
	put_flag(json, "warm_up", s->warm_up);
	put_flag(json, "needs_policy", s->needs_policy);
	put_flag(json, "judges_held", s->judges_held);
	put_flag(json, "recovery", s->recovery);
	PUT_LIST(json, "messages", s->messages, s->n_messages, message_new);
	return json;
}

static bool
get_step(const json_t *json, struct region *region, void *ret)
{
	const json_t *by_floor = json_object_get(json, "expect");
	struct brief_step *s = ret;

	if (!json_is_object(json) || (by_floor != NULL && !json_is_object(by_floor)))
		return false;
	for (unsigned f = 0; f < FLOORS; f++) {
		const json_t *e = json_object_get(by_floor, floor_name((enum floor)f));

		if (e != NULL && !get_expectation(e, region, &s->expectation[f]))
			return false;
	}
	return escaped_flag(json, "warm_up", &s->warm_up) &&
	       escaped_flag(json, "needs_policy", &s->needs_policy) &&
	       escaped_flag(json, "judges_held", &s->judges_held) &&
	       escaped_flag(json, "recovery", &s->recovery) &&
	       get_list(
		   json, "messages", region, sizeof(*s->messages), get_message, &s->messages, &s->n_messages);
}

static void
put_leg(json_t *object, const char *key, const struct brief_leg *leg)
{
	json_t *json = json_object();

	if (leg->number != FACT_NONE)
		put(json, "leg", json_integer(leg->number));
	PUT_LIST(json, "steps", leg->steps, leg->n_steps, step_new);
	put(object, key, json);
}

static bool
get_leg(const json_t *object, const char *key, struct region *region, struct brief_leg *leg)
{
	const json_t *json = json_object_get(object, key);

	leg->number = FACT_NONE;
	return json_is_object(json) && escaped_number32(json, "leg", &leg->number) &&
	       get_list(json, "steps", region, sizeof(*leg->steps), get_step, &leg->steps, &leg->n_steps);
}

json_t *
brief_line_new(const struct brief *b)
{
	json_t *json = json_object();

	escaped_set(json, "name", b->name);
	escaped_set(json, "family", b->family);
	escaped_set(json, "title", b->title);
	escaped_set(json, "why", b->why);
	escaped_set(json, "file", b->file);
	put(json, "level", json_string_nocheck(level_name(b->level)));
	escaped_set_list(json, "covers", b->covers, b->n_covers);
	escaped_set_list(json, "needs", b->needs, b->n_needs);
	put_flag(json, "opposite_control", b->opposite_control);
	put_leg(json, "attack", &b->attack);
	put_leg(json, "control", &b->control);
	return json;
}

int
brief_line_get(const json_t *json, struct region *region, struct brief *ret, struct why *why)
{
	struct brief b = {0};
	bool ok = escaped_text(json, "name", region, &b.name) &&
		  escaped_text(json, "family", region, &b.family) &&
		  escaped_text(json, "title", region, &b.title) &&
		  escaped_text(json, "why", region, &b.why) && escaped_text(json, "file", region, &b.file) &&
		  escaped_list(json, "covers", region, &b.covers, &b.n_covers) &&
		  escaped_list(json, "needs", region, &b.needs, &b.n_needs) &&
		  escaped_flag(json, "opposite_control", &b.opposite_control);

	b.level = level_of(bytes_of(json_string_value(json_object_get(json, "level"))));
	if (!ok || b.name == NULL || b.level == LEVELS)
		return why_set(why, "the scenario's name, level or another of its texts is missing or wrong");
	if (!get_leg(json, "attack", region, &b.attack) || !get_leg(json, "control", region, &b.control))
		return why_set(why, "the steps of scenario '%s' are missing or wrong", b.name);
	*ret = b;
	return 0;
}
