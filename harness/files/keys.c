/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - see keys.h */
#include "harness/files/keys.h"

#include <string.h>

#include "harness/base/must.h"

#define KEYS_MAX 64
#define WORDS_SHOWN 12 /* longer lists have a place of their own in a manual */
#define WORDS_SHOWN_SIZE 512

static size_t
count_words(const char *const *words)
{
	size_t n = 0;

	while (words != NULL && words[n] != NULL)
		n++;
	return n;
}

/* --- what a text may mean -------------------------------------------------------------------- */

/* Decimal digits with an optional sign, at most 18 of them. */
static bool
read_number(struct bytes text, int64_t *ret)
{
	size_t i = text.len > 0 && text.data[0] == '-';
	int64_t n = 0;

	if (i == text.len || text.len - i > 18)
		return false;
	for (; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		n = n * 10 + (text.data[i] - '0');
	}
	*ret = text.data[0] == '-' ? -n : n;
	return true;
}

bool
node_number(const struct node *node, int64_t *ret)
{
	return node != NULL && node->kind == NODE_TEXT && read_number(node->text, ret);
}

bool
node_seconds(const struct node *node, int64_t *ret)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	struct bytes text;

	if (node_number(node, ret))
		return true;
	if (node == NULL || node->kind != NODE_TEXT || node->text.len < 2 || node->text.len > 12)
		return false;
	text = (struct bytes){node->text.data, node->text.len - 1};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (node->text.data[text.len] == units[i].letter && read_number(text, ret)) {
			*ret *= units[i].seconds;
			return true;
		}
	return false;
}

bool
node_flag(const struct node *node, bool *ret)
{
	*ret = node_is(node, "yes") || node_is(node, "true");
	return *ret || node_is(node, "no") || node_is(node, "false");
}

/* --- checking ---------------------------------------------------------------------------------- */

static const char *
kind_of(const struct node *node)
{
	static const char *const kinds[] = {"a text", "a list", "a mapping"};

	return node->kind == NODE_TEXT && node->text.len == 0 && !node->quoted ? "nothing"
									       : kinds[node->kind];
}

static bool
wants(const struct node *value, const char *what)
{
	if (value->kind == NODE_TEXT && value->text.len > 0)
		node_complain(value, "must be %s, not '%s'", what, value->text.data);
	else
		node_complain(value, "must be %s, not %s", what, kind_of(value));
	return false;
}

static bool
is_word_of(const struct node *value, const char *const *words)
{
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		if (node_is(value, words[i]))
			return true;
	return false;
}

static bool
check_word(const struct node *value, const struct key *key)
{
	if (value->kind != NODE_TEXT)
		return wants(value, "a word");
	if (!is_word_of(value, key->words)) {
		char what[80];

		snprintf(what, sizeof(what), "value of '%s':", key->name);
		node_complain_unknown(value, what, key->words, count_words(key->words));
		return false;
	}
	return true;
}

static bool
check_text(const struct node *value, const struct key *key)
{
	if (value->kind != NODE_TEXT || (value->text.len == 0 && !value->quoted))
		return wants(value, "a text");
	if (key->kind != KEY_BYTES && memchr(value->text.data, '\0', value->text.len) != NULL) {
		node_complain(value, "must not hold a NUL byte");
		return false;
	}
	return true;
}

static bool
check_amount(const struct node *value, const struct key *key)
{
	bool seconds = key->kind == KEY_DURATION;
	int64_t n;

	if (!(seconds ? node_seconds(value, &n) : node_number(value, &n)))
		return wants(value, seconds ? "a duration (90, 10m, 2h, 10d)" : "a whole number");
	if (key->least < key->most && (n < key->least || n > key->most)) {
		node_complain(value, "must be between %lld and %lld, not %s", (long long)key->least,
		    (long long)key->most, value->text.data);
		return false;
	}
	return true;
}

static bool
check_list(
    const struct node *value, const struct key *key, bool (*check)(const struct node *, const struct key *))
{
	bool good = true;

	if (value->kind != NODE_LIST)
		return check(value, key);
	for (size_t i = 0; i < value->n; i++)
		good = check(value->items[i], key) && good;
	return good;
}

static bool
check_map(const struct node *value, const struct key *key)
{
	char what[80];

	snprintf(what, sizeof(what), "'%s'", key->name);
	return keys_check(value, key->keys, what);
}

static bool
check_named(const struct node *value, const struct key *key)
{
	bool good = true;

	if (value->kind != NODE_MAP)
		return wants(value, "a mapping from names");
	for (size_t i = 0; i < value->n; i++) {
		const struct pair *pair = &value->pairs[i];
		char what[80];

		if (pair->value->kind == NODE_TEXT && pair->value->text.len == 0 && !pair->value->quoted)
			continue;
		snprintf(what, sizeof(what), "'%s'", pair->key->text.data);
		good = keys_check(pair->value, key->keys, what) && good;
	}
	return good;
}

