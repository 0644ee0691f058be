/* SPDX-License-Identifier: Apache-2.0 */
/* test_pages.c - what peers said stays text in the page, in TAP and in annotations; sessions count by their
 * worst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "harness/report/html.h"
#include "harness/report/packed.h"
#include "harness/report/sessions.h"

#define HOSTILE "</script><script>x()</script>\n::error::%0A # SKIP \\ \x1b[2J"

/* --- sessions ---------------------------------------------------------------------------------------- */

#define MAIL(leg_, connection_, channel_)                                            \
	{                                                                            \
		.kind = FACT_MAIL, .leg = leg_, .connection = connection_, .mail = { \
			BYTES("a@b"),                                                \
			BYTES(channel_)                                              \
		}                                                                    \
	}

static void
a_session_counts_once_by_its_worst(void **state)
{
	static const struct fact facts[] = {
	    MAIL(1, 1, "genuine"),
	    MAIL(1, 1, "genuine"),
	    MAIL(1, 2, "genuine"),
	    MAIL(1, 2, "intercepted"),
	    MAIL(2, 2, "attacker"),
	    MAIL(2, 2, "clear"),
	    {.kind = FACT_COMMAND, .leg = 3, .connection = 9, .command = {BYTES("EHLO x"), BYTES("clear")}},
	};
	struct sessions s = sessions_count(facts, sizeof(facts) / sizeof(facts[0]));

	(void)state;
	assert_int_equal(s.all, 3);
	assert_int_equal(s.sealed, 1);
	assert_int_equal(s.intercepted, 1);
	assert_int_equal(s.clear, 1);
}

/* --- a run ------------------------------------------------------------------------------------------- */

static const char *const covers[] = {HOSTILE};
static struct brief briefs[] = {
    {.name = "a/" HOSTILE,
	.family = "a",
	.title = HOSTILE,
	.why = HOSTILE,
	.covers = covers,
	.n_covers = 1,
	.attack = {.number = 1},
	.control = {.number = FACT_NONE}},
    {.name = "b", .family = "b", .attack = {.number = 2}, .control = {.number = 3}},
};
static struct measured measured = {.recipient = HOSTILE, .fate = BYTES(HOSTILE), .reason = BYTES(HOSTILE)};
static struct step_judgment steps[] = {
    {.verdict = VERDICT_VIOLATED, .expected = HOSTILE, .why = HOSTILE, .attack = &measured, .n_attack = 1}};
static struct judgment items[] = {
    {.brief = &briefs[0], .verdict = VERDICT_VIOLATED, .why = HOSTILE, .steps = steps, .n_steps = 1},
    {.brief = &briefs[1], .verdict = VERDICT_SKIPPED, .why = HOSTILE},
};
static struct judgments judgments = {
    .items = items, .n_items = 2, .count = {[VERDICT_VIOLATED] = 1, [VERDICT_SKIPPED] = 1}};
static const struct fact facts[] = {
    {.kind = FACT_REPLY, .leg = 1, .step = 0, .reply = {BYTES(HOSTILE "\xff"), BYTES("clear"), 1}},
    {.kind = FACT_COMMAND, .leg = 3, .step = FACT_NONE, .command = {BYTES(HOSTILE), BYTES("clear")}},
};
static struct docket docket = {.client = HOSTILE, .client_version = HOSTILE, .again = HOSTILE};
static const struct report report = {
    .docket = &docket, .judgments = &judgments, .facts = facts, .n_facts = 2, .folder = HOSTILE};

static char *
written(int (*write)(const struct report *r, FILE *out, struct why *why))
{
	struct why why;
	size_t len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_return_code(write(&report, out, &why), 0);
	assert_return_code(fclose(out), 0);
	return text;
}

