/* SPDX-License-Identifier: Apache-2.0 */
/* test_facts_file.c - what is written is read back without loss; what is damaged is told, never a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/record/fact_line.h"
#include "harness/record/facts_file.h"
#include "harness/record/saved_run.h"

static char path[64];

static int
make_path(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/mitmx-facts-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 || close(fd) < 0 ? -1 : 0;
}

static int
remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

/* --- a docket with every shape in it --------------------------------------------------------- */

static const char *const words[] = {"TLS is required", "back\\slash", "caf\xc3\xa9 \xff"};
static const char *const names[] = {"strip-starttls", "max-tls"};
static struct fact_condition conditions[] = {{"channel", "clear"}, {"line", "*\r\n\"x\""}, {"line", ""}};
static struct fact_pattern patterns[] = {{FACT_MAIL, conditions, 3}, {FACT_TLS_UP, NULL, 0}};
static struct fact_ask asks[] = {
    {ASK_SEEN, patterns, 1, 0, 0, NULL, 0},
    {ASK_UNSEEN, patterns + 1, 1, 0, 0, NULL, 0},
    {ASK_COUNT, patterns, 1, 2, UINT32_MAX, NULL, 0},
    {ASK_ORDER, patterns, 2, 0, 0, NULL, 0},
    {ASK_REASON, NULL, 0, 0, 0, words, 3},
    {ASK_FATE, NULL, 0, 0, 0, words, 1},
};
static struct expected any_of[] = {
    {OUTCOME_BIT(HELD), NULL, 0},
    {OUTCOMES_REFUSED, asks, 6},
    {OUTCOMES_ALL, asks + 2, 1},
    {0, NULL, 0},
};
static const char *const recipients[] = {"mtmxabcdefgh0001@a0001.example", "mtmxabcdefgh0002@a0001.example"};
static struct brief_message messages[] = {
    {1, "mtmxabcdefgh0003@back.example", "mtmxabcdefgh0004", "mtmxabcdefgh0005", recipients, 2, 1, false},
    {2, "mtmxabcdefgh0006@back.example", "mtmxabcdefgh0007", "mtmxabcdefgh0008", recipients, 1, 0, true},
};
static struct brief_step steps[] = {
    {.warm_up = true, .needs_policy = true, .messages = messages, .n_messages = 2},
    {.expectation = {{true, false, {{any_of, 1}, {any_of + 1, 2}, {any_of + 3, 1}, {any_of, 4}}, names, 2},
	 {true, true, {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}}, NULL, 0},
	 {false, false, {{NULL, 0}, {NULL, 0}, {any_of, 1}, {NULL, 0}}, NULL, 0}},
	.messages = messages,
	.n_messages = 1},
    {.judges_held = true},
    {.recovery = true},
};
static struct brief briefs[] = {
    {"mta-sts/strip/row", "mta-sts", "STARTTLS is \"stripped\" \xe2\x80\x93 see", "why\nnot",
	"mta-sts/strip.yaml", LEVEL_SHOULD, names, 2, names, 1, true, {0, steps, 4}, {1, steps, 2}},
    {"starttls/plain", NULL, NULL, NULL, NULL, LEVEL_INFO, NULL, 0, NULL, 0, false, {2, NULL, 0},
	{FACT_NONE, NULL, 0}},
};
static const struct docket docket = {
    .client = "postfix",
    .client_version = "3.7.11",
    .tool_version = "0.1.0",
    .lab_mode = "root",
    .again = "--flaw x -- sh -c 'exit 1'",
    .claims = names,
    .n_claims = 2,
    .floor = FLOOR_TLS,
    .by_wire = true,
    .deadline_s = 30,
    .patience_s = 600,
    .briefs = briefs,
    .n_briefs = 2,
};

/* --- deep comparison ------------------------------------------------------------------------- */

