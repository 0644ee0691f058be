/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts_cache.h - the policies that were fetched, in memory and in one file per domain.
 *
 * Knows no network; is told the time (wall clock, seconds), so that tests can tell another one.
 * Also remembers failed fetches, in memory only. Ref: RFC 8461 s3.3, s5.1.
 */
#ifndef MTA_STS_CACHE_H
#define MTA_STS_CACHE_H

#include <stdbool.h>
#include <time.h>

#include "fakes/mta/sts_policy.h"
#include "fakes/mta/sts_record.h"
#include "harness/base/why.h"

/* A failed fetch of one id is not repeated for so long (RFC 8461 s3.3). */
#define STS_CACHE_BACK_OFF_S 300
/* A policy is fetched anew at this age although its id stayed the same (RFC 8461 s3.3, "daily"). */
#define STS_CACHE_REFRESH_S 86400

struct sts_cache;

struct sts_entry {
	struct sts_policy *policy; /* NULL: nothing fetched yet */
	char id[STS_ID_SIZE];
	time_t fetched;
	char failed_id[STS_ID_SIZE]; /* "" none */
	time_t failed;
};

/* `directory` NULL: memory only. It is made when missing; -1 and why when that fails. Owned. */
struct sts_cache *sts_cache_new(const char *directory, struct why *why);
void sts_cache_free(struct sts_cache *cache);

/*
 * The entry of a canonical domain (host_name.h), read from its file at first; never NULL, borrowed until
 * sts_cache_free. A file that is damaged counts as absent.
 */
const struct sts_entry *sts_cache_find(struct sts_cache *cache, const char *domain);

/* Takes a reference of its own. -1 and why when the file could not be written: memory has it all the same. */
int sts_cache_store(struct sts_cache *cache, const char *domain, const char *id, struct sts_policy *policy,
    time_t now, struct why *why);
void sts_cache_note_failure(struct sts_cache *cache, const char *domain, const char *id, time_t now);
/* Drops the policy from memory and disk. */
void sts_cache_forget(struct sts_cache *cache, const char *domain);

/* What an entry says at a time. */
bool sts_entry_is_valid(const struct sts_entry *entry, time_t now);
bool sts_entry_is_stale(const struct sts_entry *entry, time_t now); /* valid, but due for a refresh */
bool sts_entry_may_fetch(const struct sts_entry *entry, const char *id, time_t now); /* no recent failure */

#endif
