/* SPDX-License-Identifier: Apache-2.0 */
/* wire_index.c - see wire_index.h; offsets of packets, sorted by group. */
#include "harness/record/wire_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/model/plan.h"

#define BUFFER (1024 * 1024)
#define DNS_HEAD 12
#define PORT_DNS 53
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

struct place {
	uint64_t offset;
	uint32_t group;
};

struct wire_index {
	int fd;
	uint32_t n_groups;
	size_t *first; /* per group, into `offsets`; one more at the end */
	uint64_t *offsets;
	struct place *places;
	size_t n_places;
};

/* --- which group ---------------------------------------------------------------------------- */

static unsigned
number16(const char *at)
{
	return (unsigned)(uint8_t)at[0] << 8 | (uint8_t)at[1];
}

/*
 * Adds a label in lower case and its dot. False when it holds a NUL or a dot, which would make the name
 * look like somebody else's.
 */
static bool
add_label(char *out, struct bytes label)
{
	for (size_t i = 0; i < label.len; i++) {
		out[i] = text_lower(label.data[i]);
		if (out[i] == '\0' || out[i] == '.')
			return false;
	}
	out[label.len] = '.';
	return true;
}

/* The question's name as text; false when it is not whole. Names of questions are not compressed. */
static bool
question_name(struct bytes dns, char out[256])
{
	size_t at = DNS_HEAD, n = 0;

	while (at < dns.len && dns.data[at] != 0) {
		size_t len = (uint8_t)dns.data[at++];

		if (len > 63 || len >= dns.len - at || n + len + 1 > 254 ||
		    !add_label(out + n, (struct bytes){dns.data + at, len}))
			return false;
		n += len + 1;
		at += len;
	}
	out[n > 0 ? n - 1 : 0] = '\0';
	return at < dns.len && n > 0;
}

static uint32_t
group_of_dns(const struct wire_groups *g, struct bytes payload)
{
	char name[256];

	return g->of_name != NULL && question_name(payload, name) ? g->of_name(g->ctx, name) : WIRE_NOBODY;
}

/* By one of the two addresses; DNS by its name where that is whole. */
static uint32_t
group_of_ip(const struct wire_groups *g, const char *from, const char *to, size_t len, int protocol,
    struct bytes rest)
{
	struct plan_address a;
	uint32_t group = WIRE_NOBODY;

	if (plan_address_from(&a, to, len) || plan_address_from(&a, from, len))
		group = g->of_host(g->ctx, a.number);
	if (rest.len >= 8 && (number16(rest.data) == PORT_DNS || number16(rest.data + 2) == PORT_DNS)) {
		size_t head = protocol == PROTOCOL_UDP ? 8 : 0;

		if (protocol == PROTOCOL_TCP && rest.len >= 20)
			head = (size_t)((uint8_t)rest.data[12] >> 4) * 4 +
			       2; /* and the length before the message */
		if (group == WIRE_NOBODY && head > 0 && head < rest.len)
			group = group_of_dns(g, (struct bytes){rest.data + head, rest.len - head});
	}
	return group;
}

static uint32_t
group_of(const struct wire_groups *g, struct bytes frame)
{
	struct bytes ip = {frame.data + 14, frame.len - 14};
	uint32_t group = WIRE_NOBODY;
	size_t head;

	if (frame.len < 14 + 20)
		return WIRE_NOBODY;
	head = (size_t)(ip.data[0] & 15) * 4;
	if (number16(frame.data + 12) == 0x0800 && head >= 20 && head <= ip.len)
		group = group_of_ip(g, ip.data + 12, ip.data + 16, 4, ip.data[9],
		    (struct bytes){ip.data + head, ip.len - head});
	else if (number16(frame.data + 12) == 0x86dd && ip.len >= 40)
		group = group_of_ip(
		    g, ip.data + 8, ip.data + 24, 16, ip.data[6], (struct bytes){ip.data + 40, ip.len - 40});
	return group < g->n ? group : WIRE_NOBODY;
}

/* --- the one pass ---------------------------------------------------------------------------- */

static void
add_place(struct wire_index *w, uint64_t offset, uint32_t group)
{
	if ((w->n_places & (w->n_places - 1)) == 0)
		w->places = must_realloc(w->places, sizeof(*w->places) * (w->n_places ? w->n_places * 2 : 1));
	w->places[w->n_places++] = (struct place){offset, group};
}

