/* SPDX-License-Identifier: Apache-2.0 */
/* asks.c - see asks.h */
#include "harness/judge/asks.h"

#include <inttypes.h>
#include <stdio.h>

bool
asks_like(struct bytes text, const char *pattern)
{
	const char *star = NULL;
	size_t at = 0, resume = 0;

	while (at < text.len) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = at;
		} else if (*pattern != '\0' && text_lower(*pattern) == text_lower(text.data[at])) {
			pattern++;
			at++;
		} else if (star != NULL) { /* let the last star take one byte more */
			pattern = star;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
number_is_like(int64_t number, const char *pattern)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	return asks_like(bytes_of(text), pattern);
}

static bool
condition_holds(const struct fact_condition *c, const struct fact *f)
{
	const struct fact_field *field = fact_field_of(f->kind, bytes_of(c->field));

	if (c->value == NULL)
		return false;
	if (field != NULL && field->type == FACT_text)
		return asks_like(fact_text(f, field), c->value);
	if (field != NULL)
		return number_is_like(fact_number(f, field), c->value);
	if (text_equal(c->field, "source"))
		return asks_like(bytes_of(fact_source_name(f->source)), c->value);
	if (text_equal(c->field, "connection"))
		return number_is_like(f->connection, c->value);
	return false;
}

bool
asks_match(const struct fact_pattern *pattern, const struct fact *f)
{
	if (f->kind != pattern->kind)
		return false;
	for (size_t i = 0; i < pattern->n_conditions; i++)
		if (!condition_holds(&pattern->conditions[i], f))
			return false;
	return true;
}

static uint32_t
count(const struct fact_pattern *pattern, const struct leg_facts *facts, uint32_t step)
{
	uint32_t n = 0;

	for (size_t i = 0; i < facts->n; i++)
		if (facts->facts[i]->step == step && asks_match(pattern, facts->facts[i]))
			n++;
	return n;
}

/* Order between sources is no evidence, so one source must show all of it. */
static bool
in_order(const struct fact_ask *ask, const struct leg_facts *facts, uint32_t step, enum fact_source source)
{
	size_t next = 0;

	for (size_t i = 0; i < facts->n && next < ask->n_patterns; i++) {
		const struct fact *f = facts->facts[i];

		if (f->source == source && f->step == step && asks_match(&ask->patterns[next], f))
			next++;
	}
	return next == ask->n_patterns;
}

static bool
in_order_somewhere(const struct fact_ask *ask, const struct leg_facts *facts, uint32_t step)
{
	for (unsigned source = 0; source < FACT_SOURCES; source++)
		if (in_order(ask, facts, step, (enum fact_source)source))
			return true;
	return false;
}

static bool
has_a_word(const struct fact_ask *ask, struct bytes said)
{
	for (size_t i = 0; i < ask->n_words; i++)
		if (bytes_find_nocase(said, bytes_of(ask->words[i])) != SIZE_MAX)
			return true;
	return false;
}

static bool
is_a_word(const struct fact_ask *ask, struct bytes said)
{
	for (size_t i = 0; i < ask->n_words; i++)
		if (bytes_equal_nocase(said, bytes_of(ask->words[i])))
			return true;
	return false;
}

/* How often any of the patterns matched; `seen`, `unseen` and `count` have one. */
static uint32_t
count_all(const struct fact_ask *ask, const struct leg_facts *facts, uint32_t step)
{
	uint32_t n = 0;

	for (size_t i = 0; i < ask->n_patterns; i++)
		n += count(&ask->patterns[i], facts, step);
	return n;
}

bool
asks_hold(
    const struct fact_ask *ask, const struct leg_facts *facts, uint32_t step, const struct measured *row)
{
	uint32_t n;

	switch (ask->kind) {
	case ASK_SEEN:
		return count_all(ask, facts, step) > 0;
	case ASK_UNSEEN:
		return count_all(ask, facts, step) == 0;
	case ASK_COUNT:
		n = count_all(ask, facts, step);
		return n >= ask->at_least && n <= ask->at_most;
	case ASK_ORDER:
		return in_order_somewhere(ask, facts, step);
	case ASK_REASON:
		return row == NULL || has_a_word(ask, row->reason);
	case ASK_FATE:
		return row == NULL || is_a_word(ask, row->fate);
	}
	return false;
}

static bool
alternative_holds(
    const struct expected *x, const struct leg_facts *facts, uint32_t step, const struct measured *row)
{
	if (row != NULL && (x->outcomes & 1u << row->outcome) == 0)
		return false;
	for (size_t i = 0; i < x->n_asks; i++)
		if (!asks_hold(&x->asks[i], facts, step, row))
			return false;
	return true;
}

bool
asks_level_holds(const struct expectation *e, enum level level, const struct leg_facts *facts, uint32_t step,
    const struct measured *row)
{
	for (size_t i = 0; i < e->at[level].n; i++)
		if (alternative_holds(&e->at[level].any_of[i], facts, step, row))
			return true;
	return e->at[level].n == 0;
}
