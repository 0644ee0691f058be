/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_index.h - finds the packets of each scenario in the spool, in one pass over it.
 *
 * A packet belongs to the group that owns its host's address; a DNS packet, which goes to the shared
 * resolver, to the group that owns the name it asks for. Groups are the caller's numbers.
 */
#ifndef WIRE_INDEX_H
#define WIRE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"
#include "harness/base/why.h"
#include "harness/record/pcapng.h"

#define WIRE_NOBODY UINT32_MAX

struct wire_index;

struct wire_groups {
	uint32_t n;
	/* The group of a host's number (harness/model/plan.h), or WIRE_NOBODY. */
	uint32_t (*of_host)(void *ctx, uint32_t number);
	/* The group of a domain name, lower case, without a trailing dot ("mx1.a0001.example"); may be NULL.
	 */
	uint32_t (*of_name)(void *ctx, const char *name);
	void *ctx;
};

/* Reads the spool through `fd` (borrowed, until wire_index_free). A torn end is passed over. NULL and why on
 * trouble. */
struct wire_index *wire_index_new(int fd, const struct wire_groups *groups, struct why *why);
void wire_index_free(struct wire_index *w); /* NULL is fine */

size_t wire_index_count(const struct wire_index *w, uint32_t group);
/* Appends the group's packets in the order of their capture. -1 and why when the spool cannot be read. */
int wire_index_write(const struct wire_index *w, uint32_t group, struct pcapng *to, struct why *why);

#endif
