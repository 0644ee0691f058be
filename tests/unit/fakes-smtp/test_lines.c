/* SPDX-License-Identifier: Apache-2.0 */
/* test_lines.c - lines, replies and command words out of bytes, however they are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/smtp/smtp_lines.h"
#include "fakes/smtp/smtp_reply.h"
#include "fakes/smtp/smtp_verb.h"

#define SAME(row, got, want)                                                         \
	do {                                                                         \
		if (strcmp(got, want) != 0)                                          \
			fail_msg("%s:\n got  \"%s\"\n want \"%s\"", row, got, want); \
	} while (0)

/* Each line as TEXT and a mark for its ending: / CRLF, | LF, ~ cut, ! none; + before a continued one. */
static void
add_line(char *out, size_t size, const struct smtp_line *line)
{
	size_t at = strlen(out);

	at += (size_t)snprintf(out + at, size - at, "%s", line->continued ? "+" : "");
	at += text_escape(out + at, size - at, line->text);
	snprintf(out + at, size - at, "%c", "/|~!"[line->ending]);
}

static void
split(char *out, size_t size, const char *input, size_t len, size_t max, size_t piece)
{
	struct smtp_lines lines;
	struct smtp_line line;

	out[0] = '\0';
	smtp_lines_init(&lines, max);
	for (size_t at = 0; at < len; at += piece) {
		struct bytes in = {input + at, len - at < piece ? len - at : piece};
		size_t given_back = 0;
		while (smtp_lines_next(&lines, &in, &line))
			add_line(out, size, &line);
		given_back = in.len;
		at -= given_back; /* what was not taken comes again */
	}
	if (smtp_lines_rest(&lines, &line))
		add_line(out, size, &line);
	smtp_lines_done(&lines);
}

static const struct {
	const char *name, *input;
	size_t len, max;
	const char *want;
} line_rows[] = {
#define INPUT(text) text, sizeof(text) - 1
    {"two lines", INPUT("a\r\nbc\r\n"), 10, "a/bc/"},
    {"bare LF is told", INPUT("a\nb\r\n"), 10, "a|b/"},
    {"an empty line is a line", INPUT("\r\n\n"), 10, "/|"},
    {"a lone CR is a byte", INPUT("a\rb\r\n"), 10, "a\\rb/"},
    {"NUL is a byte", INPUT("a\0b\r\n"), 10, "a\\x00b/"},
    {"CR CR LF keeps one CR", INPUT("a\r\r\n"), 10, "a\\r/"},
    {"the rest has no ending", INPUT("a\r\nb"), 10, "a/b!"},
    {"a line at the limit is whole", INPUT("abcd\r\n"), 4, "abcd/"},
    {"an overlong line comes in pieces", INPUT("abcdefghijklmnop\r\nx\r\n"), 4, "abcdef~+ghijkl~+mnop/x/"},
    {"a CRLF across the limit stays together", INPUT("abcde\r\n"), 4, "abcde~+/"},
};

static void
bytes_are_split_into_lines_however_they_come(void **state)
{
	char got[256], row[128];

	(void)state;
	for (size_t i = 0; i < sizeof(line_rows) / sizeof(line_rows[0]); i++)
		for (size_t piece = 1; piece <= 32; piece++) {
			snprintf(row, sizeof(row), "%s, %zu at a time", line_rows[i].name, piece);
			split(
			    got, sizeof(got), line_rows[i].input, line_rows[i].len, line_rows[i].max, piece);
			SAME(row, got, line_rows[i].want);
		}
}

static void
what_stands_behind_a_line_stays_in_the_input(void **state)
{
	struct smtp_lines lines;
	struct smtp_line line;
	struct bytes in = BYTES("STARTTLS\r\n\x16\x03\x01");

	(void)state;
	smtp_lines_init(&lines, 100);
	assert_true(smtp_lines_next(&lines, &in, &line));
	assert_int_equal(in.len, 3);
	assert_memory_equal(in.data, "\x16\x03\x01", 3);
	smtp_lines_done(&lines);
}

/* --- replies ----------------------------------------------------------------------------- */

static const struct {
	const char *name, *input, *want; /* "CODE ENHANCED LINES TEXT" of each reply, or the fault */
} reply_rows[] = {
    {"one line", "250 ok\r\n", "250  1 ok;"},
    {"a bare code", "250\r\n", "250  1 ;"},
    {"an enhanced code", "550 5.7.1 no\r\n", "550 5.7.1 1 5.7.1 no;"},
    {"an enhanced code of another class is text", "550 2.7.1 no\r\n", "550  1 2.7.1 no;"},
    {"three lines", "250-mx\r\n250-SIZE 1\r\n250 HELP\r\n", "250  3 mx\\nSIZE 1\\nHELP;"},
    {"two replies", "250 a\r\n354 b\r\n", "250  1 a;354  1 b;"},
    {"different codes", "250-a\r\n251 b\r\n", "the lines of a reply have different codes"},
    {"no code", "hello\r\n", "a line does not begin with a reply code"},
    {"code 1yz", "150 a\r\n", "a line does not begin with a reply code"},
    {"code 6yz", "650 a\r\n", "a line does not begin with a reply code"},
    {"a glued code", "250ok\r\n", "a line does not begin with a reply code"},
    {"an unfinished line", "250 o", "the connection ended inside a reply line"},
};

