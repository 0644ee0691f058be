/* SPDX-License-Identifier: Apache-2.0 */
/* test_reassembly.c - streams come out in order, once, and a hole is a gap only when it is proved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/witness/reassembly.h"

/* What came out, in order: letters as data, "[n]" a gap of n, ">" and "<" which way, "." closed. */
struct heard {
	char text[4096];
};

struct way {
	struct heard *h;
	bool from_client;
};

static void
add(struct heard *h, const char *text, size_t len)
{
	size_t have = strlen(h->text);

	snprintf(h->text + have, sizeof(h->text) - have, "%.*s", (int)len, text);
}

static void *
open_way(void *ctx, const struct reassembly_flow *flow)
{
	struct way *w = malloc(sizeof(*w));

	assert_int_equal(flow->port, 25);
	assert_int_equal(flow->peer_port, 40000);
	assert_int_equal(flow->server.number, 256);
	*w = (struct way){ctx, flow->from_client};
	return w;
}

static void
hear_data(void *owner, struct bytes data, uint64_t t_ns)
{
	struct way *w = owner;

	(void)t_ns;
	add(w->h, w->from_client ? ">" : "<", 1);
	add(w->h, data.data, data.len);
}

static void
hear_gap(void *owner, uint64_t bytes, uint64_t t_ns)
{
	struct way *w = owner;
	char text[32];

	(void)t_ns;
	add(w->h, text,
	    (size_t)snprintf(
		text, sizeof(text), "%c[%llu]", w->from_client ? '>' : '<', (unsigned long long)bytes));
}

static void
close_way(void *owner)
{
	add(((struct way *)owner)->h, ".", 1);
	free(owner);
}

static const struct reassembly_calls calls = {open_way, hear_data, hear_gap, close_way};

/* A segment in a word: who, flags (S F R), seq relative to the first, ack relative, data. */
struct step {
	char who; /* 'c', 's'; 'f' settle those that are over, 'a' settle all */
	const char *flags;
	int32_t seq, ack;
	const char *data;
};

