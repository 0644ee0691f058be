/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.c - see document.h; the only file that knows libyaml.
 *
 * Scan for what libyaml would explain badly, load, then copy its nodes into our own tree.
 */
#include "harness/files/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "harness/base/must.h"

struct document {
	struct region *region;
	const char *name;
	struct bytes source;
	struct complaints *complaints; /* borrowed */
	struct node *root;
	size_t n_nodes;
	const char **texts; /* by libyaml's node number: aliases share one copy */
};

static void complain(const struct document *d, yaml_mark_t mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
complain(const struct document *d, yaml_mark_t mark, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complaints_add_list(d->complaints, d->name, (unsigned)mark.line + 1, (unsigned)mark.column + 1,
	    d->source, format, args);
	va_end(args);
}

/* --- before libyaml: bytes that no file of ours has ------------------------------------- */

/* Length of the UTF-8 character at `p`, 0 when it is none (RFC 3629, overlong forms included). */
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char lead_from, lead_to, second_from, second_to;
		size_t len;
	} forms[] = {{0x00, 0x7f, 0, 0, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].lead_from || p[0] > forms[i].lead_to || forms[i].len > left)
			continue;
		if (forms[i].len > 1 && (p[1] < forms[i].second_from || p[1] > forms[i].second_to))
			continue;
		for (size_t k = 2; k < forms[i].len; k++)
			if (p[k] < 0x80 || p[k] > 0xbf)
				return 0;
		return forms[i].len;
	}
	return 0;
}

