/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h - one YAML file as a tree of nodes that know where they stand.
 *
 * Scalars are text, whatever they look like: the reader's key table gives types (keys.h).
 * Refused with file, line and column: tags, several documents, more than 64 KiB, control
 * characters, anything but UTF-8, keys that are no text or come twice. Aliases are expanded,
 * up to a cap. Does not know any schema.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>

#include "harness/base/region.h"
#include "harness/base/text.h"
#include "harness/files/complaints.h"

#define DOCUMENT_MAX (64 * 1024)
#define DOCUMENT_NODES_MAX 20000
#define DOCUMENT_DEPTH_MAX 64

struct document;

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct pair {
	struct node *key; /* always NODE_TEXT */
	struct node *value;
};

struct node {
	const struct document *document;
	enum node_kind kind;
	bool quoted;           /* text in quotes, or a block: "" is then a value */
	unsigned line, column; /* from 1 */
	struct bytes text;     /* NODE_TEXT; a NUL follows */
	struct node **items;   /* NODE_LIST */
	struct pair *pairs;    /* NODE_MAP, in the order of the file */
	size_t n;              /* of items or pairs */
};

/*
 * Reads and parses; NULL when it could not, and then `complaints` says why. `complaints` is
 * borrowed and must outlive the document. Nodes are borrowed until document_free.
 */
struct document *document_open(const char *path, struct complaints *complaints);
/* The same from memory; `name` stands for the file in complaints. `text` is copied. */
struct document *document_parse(const char *name, struct bytes text, struct complaints *complaints);
void document_free(struct document *d); /* NULL is fine */

const struct node *document_root(const struct document *d); /* an empty file is an empty mapping */
const char *document_name(const struct document *d);
struct region *document_region(const struct document *d); /* for what should live as long */

/* --- the mistake is here ---------------------------------------------------------------- */

/* FILE:LINE:COLUMN of the node, its line, a caret. */
void node_complain(const struct node *node, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "unknown WHAT 'TEXT'; did you mean 'NEAREST'? Known: a, b, c" */
void node_complain_unknown(const struct node *node, const char *what, const char *const *known, size_t n);

/* --- looking around; all take NULL for "not there" -------------------------------------- */

const struct node *node_get(const struct node *map, const char *key); /* the value, or NULL */
const struct node *node_key(const struct node *map, const char *key); /* the key itself, for complaints */
bool node_is(const struct node *node, const char *word);              /* text, and equal to that */

/* --- new trees from old ones (marks stay those of the source) --------------------------- */

/*
 * `over` laid upon `under`: mappings are merged key by key, everything else is replaced.
 * Either may be NULL. Nothing is changed in place; the result lives in `r` and shares nodes.
 */
const struct node *node_overlay(const struct node *under, const struct node *over, struct region *r);

/*
 * A copy in which `$name` and `${name}` stand for the row's values, and `$$` for a dollar. A text
 * that is `$name` alone becomes the row's node, whatever its kind. Unknown names are complained of.
 */
const struct node *node_substitute(const struct node *node, const struct node *row, struct region *r);

/* A copy of the mapping with `key` set to `value` (at its old place, or at the end). */
const struct node *
node_with(const struct node *map, const char *key, const struct node *value, struct region *r);

#endif
