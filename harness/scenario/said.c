/* SPDX-License-Identifier: Apache-2.0 */
/* said.c - see said.h */
#include "harness/scenario/said.h"

#include <string.h>

/* Where a key stands, and the list. */
struct walk {
	const char *path;  /* with a slash at its end, or empty */
	const char *label; /* NULL none */
	struct scenario_said **list;
	size_t *n;
	struct region *r;
};

/* As one line: {a: b}, [a, b]. */
static const char *
flow(const struct node *value, struct region *r, bool outermost)
{
	const char *out = "";

	if (value->kind == NODE_TEXT) {
		size_t size = value->text.len * 4 + 1;
		char *text = region_alloc(r, size);

		text_escape(text, size, value->text);
		return text;
	}
	for (size_t i = 0; i < value->n; i++) {
		const char *more = value->kind == NODE_LIST
				       ? flow(value->items[i], r, false)
				       : region_printf(r, "%s: %s", value->pairs[i].key->text.data,
					     flow(value->pairs[i].value, r, false));

		out = region_printf(r, "%s%s%s", out, i > 0 ? ", " : "", more);
	}
	if (outermost && value->kind == NODE_LIST)
		return out;
	return region_printf(r, value->kind == NODE_LIST ? "[%s]" : "{%s}", out);
}

static void read_map(const struct walk *w, const struct node *map, const struct key *table);

static void
read_named(const struct walk *w, const struct node *map, const struct key *table)
{
	for (size_t i = 0; i < map->n; i++) {
		struct walk below = *w;

		below.label = map->pairs[i].key->text.data;
		read_map(&below, map->pairs[i].value, table);
	}
}

static void
read_key(const struct walk *w, const struct node *value, const struct key *key)
{
	struct walk below = *w;
	bool flag;

	below.path = region_printf(w->r, "%s%s/", w->path, key->name);
	if (value->kind == NODE_MAP && key->kind == KEY_NAMED) {
		read_named(&below, value, key->keys);
	} else if (value->kind == NODE_MAP && key->kind == KEY_MAP) {
		read_map(&below, value, key->keys);
	} else {
		struct scenario_said *said = region_push(w->r, w->list, w->n, sizeof(*said));

		said->path = region_printf(w->r, "%s%s", w->path, key->name);
		said->label = w->label;
		said->meaning = key->meaning;
		said->value = flow(value, w->r, true);
		if (key->kind == KEY_FLAG && node_flag(value, &flag))
			said->value = flag ? "yes" : "no";
	}
}

static void
read_map(const struct walk *w, const struct node *map, const struct key *table)
{
	for (size_t i = 0; map->kind == NODE_MAP && i < map->n; i++)
		for (const struct key *key = table; key->name != NULL; key++)
			if (node_is(map->pairs[i].key, key->name))
				read_key(w, map->pairs[i].value, key);
}

void
said_read(
    const struct node *map, const struct key *table, struct scenario_said **list, size_t *n, struct region *r)
{
	struct walk w = {"", NULL, list, n, r};

	if (map != NULL)
		read_map(&w, map, table);
}
