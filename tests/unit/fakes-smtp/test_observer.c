/* SPDX-License-Identifier: Apache-2.0 */
/* test_observer.c - what a watcher in the middle tells about conversations, pipelined or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/smtp/smtp_observer.h"

#define LOG_MAX 2048
#define MAX_TURNS 16

struct told {
	char text[LOG_MAX];
	bool with_commands;
};

static void __attribute__((format(printf, 2, 3))) tell(struct told *t, const char *format, ...)
{
	size_t at = strlen(t->text);
	va_list args;

	va_start(args, format);
	vsnprintf(t->text + at, LOG_MAX - at, format, args);
	va_end(args);
}

static void
on_command(void *owner, struct bytes line)
{
	struct told *t = owner;

	if (t->with_commands)
		tell(t, "C{%.*s}", (int)line.len, line.data);
}

static void
on_mail(void *owner, struct bytes sender)
{
	tell(owner, "M{%.*s}", (int)sender.len, sender.data);
}

static void
on_rcpt(void *owner, struct bytes recipient)
{
	tell(owner, "R{%.*s}", (int)recipient.len, recipient.data);
}

static void
on_content(void *owner, struct bytes data, size_t total, bool whole)
{
	char text[512];

	text_escape(text, sizeof(text), data);
	tell(owner, "%s{%s:%zu}", whole ? "D" : "d", text, total);
}

static void
on_credentials(void *owner, struct bytes mechanism, struct bytes data)
{
	tell(owner, "A{%.*s %.*s}", (int)mechanism.len, mechanism.data, (int)data.len, data.data);
}

static void
on_agreed(void *owner)
{
	tell(owner, "T{}");
}

static const struct smtp_observer_calls calls = {
    on_command, on_mail, NULL, on_rcpt, on_content, on_credentials, on_agreed};

/* A turn: "> bytes" from the client, "< line" to it, "=" settle, "#" end. Bytes that must wait come again
 * later. */
