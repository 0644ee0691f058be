/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect.c - `expect:` of a scenario file: outcomes by level and floor, and what the facts must show.
 *
 * `held` alone is short for "refused at the scenario's level, held one level below": a bounce keeps
 * the MUST and breaks a SHOULD (RFC 8461 s5).
 */
#include <string.h>

#include "harness/base/must.h"
#include "harness/scenario/pattern.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const outcome_words[] = {
#define OUTCOME(ID, name, meaning) name,
#include "harness/model/outcomes.def"
#undef OUTCOME
    "delivered", "refused", "exposed", "unexposed", NULL};
static const char *const fates[] = {
    "delivered", "deferred", "bounced", "refused", "accepted", "cannot", NULL};

const struct key expect_alternative_keys[] = {
    {"outcome", KEY_WORDS, false, "one or several", outcome_words, NULL, 0, 0},
    {"seen", KEY_ANY, false, "facts that must be there: KIND, or {KIND: {FIELD: VALUE}}, or a list", NULL,
	NULL, 0, 0},
    {"unseen", KEY_ANY, false, "facts that must not be there", NULL, NULL, 0, 0},
    {"count", KEY_ANY, false, "{KIND: N}, or {KIND: {FIELD: VALUE, at-least: N, at-most: N, exactly: N}}",
	NULL, NULL, 0, 0},
    {"order", KEY_ANY, false, "a list of facts that must come in this order, from one source", NULL, NULL, 0,
	0},
    {"sni", KEY_TEXT, false, "label of the host that the client must name to TLS", NULL, NULL, 0, 0},
    {"fate", KEY_WORDS, false, "what the client says became of it", fates, NULL, 0, 0},
    {"reason", KEY_TEXTS, false, "plain words, one of which the client's reason must hold", NULL, NULL, 0, 0},
    {0},
};

struct making {
	struct region *r;
	struct pattern_hosts hosts;
	enum level level; /* of the scenario */
};

/* --- what is asked of the facts ------------------------------------------------------------------ */

static struct fact_ask *
push_ask(const struct making *m, struct expected *e, enum ask_kind kind)
{
	struct fact_ask *ask = region_push(m->r, &e->asks, &e->n_asks, sizeof(*ask));

	ask->kind = kind;
	return ask;
}

static void
push_pattern(const struct making *m, struct fact_ask *ask, struct fact_pattern pattern)
{
	*(struct fact_pattern *)region_push(m->r, &ask->patterns, &ask->n_patterns, sizeof(pattern)) =
	    pattern;
}

static void
read_one_pattern(const struct making *m, struct expected *e, enum ask_kind kind, const struct node *name,
    const struct node *conditions)
{
	struct fact_pattern pattern;
	struct fact_ask *ask;

	if (!pattern_read(&pattern, name, conditions, m->hosts, m->r))
		return;
	ask = push_ask(m, e, kind);
	push_pattern(m, ask, pattern);
	if (kind == ASK_COUNT && conditions != NULL)
		pattern_counts(conditions, &ask->at_least, &ask->at_most);
}

/* A kind, a mapping from kinds, or a list of either: each becomes an ask of its own. */
static void
read_patterns(const struct making *m, struct expected *e, enum ask_kind kind, const struct node *value)
{
	if (value->kind == NODE_TEXT && kind == ASK_COUNT)
		node_complain(value, "must be a mapping: {KIND: NUMBER}");
	else if (value->kind == NODE_TEXT)
		read_one_pattern(m, e, kind, value, NULL);
	for (size_t i = 0; value->kind == NODE_MAP && i < value->n; i++)
		read_one_pattern(m, e, kind, value->pairs[i].key, value->pairs[i].value);
	for (size_t i = 0; value->kind == NODE_LIST && i < value->n; i++) {
		if (value->items[i]->kind == NODE_LIST)
			node_complain(value->items[i], "must be a fact, not a list");
		else
			read_patterns(m, e, kind, value->items[i]);
	}
}

static void
read_order(const struct making *m, struct expected *e, const struct node *value)
{
	struct fact_ask *ask;

	if (value->kind != NODE_LIST || value->n < 2) {
		node_complain(value, "must be a list of at least two facts");
		return;
	}
	ask = push_ask(m, e, ASK_ORDER);
	for (size_t i = 0; i < value->n; i++) {
		const struct node *item = value->items[i];
		bool named = item->kind == NODE_MAP && item->n == 1;
		struct fact_pattern pattern;

		if (item->kind != NODE_TEXT && !named)
			node_complain(item, "must be one fact: KIND, or {KIND: {FIELD: VALUE}}");
		else if (pattern_read(&pattern, named ? item->pairs[0].key : item,
			     named ? item->pairs[0].value : NULL, m->hosts, m->r))
			push_pattern(m, ask, pattern);
	}
}

