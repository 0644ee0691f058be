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

struct cache_entry {
	const char *whole; /* its path once it is there */
	const char *part;  /* where it is made meanwhile */
	int lock_fd;
	bool is_there;
};

/*
 * Opens the entry `name`: locked, unless it is there already. Where another process makes it, waits for
 * that one after calling wait(). -1 and why when the cache cannot be used.
 */
int cache_open(struct cache_entry *ret, const char *name, void (*wait)(void *ctx), void *ctx,
    struct region *r, struct why *why);
/* The part is whole: from now on it is there. */
int cache_keep(struct cache_entry *entry, struct why *why);
/* Frees the lock; a part that was not kept is removed. */
void cache_close(struct cache_entry *entry);

/* FNV-1a, to give a recipe a name; begin with 0. */
unsigned long cache_hash(unsigned long hash, const void *data, size_t len);

#endif
