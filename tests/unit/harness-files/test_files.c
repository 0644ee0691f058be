/* SPDX-License-Identifier: Apache-2.0 */
/* test_files.c - broken and whole YAML: where the mistake is said to be, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/must.h"
#include "harness/files/keys.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const colors[] = {"red", "green", NULL};
static const char *const none[] = {"none", NULL};

static const struct key inner_keys[] = {
    {"color", KEY_WORD, true, "", colors, NULL, 0, 0},
    {"attempts", KEY_NUMBER, false, "", none, NULL, 1, 9},
    {0},
};

static const struct key outer_keys[] = {
    {"title", KEY_TEXT, true, "", NULL, NULL, 0, 0},
    {"age", KEY_DURATION, false, "", NULL, NULL, 0, 1000000},
    {"loud", KEY_FLAG, false, "", NULL, NULL, 0, 0},
    {"words", KEY_TEXTS, false, "", NULL, NULL, 0, 0},
    {"inner", KEY_MAP, false, "", none, inner_keys, 0, 0},
    {"many", KEY_MAPS, false, "", NULL, inner_keys, 0, 0},
    {"named", KEY_NAMED, false, "", NULL, inner_keys, 0, 0},
    {0},
};

struct row {
	const char *text;
	unsigned line, column; /* of the first complaint; 0: there is none */
	const char *says;      /* part of its sentence */
};

/* One mistake each: place and words. */
static const struct row broken[] = {
    {"title: a\n", 0, 0, NULL},
    {"titel: a\n", 1, 1, "did you mean 'title'?"},
    {"{}\n", 1, 1, "'title' is missing in the file"},
    {"", 1, 1, "'title' is missing in the file"},
    {"title: a\ntitle: b\n", 2, 1, "'title' is given twice; first on line 1"},
    {"title: [a]\n", 1, 8, "must be a text, not a list"},
    {"title:\n", 1, 7, "must be a text, not nothing"},
    {"title: ''\n", 0, 0, NULL},
    {"title: a\nage: soon\n", 2, 6, "must be a duration"},
    {"title: a\nage: 2h\n", 0, 0, NULL},
    {"title: a\nage: 20d\n", 2, 6, "must be between 0 and 1000000"},
    {"title: a\nloud: Norway\n", 2, 7, "must be yes or no, not 'Norway'"},
    {"title: no\n", 0, 0, NULL},
    {"title: a\ninner: none\n", 0, 0, NULL},
    {"title: a\ninner: nothing\n", 2, 8, "must be a mapping ('inner'), not 'nothing'"},
    {"title: a\ninner:\n  color: gren\n", 3, 10, "unknown value of 'color': 'gren'; did you mean 'green'?"},
    {"title: a\ninner: {color: red, attempts: 12}\n", 2, 31, "must be between 1 and 9, not 12"},
    {"title: a\ninner: {color: red, attempts: none}\n", 0, 0, NULL},
    {"title: a\ninner: {color: red, atempts: 2}\n", 2, 21, "did you mean 'attempts'? Known: color, attempts"},
    {"title: a\nmany: [{color: red}, {}]\n", 2, 22, "'color' is missing in 'many'"},
    {"title: a\nmany: {color: red}\n", 2, 7, "must be a list"},
    {"title: a\nnamed: {x: {color: blue}}\n", 2, 20, "Known: red, green"},
    {"title: a\nnamed: {x: }\n", 0, 0, NULL},
    {"title: a\nwords: [a, {b: c}]\n", 2, 12, "must be a text, not a mapping"},
    {"title: \"a\\0b\"\n", 1, 8, "must not hold a NUL byte"},
    /* what is no YAML, or no YAML of ours */
    {"title: a: b\n", 1, 9, "a second ':' on this line"},
    {"title: \"open\nage: 3\n", 1, 8, "this quote is never closed"},
    {"title: 'open\n", 1, 8, "this quote is never closed"},
    {"title: a\ninner: {color: red\n", 2, 8, "this brace is never closed"},
    {"title: a\nwords: [a, b\n", 2, 8, "this bracket is never closed"},
    {"title: a\n\tage: 3\n", 2, 1, "indent by spaces"},
    {"title: a\n  age: 3\n", 2, 6, "a second ':' on this line, or a wrong indent"},
    {"words:\n  - a\n b\ntitle: c\n", 3, 2, "this line is not indented like the keys above it"},
    {"title: a\nage\nloud: yes\n", 2, 1, "a key needs a ':' behind it"},
    {"title: !!str a\n", 0, 0, NULL},
    {"title: !mine a\n", 1, 8, "tags ('!...') are not used here"},
    {"title: a\n---\ntitle: b\n", 3, 1, "a second document"},
    {"%YAML 1.1\n---\ntitle: a\n", 1, 1, "a line cannot begin with '%'"},
    {"title: \x01\n", 1, 8, "control characters are not allowed"},
    {"title: \xff\n", 1, 8, "this byte is not UTF-8"},
    {"title: \xc0\xaf\n", 1, 8, "this byte is not UTF-8"},
    {"title: \xc3\xa4\nage: x\n", 2, 6, "must be a duration"},
    {"? [a]\n: b\n", 1, 3, "a key must be plain text"},
    {"title: *gone\n", 1, 8, "no anchor has this name"},
    {"title: &a x\nwords: [*a, *a]\n", 0, 0, NULL},
    {"title: &a [*a]\n", 1, 8, "nested too deeply"},
};

