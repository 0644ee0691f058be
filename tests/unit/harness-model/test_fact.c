/* SPDX-License-Identifier: Apache-2.0 */
/* test_fact.c - every kind of fact survives its codec; foreign bytes do not get through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/must.h"
#include "harness/model/fact.h"
#include "harness/model/plan.h"

static const char sample[] = "a\0b\xff\r\n";

/* A fact of this kind with something different in every field. */
static struct fact
filled(enum fact_kind kind)
{
	struct fact f = {.kind = kind,
	    .source = FACT_FROM_WITNESS,
	    .number = 7,
	    .t_ns = 1ull << 60,
	    .leg = FACT_NONE,
	    .step = 3,
	    .connection = 9};
	const struct fact_info *info = fact_info(kind);

	for (size_t i = 0; i < info->n_fields; i++) {
		if (info->fields[i].type == FACT_text)
			fact_set_text(&f, &info->fields[i], (struct bytes){sample, i % sizeof(sample)});
		else
			fact_set_number(&f, &info->fields[i], -(int64_t)i - 1);
	}
	return f;
}

static void
assert_same(const struct fact *a, const struct fact *b)
{
	const struct fact_info *info = fact_info(a->kind);

	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->source, b->source);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->t_ns, b->t_ns);
	assert_int_equal(a->leg, b->leg);
	assert_int_equal(a->step, b->step);
	assert_int_equal(a->connection, b->connection);
	for (size_t i = 0; i < info->n_fields; i++) {
		if (info->fields[i].type == FACT_text)
			assert_true(
			    bytes_equal(fact_text(a, &info->fields[i]), fact_text(b, &info->fields[i])));
		else
			assert_int_equal(fact_number(a, &info->fields[i]), fact_number(b, &info->fields[i]));
	}
}

static void
every_kind_survives_its_codec(void **state)
{
	unsigned char wire[FACT_ENCODED_MAX];

	(void)state;
	for (int k = 0; k < FACT_KINDS; k++) {
		struct fact before = filled((enum fact_kind)k), after;
		size_t len = fact_encode(&before, wire, sizeof(wire));

		assert_int_not_equal(len, 0);
		assert_int_equal(fact_decode(&after, wire, len), 0);
		assert_same(&before, &after);
		assert_int_equal(fact_decode(&after, wire, len - 1), -1);
		assert_int_equal(fact_encode(&before, wire, len - 1), 0);
	}
}

static void
a_message_with_bytes_left_over_is_no_fact(void **state)
{
	unsigned char wire[FACT_ENCODED_MAX] = {0};
	struct fact before = filled(FACT_MET), after;
	size_t len = fact_encode(&before, wire, sizeof(wire));

	(void)state;
	assert_int_equal(fact_decode(&after, wire, len + 1), -1);
}

static void
facts_that_share_a_message_are_taken_one_by_one(void **state)
{
	unsigned char wire[2 * FACT_ENCODED_MAX];
	struct fact first = filled(FACT_MET), second = filled(FACT_REPLY), after;
	size_t len = fact_encode(&first, wire, sizeof(wire));
	struct bytes message = {
	    (const char *)wire, len + fact_encode(&second, wire + len, sizeof(wire) - len)};
	struct bytes cut = {message.data, message.len - 1};

	(void)state;
	assert_int_equal(fact_take(&after, &message), 0);
	assert_same(&first, &after);
	assert_int_equal(fact_take(&after, &message), 0);
	assert_same(&second, &after);
	assert_int_equal(message.len, 0);
	assert_int_equal(fact_take(&after, &cut), 0);
	assert_int_equal(fact_take(&after, &cut), -1);
}

static void
long_text_is_cut_to_fit(void **state)
{
	unsigned char wire[FACT_ENCODED_MAX];
	char *text = must_alloc(100000);
	struct fact f = {.kind = FACT_CONTENT}, after;
	size_t len;

	(void)state;
	f.content.data = (struct bytes){text, 100000};
	len = fact_encode(&f, wire, sizeof(wire));
	assert_int_not_equal(len, 0);
	assert_int_equal(fact_decode(&after, wire, len), 0);
	assert_int_equal(after.content.data.len, FACT_TEXT_MAX);
	free(text);
}

/* Random bytes, and good messages with one byte changed, are decoded or refused, never followed out of
 * bounds. */