static void
replies_are_put_together_or_said_to_be_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reply_rows) / sizeof(reply_rows[0]); i++) {
		char got[512] = "", text[200];
		struct smtp_lines lines;
		struct smtp_line line;
		struct smtp_reply reply;
		struct bytes in = bytes_of(reply_rows[i].input);
		enum smtp_reply_progress progress = SMTP_REPLY_MORE;

		smtp_lines_init(&lines, 100);
		smtp_reply_init(&reply);
		while (progress != SMTP_REPLY_MALFORMED &&
		       (smtp_lines_next(&lines, &in, &line) || smtp_lines_rest(&lines, &line))) {
			size_t at = strlen(got);
			progress = smtp_reply_line(&reply, &line);
			text_escape(text, sizeof(text), (struct bytes){reply.text, reply.len});
			if (progress == SMTP_REPLY_WHOLE)
				snprintf(got + at, sizeof(got) - at, "%u %s %u %s;", reply.code,
				    reply.enhanced, reply.n_lines, text);
		}
		if (progress == SMTP_REPLY_MALFORMED)
			snprintf(got, sizeof(got), "%s", reply.fault);
		SAME(reply_rows[i].name, got, reply_rows[i].want);
		smtp_reply_done(&reply);
		smtp_lines_done(&lines);
	}
}

static void
an_endless_reply_meets_a_limit(void **state)
{
	struct smtp_reply reply;
	struct smtp_line line = {.text = BYTES("250-more")};
	int n = 0;

	(void)state;
	smtp_reply_init(&reply);
	while (smtp_reply_line(&reply, &line) == SMTP_REPLY_MORE)
		assert_true(++n <= SMTP_REPLY_LINES_MAX);
	assert_string_equal(reply.fault, "a reply has too many lines");
	smtp_reply_done(&reply);
}

static void
offers_are_found_by_keyword_but_never_in_the_first_line(void **state)
{
	static const char *const text[] = {
	    "250-SIZE mx", "250-starttls", "250-AUTH PLAIN LOGIN", "250 STARTTLSX"};
	struct smtp_reply reply;
	struct bytes parameters;

	(void)state;
	smtp_reply_init(&reply);
	for (size_t i = 0; i < 4; i++) {
		struct smtp_line line = {.text = bytes_of(text[i])};
		smtp_reply_line(&reply, &line);
	}
	assert_true(smtp_reply_offers(&reply, "STARTTLS", NULL));
	assert_false(smtp_reply_offers(&reply, "SIZE", NULL));
	assert_false(smtp_reply_offers(&reply, "START", NULL));
	assert_true(smtp_reply_offers(&reply, "auth", &parameters));
	assert_true(bytes_equal(parameters, BYTES("PLAIN LOGIN")));
	smtp_reply_done(&reply);
}

/* --- words --------------------------------------------------------------------------------- */

static const struct {
	const char *line, *keyword, *want; /* "VERB [address] parameters" */
} path_rows[] = {
    {"MAIL FROM:<a@b> SIZE=3 BODY=8BITMIME", "FROM:", "MAIL [a@b] SIZE=3 BODY=8BITMIME"},
    {"mail from: <a@b>", "FROM:", "MAIL [a@b] "},
    {"MAIL FROM:<>", "FROM:", "MAIL [] "},
    {"MAIL FROM:a@b SIZE=3", "FROM:", "MAIL [a@b] SIZE=3"},
    {"RCPT TO:<@one,@two:a@b>", "TO:", "RCPT [a@b] "},
    {"RCPT TO:<\"a b\"@c>", "TO:", "RCPT [\"a b\"@c] "},
    {"RCPT TO:<a@b", "TO:", "RCPT [<a@b] "},
    {"RCPT FROM:<a@b>", "TO:", "RCPT none"},
    {"  starttls  ", "TO:", "STARTTLS none"},
    {"GREETING", "TO:", " none"},
    {"", "TO:", " none"},
};

static void
the_words_of_a_command_are_read(void **state)
{
	char got[256];

	(void)state;
	for (size_t i = 0; i < sizeof(path_rows) / sizeof(path_rows[0]); i++) {
		struct bytes args, a, p;
		enum smtp_verb verb = smtp_verb_of(bytes_of(path_rows[i].line), &args);
		if (smtp_path(args, path_rows[i].keyword, &a, &p))
			snprintf(got, sizeof(got), "%s [%.*s] %.*s", smtp_verb_name(verb), (int)a.len, a.data,
			    (int)p.len, p.data);
		else
			snprintf(got, sizeof(got), "%s none", smtp_verb_name(verb));
		SAME(path_rows[i].line, got, path_rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_are_split_into_lines_however_they_come),
	    cmocka_unit_test(what_stands_behind_a_line_stays_in_the_input),
	    cmocka_unit_test(replies_are_put_together_or_said_to_be_malformed),
	    cmocka_unit_test(an_endless_reply_meets_a_limit),
	    cmocka_unit_test(offers_are_found_by_keyword_but_never_in_the_first_line),
	    cmocka_unit_test(the_words_of_a_command_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
