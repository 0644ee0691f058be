/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c - see pattern.h */
#include "harness/scenario/pattern.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const counts[] = {"at-least", "at-most", "exactly"};
static const char *const of_every_fact[] = {"source", "connection"};
static const char *const channels[] = {"clear", "intercepted", "attacker", "genuine"};

struct pattern_hosts
pattern_hosts_of(const struct scenario_step *step, struct region *r)
{
	size_t n = 0;
	const char **labels =
	    region_alloc(r, (step->world->n_hosts + step->attack->n_hosts + 3) * sizeof(*labels));

	for (size_t i = 0; i < step->world->n_hosts; i++)
		labels[n++] = step->world->hosts[i].label;
	for (size_t i = 0; i < step->attack->n_hosts; i++)
		labels[n++] = step->attack->hosts[i].label;
	labels[n++] = "mta-sts";
	labels[n++] = "elsewhere";
	labels[n++] = "return";
	return (struct pattern_hosts){labels, n};
}

static bool
is_one_of(const struct node *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (node_is(word, words[i]))
			return true;
	return false;
}

void
pattern_check_host(const struct node *label, struct pattern_hosts hosts)
{
	if (label->kind == NODE_TEXT && (label->text.len == 0 || strchr(label->text.data, '*') != NULL))
		return;
	if (!is_one_of(label, hosts.labels, hosts.n))
		node_complain_unknown(label, "host", hosts.labels, hosts.n);
}

static enum fact_kind
read_kind(const struct node *word)
{
	enum fact_kind kind = word->kind == NODE_TEXT ? fact_kind_of(word->text) : FACT_KINDS;
	const char *known[FACT_KINDS];

	if (kind != FACT_KINDS)
		return kind;
	for (unsigned i = 0; i < FACT_KINDS; i++)
		known[i] = fact_info((enum fact_kind)i)->name;
	node_complain_unknown(word, "kind of fact", known, FACT_KINDS);
	return FACT_KINDS;
}

static void
complain_unknown_field(enum fact_kind kind, const struct node *key)
{
	const struct fact_info *info = fact_info(kind);
	const char *known[FACT_FIELDS_MAX + COUNT(of_every_fact)];
	char what[64];
	size_t n = 0;

	for (size_t i = 0; i < info->n_fields; i++)
		known[n++] = info->fields[i].name;
	for (size_t i = 0; i < COUNT(of_every_fact); i++)
		known[n++] = of_every_fact[i];
	snprintf(what, sizeof(what), "field of '%s':", info->name);
	node_complain_unknown(key, what, known, n);
}

/* The value as the judge compares it; NULL after a complaint. */
static const char *
read_value(const struct fact_field *field, const struct node *value, struct pattern_hosts hosts)
{
	int64_t number;
	bool flag;

	if (value->kind != NODE_TEXT || memchr(value->text.data, '\0', value->text.len) != NULL) {
		node_complain(value, "must be a text or a number");
		return NULL;
	}
	if (field == NULL || node_is(value, "*"))
		return value->text.data;
	if (field->type == FACT_flag && node_flag(value, &flag))
		return flag ? "1" : "0";
	if (field->type != FACT_text && !node_number(value, &number)) {
		node_complain(value, "'%s' is a %s", field->name,
		    field->type == FACT_flag ? "flag: yes or no" : "number");
		return NULL;
	}
	if (text_equal(field->name, "host"))
		pattern_check_host(value, hosts);
	if (text_equal(field->name, "channel") && !is_one_of(value, channels, COUNT(channels)))
		node_complain_unknown(value, "channel", channels, COUNT(channels));
	return value->text.data;
}

static void
read_condition(
    struct fact_pattern *pattern, const struct pair *pair, struct pattern_hosts hosts, struct region *r)
{
	const struct fact_field *field = fact_field_of(pattern->kind, pair->key->text);
	struct fact_condition *new;
	const char *value;

	if (field == NULL && !is_one_of(pair->key, of_every_fact, COUNT(of_every_fact))) {
		complain_unknown_field(pattern->kind, pair->key);
		return;
	}
	value = read_value(field, pair->value, hosts);
	if (value == NULL)
		return;
	new = region_push(r, &pattern->conditions, &pattern->n_conditions, sizeof(*new));
	*new = (struct fact_condition){.field = pair->key->text.data, .value = value};
}

bool
pattern_read(struct fact_pattern *ret, const struct node *kind, const struct node *conditions,
    struct pattern_hosts hosts, struct region *r)
{
	int64_t number;

	*ret = (struct fact_pattern){.kind = read_kind(kind)};
	if (ret->kind == FACT_KINDS)
		return false;
	if (conditions == NULL || node_number(conditions, &number) ||
	    (conditions->kind == NODE_TEXT && conditions->text.len == 0))
		return true;
	if (conditions->kind != NODE_MAP) {
		node_complain(conditions, "must be a mapping from fields of '%s' to values", kind->text.data);
		return false;
	}
	for (size_t i = 0; i < conditions->n; i++)
		if (!is_one_of(conditions->pairs[i].key, counts, COUNT(counts)))
			read_condition(ret, &conditions->pairs[i], hosts, r);
	return true;
}

static uint32_t
read_bound(const struct node *value, uint32_t fallback)
{
	int64_t n;

	if (value == NULL)
		return fallback;
	if (node_number(value, &n) && n >= 0 && n <= 1000000)
		return (uint32_t)n;
	node_complain(value, "must be a number from 0 to 1000000");
	return fallback;
}

void
pattern_counts(const struct node *conditions, uint32_t *ret_least, uint32_t *ret_most)
{
	const struct node *exactly =
	    conditions->kind == NODE_TEXT ? conditions : node_get(conditions, "exactly");

	if (exactly != NULL) {
		*ret_least = *ret_most = read_bound(exactly, 0);
		return;
	}
	*ret_least = read_bound(node_get(conditions, "at-least"), 0);
	*ret_most = read_bound(node_get(conditions, "at-most"), UINT32_MAX);
	if (*ret_least == 0 && *ret_most == UINT32_MAX)
		node_complain(conditions, "a count needs a number: 'exactly', 'at-least' or 'at-most'");
}