#define SAME_TEXT(a, b) assert_true(text_equal(a, b))
#define SAME_LIST(a, na, b, nb)                                \
	do {                                                   \
		assert_int_equal(na, nb);                      \
		for (size_t i_ = 0; i_ < (na); i_++)           \
			assert_string_equal((a)[i_], (b)[i_]); \
	} while (0)

static void
same_asks(const struct fact_ask *a, const struct fact_ask *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(a[i].kind, b[i].kind);
		assert_int_equal(a[i].at_least, b[i].at_least);
		assert_int_equal(a[i].at_most, b[i].at_most);
		SAME_LIST(a[i].words, a[i].n_words, b[i].words, b[i].n_words);
		assert_int_equal(a[i].n_patterns, b[i].n_patterns);
		for (size_t p = 0; p < a[i].n_patterns; p++) {
			const struct fact_pattern *x = &a[i].patterns[p], *y = &b[i].patterns[p];

			assert_int_equal(x->kind, y->kind);
			assert_int_equal(x->n_conditions, y->n_conditions);
			for (size_t c = 0; c < x->n_conditions; c++) {
				assert_string_equal(x->conditions[c].field, y->conditions[c].field);
				assert_string_equal(x->conditions[c].value, y->conditions[c].value);
			}
		}
	}
}

static void
same_expectation(const struct expectation *a, const struct expectation *b)
{
	assert_int_equal(a->given, b->given);
	assert_int_equal(a->record, b->record);
	SAME_LIST(a->must_meet, a->n_must_meet, b->must_meet, b->n_must_meet);
	for (int l = 0; l < LEVELS; l++) {
		assert_int_equal(a->at[l].n, b->at[l].n);
		for (size_t i = 0; i < a->at[l].n; i++) {
			assert_int_equal(a->at[l].any_of[i].outcomes, b->at[l].any_of[i].outcomes);
			assert_int_equal(a->at[l].any_of[i].n_asks, b->at[l].any_of[i].n_asks);
			same_asks(
			    a->at[l].any_of[i].asks, b->at[l].any_of[i].asks, a->at[l].any_of[i].n_asks);
		}
	}
}

static void
same_leg(const struct brief_leg *a, const struct brief_leg *b)
{
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->n_steps, b->n_steps);
	for (size_t i = 0; i < a->n_steps; i++) {
		const struct brief_step *x = &a->steps[i], *y = &b->steps[i];

		for (int f = 0; f < FLOORS; f++)
			same_expectation(&x->expectation[f], &y->expectation[f]);
		assert_true(x->warm_up == y->warm_up && x->needs_policy == y->needs_policy &&
			    x->judges_held == y->judges_held && x->recovery == y->recovery &&
			    x->n_messages == y->n_messages);
		for (size_t m = 0; m < x->n_messages; m++) {
			assert_int_equal(x->messages[m].number, y->messages[m].number);
			assert_int_equal(x->messages[m].spare, y->messages[m].spare);
			assert_int_equal(x->messages[m].n_companions, y->messages[m].n_companions);
			SAME_TEXT(x->messages[m].sender, y->messages[m].sender);
			SAME_TEXT(x->messages[m].header_token, y->messages[m].header_token);
			SAME_TEXT(x->messages[m].body_token, y->messages[m].body_token);
			SAME_LIST(x->messages[m].recipients, x->messages[m].n_recipients,
			    y->messages[m].recipients, y->messages[m].n_recipients);
		}
	}
}

