/* SPDX-License-Identifier: Apache-2.0 */
/* mx_list.c - see mx_list.h */
#include "fakes/mta/mx_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

static bool
is_null_mx(const struct mx_record *records, size_t n)
{
	return n == 1 && (records[0].host[0] == '\0' || strcmp(records[0].host, ".") == 0);
}

static bool
has(const struct mx_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->hosts[i].name, name) == 0)
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	return (int)((const struct mx_host *)a)->preference - (int)((const struct mx_host *)b)->preference;
}

/* Shuffled first and then sorted: qsort need not be stable, since what is equal is random anyway. */
static void
put_in_order(struct mx_list *list, uint32_t (*random)(uint32_t below))
{
	for (size_t i = list->n; i > 1; i--) {
		size_t j = random((uint32_t)i);
		struct mx_host swap = list->hosts[i - 1];

		list->hosts[i - 1] = list->hosts[j];
		list->hosts[j] = swap;
	}
	qsort(list->hosts, list->n, sizeof(list->hosts[0]), compare);
}

/* Our own entry, and all that are not better. */
static void
cut_at_self(struct mx_list *list, const char *self)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->hosts[i].name, self) != 0)
			continue;
		while (i > 0 && list->hosts[i - 1].preference == list->hosts[i].preference)
			i--;
		list->n = i;
		if (i == 0)
			list->state = MX_OURSELVES;
	}
}

void
mx_list_init(struct mx_list *list, const char *domain, const struct mx_record *records, size_t n,
    const char *self, uint32_t (*random)(uint32_t below))
{
	struct mx_record implicit = {0, domain};

	*list = (struct mx_list){.state = MX_HOSTS};
	if (is_null_mx(records, n)) {
		list->state = MX_NULL;
		return;
	}
	if (n == 0) {
		records = &implicit;
		n = 1;
	}
	list->hosts = must_alloc(n * sizeof(list->hosts[0]));
	for (size_t i = 0; i < n; i++) {
		struct mx_host *host = &list->hosts[list->n];

		if (!host_name_set(host->name, bytes_of(records[i].host)))
			continue;
		snprintf(host->written, strlen(host->name) + 1, "%s", records[i].host);
		host->preference = records[i].preference;
		list->n++;
	}
	if (list->n == 0)
		list->state = MX_UNUSABLE;
	put_in_order(list, random);
	for (size_t i = 1; i < list->n;) {
		struct mx_list before = {.hosts = list->hosts, .n = i};

		if (has(&before, list->hosts[i].name))
			memmove(
			    &list->hosts[i], &list->hosts[i + 1], (--list->n - i) * sizeof(list->hosts[0]));
		else
			i++;
	}
	cut_at_self(list, self);
}

void
mx_list_done(struct mx_list *list)
{
	free(list->hosts);
	*list = (struct mx_list){0};
}