static void
read_sni(const struct making *m, struct expected *e, const struct node *label)
{
	struct fact_condition *condition = region_alloc(m->r, sizeof(*condition));
	struct fact_pattern pattern = {.kind = FACT_TLS_HELLO, .conditions = condition, .n_conditions = 1};

	pattern_check_host(label, m->hosts);
	*condition =
	    (struct fact_condition){.field = "sni", .value = region_printf(m->r, "{%s}", label->text.data)};
	push_pattern(m, push_ask(m, e, ASK_SEEN), pattern);
}

static void
read_words(
    const struct making *m, struct expected *e, enum ask_kind kind, const struct node *map, const char *key)
{
	struct fact_ask *ask;

	if (node_get(map, key) == NULL)
		return;
	ask = push_ask(m, e, kind);
	ask->n_words = key_texts(map, key, m->r, &ask->words);
}

/* --- alternatives ---------------------------------------------------------------------------------- */

static uint32_t
read_outcome(const struct node *word)
{
	uint32_t outcomes = word->kind == NODE_TEXT ? outcomes_of(word->text) : 0;

	if (outcomes == 0)
		node_complain_unknown(word, "outcome", outcome_words, COUNT(outcome_words) - 1);
	return outcomes;
}

static uint32_t
read_outcomes(const struct node *value)
{
	uint32_t all = 0;

	if (value == NULL)
		return OUTCOMES_ALL;
	if (value->kind == NODE_TEXT)
		return read_outcome(value);
	for (size_t i = 0; value->kind == NODE_LIST && i < value->n; i++)
		all |= read_outcome(value->items[i]);
	return all;
}

static struct expected
read_alternative(const struct making *m, const struct node *node)
{
	struct expected e = {0};

	if (node->kind != NODE_MAP) {
		e.outcomes = read_outcome(node);
		return e;
	}
	if (!keys_check(node, expect_alternative_keys, "what is expected"))
		return e;
	e.outcomes = read_outcomes(node_get(node, "outcome"));
	if (node_get(node, "seen") != NULL)
		read_patterns(m, &e, ASK_SEEN, node_get(node, "seen"));
	if (node_get(node, "unseen") != NULL)
		read_patterns(m, &e, ASK_UNSEEN, node_get(node, "unseen"));
	if (node_get(node, "count") != NULL)
		read_patterns(m, &e, ASK_COUNT, node_get(node, "count"));
	if (node_get(node, "order") != NULL)
		read_order(m, &e, node_get(node, "order"));
	if (node_get(node, "sni") != NULL)
		read_sni(m, &e, node_get(node, "sni"));
	read_words(m, &e, ASK_FATE, node, "fate");
	read_words(m, &e, ASK_REASON, node, "reason");
	return e;
}

static void
push_alternative(const struct making *m, struct expectation *e, enum level level, struct expected expected)
{
	*(struct expected *)region_push(m->r, &e->at[level].any_of, &e->at[level].n, sizeof(expected)) =
	    expected;
}

static void
read_alternatives(const struct making *m, struct expectation *e, enum level level, const struct node *value)
{
	if (value->kind != NODE_LIST) {
		push_alternative(m, e, level, read_alternative(m, value));
		return;
	}
	if (value->n == 0)
		node_complain(value, "an empty list cannot be met");
	for (size_t i = 0; i < value->n; i++)
		push_alternative(m, e, level, read_alternative(m, value->items[i]));
}

/* --- levels ------------------------------------------------------------------------------------------ */

/* Widens `held` to `refused` at the scenario's level, and asks for `held` one level below. */
static void
spread_held(const struct making *m, struct expectation *e)
{
	enum level below = m->level + 1;
	bool any = false;

	if (m->level >= LEVEL_INFO)
		return;
	for (size_t i = 0; i < e->at[m->level].n; i++)
		any = any || e->at[m->level].any_of[i].outcomes == OUTCOME_BIT(HELD);
	for (size_t i = 0; any && i < e->at[m->level].n; i++) {
		struct expected *one = &e->at[m->level].any_of[i];

		push_alternative(m, e, below, *one);
		if (one->outcomes == OUTCOME_BIT(HELD))
			one->outcomes = OUTCOMES_REFUSED;
	}
}