static void
same_docket(const struct docket *a, const struct docket *b)
{
	SAME_TEXT(a->client, b->client);
	SAME_TEXT(a->client_version, b->client_version);
	SAME_TEXT(a->tool_version, b->tool_version);
	SAME_TEXT(a->lab_mode, b->lab_mode);
	SAME_TEXT(a->again, b->again);
	SAME_LIST(a->claims, a->n_claims, b->claims, b->n_claims);
	assert_true(a->floor == b->floor && a->by_wire == b->by_wire && a->deadline_s == b->deadline_s &&
		    a->patience_s == b->patience_s && a->n_briefs == b->n_briefs);
	for (size_t i = 0; i < a->n_briefs; i++) {
		const struct brief *x = &a->briefs[i], *y = &b->briefs[i];

		SAME_TEXT(x->name, y->name);
		SAME_TEXT(x->family, y->family);
		SAME_TEXT(x->title, y->title);
		SAME_TEXT(x->why, y->why);
		SAME_TEXT(x->file, y->file);
		assert_true(x->level == y->level && x->opposite_control == y->opposite_control);
		SAME_LIST(x->covers, x->n_covers, y->covers, y->n_covers);
		SAME_LIST(x->needs, x->n_needs, y->needs, y->n_needs);
		same_leg(&x->attack, &y->attack);
		same_leg(&x->control, &y->control);
	}
}

static void
same_fact(const struct fact *a, const struct fact *b)
{
	const struct fact_info *info = fact_info(a->kind);

	assert_true(a->kind == b->kind && a->source == b->source && a->number == b->number &&
		    a->t_ns == b->t_ns && a->leg == b->leg && a->step == b->step &&
		    a->connection == b->connection);
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct fact_field *field = &info->fields[i];

		if (field->type == FACT_text ? !bytes_equal(fact_text(a, field), fact_text(b, field))
					     : fact_number(a, field) != fact_number(b, field))
			fail_msg("%s: field %s is not the same", info->name, field->name);
	}
}

/* Every field set: texts to `text`, numbers to an odd one. */
static struct fact
fact_of(enum fact_kind kind, uint32_t number, struct bytes text)
{
	struct fact f = {.kind = kind,
	    .source = (unsigned)kind % FACT_SOURCES,
	    .number = number,
	    .t_ns = 1234567890123 + number,
	    .leg = kind % 3 ? kind : FACT_NONE,
	    .step = kind % 2 ? 1 : FACT_NONE,
	    .connection = kind % 5};
	const struct fact_info *info = fact_info(kind);

	for (size_t i = 0; i < info->n_fields; i++) {
		if (info->fields[i].type == FACT_text)
			fact_set_text(&f, &info->fields[i], text);
		else
			fact_set_number(&f, &info->fields[i],
			    info->fields[i].type == FACT_flag ? kind % 2 : INT64_MIN + kind);
	}
	return f;
}

static void
everything_comes_back_as_it_was(void **state)
{
	static char all[256], longest[FACT_TEXT_MAX];
	const struct bytes texts[] = {
	    {all, 256}, {NULL, 0}, BYTES("plain"), BYTES("a\\x41"), BYTES("\xc3\xa9\r\n")};
	struct saved_run run;
	struct facts_file *f;
	uint32_t n = 0;
	struct why why = {""};

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	memset(longest, 0x80, sizeof(longest));
	f = facts_file_new(path, &docket, "2026-11-21T20:31:07Z", &why);
	assert_non_null(f);
	for (unsigned k = 0; k < FACT_KINDS; k++)
		for (size_t t = 0; t < 5; t++) {
			struct fact fact = fact_of((enum fact_kind)k, ++n, texts[t]);

			assert_int_equal(facts_file_put(f, &fact, &why), 0);
		}
	struct fact big = {
	    .kind = FACT_COMMAND, .number = ++n, .command = {{longest, sizeof(longest)}, {NULL, 0}}};

	assert_int_equal(facts_file_put(f, &big, &why), 0);
	assert_int_equal(facts_file_end(f, true, &why), 0);
	facts_file_free(f);

	if (saved_run_read(&run, path, &why) < 0)
		fail_msg("%s", why.text);
	same_docket(&docket, &run.docket);
	assert_string_equal(run.started, "2026-11-21T20:31:07Z");
	assert_true(run.closed && run.interrupted && run.damage == NULL);
	assert_int_equal(run.n_facts, n);
	n = 0;
	for (unsigned k = 0; k < FACT_KINDS; k++)
		for (size_t t = 0; t < 5; t++) {
			struct fact fact = fact_of((enum fact_kind)k, ++n, texts[t]);

			same_fact(&fact, &run.facts[n - 1]);
		}
	same_fact(&big, &run.facts[n]);
	for (unsigned s = 0; s < FACT_SOURCES; s++) {
		uint32_t last = 0;

		for (size_t i = 0; i < run.n_facts; i++)
			if (run.facts[i].source == s && run.facts[i].number > last)
				last = run.facts[i].number;
		assert_int_equal(run.last_number[s], last);
	}
	saved_run_done(&run);
}