static const struct row {
	const char *name;
	bool with_commands;
	const char *turns[MAX_TURNS];
	const char *want;
} rows[] = {
    {"a message, line by line", false,
	{">EHLO me\r\n", "<250-mx", "<250 SIZE", ">MAIL FROM:<a@b>\r\n", "<250 ok", ">RCPT TO:<c@d>\r\n",
	    "<250 ok", ">DATA\r\n", "<354 go", ">Subject: x\r\n\r\n..hi\r\n.\r\n", "<250 ok", ">QUIT\r\n",
	    "#"},
	"M{a@b}R{c@d}D{Subject: x\\r\\n\\r\\n.hi\\r\\n:19}"},
    {"a pipelined envelope", false,
	{">EHLO me\r\n", "<250 mx", ">MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "<250 ok", "<250 ok",
	    "<354 go", ">x\r\n.\r\nQUIT\r\n", "<250 ok", "<221 bye", "#"},
	"M{a@b}R{c@d}D{x\\r\\n:3}"},
    {"DATA that is refused leaves commands", true, {">DATA\r\n", "<503 no", ">RSET\r\n", "<250 ok", "#"},
	"C{DATA}C{RSET}"},
    {"what follows DATA waits for the answer: refused", true, {">DATA\r\nRSET\r\n", "<503 no", ">", "#"},
	"C{DATA}C{RSET}"},
    {"what follows DATA waits for the answer: taken", true, {">DATA\r\nRSET\r\n.\r\n", "<354 go", ">", "#"},
	"C{DATA}D{RSET\\r\\n:6}"},
    {"content sent without waiting is content all the same", false, {">DATA\r\nsecret\r\n", "#"},
	"d{secret\\r\\n:8}"},
    {"content after a wrong go-ahead is content all the same", false,
	{">DATA\r\n", "<250 ok", ">secret\r\n", "#"}, "d{secret\\r\\n:8}"},
    {"a command after a wrong go-ahead is a command", true, {">DATA\r\n", "<250 ok", ">QUIT\r\n", "#"},
	"C{DATA}C{QUIT}"},
    {"content that breaks off", false, {">DATA\r\n", "<354 go", ">abc\r\nde", "#"}, "d{abc\\r\\nde:7}"},
    {"content that has not come tells nothing", false, {">DATA\r\n", "<354 go", "=", "#"}, ""},
    {"content so far is told once", false, {">DATA\r\n", "<354 go", ">abc\r\n", "=", "=", ">.\r\n", "=", "#"},
	"d{abc\\r\\n:5}D{abc\\r\\n:5}"},
    {"chunks", false,
	{">MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 4\r\nab\r\nBDAT 3 LAST\r\n.\r\nQUIT\r\n", "#"},
	"M{a@b}R{c@d}D{ab\\r\\n.\\r\\n:7}"},
    {"a chunk that breaks off", false, {">BDAT 9 LAST\r\nabc", "#"}, "d{abc:3}"},
    {"an empty last chunk", false, {">BDAT 2\r\nhiBDAT 0 LAST\r\n", "#"}, "D{hi:2}"},
    {"credentials in the first line", false, {">AUTH PLAIN AGEAYg==\r\n", "<235 ok", "#"},
	"A{PLAIN AGEAYg==}"},
    {"credentials as answers", false,
	{">AUTH LOGIN\r\n", "<334 u", ">YQ==\r\n", "<334 p", ">Yg==\r\n", "<235 ok", "#"},
	"A{LOGIN YQ==}A{LOGIN Yg==}"},
    {"the mechanism's name alone is none", false, {">AUTH PLAIN\r\n", "<334 ", ">*\r\n", "<501 no", "#"}, ""},
    {"credentials sent without waiting", false, {">AUTH PLAIN\r\nAGEAYg==\r\n", "#"}, "A{PLAIN AGEAYg==}"},
    {"a refused AUTH leaves commands", true, {">AUTH PLAIN\r\n", "<504 no", ">NOOP\r\n", "#"},
	"C{AUTH PLAIN}C{NOOP}"},
    {"STARTTLS agreed", false, {">STARTTLS\r\n", "<220 go", "#"}, "T{}"},
    {"STARTTLS refused", false, {">STARTTLS\r\n", "<454 no", "#"}, ""},
    {"a 220 to something else", false, {">NOOP\r\n", "<220 go", "#"}, ""},
    {"STARTTLS after a pipelined NOOP", false, {">NOOP\r\nSTARTTLS\r\n", "<220 hm", "<220 go", "#"}, "T{}"},
    {"plaintext behind STARTTLS is told at the end", true, {">STARTTLS\r\nMAIL FROM:<a@b>\r\n", "#"},
	"C{STARTTLS}C{MAIL FROM:<a@b>}"},
    {"a 354 catches up with answers that were lost", false,
	{">MAIL FROM:<a@b>\r\nDATA\r\n", "<354 go", ">x\r\n.\r\n", "#"}, "M{a@b}D{x\\r\\n:3}"},
    {"malformed paths are told as they are", false, {">MAIL <a@b>\r\nRCPT TO c@d\r\n", "#"},
	"M{<a@b>}R{TO c@d}"},
    {"a half command is told at the end", true, {">NOOP\r\nMAIL FRO", "#"}, "C{NOOP}C{MAIL FRO}"},
    {"an unasked 421 answers nothing", true, {"<421 bye", ">NOOP\r\n", "<250 ok", "#"}, "C{NOOP}"},
};