/* Fills the buffer from `offset` on; how many bytes, or -1. */
static ssize_t
fill(int fd, char *buffer, size_t size, uint64_t offset)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = pread(fd, buffer + have, size - have, (off_t)(offset + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static bool
is_sound(const struct spool_packet *p)
{
	return p->captured <= SPOOL_PACKET_MAX && p->interface < SPOOL_INTERFACES;
}

/* Looks at each whole packet in the buffer; how many bytes they take. */
static size_t
look_at(struct wire_index *w, const struct wire_groups *g, const char *buffer, size_t have, uint64_t offset,
    bool *ret_torn)
{
	size_t at = 0;
	struct spool_packet p;

	while (have - at >= sizeof(p)) {
		uint32_t group;

		memcpy(&p, buffer + at, sizeof(p));
		if (!is_sound(&p)) {
			*ret_torn = true;
			break;
		}
		if (have - at - sizeof(p) < p.captured)
			break;
		group = group_of(g, (struct bytes){buffer + at + sizeof(p), p.captured});
		if (group != WIRE_NOBODY)
			add_place(w, offset + at, group);
		at += sizeof(p) + p.captured;
	}
	return at;
}

static int
pass(struct wire_index *w, const struct wire_groups *g, struct why *why)
{
	char *buffer = must_alloc(BUFFER);
	uint64_t offset = 0;
	size_t used = 1;
	bool torn = false;
	ssize_t have = 0;

	while (used > 0 && !torn) {
		have = fill(w->fd, buffer, BUFFER, offset);
		if (have < 0)
			break;
		used = look_at(w, g, buffer, (size_t)have, offset, &torn);
		offset += used;
	}
	free(buffer);
	return have < 0 ? why_errno(why, "the kept packets cannot be read") : 0;
}

/* Counting sort; keeps the order within a group. */
static void
sort(struct wire_index *w)
{
	size_t *next = must_alloc(sizeof(*next) * ((size_t)w->n_groups + 1));

	w->first = must_alloc(sizeof(*w->first) * ((size_t)w->n_groups + 1));
	w->offsets = must_alloc(sizeof(*w->offsets) * (w->n_places + 1));
	for (size_t i = 0; i < w->n_places; i++)
		w->first[w->places[i].group + 1]++;
	for (size_t i = 0; i < w->n_groups; i++)
		w->first[i + 1] += w->first[i];
	memcpy(next, w->first, sizeof(*next) * ((size_t)w->n_groups + 1));
	for (size_t i = 0; i < w->n_places; i++)
		w->offsets[next[w->places[i].group]++] = w->places[i].offset;
	free(next);
	free(w->places);
	w->places = NULL;
}

struct wire_index *
wire_index_new(int fd, const struct wire_groups *groups, struct why *why)
{
	struct wire_index *w = must_alloc(sizeof(*w));

	w->fd = fd;
	w->n_groups = groups->n;
	if (pass(w, groups, why) < 0) {
		wire_index_free(w);
		return NULL;
	}
	sort(w);
	return w;
}

void
wire_index_free(struct wire_index *w)
{
	if (w == NULL)
		return;
	free(w->first);
	free(w->offsets);
	free(w->places);
	free(w);
}

size_t
wire_index_count(const struct wire_index *w, uint32_t group)
{
	return group < w->n_groups ? w->first[group + 1] - w->first[group] : 0;
}

int
wire_index_write(const struct wire_index *w, uint32_t group, struct pcapng *to, struct why *why)
{
	char frame[SPOOL_PACKET_MAX];
	struct spool_packet p;

	must(group < w->n_groups);
	for (size_t i = w->first[group]; i < w->first[group + 1]; i++) {
		uint64_t at = w->offsets[i];

		if (fill(w->fd, (char *)&p, sizeof(p), at) != (ssize_t)sizeof(p) || !is_sound(&p) ||
		    fill(w->fd, frame, p.captured, at + sizeof(p)) != (ssize_t)p.captured)
			return why_set(why, "the kept packets cannot be read again");
		pcapng_packet(to, &p, frame);
	}
	return 0;
}
