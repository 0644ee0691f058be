/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache.h - folders under the user's cache that are there whole or not at all.
 *
 * A folder is filled under another name while a lock is held, and then renamed.
 */
#ifndef ROOTFS_CACHE_H
#define ROOTFS_CACHE_H

#include <stdbool.h>

#include "harness/base/region.h"
#include "harness/base/why.h"

/* What the owner of an entry does for it. */
struct cache_hooks {
	void (*wait)(void *ctx); /* another process makes the entry, and is waited for */
	/* Ends what a part was, with all that may be in it; what it cannot is found out afterwards. */
	void (*remove)(void *ctx, const char *path);
	void *ctx;
};

struct cache_entry {
	const struct cache_hooks *hooks;
	const char *whole; /* its path once it is there */
	const char *part;  /* where it is made meanwhile */
	int lock_fd;
	bool is_there;
};

/* The folder of all entries, made where it is missing; NULL and why when it cannot be used. */
const char *cache_folder(struct region *r, struct why *why);

/*
 * Opens the entry `name`: locked, unless it is there already; then there is no part. `hooks` are borrowed
 * until cache_close. -1 and why when the cache cannot be used.
 */
int cache_open(struct cache_entry *ret, const char *name, const struct cache_hooks *hooks, struct region *r,
    struct why *why);
/* The part is whole: it is brought to disk, and from now on it is there. */
int cache_keep(struct cache_entry *entry, struct why *why);
/* Frees the lock; a part that was not kept is removed. */
void cache_close(struct cache_entry *entry);

/*
 * Removes all entries, and the folder when nothing is left in it. One that is being made now stays, and counts as
 * busy. `wait` is not called. -1 and why when something cannot be removed; what was counted is gone then.
 */
int cache_empty(const char *folder, const struct cache_hooks *hooks, size_t *ret_removed, size_t *ret_busy,
    struct why *why);

/* A folder with all below it, as far as it may be removed. Never crosses into another file system. */
void cache_remove_tree(const char *path);

/* FNV-1a, to give a recipe a name; begin with 0. */
unsigned long cache_hash(unsigned long hash, const void *data, size_t len);

#endif
