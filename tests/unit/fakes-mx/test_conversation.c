/* SPDX-License-Identifier: Apache-2.0 */
/* test_conversation.c - which facts a conversation gives, in which step, and who the MX lets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <unistd.h>

#include "fakes/mx/conversation.h"
#include "fakes/mx/mx.h"
#include "harness/base/must.h"

static struct plan_world world;
static struct plan_step steps[] = {{.world = &world}, {.world = &world}};
static struct plan_leg legs[] = {{.domain = "a0001.example", .steps = steps, .n_steps = 2}};
static const struct plan plan = {.legs = legs, .n_legs = 1};

struct kept {
	struct fact_sink sink;
	char text[4096];
	size_t largest;
};

static void
keep(struct fact_sink *sink, const struct fact *f)
{
	struct kept *kept = (struct kept *)sink;
	size_t at = strlen(kept->text);
	unsigned char encoded[FACT_ENCODED_MAX];
	const struct fact_info *info = fact_info(f->kind);

	if (f->kind == FACT_STEP_BEGUN)
		return;
	assert_true(fact_encode(f, encoded, sizeof(encoded)) > 0);
	at += (size_t)snprintf(kept->text + at, sizeof(kept->text) - at, "%u:%s", f->step, info->name);
	for (size_t i = 0; i < info->n_fields; i++) {
		struct bytes text =
		    info->fields[i].type == FACT_text ? fact_text(f, &info->fields[i]) : (struct bytes){0};
		if (text.len > kept->largest)
			kept->largest = text.len;
		if (info->fields[i].type == FACT_text)
			at += (size_t)snprintf(kept->text + at, sizeof(kept->text) - at, "[%.*s]",
			    text.len > 40 ? 40 : (int)text.len, text.data);
		else
			at += (size_t)snprintf(kept->text + at, sizeof(kept->text) - at, "%d",
			    (int)fact_number(f, &info->fields[i]));
		if (at >= sizeof(kept->text))
			return;
	}
	snprintf(kept->text + at, sizeof(kept->text) - at, " ");
}

struct table {
	struct kept kept;
	struct scene *scene;
	struct scope scope;
	struct conversation *talk;
	struct evbuffer *in;
};

static void
lay(struct table *t, const char *channel)
{
	*t = (struct table){.kept = {.sink = {.take = keep}}, .in = evbuffer_new()};
	t->scene = scene_new(&plan, &t->kept.sink);
	scene_set_step(t->scene, 0, 0);
	t->scope = scope_open(t->scene, 0);
	t->talk = conversation_new(&t->scope, channel);
}

static void
clear(struct table *t)
{
	conversation_free(t->talk);
	scene_free(t->scene);
	evbuffer_free(t->in);
}

static enum conversation_next
go_on(void *owner, const struct smtp_said *said)
{
	(void)owner, (void)said;
	return CONVERSATION_READ;
}

static void
client(struct table *t, const char *text)
{
	evbuffer_add(t->in, text, strlen(text));
	assert_true(conversation_read(t->talk, t->in, go_on, NULL));
}

static void
server(struct table *t, const char *text)
{
	conversation_reply(t->talk, bytes_of(text), NULL);
}

static void
what_is_said_becomes_facts_in_order(void **state)
{
	struct table t;

	(void)state;
	lay(&t, "clear");
	client(&t, "EHLO me\r\nMAIL FROM:<a@b>\r\n");
	server(&t, "250-mx\r\n250 SIZE\r\n");
	server(&t, "250 ok\r\n");
	client(&t, "DATA\r\n");
	server(&t, "354 go\r\n");
	client(&t, "hi\r\n.\r\n");
	assert_string_equal(t.kept.text,
	    "0:command[EHLO me][clear] 0:command[MAIL FROM:<a@b>][clear] 0:mail[a@b][clear] "
	    "0:reply[250-mx][clear]0[] 0:reply[250 SIZE][clear]0[] 0:reply[250 ok][clear]0[] "
	    "0:command[DATA][clear] "
	    "0:reply[354 go][clear]0[] 0:content[a@b][hi\r\n][clear]1 ");
	clear(&t);
}

/* Whose content it is, whatever was asked for and refused in between. */
static void
content_is_of_the_mail_that_was_taken(void **state)
{
	static const struct {
		const char *said[8]; /* by the client, and in answer to it, in turn */
		const char *content;
	} rows[] = {
	    {{"MAIL FROM:<a@b>\r\n", "250 ok\r\n", "MAIL FROM:<c@d>\r\n", "503 nested\r\n", "DATA\r\n",
		 "354 go\r\n", "hi\r\n.\r\n", ""},
		"content[a@b][hi"},
	    {{"MAIL FROM:<a@b>\r\n", "250 ok\r\n", "RSET\r\nMAIL FROM:<c@d>\r\n", "250 ok\r\n250 ok\r\n",
		 "DATA\r\n", "354 go\r\n", "hi\r\n.\r\n", ""},
		"content[c@d][hi"},
	    {{"MAIL FROM:<a@b>\r\n", "250 ok\r\n", "RSET\r\nMAIL FROM:<c@d>\r\n", "250 ok\r\n451 no\r\n",
		 "DATA\r\n", "354 go\r\n", "hi\r\n.\r\n", ""},
		"content[c@d][hi"},
	    {{"MAIL FROM:<a@b>\r\nMAIL FROM:<c@d>\r\nDATA\r\n", "550 no\r\n250 ok\r\n354 go\r\n",
		 "hi\r\n.\r\n", ""},
		"content[c@d][hi"},
	    {{"MAIL FROM:<a@b>\r\nMAIL FROM:<c@d>\r\nDATA\r\n", "250 ok\r\n503 nested\r\n354 go\r\n",
		 "hi\r\n.\r\n", ""},
		"content[a@b][hi"},
	    {{"MAIL FROM:<a@b>\r\nMAIL FROM:<c@d>\r\nDATA\r\n", "354 go\r\n", "hi\r\n.\r\n", ""},
		"content[c@d][hi"},
	    {{"MAIL FROM:<a@b>\r\n", "250 ok\r\n", "MAIL FROM:<c@d>\r\nBDAT 4 LAST\r\nhi\r\n",
		 "503 nested\r\n250 ok\r\n"},
		"content[c@d][hi"}, /* sent before the answer: it may be either's, and the last was named last
				     */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table t;

		lay(&t, "clear");
		for (size_t s = 0; s < 8 && rows[i].said[s] != NULL; s += 2) {
			client(&t, rows[i].said[s]);
			server(&t, rows[i].said[s + 1]);
		}
		if (strstr(t.kept.text, rows[i].content) == NULL)
			fail_msg("row %zu: no %s in %s", i, rows[i].content, t.kept.text);
		clear(&t);
	}
}

