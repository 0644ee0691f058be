/* SPDX-License-Identifier: Apache-2.0 */
/* sts_cache.c - see sts_cache.h; a file is three lines of head and the policy's text as it came. */
#include "fakes/mta/sts_cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakes/mta/folder.h"
#include "fakes/mta/host_name.h"
#include "harness/base/must.h"

#define HEAD "mitmx-policy 1\n"
#define HEAD_MAX 128

struct node {
	char domain[HOST_NAME_SIZE];
	struct sts_entry entry;
};

struct sts_cache {
	int directory; /* -1: memory only */
	void *tree;
};

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->domain, ((const struct node *)b)->domain);
}

static void
free_node(void *p)
{
	struct node *node = p;

	sts_policy_unref(node->entry.policy);
	free(node);
}

struct sts_cache *
sts_cache_new(const char *directory, struct why *why)
{
	struct sts_cache *cache;
	int fd = -1;

	if (directory != NULL && (fd = folder_open(directory, why)) < 0)
		return NULL;
	cache = must_alloc(sizeof(*cache));
	cache->directory = fd;
	return cache;
}

void
sts_cache_free(struct sts_cache *cache)
{
	if (cache == NULL)
		return;
	tdestroy(cache->tree, free_node);
	if (cache->directory >= 0)
		close(cache->directory);
	free(cache);
}

/* id and time of the head; the rest is the policy. */
static bool
parse_file(struct sts_entry *entry, struct bytes text)
{
	char head[HEAD_MAX + 1] = "";
	int64_t fetched = 0;
	int used = 0;

	memcpy(head, text.data, text.len < HEAD_MAX ? text.len : HEAD_MAX);
	if (sscanf(head, HEAD "id %32[0-9A-Za-z]\nfetched %" SCNd64 "%n", entry->id, &fetched, &used) != 2 ||
	    used == 0 || head[used] != '\n')
		return false;
	used++;
	entry->policy = sts_policy_parse((struct bytes){text.data + used, text.len - (size_t)used},
	    (struct flaw_set){0}, NULL);
	entry->fetched = (time_t)fetched;
	return entry->policy != NULL;
}

static void
read_file(struct sts_cache *cache, struct node *node)
{
	char *text = must_alloc(HEAD_MAX + STS_POLICY_MAX + 1);
	int fd = openat(cache->directory, node->domain, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 0, len = 0;

	while (fd >= 0 && (n = read(fd, text + len, (size_t)(HEAD_MAX + STS_POLICY_MAX - len))) > 0)
		len += n;
	if (fd >= 0)
		close(fd);
	if (len > 0 && n == 0 && !parse_file(&node->entry, (struct bytes){text, (size_t)len}))
		memset(&node->entry, 0, sizeof(node->entry));
	free(text);
}

static struct node *
find(struct sts_cache *cache, const char *domain)
{
	struct node *node = must_alloc(sizeof(*node)), **found;

	must(strlen(domain) < sizeof(node->domain) && strchr(domain, '/') == NULL && domain[0] != '.');
	strcpy(node->domain, domain);
	found = tsearch(node, &cache->tree, compare);
	must(found != NULL);
	if (*found != node)
		free(node);
	else if (cache->directory >= 0)
		read_file(cache, node);
	return *found;
}

const struct sts_entry *
sts_cache_find(struct sts_cache *cache, const char *domain)
{
	return &find(cache, domain)->entry;
}

static bool
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Whole or not at all: under another name first. */
static int
write_file(struct sts_cache *cache, const struct node *node, struct why *why)
{
	char head[HEAD_MAX], name[] = ".new";
	int len = snprintf(head, sizeof(head), HEAD "id %s\nfetched %" PRId64 "\n", node->entry.id,
	    (int64_t)node->entry.fetched);
	int fd = openat(cache->directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool whole;

	if (fd < 0)
		return why_errno(why, "the policy of %s is kept in memory only", node->domain);
	whole = write_all(fd, head, (size_t)len) &&
		write_all(fd, node->entry.policy->text, node->entry.policy->text_len);
	if (close(fd) == 0 && whole && renameat(cache->directory, name, cache->directory, node->domain) == 0)
		return 0;
	why_errno(why, "the policy of %s is kept in memory only", node->domain);
	unlinkat(cache->directory, name, 0);
	return -1;
}

int
sts_cache_store(struct sts_cache *cache, const char *domain, const char *id, struct sts_policy *policy,
    time_t now, struct why *why)
{
	struct node *node = find(cache, domain);
	struct sts_policy *old = node->entry.policy;

	must(strlen(id) < sizeof(node->entry.id));
	node->entry = (struct sts_entry){.policy = sts_policy_ref(policy), .fetched = now};
	strcpy(node->entry.id, id);
	sts_policy_unref(old);
	return cache->directory < 0 ? 0 : write_file(cache, node, why);
}

void
sts_cache_note_failure(struct sts_cache *cache, const char *domain, const char *id, time_t now)
{
	struct node *node = find(cache, domain);

	must(strlen(id) < sizeof(node->entry.failed_id));
	strcpy(node->entry.failed_id, id);
	node->entry.failed = now;
}

void
sts_cache_forget(struct sts_cache *cache, const char *domain)
{
	struct node *node = find(cache, domain);

	sts_policy_unref(node->entry.policy);
	node->entry.policy = NULL;
	node->entry.id[0] = '\0';
	if (cache->directory >= 0)
		unlinkat(cache->directory, domain, 0);
}

bool
sts_entry_is_valid(const struct sts_entry *entry, time_t now)
{
	return entry->policy != NULL && now >= entry->fetched &&
	       now - entry->fetched < (time_t)entry->policy->max_age_s;
}

bool
sts_entry_is_stale(const struct sts_entry *entry, time_t now)
{
	time_t half;

	if (!sts_entry_is_valid(entry, now))
		return false;
	half = (time_t)entry->policy->max_age_s / 2;
	return now - entry->fetched >= (half < STS_CACHE_REFRESH_S ? half : STS_CACHE_REFRESH_S);
}

bool
sts_entry_may_fetch(const struct sts_entry *entry, const char *id, time_t now)
{
	return strcmp(entry->failed_id, id) != 0 || now < entry->failed ||
	       now - entry->failed >= STS_CACHE_BACK_OFF_S;
}