/* The first complaint about the text, or NULL. */
static const struct complaint *
first_complaint(struct complaints *c, const char *text)
{
	struct document *d = document_parse("file.yaml", bytes_of(text), c);

	if (d != NULL)
		keys_check(document_root(d), outer_keys, "the file");
	document_free(d);
	return complaints_count(c) > 0 ? complaints_at(c, 0) : NULL;
}

static void
a_mistake_is_found_at_its_place(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct complaints *c = complaints_new();
		const struct complaint *got = first_complaint(c, broken[i].text);
		unsigned line = got ? got->line : 0, column = got ? got->column : 0;
		const char *says = broken[i].says;

		if (line != broken[i].line || column != broken[i].column ||
		    (got != NULL && (says == NULL || strstr(got->sentence, says) == NULL))) {
			print_error("row %zu:\n%s\n got %u:%u %s\nwant %u:%u %s\n", i, broken[i].text, line,
			    column, got ? got->sentence : "-", broken[i].line, broken[i].column,
			    says ? says : "-");
			failed++;
		}
		complaints_free(c);
	}
	assert_int_equal(failed, 0);
}

static void
the_caret_stands_under_the_mistake(void **state)
{
	struct complaints *c = complaints_new();

	(void)state;
	first_complaint(c, "title: a\ninner: {color: \xc3\xa4\xc3\xb6, attempts: x}\n");
	assert_int_equal(complaints_count(c), 2);
	assert_string_equal(complaints_at(c, 1)->shown,
	    "inner: {color: \xc3\xa4\xc3\xb6, attempts: x}\n                             ^");
	complaints_free(c);
}

static void
a_line_shown_is_harmless_to_a_terminal(void **state)
{
	struct complaints *c = complaints_new();

	(void)state;
	complaints_add(c, "a.yaml", 1, 9, BYTES("x\x1b[31m\xff\x80\xc2\x9by\xc3\xa9\x7f"), "said '\x1b[1m'");
	assert_string_equal(complaints_at(c, 0)->shown, "x?[31m??y\xc3\xa9?\n        ^");
	assert_string_equal(complaints_at(c, 0)->sentence, "said '?[1m'");
	complaints_free(c);
}

static void
tabs_before_the_caret_stay_tabs(void **state)
{
	struct complaints *c = complaints_new();

	(void)state;
	complaints_add(c, "f", 2, 3, BYTES("x\n\t\ty\nz"), "here");
	assert_string_equal(complaints_at(c, 0)->shown, "\t\ty\n\t\t^");
	complaints_free(c);
}

static void
several_mistakes_are_told_at_once_but_not_hundreds(void **state)
{
	struct complaints *c = complaints_new();
	char text[4096] = "title: a\n";

	(void)state;
	for (size_t i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "wrong%zu: x\n", i);
	first_complaint(c, text);
	assert_int_equal(complaints_count(c), COMPLAINTS_A_FILE);
	assert_int_equal(complaints_made(c), 100);
	complaints_free(c);
}