bool
keys_check_value(const struct node *value, const struct key *key)
{
	bool flag;

	if (key->kind != KEY_WORD && key->kind != KEY_WORDS && is_word_of(value, key->words))
		return true;
	switch (key->kind) {
	case KEY_TEXT:
	case KEY_BYTES:
		return check_text(value, key);
	case KEY_TEXTS:
		return check_list(value, key, check_text);
	case KEY_WORD:
		return check_word(value, key);
	case KEY_WORDS:
		return check_list(value, key, check_word);
	case KEY_NUMBER:
	case KEY_DURATION:
		return check_amount(value, key);
	case KEY_FLAG:
		return node_flag(value, &flag) || wants(value, "yes or no");
	case KEY_MAP:
		return check_map(value, key);
	case KEY_MAPS:
		return value->kind == NODE_LIST ? check_list(value, key, check_map) : wants(value, "a list");
	case KEY_NAMED:
		return check_named(value, key);
	case KEY_ANY:
		break;
	}
	return true;
}

static const struct key *
find_key(const struct key *table, const struct node *name)
{
	for (; table->name != NULL; table++)
		if (node_is(name, table->name))
			return table;
	return NULL;
}

static void
complain_unknown_key(const struct node *name, const struct key *table, const char *what)
{
	const char *known[KEYS_MAX];
	char of[120];
	size_t n = 0;

	for (; table[n].name != NULL; n++) {
		must(n < KEYS_MAX);
		known[n] = table[n].name;
	}
	snprintf(of, sizeof(of), "key in %s:", what);
	node_complain_unknown(name, of, known, n);
}

bool
keys_check(const struct node *map, const struct key *table, const char *what)
{
	bool good = true;

	if (map->kind != NODE_MAP) {
		char wanted[120];

		snprintf(wanted, sizeof(wanted), "a mapping (%s)", what);
		return wants(map, wanted);
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct key *key = find_key(table, map->pairs[i].key);

		if (key == NULL)
			complain_unknown_key(map->pairs[i].key, table, what);
		good = key != NULL && keys_check_value(map->pairs[i].value, key) && good;
	}
	for (const struct key *key = table; key->name != NULL; key++)
		if (key->required && node_get(map, key->name) == NULL) {
			node_complain(map, "'%s' is missing in %s", key->name, what);
			good = false;
		}
	return good;
}

/* --- reading ------------------------------------------------------------------------------------ */

const char *
key_text(const struct node *map, const char *name, const char *fallback)
{
	const struct node *value = node_get(map, name);

	return value != NULL && value->kind == NODE_TEXT ? value->text.data : fallback;
}

struct bytes
key_bytes(const struct node *map, const char *name)
{
	const struct node *value = node_get(map, name);

	return value != NULL && value->kind == NODE_TEXT ? value->text : (struct bytes){NULL, 0};
}

int64_t
key_number(const struct node *map, const char *name, int64_t fallback)
{
	int64_t n;

	return node_number(node_get(map, name), &n) ? n : fallback;
}

bool
key_flag(const struct node *map, const char *name, bool fallback)
{
	bool flag;

	return node_flag(node_get(map, name), &flag) ? flag : fallback;
}

int64_t
key_seconds(const struct node *map, const char *name, int64_t fallback)
{
	int64_t n;

	return node_seconds(node_get(map, name), &n) ? n : fallback;
}

int
key_word(const struct node *map, const char *name, const char *const *words, int fallback)
{
	const struct node *value = node_get(map, name);

	for (int i = 0; words[i] != NULL; i++)
		if (node_is(value, words[i]))
			return i;
	return fallback;
}

size_t
key_texts(const struct node *map, const char *name, struct region *r, const char *const **ret)
{
	const struct node *value = node_get(map, name);
	size_t n = value == NULL              ? 0
		   : value->kind == NODE_LIST ? value->n
					      : value->kind == NODE_TEXT,
	       kept = 0;
	const char **texts = n > 0 ? region_alloc(r, n * sizeof(*texts)) : NULL;

	for (size_t i = 0; i < n; i++) {
		const struct node *item = value->kind == NODE_LIST ? value->items[i] : value;

		if (item->kind == NODE_TEXT)
			texts[kept++] = region_strdup(r, item->text.data);
	}
	*ret = texts;
	return kept;
}

/* --- the manual ------------------------------------------------------------------------------------ */

/* " (a | b)", when the list is short. */
static void
list_words(char *out, size_t size, const struct key *key)
{
	size_t n = count_words(key->words), len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && n <= WORDS_SHOWN && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s%s", i == 0 ? " (" : " | ", key->words[i],
		    i + 1 == n ? ")" : "");
	must(len < size);
}

static bool
was_shown(struct keys_shown *shown, const struct key *table)
{
	for (size_t i = 0; i < shown->n; i++)
		if (shown->tables[i] == table)
			return true;
	if (shown->n < sizeof(shown->tables) / sizeof(shown->tables[0]))
		shown->tables[shown->n++] = table;
	return false;
}

void
keys_manual(struct manual *to, const struct key *table, struct keys_shown *shown)
{
	char words[WORDS_SHOWN_SIZE];

	manual_begin(to);
	for (; table->name != NULL; table++) {
		bool below = table->keys != NULL && !was_shown(shown, table->keys);

		list_words(words, sizeof(words), table);
		manual_entry(to, table->name, "%s%s%s%s", table->meaning, words,
		    table->required ? " [required]" : "", table->keys != NULL && !below ? ": as above" : "");
		if (below)
			keys_manual(to, table->keys, shown);
	}
	manual_end(to);
}