static const struct row {
	const char *name;
	struct step steps[12];
	const char *want;
} rows[] = {
    {"in order",
	{{'c', "S", -1, -1, ""}, {'s', "S", -1, 0, ""}, {'c', "", 0, 0, "ab"}, {'c', "", 2, 0, "cd"},
	    {'s', "", 0, 4, "x"}},
	">ab>cd<x"},
    {"swapped", {{'c', "S", -1, -1, ""}, {'c', "", 2, 0, "cd"}, {'c', "", 0, 0, "ab"}}, ">ab>cd"},
    {"repeated",
	{{'c', "S", -1, -1, ""}, {'c', "", 0, 0, "ab"}, {'c', "", 0, 0, "ab"}, {'c', "", 1, 0, "bc"}},
	">ab>c"},
    {"the first copy wins", {{'c', "S", -1, -1, ""}, {'c', "", 2, 0, "cd"}, {'c', "", 0, 0, "ABXXef"}},
	">AB>cd>ef"},
    {"a piece between two",
	{{'c', "S", -1, -1, ""}, {'c', "", 1, 0, "b"}, {'c', "", 3, 0, "d"}, {'c', "", 5, 0, "f"},
	    {'c', "", 0, 0, "aXcXe"}},
	">a>b>c>d>e>f"},
    {"early pieces overlap",
	{{'c', "S", -1, -1, ""}, {'c', "", 4, 0, "ef"}, {'c', "", 2, 0, "cdXXgh"}, {'c', "", 0, 0, "ab"}},
	">ab>cd>ef>gh"},
    {"a hole alone is no gap", {{'c', "S", -1, -1, ""}, {'c', "", 2, 0, "cd"}, {'f', "", 0, 0, ""}}, ""},
    {"a hole behind an ack is one",
	{{'c', "S", -1, -1, ""}, {'s', "S", -1, 0, ""}, {'c', "", 2, 0, "cd"}, {'s', "", 0, 4, ""},
	    {'f', "", 0, 0, ""}},
	">[2]>cd"},
    {"an ack may be seen before its data",
	{{'c', "S", -1, -1, ""}, {'s', "S", -1, 0, ""}, {'s', "", 0, 4, ""}, {'c', "", 0, 0, "abcd"},
	    {'f', "", 0, 0, ""}},
	">abcd"},
    {"an ack without its data",
	{{'c', "S", -1, -1, ""}, {'s', "S", -1, 0, ""}, {'s', "", 0, 4, ""}, {'f', "", 0, 0, ""}}, ">[3]"},
    {"all lost, but acknowledged",
	{{'c', "S", -1, -1, ""}, {'s', "S", -1, 0, ""}, {'s', "", 0, 5, ""}, {'c', "", 5, 0, "f"},
	    {'s', "", 0, 6, ""}, {'f', "", 0, 0, ""}},
	">[5]>f"},
    {"two holes, one acknowledged",
	{{'c', "S", -1, -1, ""}, {'c', "", 1, 0, "b"}, {'c', "", 3, 0, "d"}, {'s', "", 0, 2, ""},
	    {'f', "", 0, 0, ""}},
	">[1]>b"},
    {"a hole and settle all", {{'c', "S", -1, -1, ""}, {'c', "", 2, 0, "cd"}, {'a', "", 0, 0, ""}},
	">[2]>cd"},
    {"a reset with a hole",
	{{'c', "S", -1, -1, ""}, {'c', "", 2, 0, "cd"}, {'s', "R", 0, -1, ""}, {'f', "", 0, 0, ""}},
	">[2]>cd."},
    {"the hole fills after the reset",
	{{'c', "S", -1, -1, ""}, {'c', "", 2, 0, "cd"}, {'s', "R", 0, -1, ""}, {'c', "", 0, 0, "ab"},
	    {'f', "", 0, 0, ""}},
	">ab>cd."},
    {"the ack of a FIN",
	{{'c', "S", -1, -1, ""}, {'c', "F", 0, 0, "ab"}, {'s', "", 0, 3, ""}, {'f', "", 0, 0, ""}}, ">ab"},
    {"an ack of a FIN that came first",
	{{'c', "S", -1, -1, ""}, {'c', "", 0, 0, "ab"}, {'s', "", 0, 3, ""}, {'f', "", 0, 0, ""}}, ">ab"},
    {"both FINs close",
	{{'c', "S", -1, -1, ""}, {'s', "S", -1, 0, ""}, {'c', "F", 0, 0, "ab"}, {'s', "F", 0, 3, "x"}},
	">ab<x.."},
    {"late data of a closed one",
	{{'c', "S", -1, -1, ""}, {'c', "", 0, 0, "ab"}, {'s', "R", 0, -1, ""}, {'c', "", 2, 0, "cd"}},
	">ab.>cd"},
    {"no beginning", {{'c', "", 7, 0, "ab"}, {'c', "", 9, 0, "cd"}}, ">[0]>ab>cd"},
    {"the ports are used again",
	{{'c', "S", -1, -1, ""}, {'c', "", 0, 0, "ab"}, {'c', "S", 9000, -1, ""}, {'c', "", 9001, 0, "cd"}},
	">ab.>cd"},
    {"a SYN again", {{'c', "S", -1, -1, ""}, {'c', "S", -1, -1, ""}, {'c', "", 0, 0, "ab"}}, ">ab"},
    {"far ahead is not kept", {{'c', "S", -1, -1, ""}, {'c', "", 1 << 25, 0, "zz"}, {'a', "", 0, 0, ""}}, ""},
};

static struct frame_segment
segment_of(const struct step *s, uint32_t base)
{
	static const uint8_t client[4] = {100, 64, 0, 2}, server[4] = {198, 18, 1, 0};
	struct frame_segment g = {.address_len = 4, .from_port = 40000, .to_port = 25};

	memcpy(g.from, s->who == 'c' ? client : server, 4);
	memcpy(g.to, s->who == 'c' ? server : client, 4);
	if (s->who == 's') {
		g.from_port = 25;
		g.to_port = 40000;
	}
	g.syn = strchr(s->flags, 'S') != NULL;
	g.fin = strchr(s->flags, 'F') != NULL;
	g.rst = strchr(s->flags, 'R') != NULL;
	g.has_ack = s->ack >= 0;
	g.seq = base + (uint32_t)s->seq;
	g.ack = base + (uint32_t)s->ack;
	g.payload = bytes_of(s->data);
	g.payload_len = g.payload.len;
	return g;
}

