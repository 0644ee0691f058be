/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames.c - any frames on the link: segments found and put together; a byte is handed on once, in order.
 *
 * The input is frames, each behind its length in two bytes (big-endian); length 0 settles.
 *
 * A minute: always
 * About: harness/witness/frame.c harness/witness/reassembly.c
 */
#include "harness/witness/frame.h"

#include "harness/witness/reassembly.h"
#include "tests/fuzz/fuzz.h"

struct way {
	struct way *next;
	uint64_t bytes;
	bool closed;
};

static void *
on_open(void *ctx, const struct reassembly_flow *flow)
{
	struct way **ways = ctx, *w = must_alloc(sizeof(*w));

	fuzz_saw_number(flow->port);
	fuzz_saw_number(flow->from_client);
	w->next = *ways;
	return *ways = w;
}

static void
on_data(void *owner, struct bytes data, uint64_t t_ns)
{
	struct way *w = owner;

	(void)t_ns;
	must(!w->closed && data.len > 0);
	w->bytes += data.len;
	fuzz_saw(data);
}

static void
on_gap(void *owner, uint64_t bytes, uint64_t t_ns)
{
	struct way *w = owner;

	(void)t_ns;
	must(!w->closed);
	fuzz_saw_number(bytes);
}

static void
on_close(void *owner)
{
	struct way *w = owner;

	must(!w->closed);
	w->closed = true;
}

static const struct reassembly_calls calls = {on_open, on_data, on_gap, on_close};

static uint64_t
take(struct reassembly *r, struct bytes frame, uint64_t t_ns)
{
	struct bytes exact = fuzz_exact(frame.data, frame.len);
	struct frame_segment s = {0};
	enum frame_kind kind = frame_parse(&s, exact);

	fuzz_saw_number(kind);
	fuzz_saw_number(frame_ethertype(exact));
	if (kind == FRAME_TCP) {
		must(s.address_len == 4 || s.address_len == 16);
		must(s.payload.len <= s.payload_len && s.payload.len <= frame.len);
		reassembly_take(r, &s, t_ns);
	} else {
		s.payload.len = 0;
	}
	fuzz_free(exact);
	return s.payload.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct way *ways = NULL, *next;
	struct reassembly *r = reassembly_new(&calls, &ways);
	uint64_t fed = 0, came = 0, t_ns = 1;

	for (size_t at = 0; at + 2 <= len; t_ns++) {
		size_t n = (size_t)data[at] << 8 | data[at + 1];

		at += 2;
		if (n > len - at)
			n = len - at;
		if (n == 0)
			reassembly_settle(r, t_ns % 2 == 0, t_ns);
		else
			fed += take(r, (struct bytes){(const char *)data + at, n}, t_ns);
		must(reassembly_held(r) <= fed);
		at += n;
	}
	reassembly_settle(r, true, t_ns);
	must(reassembly_held(r) == 0);
	fuzz_saw_number(reassembly_overlaps(r));
	reassembly_free(r);
	for (; ways != NULL; ways = next) {
		must(ways->closed);
		came += ways->bytes;
		next = ways->next;
		free(ways);
	}
	must(came <= fed);
	return 0;
}