static void
foreign_bytes_are_refused_or_read_within_bounds(void **state)
{
	unsigned char wire[4096];
	struct fact f;
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct fact good = filled((enum fact_kind)(round % FACT_KINDS));
		size_t len = fact_encode(&good, wire, sizeof(wire));

		wire[(size_t)rand_r(&seed) % len] = (unsigned char)rand_r(&seed);
		len = (size_t)rand_r(&seed) % 4 == 0 ? (size_t)rand_r(&seed) % (len + 1) : len;
		if (fact_decode(&f, wire, len) == 0)
			for (size_t i = 0; i < fact_info(f.kind)->n_fields; i++)
				if (fact_info(f.kind)->fields[i].type == FACT_text)
					assert_true(
					    fact_text(&f, &fact_info(f.kind)->fields[i]).len <= sizeof(wire));
	}
}

static void
names_lead_back_to_their_kinds(void **state)
{
	(void)state;
	for (int k = 0; k < FACT_KINDS; k++)
		assert_int_equal(fact_kind_of(bytes_of(fact_info((enum fact_kind)k)->name)), k);
	assert_int_equal(fact_kind_of(BYTES("no-such-fact")), FACT_KINDS);
	assert_null(fact_field_of(FACT_MET, BYTES("no-such-field")));
	assert_non_null(fact_field_of(FACT_MET, BYTES("layer")));
	assert_int_equal(fact_source_of(BYTES("witness")), FACT_FROM_WITNESS);
	assert_int_equal(fact_source_of(BYTES("judge")), FACT_SOURCES);
}

/* Kinds are numbers on the wire: a seed of the fuzzer that is named after one must stay one. */
static void
seeds_of_the_fuzzer_are_what_their_names_say(void **state)
{
	size_t n_seeds = 0;

	(void)state;
	for (int k = 0; k < FACT_KINDS; k++) {
		unsigned char wire[4096];
		char path[128];
		struct fact f;
		FILE *in;
		size_t len;

		snprintf(path, sizeof(path), "tests/fuzz/corpus/fact/%s", fact_info((enum fact_kind)k)->name);
		in = fopen(path, "rb");
		if (in == NULL)
			continue;
		len = fread(wire, 1, sizeof(wire), in);
		fclose(in);
		n_seeds++;
		if (fact_decode(&f, wire, len) < 0 || (int)f.kind != k)
			fail_msg("%s is none", path);
	}
	assert_true(n_seeds > 5);
}

static void
a_host_number_makes_both_its_addresses(void **state)
{
	static const struct {
		struct plan_address address;
		const char *text;
	} rows[] = {
	    {{0, 53}, "198.18.0.53"},
	    {{0, 256}, "198.18.1.0"},
	    {{0, 131071}, "198.19.255.255"},
	    {{1, 53}, "2001:db8::35"},
	    {{1, 131071}, "2001:db8::1:ffff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan_address back;
		uint8_t bytes[16];
		char text[64];
		size_t len = plan_address_bytes(rows[i].address, bytes);

		plan_address_text(rows[i].address, text);
		assert_string_equal(text, rows[i].text);
		assert_true(plan_address_from(&back, bytes, len));
		assert_int_equal(back.number, rows[i].address.number);
		assert_int_equal(back.v6, rows[i].address.v6);
	}
	assert_false(plan_address_from(&(struct plan_address){0}, "\xc6\x11\xff\xff", 4));
	assert_false(plan_address_from(&(struct plan_address){0}, "\xc6\x14\x00\x00", 4));
	assert_false(
	    plan_address_from(&(struct plan_address){0}, "\x20\x01\x0d\xb9\0\0\0\0\0\0\0\0\0\0\0\1", 16));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_survives_its_codec),
	    cmocka_unit_test(a_message_with_bytes_left_over_is_no_fact),
	    cmocka_unit_test(facts_that_share_a_message_are_taken_one_by_one),
	    cmocka_unit_test(long_text_is_cut_to_fit),
	    cmocka_unit_test(foreign_bytes_are_refused_or_read_within_bounds),
	    cmocka_unit_test(names_lead_back_to_their_kinds),
	    cmocka_unit_test(seeds_of_the_fuzzer_are_what_their_names_say),
	    cmocka_unit_test(a_host_number_makes_both_its_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