/* --- damage and garbage ----------------------------------------------------------------------- */

static char *whole; /* a small sound record: 1 head, 2 scenarios, 2 facts, 1 end */
static size_t whole_len;

static int
make_whole(void **state)
{
	struct facts_file *f;
	FILE *in;

	if (make_path(state) < 0)
		return -1;
	f = facts_file_new(path, &docket, "2026-11-21T20:31:07Z", NULL);
	for (uint32_t n = 1; n <= 2; n++) {
		struct fact fact = fact_of(FACT_CROSSED, n, BYTES("x"));

		facts_file_put(f, &fact, NULL);
	}
	facts_file_end(f, false, NULL);
	facts_file_free(f);
	in = fopen(path, "rb");
	whole = malloc(65536);
	whole_len = fread(whole, 1, 65536, in);
	fclose(in);
	return 0;
}

static int
drop_whole(void **state)
{
	free(whole);
	return remove_path(state);
}

static int
read_text(struct saved_run *run, const char *text, size_t len, struct why *why)
{
	FILE *out = fopen(path, "wb");

	fwrite(text, 1, len, out);
	fclose(out);
	return saved_run_read(run, path, why);
}

/* The record with line `drop` (from 0) left out. */
static size_t
without_line(char *out, int drop)
{
	size_t n = 0;
	int line = 0;

	for (size_t i = 0; i < whole_len; i++) {
		if (line != drop)
			out[n++] = whole[i];
		line += whole[i] == '\n';
	}
	return n;
}

static void
a_line_that_is_gone_is_damage_and_no_refusal(void **state)
{
	static const struct {
		int drop;
		const char *damage; /* NULL: the judge finds it, by numbers or by the missing end */
		bool closed;
	} rows[] = {
	    {0, "the head of the run is missing", true},
	    {1, "line 2: scenario lines are missing or out of order", true},
	    {2, "scenario lines are missing", true},
	    {3, NULL, true},
	    {5, NULL, false},
	};
	char text[65536];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct saved_run run;
		struct why why = {""};
		size_t len = without_line(text, rows[i].drop);

		if (read_text(&run, text, len, &why) < 0)
			fail_msg("line %d gone: refused: %s", rows[i].drop, why.text);
		if (!text_equal(run.damage, rows[i].damage) || run.closed != rows[i].closed)
			fail_msg("line %d gone: got %s, want %s", rows[i].drop, run.damage, rows[i].damage);
		assert_non_null(run.docket.client);
		saved_run_done(&run);
	}
}

static void
a_record_that_ends_anywhere_is_read(void **state)
{
	size_t first = (size_t)((char *)memchr(whole, '\n', whole_len) - whole) + 1;

	(void)state;
	for (size_t len = first; len < whole_len; len += 7) {
		struct saved_run run;
		struct why why = {""};

		if (read_text(&run, whole, len, &why) < 0)
			fail_msg("%zu bytes: %s", len, why.text);
		assert_false(run.closed);
		assert_true(whole[len - 1] == '\n' || run.damage != NULL);
		saved_run_done(&run);
	}
}