static void
run(const struct row *row, size_t piece)
{
	struct told told = {.with_commands = row->with_commands};
	struct smtp_observer *o = smtp_observer_new(&calls, &told, 1024);
	char waiting[1024] = "";
	size_t n_waiting = 0;

	for (size_t i = 0; i < MAX_TURNS && row->turns[i]; i++) {
		const char *turn = row->turns[i];
		struct smtp_said said;
		struct smtp_line line = {.text = bytes_of(turn + 1)};

		if (turn[0] == '<')
			smtp_observer_server(o, &line);
		else if (turn[0] == '=')
			smtp_observer_settle(o);
		else if (turn[0] == '#')
			smtp_observer_end(o, (struct bytes){waiting, n_waiting});
		else {
			memcpy(waiting + n_waiting, turn + 1, strlen(turn + 1));
			n_waiting += strlen(turn + 1);
		}
		for (size_t offered = 0; turn[0] != '#' && offered < n_waiting;) {
			offered = offered + piece < n_waiting ? offered + piece : n_waiting;
			struct bytes in = {waiting, offered};
			while (smtp_observer_client(o, &in, &said))
				;
			size_t used = offered - in.len;
			memmove(waiting, waiting + used, n_waiting - used);
			n_waiting -= used;
			offered = in.len;
		}
	}
	if (strcmp(told.text, row->want) != 0)
		fail_msg(
		    "%s, %zu bytes at a time:\n got  %s\n want %s", row->name, piece, told.text, row->want);
	smtp_observer_free(o);
}

static void
conversations_are_told_however_the_bytes_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece < 70; piece += 3)
			run(&rows[i], piece);
}

static bool
say(struct smtp_observer *o, const char *text)
{
	struct bytes in = bytes_of(text);
	struct smtp_said said;

	return smtp_observer_client(o, &in, &said);
}

static void
answer(struct smtp_observer *o, const char *text)
{
	struct smtp_line line = {.text = bytes_of(text)};

	smtp_observer_server(o, &line);
}

static void
idle_means_that_nothing_is_being_said(void **state)
{
	struct told told = {0};
	struct smtp_observer *o = smtp_observer_new(&calls, &told, 1024);

	(void)state;
	assert_true(smtp_observer_is_idle(o));
	say(o, "EHLO me\r\n");
	assert_false(smtp_observer_is_idle(o));
	answer(o, "250 mx");
	assert_true(smtp_observer_is_idle(o));
	say(o, "MAI");
	assert_false(smtp_observer_is_idle(o));
	say(o, "L FROM:<a@b>\r\n");
	answer(o, "250 ok");
	assert_false(smtp_observer_is_idle(o));
	say(o, "RCPT TO:<a@b>\r\n");
	answer(o, "250 ok");
	say(o, "DATA\r\n");
	answer(o, "354 ok");
	assert_false(smtp_observer_is_idle(o));
	say(o, ".\r\n");
	assert_int_equal(smtp_observer_awaited(o), SMTP_CONTENT);
	answer(o, "250 ok");
	assert_true(smtp_observer_is_idle(o));
	say(o, "STARTTLS\r\n");
	answer(o, "220 go");
	assert_false(smtp_observer_is_idle(o));
	smtp_observer_forget(o);
	assert_true(smtp_observer_is_idle(o));
	smtp_observer_free(o);
}

static void
a_client_that_pipelines_without_end_waits(void **state)
{
	struct told told = {0};
	struct smtp_observer *o = smtp_observer_new(&calls, &told, 1024);
	int n = 0;

	(void)state;
	while (say(o, "NOOP\r\n"))
		assert_true(++n < 10000);
	answer(o, "250 ok");
	assert_true(say(o, "NOOP\r\n"));
	smtp_observer_free(o);
}

static void
long_content_is_cut_but_counted(void **state)
{
	struct told told = {0};
	struct smtp_observer *o = smtp_observer_new(&calls, &told, 8);

	(void)state;
	say(o, "DATA\r\n");
	answer(o, "354 go");
	say(o, "123456789012\r\n");
	say(o, ".\r\n");
	assert_string_equal(told.text, "D{12345678:14}");
	smtp_observer_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conversations_are_told_however_the_bytes_come),
	    cmocka_unit_test(idle_means_that_nothing_is_being_said),
	    cmocka_unit_test(a_client_that_pipelines_without_end_waits),
	    cmocka_unit_test(long_content_is_cut_but_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