static void
the_same_mistake_is_told_once(void **state)
{
	struct complaints *c = complaints_new();

	(void)state;
	assert_non_null(first_complaint(c, "titel: a\n"));
	assert_null(document_parse("file.yaml", BYTES("title: [\n"), c));
	size_t before = complaints_count(c);

	assert_null(document_parse("file.yaml", BYTES("title: [\n"), c));
	assert_int_equal(complaints_count(c), before);
	complaints_free(c);
}

static void
large_files_are_refused(void **state)
{
	struct complaints *c = complaints_new();
	char *text = must_alloc(DOCUMENT_MAX + 2);

	(void)state;
	memset(text, ' ', DOCUMENT_MAX + 1);
	assert_null(document_parse("big", (struct bytes){text, DOCUMENT_MAX + 1}, c));
	assert_non_null(strstr(complaints_at(c, 0)->sentence, "larger than"));
	free(text);
	complaints_free(c);
}

/* Each line doubles the last: 2^30 values if they were all walked. */
static void
aliases_cannot_blow_up(void **state)
{
	struct complaints *c = complaints_new();
	char text[4096] = "a0: &a0 [x, x]\n";

	(void)state;
	for (int i = 1; i < 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "a%d: &a%d [*a%d, *a%d]\n", i, i,
		    i - 1, i - 1);
	assert_null(document_parse("laughs", bytes_of(text), c));
	assert_non_null(strstr(complaints_at(c, 0)->sentence, "too many values"));
	complaints_free(c);
}

static void
a_range_in_a_list_is_that_many_items(void **state)
{
	struct complaints *c = complaints_new();
	struct document *d = document_parse("ranges",
	    BYTES("a: ['mx{8..11}.x', plain, '{domain}', 'x{1,2}']\nb: 'mx{1..2}'\n"), c);
	const struct node *list = node_get(document_root(d), "a");

	(void)state;
	assert_int_equal(list->n, 7);
	assert_string_equal(list->items[0]->text.data, "mx8.x");
	assert_string_equal(list->items[3]->text.data, "mx11.x");
	assert_string_equal(list->items[5]->text.data, "{domain}");
	assert_string_equal(list->items[6]->text.data, "x{1,2}");
	assert_true(node_is(node_get(document_root(d), "b"), "mx{1..2}"));
	document_free(d);
	assert_null(document_parse("down", BYTES("a: ['mx{2..1}']\n"), c));
	assert_non_null(strstr(complaints_at(c, 0)->sentence, "counts up"));
	complaints_free(c);
	c = complaints_new();
	assert_null(document_parse("blown", BYTES("a: ['{1..9999}', '{1..9999}', '{1..9999}', '{1..9999}', '{1..9999}', "
						  "'{1..9999}', '{1..9999}', '{1..9999}', '{1..9999}', '{1..9999}']\n"), c));
	assert_non_null(strstr(complaints_at(c, 0)->sentence, "too many values"));
	complaints_free(c);
}

static void
a_file_that_is_not_there_is_a_complaint(void **state)
{
	struct complaints *c = complaints_new();

	(void)state;
	assert_null(document_open("/nonexistent/file.yaml", c));
	assert_int_equal(complaints_count(c), 1);
	assert_int_equal(complaints_at(c, 0)->line, 0);
	complaints_free(c);
}

static void
values_are_read_by_the_table_not_by_their_looks(void **state)
{
	struct complaints *c = complaints_new();
	struct document *d = document_parse(
	    "f", BYTES("title: no\nage: 2h\nloud: yes\nwords: 007\ninner: {color: green}\n"), c);
	const struct node *root = document_root(d);
	struct region *r = region_new();
	const char *const *words;

	(void)state;
	assert_true(keys_check(root, outer_keys, "the file"));
	assert_string_equal(key_text(root, "title", ""), "no");
	assert_int_equal(key_seconds(root, "age", 0), 7200);
	assert_true(key_flag(root, "loud", false));
	assert_int_equal(key_texts(root, "words", r, &words), 1);
	assert_string_equal(words[0], "007");
	assert_int_equal(key_word(node_get(root, "inner"), "color", colors, -1), 1);
	assert_int_equal(key_number(node_get(root, "inner"), "attempts", 5), 5);
	region_free(r);
	document_free(d);
	complaints_free(c);
}