static void
streams_come_out_in_order(void **state)
{
	/* The last one makes sequence numbers wrap inside the data. */
	static const uint32_t bases[] = {1000, 0x7ffffffe, 0xfffffffd};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t b = 0; b < 3; b++) {
			struct heard h = {""};
			struct reassembly *r = reassembly_new(&calls, &h);
			char got[4096];

			for (const struct step *s = rows[i].steps; s->who != 0; s++) {
				struct frame_segment g = segment_of(s, bases[b]);

				if (s->who == 'a' || s->who == 'f')
					reassembly_settle(r, s->who == 'a', 1);
				else
					reassembly_take(r, &g, 1);
			}
			strcpy(got, h.text);
			reassembly_free(r);
			if (strcmp(got, rows[i].want) != 0)
				fail_msg("%s (base %u): got \"%s\", want \"%s\"", rows[i].name, bases[b], got,
				    rows[i].want);
		}
}

/* --- one that only counts ------------------------------------------------------------------ */

static void *
open_count(void *ctx, const struct reassembly_flow *flow)
{
	(void)flow;
	return ctx;
}

static void
count_data(void *owner, struct bytes data, uint64_t t_ns)
{
	(void)t_ns;
	*(uint64_t *)owner += data.len;
}

static void
ignore_gap(void *owner, uint64_t bytes, uint64_t t_ns)
{
	(void)owner;
	(void)bytes;
	(void)t_ns;
}

static void
ignore(void *owner)
{
	(void)owner;
}

static const struct reassembly_calls counting = {open_count, count_data, ignore_gap, ignore};

static void
what_is_kept_has_a_limit(void **state)
{
	static char big[60000];
	uint64_t n = 0;
	struct reassembly *r = reassembly_new(&counting, &n);
	struct step s = {'c', "S", -1, -1, ""};
	struct frame_segment g = segment_of(&s, 0);

	(void)state;
	reassembly_take(r, &g, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		g = segment_of(&(struct step){'c', "", 0, -1, ""}, 10 + i * (uint32_t)sizeof(big));
		g.payload = (struct bytes){big, sizeof(big)};
		reassembly_take(r, &g, 1);
		assert_true(reassembly_held(r) <= REASSEMBLY_EARLY_MAX);
	}
	assert_true(n > 30000000);
	reassembly_free(r);
}

static void
connections_that_are_over_are_forgotten(void **state)
{
	uint64_t n = 0;
	struct reassembly *r = reassembly_new(&counting, &n);

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		struct frame_segment g = segment_of(&(struct step){'c', "S", -1, -1, ""}, i);

		g.from_port = (uint16_t)i;
		g.from[3] = (uint8_t)(i >> 16);
		reassembly_take(r, &g, 1);
		g = segment_of(&(struct step){'c', "", 0, -1, "abc"}, i);
		g.from_port = (uint16_t)i;
		g.from[3] = (uint8_t)(i >> 16);
		g.rst = true;
		reassembly_take(r, &g, 1);
	}
	assert_int_equal(n, 300000);
	assert_int_equal(reassembly_held(r), 0);
	reassembly_free(r);
}

static void
random_segments_do_no_harm(void **state)
{
	static char data[2000];
	uint64_t n = 0;
	struct reassembly *r = reassembly_new(&counting, &n);

	(void)state;
	srand(7);
	for (int i = 0; i < 200000; i++) {
		struct frame_segment g = segment_of(&(struct step){rand() & 1 ? 'c' : 's', "", 0, 0, ""}, 0);

		*(g.to_port == 25 ? &g.from_port : &g.to_port) = (uint16_t)(rand() % 8);
		g.seq = (uint32_t)(rand() % 20000) + (rand() % 50 == 0 ? (uint32_t)rand() * 2u : 0xffffe000u);
		g.ack = (uint32_t)(rand() % 20000) + 0xffffe000u;
		g.has_ack = rand() % 4 == 0;
		g.syn = rand() % 200 == 0;
		g.fin = rand() % 500 == 0;
		g.rst = rand() % 1000 == 0;
		g.payload = (struct bytes){data, (size_t)(rand() % (int)sizeof(data))};
		g.payload_len = g.payload.len;
		reassembly_take(r, &g, 1);
		if (i % 1000 == 0)
			reassembly_settle(r, i % 3000 == 0, 1);
	}
	reassembly_settle(r, true, 1);
	assert_int_equal(reassembly_held(r), 0);
	reassembly_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(streams_come_out_in_order),
	    cmocka_unit_test(what_is_kept_has_a_limit),
	    cmocka_unit_test(connections_that_are_over_are_forgotten),
	    cmocka_unit_test(random_segments_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
