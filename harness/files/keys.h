/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - a table of keys that checks a mapping, reads it, and is its manual.
 *
 * keys_check says everything that is wrong with a mapping's form: unknown keys (known ones and the
 * nearest are named), missing ones, wrong types, words that are not in the list. The getters never
 * complain: what is absent or malformed gives the fallback. So: check once, then read.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdint.h>

#include "harness/files/document.h"
#include "harness/files/manual.h"

enum key_kind {
	KEY_TEXT,     /* text without NUL */
	KEY_BYTES,    /* text that may hold any byte */
	KEY_WORD,     /* one of `words` */
	KEY_NUMBER,   /* decimal, least..most */
	KEY_FLAG,     /* yes or no */
	KEY_DURATION, /* seconds, or a number with s, m, h, d, w; least..most in seconds */
	KEY_TEXTS,    /* one text or a list of texts */
	KEY_WORDS,    /* one of `words` or a list of them */
	KEY_MAP,      /* a mapping with `keys` */
	KEY_MAPS,     /* a list of such mappings */
	KEY_NAMED,    /* a mapping from names to such mappings (an empty value is an empty mapping) */
	KEY_ANY       /* the reader looks for itself */
};

struct key {
	const char *name; /* NULL ends the table */
	enum key_kind kind;
	bool required;
	const char *meaning;      /* one line */
	const char *const *words; /* ends with NULL; for kinds other than WORD(S): words allowed besides */
	const struct key *keys;
	int64_t least, most; /* checked when least < most */
};

/* Returns true when nothing was wrong. `what` names the mapping: "the scenario", "'world'". */
bool keys_check(const struct node *map, const struct key *table, const char *what);
/* The same for the value of one key of the table. */
bool keys_check_value(const struct node *value, const struct key *key);

/* --- reading a checked mapping; `map` may be NULL ---------------------------------------- */

const char *
key_text(const struct node *map, const char *name, const char *fallback); /* borrowed from the document */
struct bytes key_bytes(const struct node *map, const char *name);         /* data NULL when absent */
int64_t key_number(const struct node *map, const char *name, int64_t fallback);
bool key_flag(const struct node *map, const char *name, bool fallback);
int64_t key_seconds(const struct node *map, const char *name, int64_t fallback);
/* Index in `words` (ends with NULL), or `fallback`. */
int key_word(const struct node *map, const char *name, const char *const *words, int fallback);
/* A text, or a list of texts: an array and texts in `r`; returns how many. Absent: 0 and NULL. */
size_t key_texts(const struct node *map, const char *name, struct region *r, const char *const **ret);

/* False when the text is no number, no duration. */
bool node_number(const struct node *node, int64_t *ret);
bool node_seconds(const struct node *node, int64_t *ret);
bool node_flag(const struct node *node, bool *ret);

/* Sub-tables that the manual has shown already; begin with {0}. */
struct keys_shown {
	const struct key *tables[64];
	size_t n;
};

/* The manual of a table: an entry a key, sub-tables below it, each of them once. */
void keys_manual(struct manual *to, const struct key *table, struct keys_shown *shown);

#endif
