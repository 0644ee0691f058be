/* SPDX-License-Identifier: Apache-2.0 */
/* reassembly.c - see reassembly.h; a hash of connections, each with two flows and their early chunks. */
#include "harness/witness/reassembly.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define BUCKETS 16384
#define DNS_PORT 53

struct chunk {
	struct chunk *next;
	uint32_t seq;
	size_t len;
	uint64_t t_ns;
	char data[];
};

struct flow {
	bool known, finished, is_acked;
	uint32_t next, acked; /* the first sequence number not handed on; what the receiver says it has */
	struct chunk *chunks; /* in order, not overlapping */
	size_t n_chunks, held;
	bool open;
	void *owner;
};

struct connection {
	struct connection *in_bucket;
	struct connection *older, *newer; /* the order of their first segments */
	struct plan_address server;
	uint16_t port, peer_port;
	uint8_t peer[16];
	bool over;
	uint32_t first_seq; /* of the client's SYN, to tell it from a repeated one */
	bool has_syn;
	struct flow flows[2]; /* 1: from the client */
};

struct reassembly {
	const struct reassembly_calls *calls;
	void *ctx;
	struct connection *buckets[BUCKETS];
	struct connection *oldest, *newest;
	size_t n_open, n_over, held;
	uint64_t overlaps;
};

struct reassembly *
reassembly_new(const struct reassembly_calls *calls, void *ctx)
{
	struct reassembly *r = must_alloc(sizeof(*r));

	r->calls = calls;
	r->ctx = ctx;
	return r;
}

uint64_t
reassembly_overlaps(const struct reassembly *r)
{
	return r->overlaps;
}

size_t
reassembly_held(const struct reassembly *r)
{
	return r->held;
}

/* --- one direction ---------------------------------------------------------------------- */

/* Where a segment of the flow comes from. */
struct at {
	struct reassembly *r;
	struct connection *c;
	bool from_client;
	uint64_t t_ns;
};

static struct flow *
flow_of(const struct at *at)
{
	return &at->c->flows[at->from_client];
}

static void
open_flow(const struct at *at)
{
	struct flow *f = flow_of(at);
	struct reassembly_flow who = {at->c->server, at->c->port, at->c->peer_port, at->from_client};

	if (!f->open)
		f->owner = at->r->calls->open(at->r->ctx, &who);
	f->open = true;
}

static void
close_flow(const struct at *at)
{
	struct flow *f = flow_of(at);

	if (f->open)
		at->r->calls->close(f->owner);
	f->open = false;
	f->owner = NULL;
}

static void
hand_on(const struct at *at, struct bytes data, uint64_t t_ns)
{
	open_flow(at);
	at->r->calls->data(flow_of(at)->owner, data, t_ns);
	flow_of(at)->next += (uint32_t)data.len;
}

static void
tell_gap(const struct at *at, uint32_t bytes)
{
	open_flow(at);
	at->r->calls->gap(flow_of(at)->owner, bytes, at->t_ns);
	flow_of(at)->next += bytes;
}

static void
drop_chunk(const struct at *at)
{
	struct flow *f = flow_of(at);
	struct chunk *c = f->chunks;

	f->chunks = c->next;
	f->n_chunks--;
	f->held -= c->len;
	at->r->held -= c->len;
	free(c);
}

/* Hands on the chunks that join now. */
static void
drain(const struct at *at)
{
	struct flow *f = flow_of(at);

	while (f->chunks != NULL && (int32_t)(f->chunks->seq - f->next) <= 0) {
		struct chunk *c = f->chunks;
		uint32_t known = f->next - c->seq;

		if (known < c->len)
			hand_on(at, (struct bytes){c->data + known, c->len - known}, c->t_ns);
		drop_chunk(at);
	}
}

static void
settle_flow(const struct at *at)
{
	struct flow *f = flow_of(at);

	while (f->chunks != NULL) {
		tell_gap(at, f->chunks->seq - f->next);
		drain(at);
	}
}

static void
put_chunk(const struct at *at, struct chunk **place, uint32_t seq, struct bytes data)
{
	struct flow *f = flow_of(at);
	struct chunk *c = must_alloc(sizeof(*c) + data.len);

	c->next = *place;
	c->seq = seq;
	c->len = data.len;
	c->t_ns = at->t_ns;
	memcpy(c->data, data.data, data.len);
	*place = c;
	f->n_chunks++;
	f->held += data.len;
	at->r->held += data.len;
}