/* The JSON of an element. Owned. */
static json_t *
part(const char *page, const char *id)
{
	static unsigned char deflated[65536], text[65536];
	char mark[64];
	const char *at;
	uLongf len = sizeof(text);
	json_t *json;
	int n;

	snprintf(mark, sizeof(mark), "<script type=\"application/x-deflate\" id=\"%s\">", id);
	at = strstr(page, mark);
	assert_non_null(at);
	at += strlen(mark);
	n = EVP_DecodeBlock(deflated, (const unsigned char *)at, (int)(strstr(at, "</script>") - at));
	assert_true(n > 0);
	assert_int_equal(uncompress(text, &len, deflated, (uLong)n), Z_OK);
	json = json_loadb((const char *)text, len, JSON_ALLOW_NUL, NULL);
	assert_non_null(json);
	return json;
}

static size_t
count(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		n++;
	}
	return n;
}

static void
nothing_in_the_data_ends_its_element(void **state)
{
	char *page = written(report_html);
	json_t *head = part(page, "head");

	(void)state;
	/* head, judgments, facts, and the script itself */
	assert_int_equal(count(page, "</script>"), 4);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(json_object_get(head, "scenarios"), 0), "title")),
	    HOSTILE);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(json_object_get(head, "runs"), 0), "folder")),
	    HOSTILE);
	json_decref(head);
	free(page);
}

static void
facts_are_packed_as_differences(void **state)
{
	static const struct brief brief = {.attack = {.number = 1}, .control = {.number = 2}};
	static const struct fact of_legs[] = {
	    {.kind = FACT_FLUSHED,
		.source = FACT_FROM_WORLD,
		.number = 40,
		.t_ns = 5000000,
		.leg = 1,
		.step = 0,
		.flushed = {-37}},
	    {.kind = FACT_FLUSHED,
		.source = FACT_FROM_WORLD,
		.number = 41,
		.t_ns = 5036000,
		.leg = 1,
		.step = 0,
		.flushed = {36}},
	    {.kind = FACT_FLUSHED,
		.source = FACT_FROM_FRONT,
		.number = 1,
		.t_ns = 5000000,
		.leg = 2,
		.step = FACT_NONE,
		.connection = 35},
	};
	struct facts_by_leg *by_leg = facts_by_leg_new(of_legs, 3);
	struct texts *texts = texts_new();
	size_t len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	packed_write(by_leg, &brief, texts, out);
	assert_return_code(fclose(out), 0);
	/* kind, source, number, time, leg, step, connection, the order */
	assert_string_equal(text, "1,1,14,,0,0,0,-11,1,,1,10,,,,10,1,0,1,-10,1,-1,z,0");
	texts_free(texts);
	facts_by_leg_free(by_leg);
	free(text);
}

static void
tap_keeps_its_lines(void **state)
{
	char *text = written(report_tap), *rest = text, *line;

	(void)state;
	assert_non_null(strstr(text, "\n1..2\n"));
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
		if (strncmp(line, "TAP ", 4) != 0 && strncmp(line, "1..", 3) != 0 &&
		    strncmp(line, "ok ", 3) != 0 && strncmp(line, "not ok ", 7) != 0 &&
		    strncmp(line, "# ", 2) != 0)
			fail_msg("a line of its own: '%s'", line);
	free(text);
	text = written(report_tap);
	assert_int_equal(count(text, "\nnot ok "), 1);
	assert_non_null(strstr(text, "\nok 2 - b # SKIP "));
	line = strstr(text, "\nnot ok 1 - ") + 1;
	line[strcspn(line, "\n")] = '\0';
	assert_non_null(strstr(line, "\\# SKIP \\\\")); /* in a name it is no directive */
	assert_null(strstr(line, " # "));
	free(text);
}

static void
an_annotation_is_one_line(void **state)
{
	char *text = written(report_github);

	(void)state;
	assert_int_equal(count(text, "\n"), 2); /* the error, and the notice */
	assert_int_equal(count(text, "\n::"), 1);
	assert_null(strstr(text, "\n::error::%0A"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_session_counts_once_by_its_worst),
	    cmocka_unit_test(nothing_in_the_data_ends_its_element),
	    cmocka_unit_test(facts_are_packed_as_differences),
	    cmocka_unit_test(tap_keeps_its_lines),
	    cmocka_unit_test(an_annotation_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