static void
a_refused_mail_ends_no_transaction(void **state)
{
	struct table t;

	(void)state;
	lay(&t, "clear");
	client(&t, "MAIL FROM:<a@b>\r\n");
	assert_false(smtp_observer_is_idle(conversation_observer(t.talk)));
	server(&t, "250 ok\r\n");
	client(&t, "MAIL FROM:<c@d>\r\n");
	server(&t, "503 nested\r\n");
	assert_false(smtp_observer_is_idle(conversation_observer(t.talk)));
	client(&t, "RSET\r\nMAIL FROM:<e@f>\r\n");
	server(&t, "250 ok\r\n550 no\r\n");
	assert_true(smtp_observer_is_idle(conversation_observer(t.talk)));
	clear(&t);
}

static void
a_mail_belongs_to_the_step_in_which_it_came(void **state)
{
	struct table t;

	(void)state;
	lay(&t, "genuine");
	client(&t, "EHLO me\r\n");
	scene_set_step(t.scene, 0, 1);
	client(&t, "NOOP\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n");
	assert_string_equal(t.kept.text, "0:command[EHLO me][genuine] 0:command[NOOP][genuine] "
					 "1:command[MAIL FROM:<a@b>][genuine] 1:mail[a@b][genuine] "
					 "1:command[RCPT TO:<c@d>][genuine] 1:rcpt[c@d][genuine] ");
	clear(&t);
}

static void
without_a_channel_nothing_is_told_but_the_step_advances(void **state)
{
	struct table t;

	(void)state;
	lay(&t, NULL);
	scene_set_step(t.scene, 0, 1);
	client(&t, "EHLO me\r\nMAIL FROM:<a@b>\r\n");
	server(&t, "250 ok\r\n");
	assert_string_equal(t.kept.text, "");
	assert_int_equal(t.scope.step, 1);
	clear(&t);
}

static void
an_answer_of_our_own_counts_whatever_it_says(void **state)
{
	struct table t;

	(void)state;
	lay(&t, "clear");
	client(&t, "MAIL FROM:<a@b>\r\n");
	assert_false(conversation_answer(t.talk, BYTES("what\r\n"), &conversation_unasked));
	client(&t, "DATA\r\n");
	assert_true(conversation_answer(t.talk, BYTES("354 go\r\n"), &conversation_unasked));
	client(&t, "secret\r\n");
	conversation_end(t.talk, NULL);
	assert_non_null(strstr(t.kept.text, "0:reply[what][clear]1[] "));
	assert_non_null(strstr(t.kept.text, "0:content[a@b][secret\r\n][clear]0 "));
	clear(&t);
}

