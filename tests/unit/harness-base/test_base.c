/* SPDX-License-Identifier: Apache-2.0 */
/* test_base.c - text, regions and outboxes keep what their headers say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/outbox.h"
#include "harness/base/region.h"
#include "harness/base/text.h"
#include "harness/base/texts.h"

static void
escaping_is_lossless(void **state)
{
	char all[256], escaped[1100], back[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	size_t len = text_escape(escaped, sizeof(escaped), (struct bytes){all, 256});

	assert_int_equal(strlen(escaped), len);
	assert_int_equal(text_unescape(back, sizeof(back), (struct bytes){escaped, len}), 256);
	assert_memory_equal(all, back, 256);
	assert_int_equal(text_unescape(back, 255, (struct bytes){escaped, len}), -1);
}

static void
an_escape_is_never_cut_in_half(void **state)
{
	char out[6];

	(void)state;
	assert_int_equal(text_escape(out, sizeof(out), BYTES("ab\xff")), 6);
	assert_string_equal(out, "ab");
}

static void
malformed_escapes_are_refused(void **state)
{
	static const char *const rows[] = {"\\", "\\x", "\\x1", "\\xg0", "\\q"};
	char out[8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_unescape(out, sizeof(out), bytes_of(rows[i])), -1);
}

static void
foreign_text_is_harmless_to_a_terminal(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", ""}, {"plain\ttext\n", "plain\ttext\n"}, {"\x1b[31mred\x07\r\x7f", "?[31mred???"},
	    {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
	    {"\xc2\x9b"
	     "31m\xc2\xa0",
		"?31m\xc2\xa0"},                       /* CSI as one character */
	    {"\xff\xfe\xc0", "???"}, {"\x80\xbf", ""}, /* continue nothing */
	    {"\xe2\x82", "?"},                         /* cut off */
	    {"\xe2\x82z", "?z"},
	    {"\xe0\x80\xaf|\xed\xa0\x80|\xf4\x90\x80\x80", "?|?|?"}, /* too long, a surrogate, too large */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", rows[i].text);
		if (strcmp(text_harmless(text), rows[i].want) != 0)
			fail_msg("row %zu: got '%s'", i, text);
	}
}

static void
the_nearest_word_is_the_one_that_was_meant(void **state)
{
	static const char *const words[] = {"expect", "attack", "policy", "hosts"};
	static const struct {
		const char *word, *nearest;
	} rows[] = {
	    {"exepct", "expect"},
	    {"atack", "attack"},
	    {"policies", "policy"},
	    {"host", "hosts"},
	    {"zzzzzz", NULL},
	    {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!text_equal(text_nearest(rows[i].word, words, 4), rows[i].nearest))
			fail_msg("'%s' gave '%s'", rows[i].word, text_nearest(rows[i].word, words, 4));
	assert_int_equal(text_distance("ab", "ba"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
}

static void
bytes_are_found_without_case(void **state)
{
	(void)state;
	assert_int_equal(bytes_find_nocase(BYTES("xxMtMxab"), BYTES("mtmx")), 2);
	assert_true(bytes_find_nocase(BYTES("mtm"), BYTES("mtmx")) == SIZE_MAX);
	assert_true(bytes_find_nocase(BYTES("abc"), BYTES("")) == SIZE_MAX);
}

static void
a_region_array_grows_and_keeps_its_items(void **state)
{
	struct region *r = region_new();
	uint32_t *items = NULL;
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		*(uint32_t *)region_push(r, &items, &n, sizeof(*items)) = i;
	assert_int_equal(n, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	assert_string_equal(region_printf(r, "%s-%d", "x", 5), "x-5");
	region_free(r);
}

/* The socket takes only so much: nothing is lost, nothing blocks, the limit is kept. */
static void
equal_texts_are_kept_once(void **state)
{
	struct texts *texts = texts_new();
	struct bytes first[3000], again;
	char word[32];

	(void)state;
	for (unsigned i = 0; i < 3000; i++) { /* the table grows on the way */
		int len = snprintf(word, sizeof(word), "%u-%.*s", i, (int)(i % 17), "a-longer-tail-of-it");

		first[i] = texts_keep(texts, (struct bytes){word, (size_t)len});
	}
	for (unsigned i = 0; i < 3000; i++) {
		int len = snprintf(word, sizeof(word), "%u-%.*s", i, (int)(i % 17), "a-longer-tail-of-it");

		again = texts_keep(texts, (struct bytes){word, (size_t)len});
		assert_ptr_equal(again.data, first[i].data);
		assert_true(bytes_equal(again, bytes_of(word)));
	}
	again = texts_keep(texts, (struct bytes){"a\0b", 3});
	assert_int_equal(again.len, 3);
	assert_memory_equal(again.data, "a\0b", 3);
	assert_ptr_not_equal(again.data, texts_keep(texts, (struct bytes){"a\0c", 3}).data);
	assert_ptr_not_equal(again.data, texts_keep(texts, BYTES("a")).data);
	assert_int_equal(texts_keep(texts, (struct bytes){"", 0}).len, 0);
	assert_int_equal(texts_count(texts), 3004);
	assert_int_equal(texts_number(texts, BYTES("a")), 3002);
	texts_free(texts);
}

static void
an_outbox_keeps_order_and_its_limit(void **state)
{
	int ends[2];
	struct outbox *box;
	uint32_t i, sent = 0, got = 0, message;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	box = outbox_new(ends[0], 100000);
	for (i = 0; i < 100000 && outbox_put(box, &i, sizeof(i)) == 0; i++)
		sent++;
	assert_true(sent > 25000 && sent < 100000);
	assert_true(outbox_is_half_full(box));
	while (got < sent) {
		while (recv(ends[1], &message, sizeof(message), 0) == sizeof(message))
			assert_int_equal(message, got++);
		assert_true(outbox_flush(box) >= 0);
	}
	assert_true(outbox_is_empty(box));
	close(ends[1]);
	assert_int_equal(outbox_put(box, &i, sizeof(i)), -1);
	outbox_free(box);
	close(ends[0]);
}

static void
signals_have_names(void **state)
{
	char out[TEXT_SIGNAL];

	(void)state;
	assert_string_equal(text_signal(11, out), "signal 11 (SIGSEGV)");
	assert_string_equal(text_signal(0, out), "signal 0");
	assert_string_equal(text_signal(INT64_MAX, out), "signal 9223372036854775807");
	assert_string_equal(text_signal(INT64_MIN, out), "signal -9223372036854775808");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escaping_is_lossless),
	    cmocka_unit_test(signals_have_names),
	    cmocka_unit_test(an_escape_is_never_cut_in_half),
	    cmocka_unit_test(malformed_escapes_are_refused),
	    cmocka_unit_test(foreign_text_is_harmless_to_a_terminal),
	    cmocka_unit_test(the_nearest_word_is_the_one_that_was_meant),
	    cmocka_unit_test(bytes_are_found_without_case),
	    cmocka_unit_test(a_region_array_grows_and_keeps_its_items),
	    cmocka_unit_test(equal_texts_are_kept_once),
	    cmocka_unit_test(an_outbox_keeps_order_and_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