/* What is wrong with the character at `p`, or NULL. */
static const char *
bad_character(const unsigned char *p, size_t left, bool at_line_start, size_t *ret_len)
{
	*ret_len = utf8_length(p, left);
	if (*ret_len == 0)
		return "this byte is not UTF-8";
	if (p[0] < 0x20 && p[0] != '\n' && p[0] != '\r' && p[0] != '\t')
		return "control characters are not allowed; write \"\\xNN\" in double quotes";
	if (p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
		return "control characters are not allowed; write \"\\xNN\" in double quotes";
	if (p[0] == '%' && at_line_start)
		return "a line cannot begin with '%' (YAML directives are not used here)";
	return NULL;
}

static bool
scan(const struct document *d)
{
	const unsigned char *p = (const unsigned char *)d->source.data;
	yaml_mark_t at = {0};

	for (size_t i = 0, len; i < d->source.len; i += len) {
		const char *wrong = bad_character(p + i, d->source.len - i, at.column == 0, &len);

		if (wrong != NULL) {
			complain(d, at, "%s", wrong);
			return false;
		}
		at.column++;
		if (p[i] == '\n')
			at = (yaml_mark_t){.line = at.line + 1};
	}
	return true;
}

/* --- libyaml's terse messages in plain words --------------------------------------------- */

static const struct {
	const char *context; /* begins so; NULL any */
	const char *problem; /* begins so */
	bool at_context;     /* the place is where it began, not where it was noticed */
	const char *sentence;
} plain_words[] = {
    {"while scanning a quoted scalar", "found unexpected end of stream", true, "this quote is never closed"},
    {"while scanning a quoted scalar", "found unexpected document indicator", true,
	"this quote is never closed"},
    {"while parsing a quoted scalar", "found unknown escape", false,
	"there is no such escape in double quotes"},
    {"while parsing a quoted scalar", "did not find expected hexdecimal", false,
	"\\x wants two hexadecimal digits"},
    {"while parsing a flow mapping", "did not find expected ',' or '}'", true,
	"this brace is never closed, or a comma is missing"},
    {"while parsing a flow sequence", "did not find expected ',' or ']'", true,
	"this bracket is never closed, or a comma is missing"},
    {"while parsing a block mapping", "did not find expected key", false,
	"this line is not indented like the keys above it"},
    {"while parsing a block collection", "did not find expected '-'", false,
	"this line is not indented like the list above it"},
    {"while scanning a simple key", "could not find expected ':'", true,
	"a key needs a ':' behind it, on the same line"},
    {"while scanning for the next token", "found character that cannot start any token", false,
	"this character cannot begin a value; put quotes around it (and indent by spaces, not by tabs)"},
    {"while scanning a plain scalar", "found a tab character", false, "indent by spaces, not by tabs"},
    {"while scanning a block scalar", "found a tab character", false, "indent by spaces, not by tabs"},
    {NULL, "mapping values are not allowed in this context", false,
	"a second ':' on this line, or a wrong indent; put quotes around text with a ':' in it"},
    {NULL, "block sequence entries are not allowed", false,
	"a list cannot begin here; put its '-' on a line of its own"},
    {NULL, "found undefined alias", false, "no anchor has this name"},
    {NULL, "second occurrence", false, "this anchor's name is already in use"},
    {NULL, "found duplicate anchor", false, "this anchor's name is already in use"},
};

static bool
begins(const char *text, const char *prefix)
{
	return prefix == NULL || (text != NULL && strncmp(text, prefix, strlen(prefix)) == 0);
}

static void
complain_syntax(const struct document *d, const yaml_parser_t *p)
{
	yaml_mark_t at = p->problem_mark;

	for (size_t i = 0; i < sizeof(plain_words) / sizeof(plain_words[0]); i++) {
		if (!begins(p->context, plain_words[i].context) ||
		    !begins(p->problem, plain_words[i].problem))
			continue;
		complain(d, plain_words[i].at_context ? p->context_mark : at, "%s", plain_words[i].sentence);
		return;
	}
	complain(d, at, "not YAML: %s%s%s", p->problem ? p->problem : "?", p->context ? ", " : "",
	    p->context ? p->context : "");
}

/* --- libyaml's nodes to ours -------------------------------------------------------------- */

static struct node *copy_node(struct document *d, yaml_document_t *y, int id, unsigned depth);

static bool
has_tag(const yaml_node_t *from)
{
	static const char *const implied[] = {YAML_STR_TAG, YAML_SEQ_TAG, YAML_MAP_TAG};

	for (size_t i = 0; i < 3; i++)
		if (from->tag == NULL || text_equal((const char *)from->tag, implied[i]))
			return false;
	return true;
}

static void
copy_pairs(struct document *d, yaml_document_t *y, const yaml_node_t *from, struct node *to, unsigned depth)
{
	for (yaml_node_pair_t *p = from->data.mapping.pairs.start; p < from->data.mapping.pairs.top; p++) {
		struct node *key = copy_node(d, y, p->key, depth), *value = copy_node(d, y, p->value, depth);
		const struct node *first = NULL;

		if (key == NULL || value == NULL)
			return;
		if (key->kind != NODE_TEXT) {
			node_complain(key, "a key must be plain text");
			continue;
		}
		for (size_t i = 0; i < to->n && first == NULL; i++)
			if (bytes_equal(to->pairs[i].key->text, key->text))
				first = to->pairs[i].key;
		if (first != NULL) {
			node_complain(
			    key, "'%s' is given twice; first on line %u", key->text.data, first->line);
			continue;
		}
		*(struct pair *)region_push(d->region, &to->pairs, &to->n, sizeof(struct pair)) =
		    (struct pair){key, value};
	}
}

static void
push_item(struct document *d, struct node *to, struct node *item)
{
	*(struct node **)region_push(d->region, &to->items, &to->n, sizeof(item)) = item;
}

/* "mx{1..20}" in a list stands for that many items; false when the text has no such range. */
static bool
push_range(struct document *d, struct node *to, const struct node *item)
{
	const char *open = item->kind == NODE_TEXT ? strchr(item->text.data, '{') : NULL;
	unsigned first, last;
	int len = 0;

	while (open != NULL && (sscanf(open, "{%4u..%4u}%n", &first, &last, &len) != 2 || len == 0))
		open = strchr(open + 1, '{');
	if (open == NULL)
		return false;
	if (first > last)
		node_complain(item, "a range counts up: {%u..%u}", last, first);
	for (unsigned n = first; n <= last && ++d->n_nodes < DOCUMENT_NODES_MAX; n++) {
		struct node *one = region_memdup(d->region, item, sizeof(*item));

		one->text = bytes_of(region_printf(d->region, "%.*s%u%s", (int)(open - item->text.data),
		    item->text.data, n, open + len));
		push_item(d, to, one);
	}
	if (d->n_nodes >= DOCUMENT_NODES_MAX)
		node_complain(item, "too many values");
	return true;
}

static void
copy_items(struct document *d, yaml_document_t *y, const yaml_node_t *from, struct node *to, unsigned depth)
{
	for (yaml_node_item_t *i = from->data.sequence.items.start; i < from->data.sequence.items.top; i++) {
		struct node *item = copy_node(d, y, *i, depth);

		if (item == NULL)
			return;
		if (!push_range(d, to, item))
			push_item(d, to, item);
	}
}

/* NULL when a cap was met; that is complained of once. */
static struct node *
copy_node(struct document *d, yaml_document_t *y, int id, unsigned depth)
{
	const yaml_node_t *from = yaml_document_get_node(y, id);
	struct node *to;

	must(from != NULL);
	if (depth > DOCUMENT_DEPTH_MAX || d->n_nodes >= DOCUMENT_NODES_MAX) {
		if (d->n_nodes != SIZE_MAX)
			complain(d, from->start_mark,
			    depth > DOCUMENT_DEPTH_MAX ? "nested too deeply"
						       : "too many values (aliases count each time)");
		d->n_nodes = SIZE_MAX;
		return NULL;
	}
	d->n_nodes++;
	to = region_alloc(d->region, sizeof(*to));
	*to = (struct node){.document = d,
	    .line = (unsigned)from->start_mark.line + 1,
	    .column = (unsigned)from->start_mark.column + 1};
	if (has_tag(from))
		node_complain(to, "tags ('!...') are not used here");
	switch (from->type) {
	case YAML_MAPPING_NODE:
		to->kind = NODE_MAP;
		copy_pairs(d, y, from, to, depth + 1);
		break;
	case YAML_SEQUENCE_NODE:
		to->kind = NODE_LIST;
		copy_items(d, y, from, to, depth + 1);
		break;
	default:
		to->kind = NODE_TEXT;
		to->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		to->text.len = from->data.scalar.length;
		to->text.data =
		    region_strndup(d->region, (const char *)from->data.scalar.value, to->text.len);
	}
	return to;
}

/* 0, or -1 after a complaint. */
static int
load_one(struct document *d, yaml_parser_t *p)
{
	yaml_document_t y;
	yaml_node_t *root;

	if (!yaml_parser_load(p, &y)) {
		complain_syntax(d, p);
		return -1;
	}
	root = yaml_document_get_root_node(&y);
	if (root != NULL && d->root != NULL) {
		complain(d, root->start_mark, "a second document ('---') is not allowed");
	} else if (root != NULL) {
		size_t n = (size_t)(y.nodes.top - y.nodes.start);

		d->texts = region_alloc(d->region, (n + 1) * sizeof(*d->texts));
		d->root = copy_node(d, &y, 1, 0);
	}
	yaml_document_delete(&y);
	return root == NULL ? 1 : 0;
}

static int
load(struct document *d)
{
	yaml_parser_t p;
	int status = 0;

	must(yaml_parser_initialize(&p));
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)d->source.data, d->source.len);
	for (int documents = 0; status == 0 && documents < 2; documents++)
		status = load_one(d, &p);
	yaml_parser_delete(&p);
	return status < 0 ? -1 : 0;
}