static void
injected_lines_are_shown_but_answer_nothing(void **state)
{
	struct table t;

	(void)state;
	lay(&t, "clear");
	client(&t, "STARTTLS\r\n");
	server(&t, "220 go\r\n");
	assert_true(conversation_agreed_tls(t.talk));
	conversation_show(t.talk, BYTES("250-a\r\n250 b"), &conversation_unasked);
	assert_non_null(strstr(t.kept.text, "0:reply[250-a][clear]1[] 0:reply[250 b][clear]1[] "));
	conversation_restart(t.talk, "genuine");
	assert_false(conversation_agreed_tls(t.talk));
	clear(&t);
}

static void
a_changed_line_says_what_it_was(void **state)
{
	static char reply[3 * SMTP_LINE_MAX];
	const struct bytes was = BYTES("250-STARTTLS\r\n"), same = BYTES("250-A\r\n"),
			   of_two = BYTES("250-B\n250-C\n");
	struct bytes endless = {reply, sizeof(reply)};
	struct table t;

	(void)state;
	memset(reply, 'x', sizeof(reply));
	lay(&t, "clear");
	client(&t, "EHLO me\r\n");
	t.kept.text[0] = '\0';
	conversation_reply(t.talk, BYTES("250-XXXXXXXX\r\n"), &was);
	conversation_reply(t.talk, BYTES("250-A\r\n"), &same);
	conversation_reply(t.talk, BYTES("250-D\r\n250 E\r\n"), &of_two);
	conversation_withhold(t.talk, BYTES("250-F\r\n250 G"));
	conversation_rewrite(t.talk, BYTES("XXXX\r\n"), BYTES("NOOP"));
	assert_string_equal(t.kept.text,
	    "0:reply[250-XXXXXXXX][clear]1[250-STARTTLS] 0:reply[250-A][clear]0[] "
	    "0:reply[250-D][clear]1[250-B] "
	    "0:reply[250 E][clear]1[] 0:withheld[250-F] 0:withheld[250 G] 0:rewritten[XXXX][NOOP] ");
	t.kept.largest = 0;
	conversation_show(t.talk, endless, &endless);
	assert_in_range(t.kept.largest, SMTP_LINE_MAX, SMTP_LINE_MAX + 2);
	conversation_restart(t.talk, NULL);
	t.kept.text[0] = '\0';
	conversation_withhold(t.talk, was);
	conversation_rewrite(t.talk, was, same);
	assert_string_equal(t.kept.text, "");
	clear(&t);
}

static void
plaintext_behind_starttls_is_told_and_leaves_no_trace(void **state)
{
	struct table t;

	(void)state;
	lay(&t, "clear");
	client(&t, "STARTTLS\r\n");
	server(&t, "220 go\r\n");
	conversation_tell_early(t.talk, BYTES("MAIL FROM:<a@b>\r\nDATA\r\nsecret\r\n"));
	assert_non_null(strstr(t.kept.text, "0:mail[a@b][clear] "));
	assert_non_null(strstr(t.kept.text, "[secret\r\n][clear]0 "));
	assert_int_equal(smtp_observer_n_open(conversation_observer(t.talk)), 0);
	clear(&t);
}

static void
long_content_fits_a_fact_and_says_what_is_missing(void **state)
{
	struct table t;
	static char line[1001];

	(void)state;
	memset(line, 'x', 998);
	memcpy(line + 998, "\r\n", 3);
	lay(&t, "clear");
	client(&t, "DATA\r\n");
	server(&t, "354 go\r\n");
	for (int i = 0; i < 2000; i++)
		client(&t, line);
	client(&t, ".\r\n");
	assert_true(t.kept.largest <= FACT_TEXT_MAX);

	char *owned, whole[FACT_TEXT_MAX];
	memset(whole, 'y', sizeof(whole));
	struct bytes cut = conversation_cut((struct bytes){whole, sizeof(whole)}, 123456789, &owned);
	assert_true(bytes_find_nocase(cut, BYTES("...[123456789 bytes, sha256 ")) != SIZE_MAX);
	assert_int_equal(cut.data[cut.len - 1], ']');
	free(owned);
	cut = conversation_cut(BYTES("short"), 5, &owned);
	assert_null(owned);
	assert_int_equal(cut.len, 5);
	clear(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_said_becomes_facts_in_order),
	    cmocka_unit_test(content_is_of_the_mail_that_was_taken),
	    cmocka_unit_test(a_refused_mail_ends_no_transaction),
	    cmocka_unit_test(a_mail_belongs_to_the_step_in_which_it_came),
	    cmocka_unit_test(without_a_channel_nothing_is_told_but_the_step_advances),
	    cmocka_unit_test(an_answer_of_our_own_counts_whatever_it_says),
	    cmocka_unit_test(injected_lines_are_shown_but_answer_nothing),
	    cmocka_unit_test(a_changed_line_says_what_it_was),
	    cmocka_unit_test(plaintext_behind_starttls_is_told_and_leaves_no_trace),
	    cmocka_unit_test(long_content_fits_a_fact_and_says_what_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
