/* SPDX-License-Identifier: Apache-2.0 */
/* test_server.c - what the server side answers, line by line, and what it asks of its transport. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/smtp/smtp_server.h"
#include "harness/base/must.h"

#define MAX_LINES 16

static const struct row {
	const char *name;
	struct smtp_server_options options;
	const char *lines[MAX_LINES]; /* "+TLS" lets TLS come up */
	const char *want; /* codes; a letter behind one: t start TLS, q close, c content, a arrived */
} rows[] = {
    {"a message arrives", {0}, {"EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "hi", ".", "QUIT"},
	"250 250 250 354c - 250a 221q"},
    {"HELO is enough", {0}, {"HELO me", "MAIL FROM:<>", "RCPT TO:<c@d>", "DATA", "."},
	"250 250 250 354c 250a"},
    {"MAIL needs EHLO", {0}, {"MAIL FROM:<a@b>"}, "503"},
    {"RCPT needs MAIL", {0}, {"EHLO me", "RCPT TO:<c@d>"}, "250 503"},
    {"DATA needs RCPT", {0}, {"EHLO me", "MAIL FROM:<a@b>", "DATA"}, "250 250 503"},
    {"one MAIL at a time", {0}, {"EHLO me", "MAIL FROM:<a@b>", "MAIL FROM:<a@b>"}, "250 250 503"},
    {"RSET ends the transaction", {0},
	{"EHLO me", "MAIL FROM:<a@b>", "RSET", "RCPT TO:<c@d>", "MAIL FROM:<a@b>"}, "250 250 250 503 250"},
    {"EHLO ends the transaction", {0}, {"EHLO me", "MAIL FROM:<a@b>", "EHLO me", "RCPT TO:<c@d>"},
	"250 250 250 503"},
    {"two messages", {0},
	{"EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", ".", "MAIL FROM:<a@b>", "RCPT TO:<c@d>",
	    "DATA", "."},
	"250 250 250 354c 250a 250 250 354c 250a"},
    {"an unknown verb", {0}, {"EHLO me", "XXXXXXXX", ""}, "250 500 500"},
    {"small talk", {0}, {"NOOP", "HELP", "VRFY x", "EXPN x", "BDAT 3 LAST", "QUIT"},
	"250 214 252 502 502 221q"},
    {"without ESMTP", {.no_esmtp = true}, {"EHLO me", "HELO me", "STARTTLS"}, "502 250 502"},
    {"EHLO needs a name", {0}, {"EHLO", "HELO"}, "501 501"},
    {"starttls_forgets_the_first_ehlo", {.starttls = true},
	{"EHLO me", "STARTTLS", "+TLS", "MAIL FROM:<a@b>", "EHLO me", "MAIL FROM:<a@b>"},
	"250 220t 503 250 250"},
    {"STARTTLS takes no argument", {.starttls = true}, {"EHLO me", "STARTTLS now"}, "250 501"},
    {"no second STARTTLS inside TLS", {.starttls = true},
	{"EHLO me", "STARTTLS", "+TLS", "EHLO me", "STARTTLS"}, "250 220t 250 503"},
    {"no STARTTLS where it is not offered", {0}, {"EHLO me", "STARTTLS"}, "250 502"},
    {"no STARTTLS in a transaction", {.starttls = true}, {"EHLO me", "MAIL FROM:<a@b>", "STARTTLS"},
	"250 250 503"},
    {"every RCPT is refused", {.reject_rcpt = "450 4.2.1 busy"},
	{"EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"}, "250 250 450 503"},
    {"the message is refused", {.reject_data = "554 5.7.1 no"},
	{"EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "x", "."}, "250 250 250 354c - 554"},
    {"too big a message", {.content_max = 8},
	{"EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "123456789", ".", "RSET"},
	"250 250 250 354c - 552 250"},
    {"too big a promise", {.content_max = 8}, {"EHLO me", "MAIL FROM:<a@b> SIZE=9"}, "250 552"},
    {"parameters that were not offered", {.no_8bitmime = true},
	{"EHLO me", "MAIL FROM:<a@b> BODY=8BITMIME", "MAIL FROM:<a@b> X=1", "MAIL FROM:<a@b>",
	    "RCPT TO:<c@d> X=1"},
	"250 555 555 250 555"},
    {"REQUIRETLS counts inside TLS only", {.starttls = true, .requiretls = true},
	{"EHLO me", "MAIL FROM:<a@b> REQUIRETLS", "STARTTLS", "+TLS", "EHLO me",
	    "MAIL FROM:<a@b> REQUIRETLS"},
	"250 555 220t 250 250"},
    {"AUTH in one go", {.auth = "PLAIN"}, {"EHLO me", "AUTH PLAIN AGEAYg==", "AUTH PLAIN x"}, "250 235 503"},
    {"AUTH by question and answer", {.auth = "LOGIN"}, {"EHLO me", "AUTH LOGIN", "YQ==", "Yg=="},
	"250 334 334 235"},
    {"AUTH given up", {.auth = "PLAIN"}, {"EHLO me", "AUTH PLAIN", "*", "NOOP"}, "250 334 501 250"},
    {"AUTH not offered", {0}, {"EHLO me", "AUTH PLAIN x"}, "250 502"},
};

static char *
reply_code(char *at, const struct smtp_step *step)
{
	if (step->reply.len)
		at += sprintf(at, " %.3s", step->reply.data);
	else
		at += sprintf(at, " -");
	if (step->next != SMTP_NEXT_NOTHING)
		*at++ = "-tqca"[step->next];
	*at = '\0';
	return at;
}

static void
each_line_gets_its_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smtp_server_options options = rows[i].options;
		char got[512] = "", *at = got;

		options.name = "mx.example";
		struct smtp_server *s = smtp_server_new(&options);
		for (size_t j = 0; j < MAX_LINES && rows[i].lines[j]; j++) {
			struct smtp_line line = {.text = bytes_of(rows[i].lines[j])};
			if (strcmp(rows[i].lines[j], "+TLS") == 0) {
				smtp_server_tls_up(s);
				continue;
			}
			struct smtp_step step = smtp_server_line(s, &line);
			at = reply_code(at, &step);
		}
		if (strcmp(got + 1, rows[i].want) != 0)
			fail_msg("%s:\n got  %s\n want %s", rows[i].name, got + 1, rows[i].want);
		smtp_server_free(s);
	}
}

static struct smtp_step
feed(struct smtp_server *s, const char *text)
{
	struct smtp_line line = {.text = bytes_of(text)};

	return smtp_server_line(s, &line);
}

static bool
ehlo_reply_has(struct smtp_server *s, const char *what)
{
	return bytes_find_nocase(feed(s, "EHLO me").reply, bytes_of(what)) != SIZE_MAX;
}

static void
extensions_are_offered_where_they_hold(void **state)
{
	struct smtp_server_options options = {.name = "mx", .starttls = true, .requiretls = true};
	struct smtp_server *s = smtp_server_new(&options);

	(void)state;
	assert_true(ehlo_reply_has(s, "250-STARTTLS\r\n"));
	assert_true(ehlo_reply_has(s, "250-PIPELINING\r\n"));
	assert_true(ehlo_reply_has(s, "250-SIZE 1048576\r\n"));
	assert_true(ehlo_reply_has(s, "250-8BITMIME\r\n"));
	assert_false(ehlo_reply_has(s, "REQUIRETLS"));
	feed(s, "STARTTLS");
	smtp_server_tls_up(s);
	assert_false(ehlo_reply_has(s, "STARTTLS"));
	assert_true(ehlo_reply_has(s, "REQUIRETLS"));
	smtp_server_free(s);
}

static void
what_arrived_stands_until_the_next_line(void **state)
{
	struct smtp_server_options options = {.name = "mx"};
	struct smtp_server *s = smtp_server_new(&options);

	(void)state;
	feed(s, "EHLO me");
	feed(s, "MAIL FROM:<a@b>");
	feed(s, "RCPT TO:<c@d>");
	feed(s, "RCPT TO:<e@f>");
	assert_false(smtp_server_is_idle(s));
	feed(s, "DATA");
	feed(s, "..dots");
	feed(s, ".also");
	assert_int_equal(feed(s, ".").next, SMTP_NEXT_ARRIVED);
	assert_string_equal(smtp_server_sender(s), "a@b");
	assert_int_equal(smtp_server_n_recipients(s), 2);
	assert_string_equal(smtp_server_recipient(s, 1), "e@f");
	assert_true(bytes_equal(smtp_server_content(s), BYTES(".dots\r\nalso\r\n")));
	assert_true(smtp_server_is_idle(s));
	feed(s, "NOOP");
	assert_int_equal(smtp_server_n_recipients(s), 0);
	smtp_server_free(s);
}

static void
an_overlong_command_is_answered_once(void **state)
{
	struct smtp_server_options options = {.name = "mx"};
	struct smtp_server *s = smtp_server_new(&options);
	struct smtp_line pieces[] = {{.text = BYTES("NOOP x"), .ending = SMTP_ENDING_CUT},
	    {.text = BYTES("xx"), .ending = SMTP_ENDING_CUT, .continued = true},
	    {.text = BYTES("xx"), .ending = SMTP_ENDING_CRLF, .continued = true}};

	(void)state;
	assert_memory_equal(smtp_server_line(s, &pieces[0]).reply.data, "500", 3);
	assert_int_equal(smtp_server_line(s, &pieces[1]).reply.len, 0);
	assert_int_equal(smtp_server_line(s, &pieces[2]).reply.len, 0);
	assert_memory_equal(feed(s, "NOOP").reply.data, "250", 3);
	smtp_server_free(s);
}

/* RFC 4954 s4: what follows is a command again, no password. */
static void
an_overlong_response_ends_the_exchange(void **state)
{
	struct smtp_server_options options = {.name = "mx", .auth = "LOGIN"};
	struct smtp_server *s = smtp_server_new(&options);
	struct smtp_line pieces[] = {{.text = BYTES("YQ=="), .ending = SMTP_ENDING_CUT},
	    {.text = BYTES("YQ=="), .ending = SMTP_ENDING_CRLF, .continued = true}};

	(void)state;
	feed(s, "EHLO me");
	assert_memory_equal(feed(s, "AUTH LOGIN").reply.data, "334", 3);
	assert_memory_equal(smtp_server_line(s, &pieces[0]).reply.data, "500", 3);
	assert_int_equal(smtp_server_line(s, &pieces[1]).reply.len, 0);
	assert_memory_equal(feed(s, "NOOP").reply.data, "250", 3);
	smtp_server_free(s);
}

static void
a_client_that_only_makes_errors_is_sent_away(void **state)
{
	struct smtp_server_options options = {.name = "mx"};
	struct smtp_server *s = smtp_server_new(&options);
	enum smtp_next next = SMTP_NEXT_NOTHING;

	(void)state;
	for (int i = 0; i < 100 && next == SMTP_NEXT_NOTHING; i++)
		next = feed(s, "nonsense").next;
	assert_int_equal(next, SMTP_NEXT_CLOSE);
	smtp_server_free(s);
}

/* LF.LF ends a message only for a client that speaks LF throughout; else it is content. */
static void
a_dot_between_bare_lfs_is_content_for_a_client_that_speaks_crlf(void **state)
{
	(void)state;
	for (int lf = 0; lf < 2; lf++) {
		struct smtp_server_options options = {.name = "mx"};
		struct smtp_server *s = smtp_server_new(&options);
		struct smtp_line data = {
		    .text = BYTES("DATA"), .ending = lf ? SMTP_ENDING_LF : SMTP_ENDING_CRLF};
		struct smtp_line dot = {.text = BYTES("."), .ending = SMTP_ENDING_LF};

		feed(s, "EHLO me");
		feed(s, "MAIL FROM:<a@b>");
		feed(s, "RCPT TO:<c@d>");
		smtp_server_line(s, &data);
		assert_int_equal(smtp_server_line(s, &dot).next, lf ? SMTP_NEXT_ARRIVED : SMTP_NEXT_NOTHING);
		smtp_server_free(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_line_gets_its_answer),
	    cmocka_unit_test(extensions_are_offered_where_they_hold),
	    cmocka_unit_test(what_arrived_stands_until_the_next_line),
	    cmocka_unit_test(an_overlong_command_is_answered_once),
	    cmocka_unit_test(an_overlong_response_ends_the_exchange),
	    cmocka_unit_test(a_client_that_only_makes_errors_is_sent_away),
	    cmocka_unit_test(a_dot_between_bare_lfs_is_content_for_a_client_that_speaks_crlf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
