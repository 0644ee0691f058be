/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - looking around in a tree, and new trees from old ones; see document.h */
#include <string.h>

#include "harness/base/must.h"
#include "harness/files/document.h"

#define LISTED_MAX 1200

void
node_complain_unknown(const struct node *node, const char *what, const char *const *known, size_t n)
{
	const char *given = node->kind == NODE_TEXT ? node->text.data : "(not a word)";
	const char *near = text_nearest(given, known, n);
	char list[LISTED_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < n && len + 4 < sizeof(list); i++) {
		int more = snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "", known[i]);

		len += (size_t)more;
	}
	if (len >= sizeof(list))
		strcpy(list + sizeof(list) - 4, "...");
	if (near != NULL)
		node_complain(node, "unknown %s '%s'; did you mean '%s'? Known: %s", what, given, near, list);
	else
		node_complain(node, "unknown %s '%s'. Known: %s", what, given, list);
}

static const struct pair *
find(const struct node *map, const char *key)
{
	if (map == NULL || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n; i++)
		if (bytes_equal(map->pairs[i].key->text, bytes_of(key)))
			return &map->pairs[i];
	return NULL;
}

const struct node *
node_get(const struct node *map, const char *key)
{
	const struct pair *pair = find(map, key);

	return pair != NULL ? pair->value : NULL;
}

const struct node *
node_key(const struct node *map, const char *key)
{
	const struct pair *pair = find(map, key);

	return pair != NULL ? pair->key : NULL;
}

bool
node_is(const struct node *node, const char *word)
{
	return node != NULL && node->kind == NODE_TEXT && bytes_equal(node->text, bytes_of(word));
}

/* --- new trees ----------------------------------------------------------------------------- */

static struct node *
copy_of(const struct node *node, struct region *r)
{
	return region_memdup(r, node, sizeof(*node));
}

/* region_push cannot grow an array that it did not make: begin a new one. */
static struct node *
copy_of_map(const struct node *map, struct region *r)
{
	struct node *copy = copy_of(map, r);

	copy->pairs = NULL;
	copy->n = 0;
	for (size_t i = 0; i < map->n; i++)
		*(struct pair *)region_push(r, &copy->pairs, &copy->n, sizeof(struct pair)) = map->pairs[i];
	return copy;
}

static void
set(struct node *map, struct node *key, struct node *value, struct region *r)
{
	for (size_t i = 0; i < map->n; i++)
		if (bytes_equal(map->pairs[i].key->text, key->text)) {
			map->pairs[i].value = value;
			return;
		}
	*(struct pair *)region_push(r, &map->pairs, &map->n, sizeof(struct pair)) = (struct pair){key, value};
}

/* Trees are never changed once made, so shared parts may lose their const on the way. */
static struct node *
shared(const struct node *node)
{
	union {
		const struct node *from;
		struct node *to;
	} u = {.from = node};

	return u.to;
}

const struct node *
node_with(const struct node *map, const char *key, const struct node *value, struct region *r)
{
	struct node *copy = copy_of_map(map, r), *name = copy_of(value, r);

	*name = (struct node){
	    .document = value->document, .kind = NODE_TEXT, .line = value->line, .column = value->column};
	name->text = (struct bytes){region_strdup(r, key), strlen(key)};
	set(copy, name, shared(value), r);
	return copy;
}

const struct node *
node_overlay(const struct node *under, const struct node *over, struct region *r)
{
	struct node *copy;

	if (over == NULL || under == NULL)
		return over != NULL ? over : under;
	if (under->kind != NODE_MAP || over->kind != NODE_MAP)
		return over;
	copy = copy_of_map(under, r);
	for (size_t i = 0; i < over->n; i++) {
		const struct pair *pair = &over->pairs[i];
		const struct node *old = node_get(under, pair->key->text.data);

		set(copy, pair->key, shared(node_overlay(old, pair->value, r)), r);
	}
	return copy;
}

