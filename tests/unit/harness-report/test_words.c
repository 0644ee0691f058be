/* SPDX-License-Identifier: Apache-2.0 */
/* test_words.c - every kind of fact can be said in words, and no peer's byte reaches the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "harness/report/words.h"

static struct fact
fact_of(enum fact_kind kind, struct bytes text, int64_t number)
{
	struct fact f = {.kind = kind};
	const struct fact_info *info = fact_info(kind);

	for (size_t i = 0; i < info->n_fields; i++) {
		if (info->fields[i].type == FACT_text)
			fact_set_text(&f, &info->fields[i], text);
		else
			fact_set_number(&f, &info->fields[i], number);
	}
	return f;
}

static void
every_kind_has_words(void **state)
{
	static const struct bytes texts[] = {BYTES("clear"), {NULL, 0}, BYTES("\x1b[2J\r\n\0\xff")};
	char words[4096];

	(void)state;
	for (unsigned k = 0; k < FACT_KINDS; k++)
		for (size_t t = 0; t < 3; t++)
			for (int64_t number = -1; number < 2; number++) {
				struct fact f = fact_of((enum fact_kind)k, texts[t], number);

				fact_in_words(&f, words, sizeof(words));
				if (strpbrk(words, "{|}\x1b\r\n\xff") != NULL ||
				    (strchr(words, '[') != NULL && t != 2) || words[0] == '\0')
					fail_msg("%s: \"%s\"", fact_info(f.kind)->name, words);
			}
}

static void
words_say_what_was_seen(void **state)
{
	static const struct {
		struct fact f;
		const char *want;
	} rows[] = {
	    {{.kind = FACT_MAIL, .mail = {BYTES("a@b"), BYTES("clear")}},
		"the client named the sender <a@b> in clear"},
	    {{.kind = FACT_MAIL, .mail = {BYTES("a@b"), BYTES("odd")}},
		"the client named the sender <a@b> odd"},
	    {{.kind = FACT_REPLY, .reply = {BYTES("250-XXXXXXXX"), BYTES("clear"), 1, BYTES("250-STARTTLS")}},
		"to the client, in clear: 250-XXXXXXXX (changed on the way), where the MX host had said "
		"250-STARTTLS"},
	    {{.kind = FACT_REPLY, .reply = {BYTES("220 go"), BYTES("clear"), 0, BYTES("")}},
		"to the client, in clear: 220 go"},
	    {{.kind = FACT_TLS_FAILED, .tls_failed = {BYTES("mx1"), BYTES(""), -1}}, "TLS failed with mx1"},
	    {{.kind = FACT_TLS_FAILED, .tls_failed = {BYTES("mx1"), BYTES("bad"), 0}},
		"TLS failed with mx1: bad, the client's alert was 0"},
	    {{.kind = FACT_CONTENT, .content = {BYTES(""), BYTES("x"), BYTES("attacker"), 0}},
		"the client sent a part of a message inside TLS that the attacker's host ended"},
	    {{.kind = FACT_POLICY_SERVED, .policy_served = {200, 80, 1, 1}},
		"the genuine policy host answered 200, 80 bytes"},
	    {{.kind = FACT_FATE, .fate = {3, BYTES("r@d"), BYTES("deferred"), BYTES("TLS\tis")}},
		"the client said of message 3 to <r@d>: deferred, \"TLS\\tis\""},
	    {{.kind = FACT_STEP_BEGUN, .step_begun = {BYTES("")}}, "the world shows the next step"},
	};
	char words[400];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(fact_in_words(&rows[i].f, words, sizeof(words)), rows[i].want) != 0)
			fail_msg("got \"%s\", want \"%s\"", words, rows[i].want);
}

static void
long_words_are_cut(void **state)
{
	static char big[20000];
	char words[4096];
	struct fact f = {.kind = FACT_COMMAND, .command = {{big, sizeof(big)}, BYTES("clear")}};

	(void)state;
	memset(big, 'a', sizeof(big));
	fact_in_words(&f, words, sizeof(words));
	assert_true(strlen(words) < 200);
	assert_string_equal(words + strlen(words) - 4, "a...");
	for (size_t size = 1; size < 60; size++)
		assert_true(strlen(fact_in_words(&f, words, size)) < size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_has_words),
	    cmocka_unit_test(words_say_what_was_seen),
	    cmocka_unit_test(long_words_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
