/* SPDX-License-Identifier: Apache-2.0 */
/* test_tokens.c - tokens are found wherever they cross, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/witness/tokens.h"

struct heard {
	char text[4096];
};

static void
hear(void *ctx, const char token[PLAN_TOKEN_LEN + 1], bool base64)
{
	struct heard *h = ctx;
	size_t len = strlen(h->text);

	snprintf(h->text + len, sizeof(h->text) - len, "%s%s:%s", len ? " " : "", base64 ? "base64" : "raw",
	    token);
}

static const struct row {
	const char *name, *input, *want;
} rows[] = {
    {"plain", "MAIL FROM:<mtmxabcdefgh0123@x>\r\n", "raw:mtmxabcdefgh0123"},
    {"upper case", "RCPT TO:<MTMXABCDEFGH0123@x>\r\n", "raw:mtmxabcdefgh0123"},
    {"at the very end", "mtmxabcdefgh0123", "raw:mtmxabcdefgh0123"},
    {"inside a longer word", "xxmtmxabcdefgh0123yy", "raw:mtmxabcdefgh0123"},
    {"one letter short", "mtmxabcdefgh012@", ""},
    {"broken by a dash", "mtmxabcdefgh-0123", ""},
    {"prefix begun twice", "mtmtmxabcdefgh0123", "raw:mtmxabcdefgh0123"},
    {"two side by side", "mtmxabcdefgh0123 mtmxabcdefgh0124", "raw:mtmxabcdefgh0123 raw:mtmxabcdefgh0124"},
    {"told once", "mtmxabcdefgh0123 mtmxabcdefgh0123", "raw:mtmxabcdefgh0123"},
    /* made with: printf '...' | base64 */
    {"base64", "bXRteGFiY2RlZmdoMDEyMw==\r\n", "base64:mtmxabcdefgh0123"},
    {"base64 behind one byte", "AUTH PLAIN AG10bXhhYmNkZWZnaDAxMjMA\r\n", "base64:mtmxabcdefgh0123"},
    {"base64 behind two bytes", "AGFtdG14YWJjZGVmZ2gwMTIzAHB3\r\n", "base64:mtmxabcdefgh0123"},
    {"base64 after a word of its letters", "x/bXRteGFiY2RlZmdoMDEyMw==", "base64:mtmxabcdefgh0123"},
    {"base64 without padding before a line end", "bXRteGFiY2RlZmdoMDEyMw\r\n", "base64:mtmxabcdefgh0123"},
    {"base64 folded", "bXRteGFiY2\r\nRlZmdoMDEyMw==", "base64:mtmxabcdefgh0123"},
    {"base64 of capitals", "TVRNWEFCQ0RFRkdIMDEyMw==", "base64:mtmxabcdefgh0123"},
    {"base64 broken by a space", "bXRteGFiY2 RlZmdoMDEyMw==", ""},
};

/* Fed in two pieces at every place, and in single bytes. */
static void
a_token_is_found_across_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].input);

		for (size_t cut = 0; cut <= len; cut++) {
			struct heard h = {""};
			struct tokens *t = tokens_new(hear, &h);

			for (size_t at = 0; cut == len && at < len; at++)
				tokens_feed(t, (struct bytes){rows[i].input + at, 1});
			if (cut < len) {
				tokens_feed(t, (struct bytes){rows[i].input, cut});
				tokens_feed(t, (struct bytes){rows[i].input + cut, len - cut});
			}
			tokens_free(t);
			if (strcmp(h.text, rows[i].want) != 0)
				fail_msg("%s, cut at %zu: got \"%s\", want \"%s\"", rows[i].name, cut, h.text,
				    rows[i].want);
		}
	}
}

static void
a_gap_joins_nothing(void **state)
{
	static const struct row gaps[] = {
	    {"mtmxabcd", "efgh0123 ", ""},
	    {"bXRteGFiY2Rl", "ZmdoMDEyMw==", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		struct heard h = {""};
		struct tokens *t = tokens_new(hear, &h);

		tokens_feed(t, bytes_of(gaps[i].name));
		tokens_break(t);
		tokens_feed(t, bytes_of(gaps[i].input));
		tokens_free(t);
		assert_string_equal(h.text, "");
	}
}

static void
count(void *ctx, const char token[PLAN_TOKEN_LEN + 1], bool base64)
{
	(void)token;
	(void)base64;
	++*(size_t *)ctx;
}

static void
a_flood_of_tokens_is_cut_and_said(void **state)
{
	size_t n = 0;
	struct tokens *t = tokens_new(count, &n);
	char one[32];

	(void)state;
	for (unsigned i = 0; i < TOKENS_MAX; i++)
		tokens_feed(t, (struct bytes){one, (size_t)snprintf(one, sizeof(one), "mtmx%012u ", i)});
	assert_false(tokens_overflowed(t));
	tokens_feed(t, BYTES("mtmxzzzzzzzzzzzz "));
	assert_true(tokens_overflowed(t));
	assert_int_equal(n, TOKENS_MAX);
	tokens_free(t);
}

static void
random_bytes_hold_no_token(void **state)
{
	static char data[1 << 20];
	size_t n = 0;
	struct tokens *t = tokens_new(count, &n);

	(void)state;
	srand(1);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)rand();
	tokens_feed(t, (struct bytes){data, sizeof(data)});
	tokens_free(t);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_token_is_found_across_pieces),
	    cmocka_unit_test(a_gap_joins_nothing),
	    cmocka_unit_test(a_flood_of_tokens_is_cut_and_said),
	    cmocka_unit_test(random_bytes_hold_no_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