/* --- $name ----------------------------------------------------------------------------------- */

static bool
is_name(char c)
{
	return text_is_alnum(c) || c == '_' || c == '-';
}

/* Reads `$name` or `${name}` at `at`; returns the length, 0 when there is no name. */
static size_t
read_name(struct bytes text, size_t at, struct bytes *ret)
{
	bool braced = at + 1 < text.len && text.data[at + 1] == '{';
	size_t from = at + 1 + braced, to = from;

	while (to < text.len && is_name(text.data[to]))
		to++;
	if (to == from || (braced && (to >= text.len || text.data[to] != '}')))
		return 0;
	*ret = (struct bytes){text.data + from, to - from};
	return to + braced - at;
}

static const struct node *
look_up(const struct node *node, const struct node *row, struct bytes name, struct region *r)
{
	const char *word = region_strndup(r, name.data, name.len);
	const char *known[32];
	size_t n = 0;

	if (node_get(row, word) != NULL)
		return node_get(row, word);
	for (; n < row->n && n < 32; n++)
		known[n] = row->pairs[n].key->text.data;
	struct node *named = copy_of(node, r);

	named->text = bytes_of(word);
	node_complain_unknown(named, "key of the row behind '$':", known, n);
	return NULL;
}

struct growing {
	struct region *r;
	char *data;
	size_t len, size;
};

static void
append(struct growing *out, const char *data, size_t n)
{
	if (out->len + n >= out->size) {
		size_t size = (out->len + n + 1) * 2;
		char *larger = region_alloc(out->r, size);

		if (out->len > 0)
			memcpy(larger, out->data, out->len);
		out->data = larger;
		out->size = size;
	}
	if (n > 0)
		memcpy(out->data + out->len, data, n);
	out->len += n;
	out->data[out->len] = '\0';
}

static const struct node *
substitute_text(const struct node *node, const struct node *row, struct region *r)
{
	struct bytes text = node->text, name;
	struct node *copy = copy_of(node, r);
	struct growing out = {.r = r};

	if (memchr(text.data, '$', text.len) == NULL)
		return node;
	for (size_t i = 0, used; i < text.len; i += used) {
		const struct node *value;

		used = text.data[i] == '$' ? read_name(text, i, &name) : 0;
		if (used == 0) {
			used = text.data[i] == '$' && i + 1 < text.len && text.data[i + 1] == '$' ? 2 : 1;
			append(&out, &text.data[i], 1);
			continue;
		}
		value = look_up(node, row, name, r);
		if (value != NULL && used == text.len)
			return value;
		if (value != NULL && value->kind != NODE_TEXT)
			node_complain(value, "'%.*s' stands inside a text, so it must be a text itself",
			    (int)name.len, name.data);
		else if (value != NULL)
			append(&out, value->text.data, value->text.len);
	}
	append(&out, NULL, 0);
	copy->text = (struct bytes){out.data, out.len};
	return copy;
}

const struct node *
node_substitute(const struct node *node, const struct node *row, struct region *r)
{
	struct node *copy;

	if (node->kind == NODE_TEXT)
		return substitute_text(node, row, r);
	copy = copy_of(node, r);
	if (node->kind == NODE_LIST) {
		copy->items = region_alloc(r, node->n * sizeof(struct node *));
		for (size_t i = 0; i < node->n; i++)
			copy->items[i] = shared(node_substitute(node->items[i], row, r));
		return copy;
	}
	copy->pairs = region_alloc(r, node->n * sizeof(struct pair));
	for (size_t i = 0; i < node->n; i++) {
		const struct node *key = node_substitute(node->pairs[i].key, row, r);

		if (key->kind != NODE_TEXT)
			node_complain(key, "a key must be plain text");
		copy->pairs[i].key = key->kind == NODE_TEXT ? shared(key) : node->pairs[i].key;
		copy->pairs[i].value = shared(node_substitute(node->pairs[i].value, row, r));
	}
	return copy;
}