/* Keeps what no chunk has yet. `offset` and `end` count from f->next, so nothing wraps. */
static void
keep(const struct at *at, uint32_t seq, struct bytes data)
{
	struct flow *f = flow_of(at);
	struct chunk **place = &f->chunks;
	uint64_t offset = seq - f->next, end = offset + data.len, base = offset;

	while (*place != NULL && offset < end) {
		uint64_t begin = (uint32_t)((*place)->seq - f->next), stop = begin + (*place)->len;

		if (offset < begin) {
			uint64_t until = end < begin ? end : begin;

			put_chunk(at, place, f->next + (uint32_t)offset,
			    (struct bytes){data.data + (offset - base), until - offset});
			offset = until;
			place = &(*place)->next;
			continue;
		}
		if (offset < stop) {
			at->r->overlaps++;
			offset = stop;
		}
		place = &(*place)->next;
	}
	if (offset < end)
		put_chunk(at, place, f->next + (uint32_t)offset,
		    (struct bytes){data.data + (offset - base), end - offset});
}

/* Cuts off what was handed on before; false when nothing is left. */
static bool
trim(const struct at *at, uint32_t *seq, struct bytes *data)
{
	int32_t ahead = (int32_t)(*seq - flow_of(at)->next);
	size_t known = ahead < 0 ? (size_t) - (int64_t)ahead : 0;

	at->r->overlaps += known > 0;
	if (known >= data->len)
		return false;
	*seq += (uint32_t)known;
	data->data += known;
	data->len -= known;
	return true;
}

static void
take_data(const struct at *at, uint32_t seq, struct bytes data)
{
	struct flow *f = flow_of(at);

	if (!f->known) {
		f->known = true;
		f->next = seq;
		tell_gap(at, 0);
	}
	if (!trim(at, &seq, &data))
		return;
	if (f->held + data.len > REASSEMBLY_EARLY_MAX || f->n_chunks >= REASSEMBLY_CHUNKS_MAX) {
		settle_flow(at);
		if (!trim(at, &seq, &data))
			return;
	}
	if (seq - f->next > REASSEMBLY_EARLY_MAX)
		return; /* outside any window: no receiver takes it */
	if (seq != f->next) {
		keep(at, seq, data);
		return;
	}
	/* An early chunk may hold a part of this already; the first copy wins. */
	if (f->chunks != NULL && f->chunks->seq - f->next < data.len)
		keep(at, seq, data);
	else
		hand_on(at, data, at->t_ns);
	drain(at);
}

/* The receiver has everything before `ack`. What we miss of that may still come from the other capture. */
static void
take_ack(const struct at *at, uint32_t ack)
{
	struct flow *f = flow_of(at);

	if (f->known && ack - f->next <= REASSEMBLY_EARLY_MAX &&
	    (!f->is_acked || (int32_t)(ack - f->acked) > 0)) {
		f->is_acked = true;
		f->acked = ack;
	}
}

/* What was acknowledged and is not there by now, the capture has missed. */
static void
settle_acked(const struct at *at)
{
	struct flow *f = flow_of(at);
	uint32_t fin =
	    f->finished || f->chunks == NULL; /* a FIN counts as one number; perhaps we were not told of it */

	while (f->is_acked && (int32_t)(f->acked - f->next) > (int32_t)fin) {
		uint32_t until = f->acked - fin;

		if (f->chunks != NULL && f->chunks->seq - f->next < until - f->next)
			until = f->chunks->seq;
		tell_gap(at, until - f->next);
		drain(at);
		fin = f->finished || f->chunks == NULL;
	}
}

/* --- connections ------------------------------------------------------------------------ */

static size_t
bucket_of(const struct connection *key)
{
	uint32_t h = key->server.number * 2654435761u + key->server.v6;

	h = (h ^ key->port) * 2246822519u;
	h = (h ^ key->peer_port) * 3266489917u;
	return (h ^ h >> 15) % BUCKETS;
}

static bool
is_same(const struct connection *a, const struct connection *b)
{
	return a->server.number == b->server.number && a->server.v6 == b->server.v6 && a->port == b->port &&
	       a->peer_port == b->peer_port && memcmp(a->peer, b->peer, sizeof(a->peer)) == 0;
}

static struct connection *
find(const struct reassembly *r, const struct connection *key)
{
	struct connection *c = r->buckets[bucket_of(key)];

	while (c != NULL && !is_same(c, key))
		c = c->in_bucket;
	return c;
}

static struct connection *
add(struct reassembly *r, const struct connection *key)
{
	struct connection *c = must_alloc(sizeof(*c)), **bucket = &r->buckets[bucket_of(key)];

	*c = *key;
	c->in_bucket = *bucket;
	*bucket = c;
	c->older = r->newest;
	*(r->newest != NULL ? &r->newest->newer : &r->oldest) = c;
	r->newest = c;
	r->n_open++;
	return c;
}