static void
garbage_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"", " is empty"},
	    {"hello", ":1: no record of a run"},
	    {"hello\n", ":1: no record of a run"},
	    {"[]\n", ":1: no record of a run"},
	    {"{}\n", ":1: neither a fact nor another line of a record"},
	    {"{\"run\": 1}\n", ":1: 'run' is no object"},
	    {"{\"run\": {\"schema\": 2, \"floor\": \"may\"}}\n",
		":1: the record has schema 2, this mitmx reads 1"},
	    {"{\"run\": {\"floor\": \"may\"}}\n", ":1: the head of the run names no schema"},
	    {"{}\nhello\n", ":1: neither"},
	    {"{\"fact\": \"sm\\u00e9lled\"}\n", ":1: this mitmx knows no fact 'sm\\xc3\\xa9lled'"},
	    {"{\"run\": {\"schema\": 1, \"floor\": \"must\"}}\n", ":1: the head of the run is wrong"},
	    {"{\"run\": {\"schema\": 1, \"floor\": \"may\", \"client\": \"\\\\x4\"}}\n",
		":1: the head of the run is wrong"},
	    {"{\"fact\": \"mail\", \"from\": \"world\", \"t\": 1, \"n\": 1, \"sender\": \"x\"}\n",
		":1: field 'channel' of fact 'mail' is missing or wrong"},
	    {"{\"fact\": \"mail\", \"from\": \"me\", \"t\": 1, \"n\": 1}\n", ":1: a fact from nobody"},
	    {"{\"fact\": \"mail\", \"from\": \"world\", \"t\": 1, \"n\": -1}\n", ":1: a number of this fact"},
	    {"{\"fact\": \"mail\", \"from\": \"world\", \"t\": 1, \"n\": 4294967296}\n",
		":1: a number of this fact"},
	    {"{\"fact\": \"flushed\", \"from\": \"world\", \"t\": 1, \"n\": 1, \"order\": "
	     "99999999999999999999}\n",
		":1: no record of a run"},
	    {"{\"scenario\": {\"n\": 1}}\n", ":1: the scenario's name"},
	    {"{\"scenario\": {\"n\": 1, \"name\": \"x\", \"level\": \"must\"}}\n",
		":1: the steps of scenario 'x'"},
	    {"{\"end\": {\"front\": \"x\"}}\n", ":1: the last line of the run is wrong"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct saved_run run;
		struct why why = {""};
		int status = read_text(&run, rows[i].text, strlen(rows[i].text), &why);

		if (status != -1 || strstr(why.text, rows[i].want) == NULL || strstr(why.text, path) == NULL)
			fail_msg(
			    "%s: got %d \"%s\", want \"%s\"", rows[i].text, status, why.text, rows[i].want);
		saved_run_done(&run);
	}
}

/* Records from before a field was there are read; what was always there must be. */
static void
a_field_that_came_later_may_be_missing(void **state)
{
	static const char reply[] = "{\"t\":1,\"from\":\"world\",\"n\":1,\"fact\":\"reply\",\"line\":\"220 "
				    "go\",\"channel\":\"clear\",\"changed\":true}\n";
	const char *changed = strstr(reply, ",\"changed\"");
	const struct fact unchanged = {.kind = FACT_REPLY, .number = 1, .reply = {.line = BYTES("x")}};
	struct fact again;
	struct saved_run run;
	struct region *region = region_new();
	char line[256];
	struct why why;
	json_t *json;

	(void)state;
	assert_int_equal(read_text(&run, reply, strlen(reply), &why), 0);
	assert_int_equal(run.n_facts, 1);
	assert_true(run.facts[0].reply.changed && run.facts[0].reply.was.len == 0);
	saved_run_done(&run);
	snprintf(line, sizeof(line), "%.*s}\n", (int)(changed - reply), reply);
	assert_int_equal(read_text(&run, line, strlen(line), &why), -1);
	assert_non_null(strstr(why.text, "field 'changed' of fact 'reply' is missing"));
	saved_run_done(&run);
	json = json_loadb(line, fact_line_write(&unchanged, line, sizeof(line)), 0, NULL);
	assert_non_null(json); /* nothing is written where there is nothing */
	assert_null(json_object_get(json, "was"));
	assert_int_equal(fact_line_get(json, region, &again, &why), 0);
	same_fact(&unchanged, &again);
	json_decref(json);
	region_free(region);
}