static struct document *
parse(const char *name, struct region *r, struct bytes source, struct complaints *complaints)
{
	struct document *d = region_alloc(r, sizeof(*d));
	size_t before = complaints_made(complaints);

	*d = (struct document){
	    .region = r, .name = region_strdup(r, name), .source = source, .complaints = complaints};
	if (source.len > DOCUMENT_MAX) {
		complaints_add(complaints, name, 0, 0, (struct bytes){0}, "the file is larger than %d bytes",
		    DOCUMENT_MAX);
	} else if (scan(d) && load(d) == 0 && d->root == NULL && complaints_made(complaints) == before) {
		d->root = region_alloc(r, sizeof(*d->root));
		*d->root = (struct node){.document = d, .kind = NODE_MAP, .line = 1, .column = 1};
	}
	if (complaints_made(complaints) == before)
		return d;
	region_free(r);
	return NULL;
}

struct document *
document_parse(const char *name, struct bytes text, struct complaints *complaints)
{
	struct region *r = region_new();
	size_t len = text.len <= DOCUMENT_MAX ? text.len : DOCUMENT_MAX + 1;

	return parse(
	    name, r, (struct bytes){region_strndup(r, text.len > 0 ? text.data : "", len), len}, complaints);
}

struct document *
document_open(const char *path, struct complaints *complaints)
{
	FILE *file = fopen(path, "re");
	struct document *d = NULL;
	char *text;
	size_t len;
	int error;

	if (file == NULL) {
		complaints_add(
		    complaints, path, 0, 0, (struct bytes){0}, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	text = must_alloc(DOCUMENT_MAX + 1);
	errno = 0;
	len = fread(text, 1, DOCUMENT_MAX + 1, file);
	error = ferror(file) ? errno : 0;
	fclose(file);
	if (error != 0)
		complaints_add(
		    complaints, path, 0, 0, (struct bytes){0}, "cannot be read: %s", strerror(error));
	else
		d = document_parse(path, (struct bytes){text, len}, complaints);
	free(text);
	return d;
}

void
document_free(struct document *d)
{
	if (d != NULL)
		region_free(d->region);
}

const struct node *
document_root(const struct document *d)
{
	return d->root;
}

const char *
document_name(const struct document *d)
{
	return d->name;
}

struct region *
document_region(const struct document *d)
{
	return d->region;
}

void
node_complain(const struct node *node, const char *format, ...)
{
	const struct document *d = node->document;
	va_list args;

	va_start(args, format);
	complaints_add_list(d->complaints, d->name, node->line, node->column, d->source, format, args);
	va_end(args);
}