static void
unlink_connection(struct reassembly *r, struct connection *c)
{
	struct connection **at = &r->buckets[bucket_of(c)];

	while (*at != c)
		at = &(*at)->in_bucket;
	*at = c->in_bucket;
	*(c->older != NULL ? &c->older->newer : &r->oldest) = c->newer;
	*(c->newer != NULL ? &c->newer->older : &r->newest) = c->older;
	*(c->over ? &r->n_over : &r->n_open) -= 1;
}

static void
settle_connection(struct reassembly *r, struct connection *c, bool completely, uint64_t t_ns)
{
	for (int d = 0; d < 2; d++) {
		struct at at = {r, c, d, t_ns};

		settle_acked(&at);
		if (completely)
			settle_flow(&at);
		if (c->over)
			close_flow(&at);
	}
}

static void
forget(struct reassembly *r, struct connection *c)
{
	for (int d = 0; d < 2; d++) {
		struct at at = {r, c, d, 0};

		close_flow(&at);
		while (c->flows[d].chunks != NULL)
			drop_chunk(&at);
	}
	unlink_connection(r, c);
	free(c);
}

void
reassembly_free(struct reassembly *r)
{
	if (r == NULL)
		return;
	while (r->oldest != NULL)
		forget(r, r->oldest);
	free(r);
}

void
reassembly_settle(struct reassembly *r, bool all, uint64_t t_ns)
{
	for (struct connection *c = r->oldest; c != NULL; c = c->newer)
		settle_connection(r, c, all || c->over, t_ns);
}

static void
end_connection(struct reassembly *r, struct connection *c)
{
	if (c->over)
		return;
	c->over = true;
	r->n_open--;
	r->n_over++;
	for (int d = 0; d < 2; d++) {
		struct at at = {r, c, d, 0};

		if (c->flows[d].chunks == NULL)
			close_flow(&at);
	}
}

/* Makes room: first among those that are over, then among all. */
static void
evict(struct reassembly *r, uint64_t t_ns)
{
	struct connection *c = r->oldest;

	if (r->n_over <= REASSEMBLY_DONE_MAX && r->n_open < REASSEMBLY_OPEN_MAX)
		return;
	while (r->n_over > REASSEMBLY_DONE_MAX && !c->over)
		c = c->newer;
	settle_connection(r, c, true, t_ns);
	forget(r, c);
}

/* The connection of a segment, `from_client` told; NULL when it is none of ours. */
static struct connection *
connection_of(struct reassembly *r, const struct frame_segment *s, struct at *at)
{
	struct connection key = {0}, *c;
	const uint8_t *peer;

	at->from_client = plan_address_from(&key.server, s->to, s->address_len);
	if (!at->from_client && !plan_address_from(&key.server, s->from, s->address_len))
		return NULL;
	key.port = at->from_client ? s->to_port : s->from_port;
	key.peer_port = at->from_client ? s->from_port : s->to_port;
	peer = at->from_client ? s->from : s->to;
	memcpy(key.peer, peer, s->address_len);
	if (key.port == DNS_PORT)
		return NULL;
	c = find(r, &key);
	if (c != NULL && s->syn && at->from_client && c->flows[1].known &&
	    (!c->has_syn || c->first_seq != s->seq)) {
		settle_connection(r, c, true, at->t_ns); /* the ports are used again */
		forget(r, c);
		c = NULL;
	}
	if (c == NULL && (s->syn || s->payload.len > 0)) {
		evict(r, at->t_ns);
		c = add(r, &key);
	}
	return c;
}

static void
take_syn(const struct at *at, const struct frame_segment *s)
{
	struct flow *f = flow_of(at);

	if (at->from_client && !at->c->has_syn) {
		at->c->has_syn = true;
		at->c->first_seq = s->seq;
	}
	if (f->known)
		return;
	f->known = true;
	f->next = s->seq + 1;
}

void
reassembly_take(struct reassembly *r, const struct frame_segment *s, uint64_t t_ns)
{
	struct at at = {.r = r, .t_ns = t_ns}, back;

	at.c = connection_of(r, s, &at);
	if (at.c == NULL)
		return;
	if (s->syn)
		take_syn(&at, s);
	if (s->payload.len > 0)
		take_data(&at, s->seq + s->syn, s->payload);
	if (s->fin)
		flow_of(&at)->finished = true;
	back = at;
	back.from_client = !at.from_client;
	if (s->has_ack && !s->rst)
		take_ack(&back, s->ack);
	if (s->rst || (flow_of(&at)->finished && flow_of(&back)->finished))
		end_connection(r, at.c);
}
