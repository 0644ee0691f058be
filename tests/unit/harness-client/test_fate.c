/* SPDX-License-Identifier: Apache-2.0 */
/* test_fate.c - lines of a log to fates. Each row: lines, and the fates that they tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/must.h"
#include "harness/client/fate.h"

static struct client_pattern delivered[] = {
    {"(?<id>\\w+): to=<(?<recipient>[^>]+)>.* status=sent \\((?<reason>.*)\\)", 1},
    {"(?<id>\\w+) Completed", 2}};
static struct client_pattern deferred[] = {
    {"(?<id>\\w+): to=<(?<recipient>[^>]+)>.* status=deferred \\((?<reason>.*)\\)", 3}};
static struct client_pattern reason[] = {{"(?<id>\\w+): why: (?<reason>.*)", 4}};
static struct client_pattern no_attempt[] = {
    {"to=<(?<recipient>[^>]+)>.*delivery temporarily suspended: (?<reason>.*)", 5}};

static struct client_pattern ended[] = {{"(?<id>\\w+) over", 6}};

static const struct client postfix = {
    .name = "test",
    .fates = {delivered, deferred, NULL, reason, no_attempt, ended},
    .n_fates = {2, 1, 0, 1, 1, 1},
};

static char told[1024];

static void
note(void *ctx, struct bytes recipient, enum fate_kind kind, struct bytes words)
{
	size_t len = strlen(told);

	(void)ctx;
	snprintf(told + len, sizeof(told) - len, "[%s %.*s %.*s]", fate_kind_name(kind), (int)recipient.len,
	    recipient.data, (int)words.len, words.data);
}

static const struct row {
	const char *name, *lines, *fates;
} rows[] = {
    {"a line tells recipient, fate and reason", "A1: to=<u@d>, status=sent (250 ok)",
	"[delivered u@d 250 ok]"},
    {"a line that matches nothing tells nothing", "A1: removed", ""},
    {"an id stands for the recipient it was tied to", "A1: to=<u@d>, status=deferred (x)\nA1 Completed",
	"[deferred u@d x][delivered u@d ]"},
    {"an id stands for all its recipients",
	"A1: to=<u@d>, status=deferred (x)\nA1: to=<v@d>, status=deferred (y)\nA1 Completed",
	"[deferred u@d x][deferred v@d y][delivered u@d ][delivered v@d ]"},
    {"an unknown id tells nothing", "B2 Completed", ""},
    {"a reason is remembered for a later line without one",
	"A1: to=<u@d>, status=deferred (x)\nA1: why: bad name\nA1 Completed",
	"[deferred u@d x][delivered u@d bad name]"},
    {"a remembered reason explains a line with one, once",
	"A1: to=<u@d>, status=deferred (x)\nA1: why: bad name\nA1: to=<u@d>, status=deferred (no)\n"
	"A1: to=<u@d>, status=deferred (z)",
	"[deferred u@d x][deferred u@d no; bad name][deferred u@d z]"},
    {"no attempt goes before a fate", "A1: to=<u@d>, status=deferred (delivery temporarily suspended: y)",
	"[no-attempt u@d y)]"},
    {"an empty line tells nothing", "", ""},
    {"a try that ends without a word is a deferral",
	"A1: to=<u@d>, status=deferred (x)\nA1 over\nA1: why: bad\nA1 over",
	"[deferred u@d x][deferred u@d bad]"},
    {"of two recipients, the one that nothing was told of",
	"A1: to=<u@d>, status=deferred (x)\nA1: to=<v@d>, status=sent (y)\nA1 over\nA1 over",
	"[deferred u@d x][delivered v@d y][deferred u@d ]"},
    {"a try of an unknown id that ends tells nothing", "B2 over", ""},
};

static void
run_row(void **state)
{
	const struct row *row = *state;
	struct fate_calls calls = {note, NULL};
	struct why why;
	struct fate_reader *r = fate_reader_new(&postfix, &calls, &why);
	char lines[512], *line, *rest = lines;

	assert_non_null(r);
	told[0] = '\0';
	snprintf(lines, sizeof(lines), "%s", row->lines);
	while ((line = strsep(&rest, "\n")) != NULL)
		fate_reader_line(r, bytes_of(line));
	fate_reader_free(r);
	if (!text_equal(told, row->fates))
		fail_msg("lines: %s\n got: %s\nwant: %s", row->lines, told, row->fates);
}

static void
a_wrong_pattern_is_named_with_its_line(void **state)
{
	struct client_pattern bad[] = {{"(?<id>[", 7}};
	struct client c = {.name = "test", .fates = {bad}, .n_fates = {1}};
	struct fate_calls calls = {note, NULL};
	struct why why;

	(void)state;
	assert_null(fate_reader_new(&c, &calls, &why));
	assert_non_null(strstr(why.text, "line 7"));
}

static void
a_recipient_is_called_by_the_id_of_the_reply(void **state)
{
	struct fate_calls calls = {note, NULL};
	struct why why;
	struct fate_reader *r = fate_reader_new(&postfix, &calls, &why);

	(void)state;
	assert_null(fate_reader_id(r, "u@d"));
	fate_reader_line(r, BYTES("P1: to=<u@d>, status=sent (x)"));
	assert_string_equal(fate_reader_id(r, "u@d"), "P1");
	fate_reader_tie(r, BYTES("Q1"), BYTES("U@d"));
	fate_reader_line(r, BYTES("P2: to=<u@d>, status=sent (x)"));
	assert_string_equal(fate_reader_id(r, "u@D"), "Q1");
	assert_null(fate_reader_id(r, "v@d"));
	fate_reader_free(r);
}

/* A pattern that backtracks without end costs no more than its limit. */
static void
a_slow_pattern_ends(void **state)
{
	struct client_pattern slow[] = {{"(a+)+$", 1}};
	struct client c = {.name = "test", .fates = {slow}, .n_fates = {1}};
	struct fate_calls calls = {note, NULL};
	struct why why;
	struct fate_reader *r = fate_reader_new(&c, &calls, &why);
	char line[4096];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = 'b';
	fate_reader_line(r, (struct bytes){line, sizeof(line)});
	fate_reader_free(r);
}

static void
a_queue_id_is_found_in_the_reply(void **state)
{
	static const char *const replies[][2] = {{"250 2.0.0 Ok: queued as 2849F5F", "2849F5F"},
	    {"250 OK id=1abc23-000Xy-Zz", "1abc23-000Xy-Zz"}, {"250 2.0.0 OK: Queued as <q.1_2>", ""},
	    {"250 fine", ""}, {"250 queued as ", ""}, {"", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct bytes got = fate_queue_id(bytes_of(replies[i][0]));

		if (!bytes_equal(got, bytes_of(replies[i][1])))
			fail_msg("%s: got '%.*s', want '%s'", replies[i][0], (int)got.len, got.data,
			    replies[i][1]);
	}
}

int
main(void)
{
	struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0]) + 4];
	size_t n = 0;

	for (; n < sizeof(rows) / sizeof(rows[0]); n++)
		tests[n] =
		    (struct CMUnitTest){rows[n].name, run_row, NULL, NULL, (void *)(uintptr_t)&rows[n]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_wrong_pattern_is_named_with_its_line);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_slow_pattern_ends);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_queue_id_is_found_in_the_reply);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(a_recipient_is_called_by_the_id_of_the_reply);
	return _cmocka_run_group_tests("fate", tests, n, NULL, NULL);
}
