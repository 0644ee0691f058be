/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mx_list.h - the hosts that take a domain's mail, in the order in which they are tried.
 *
 * Pure: it is given the records of the answer. Ref: RFC 5321 s5.1, RFC 7505.
 */
#ifndef MTA_MX_LIST_H
#define MTA_MX_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakes/mta/host_name.h"

struct mx_record {
	uint16_t preference;
	const char *host; /* "" is the root */
};

struct mx_host {
	uint16_t preference;
	char name[HOST_NAME_SIZE];
	char written[HOST_NAME_SIZE]; /* the same in the record's own case */
};

enum mx_state {
	MX_HOSTS,     /* there is somebody to try */
	MX_NULL,      /* the domain takes no mail (RFC 7505) */
	MX_OURSELVES, /* nobody is left above our own entry (RFC 5321 s5.1) */
	MX_UNUSABLE   /* records, but none names a host */
};

struct mx_list {
	enum mx_state state;
	struct mx_host *hosts; /* owned, mx_list_done */
	size_t n;
};

/*
 * Without records (n = 0) the domain is its own MX. Equal preferences are shuffled with `random`, a function
 * that returns a number below its argument. Duplicates, and names that cannot be a host's, fall out;
 * `self` and what is not better than it, too.
 */
void mx_list_init(struct mx_list *list, const char *domain, const struct mx_record *records, size_t n,
    const char *self, uint32_t (*random)(uint32_t below));
void mx_list_done(struct mx_list *list);

#endif