static void
an_overlay_replaces_key_by_key(void **state)
{
	struct complaints *c = complaints_new();
	struct document *d = document_parse(
	    "f", BYTES("under: {a: 1, b: {c: 2, d: 3}, l: [1]}\nover: {b: {d: 4, e: 5}, l: [2, 3]}\n"), c);
	const struct node *root = document_root(d), *got;
	struct region *r = region_new();

	(void)state;
	got = node_overlay(node_get(root, "under"), node_get(root, "over"), r);
	assert_int_equal(key_number(got, "a", 0), 1);
	assert_int_equal(key_number(node_get(got, "b"), "c", 0), 2);
	assert_int_equal(key_number(node_get(got, "b"), "d", 0), 4);
	assert_int_equal(key_number(node_get(got, "b"), "e", 0), 5);
	assert_int_equal(node_get(got, "l")->n, 2);
	assert_int_equal(key_number(node_get(node_get(root, "under"), "b"), "d", 0), 3);
	region_free(r);
	document_free(d);
	complaints_free(c);
}

static const struct {
	const char *text, *want; /* NULL: a complaint */
} substitutions[] = {
    {"$fault", "expired"},
    {"a $fault one", "a expired one"},
    {"${fault}ish", "expiredish"},
    {"$fault$fault", "expiredexpired"},
    {"costs $$5", "costs $5"},
    {"ends in $", "ends in $"},
    {"$ fault", "$ fault"},
    {"$fualt", NULL},
};

static void
a_name_with_a_dollar_stands_for_the_rows_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(substitutions); i++) {
		struct complaints *c = complaints_new();
		struct document *row = document_parse("row", BYTES("fault: expired\n"), c);
		struct region *r = region_new();
		char text[128];
		struct document *d;
		const struct node *got;

		snprintf(text, sizeof(text), "text: '%s'\n", substitutions[i].text);
		d = document_parse("text", bytes_of(text), c);
		got = node_substitute(document_root(d), document_root(row), r);
		if (substitutions[i].want == NULL)
			assert_non_null(strstr(complaints_at(c, 0)->sentence, "did you mean 'fault'?"));
		else
			assert_string_equal(key_text(got, "text", ""), substitutions[i].want);
		region_free(r);
		document_free(row);
		document_free(d);
		complaints_free(c);
	}
}

static void
a_name_alone_may_stand_for_a_mapping(void **state)
{
	struct complaints *c = complaints_new();
	struct document *d = document_parse("f", BYTES("row: {move: {alert: 40}}\ntree: {tls: $move}\n"), c);
	const struct node *root = document_root(d), *got;
	struct region *r = region_new();

	(void)state;
	got = node_substitute(node_get(root, "tree"), node_get(root, "row"), r);
	assert_int_equal(key_number(node_get(got, "tls"), "alert", 0), 40);
	region_free(r);
	document_free(d);
	complaints_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mistake_is_found_at_its_place),
	    cmocka_unit_test(the_caret_stands_under_the_mistake),
	    cmocka_unit_test(a_line_shown_is_harmless_to_a_terminal),
	    cmocka_unit_test(tabs_before_the_caret_stay_tabs),
	    cmocka_unit_test(several_mistakes_are_told_at_once_but_not_hundreds),
	    cmocka_unit_test(the_same_mistake_is_told_once),
	    cmocka_unit_test(large_files_are_refused),
	    cmocka_unit_test(aliases_cannot_blow_up),
	    cmocka_unit_test(a_range_in_a_list_is_that_many_items),
	    cmocka_unit_test(a_file_that_is_not_there_is_a_complaint),
	    cmocka_unit_test(values_are_read_by_the_table_not_by_their_looks),
	    cmocka_unit_test(an_overlay_replaces_key_by_key),
	    cmocka_unit_test(a_name_with_a_dollar_stands_for_the_rows_value),
	    cmocka_unit_test(a_name_alone_may_stand_for_a_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