static bool
has_levels(const struct node *node)
{
	for (unsigned i = 0; i < LEVELS; i++)
		if (node_get(node, level_name((enum level)i)) != NULL)
			return true;
	return false;
}

static void
read_levels(const struct making *m, struct expectation *e, const struct node *map)
{
	const char *known[LEVELS];

	for (unsigned i = 0; i < LEVELS; i++)
		known[i] = level_name((enum level)i);
	for (size_t i = 0; i < map->n; i++) {
		const struct pair *pair = &map->pairs[i];
		enum level level = level_of(pair->key->text);

		if (level == LEVELS)
			node_complain_unknown(pair->key, "level:", known, LEVELS);
		else if (level < m->level)
			node_complain(pair->key, "'%s' is above the scenario's level, '%s'", known[level],
			    known[m->level]);
		else
			read_alternatives(m, e, level, pair->value);
	}
}

static void
read_expectation(const struct making *m, struct expectation *e, const struct node *value)
{
	e->given = true;
	if (node_is(value, "record"))
		e->record = true;
	else if (value->kind == NODE_MAP && has_levels(value))
		read_levels(m, e, value);
	else {
		read_alternatives(m, e, m->level, value);
		spread_held(m, e);
	}
}

/* --- floors ------------------------------------------------------------------------------------------- */

static bool
has_floors(const struct node *node)
{
	return node_get(node, floor_name(FLOOR_TLS)) != NULL ||
	       node_get(node, floor_name(FLOOR_VERIFIED)) != NULL;
}

/* A floor that is not named is expected what the one below it is. */
static void
read_floors(const struct making *m, struct expectation by_floor[FLOORS], const struct node *map)
{
	const char *known[FLOORS];

	for (unsigned i = 0; i < FLOORS; i++)
		known[i] = floor_name((enum floor)i);
	for (size_t i = 0; i < map->n; i++)
		if (floor_of(map->pairs[i].key->text) == FLOORS)
			node_complain_unknown(map->pairs[i].key, "floor:", known, FLOORS);
	if (node_get(map, known[FLOOR_MAY]) == NULL)
		node_complain(map, "'may' is missing: what is expected of a client that demands nothing");
	for (unsigned i = 0; i < FLOORS; i++) {
		const struct node *value = node_get(map, known[i]);

		if (value != NULL)
			read_expectation(m, &by_floor[i], value);
		else if (i > 0)
			by_floor[i] = by_floor[i - 1];
	}
}

void
expect_read(const struct node *expect, enum level level, const struct scenario_step *step,
    struct expectation by_floor[FLOORS], struct region *r)
{
	struct making m = {.r = r, .hosts = pattern_hosts_of(step, r), .level = level};

	if (expect->kind == NODE_MAP && has_floors(expect)) {
		read_floors(&m, by_floor, expect);
		return;
	}
	read_expectation(&m, &by_floor[FLOOR_MAY], expect);
	for (unsigned i = 1; i < FLOORS; i++)
		by_floor[i] = by_floor[FLOOR_MAY];
}

void
expect_read_met(
    const struct node *step, const struct scenario_attack *attack, struct expectation *e, struct region *r)
{
	const char **known = region_alloc(r, (attack->n_moves + 1) * sizeof(*known));

	e->n_must_meet = key_texts(step, "met", r, &e->must_meet);
	for (size_t i = 0; i < attack->n_moves; i++)
		known[i] = move_info(attack->moves[i].move)->name;
	for (size_t i = 0; i < e->n_must_meet; i++) {
		size_t k = 0;

		while (k < attack->n_moves && !text_equal(e->must_meet[i], known[k]))
			k++;
		if (k == attack->n_moves)
			node_complain(node_get(step, "met"), "'%s' is no move of this step", e->must_meet[i]);
	}
}

bool
expect_is_within(const struct expectation *e, uint32_t outcomes)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		for (size_t i = 0; i < e->at[level].n; i++)
			if ((e->at[level].any_of[i].outcomes & ~outcomes) != 0)
				return false;
		if (e->at[level].n > 0)
			return true; /* stricter levels come first, and say enough */
	}
	return false;
}