/* Every byte is a text's; what does not fit is not begun. */
static void
a_line_is_whole_or_not_written(void **state)
{
	char all[256], line[2048];
	const struct fact f = {
	    .kind = FACT_REPLY, .leg = 3, .step = 1, .number = UINT32_MAX, .reply = {.line = {all, 256}}};
	struct region *region = region_new();
	struct fact again;
	struct why why;
	size_t len;
	json_t *json;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	len = fact_line_write(&f, line, sizeof(line));
	json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(fact_line_get(json, region, &again, &why), 0);
	same_fact(&f, &again);
	assert_int_equal(fact_line_write(&f, line, len), len);
	for (size_t size = 0; size < len; size++)
		assert_int_equal(fact_line_write(&f, line, size), 0);
	json_decref(json);
	region_free(region);
}

static void
a_line_without_end_is_refused(void **state)
{
	size_t len = FACTS_FILE_LINE_MAX * 3;
	char *text = malloc(len);
	struct saved_run run;
	struct why why;

	(void)state;
	memset(text, ' ', len);
	assert_int_equal(read_text(&run, text, len, &why), -1);
	assert_non_null(strstr(why.text, "longer than"));
	saved_run_done(&run);
	free(text);
}

static void
what_is_no_file_is_refused(void **state)
{
	static const char *const paths[] = {"/nonexistent", "/dev/zero", "/proc", "/"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct saved_run run;
		struct why why = {""};

		assert_int_equal(saved_run_read(&run, paths[i], &why), -1);
		assert_string_not_equal(why.text, "");
		saved_run_done(&run);
	}
}

static void
random_changes_do_no_harm(void **state)
{
	char *text = malloc(whole_len);

	(void)state;
	srand(5);
	for (int i = 0; i < 3000; i++) {
		struct saved_run run;
		struct why why = {""};

		memcpy(text, whole, whole_len);
		for (int n = rand() % 5; n >= 0; n--)
			text[(size_t)rand() % whole_len] =
			    rand() % 3 ? "\"{}[],:0\\\nx1"[rand() % 12] : (char)rand();
		if (read_text(&run, text, whole_len, &why) < 0)
			assert_string_not_equal(why.text, "");
		saved_run_done(&run);
	}
	free(text);
}

static void
a_full_disk_is_told_and_told_again(void **state)
{
	struct why why = {""};
	struct facts_file *f = facts_file_new("/dev/full", &docket, "", &why);

	(void)state;
	assert_null(f);
	assert_string_equal(why.text, "/dev/full cannot be written: No space left on device");
	f = facts_file_new("/nonexistent/x", &docket, "", &why);
	assert_null(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(everything_comes_back_as_it_was, make_path, remove_path),
	    cmocka_unit_test_setup_teardown(
		a_line_that_is_gone_is_damage_and_no_refusal, make_whole, drop_whole),
	    cmocka_unit_test_setup_teardown(a_record_that_ends_anywhere_is_read, make_whole, drop_whole),
	    cmocka_unit_test_setup_teardown(garbage_is_refused_with_its_line, make_path, remove_path),
	    cmocka_unit_test_setup_teardown(a_field_that_came_later_may_be_missing, make_path, remove_path),
	    cmocka_unit_test(a_line_is_whole_or_not_written),
	    cmocka_unit_test_setup_teardown(a_line_without_end_is_refused, make_path, remove_path),
	    cmocka_unit_test(what_is_no_file_is_refused),
	    cmocka_unit_test_setup_teardown(random_changes_do_no_harm, make_whole, drop_whole),
	    cmocka_unit_test(a_full_disk_is_told_and_told_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
