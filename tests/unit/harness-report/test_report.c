/* SPDX-License-Identifier: Apache-2.0 */
/* test_report.c - a failure is told in words, result.json is as its schema says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/report.h"

/* --- one small run: one violated, one unclear with two recipients, one honored, seven skipped --------- */

static const char *const claims[] = {"starttls", "mta-sts"}, *const covers[] = {"STS-5-b", "STS-9-z"};

static struct fact facts[] = {
    {.kind = FACT_STEP_BEGUN,
	.leg = 0,
	.step = 1,
	.t_ns = 1000000000,
	.step_begun = {BYTES("smtp:strip-starttls")}},
    {.kind = FACT_NO_ATTEMPT,
	.leg = 0,
	.step = 0,
	.t_ns = 1001000000,
	.no_attempt = {BYTES("another step"), BYTES("")}},
    {.kind = FACT_ACCEPTED,
	.leg = 0,
	.step = 1,
	.connection = 3,
	.t_ns = 1010000000,
	.accepted = {BYTES("mx1"), BYTES("mx"), BYTES("198.18.1.0"), 25, BYTES("100.64.0.2"), 4000}},
    {.kind = FACT_REPLY,
	.leg = 1,
	.step = 1,
	.connection = 9,
	.t_ns = 1011000000,
	.reply = {BYTES("another leg"), BYTES("clear"), 0}},
    {.kind = FACT_TLS_SECRET,
	.leg = 0,
	.step = 1,
	.connection = 3,
	.t_ns = 1011000000,
	.tls_secret = {BYTES("dull")}},
    {.kind = FACT_REPLY,
	.leg = 0,
	.step = 1,
	.connection = 3,
	.t_ns = 1012000000,
	.reply = {BYTES("250-mx1"), BYTES("clear"), 1}},
    {.kind = FACT_COMMAND,
	.leg = 0,
	.step = 1,
	.connection = 4,
	.t_ns = 1012000000,
	.command = {BYTES("another connection"), BYTES("clear")}},
    {.kind = FACT_MAIL,
	.leg = 0,
	.step = 1,
	.connection = 3,
	.t_ns = 1031000000,
	.mail = {BYTES("s@back.example"), BYTES("clear")}},
    {.kind = FACT_FATE,
	.leg = 0,
	.step = 1,
	.t_ns = 1041000000,
	.fate = {1, BYTES("r@a.example"), BYTES("delivered"), BYTES("250 ok")}},
};

static struct measured violated_rows[] = {{.message = 1,
    .recipient = "r@a.example",
    .exposure = EXPOSURE_CONTENT,
    .where = "clear",
    .arrived = true,
    .fate = BYTES("delivered"),
    .reason = BYTES("250 \x1b[2J\xff"),
    .outcome = OUTCOME_READABLE,
    .shown_by = &facts[7]}};
static struct measured control_rows[] = {
    {.message = 2, .recipient = "r@c.example", .arrived = true, .outcome = OUTCOME_PROTECTED}};
static struct measured unclear_rows[] = {
    {.message = 3, .recipient = "a@d.example", .outcome = OUTCOME_HELD}, {.message = 3,
									     .recipient = "b@d.example",
									     .outcome = OUTCOME_SILENT,
									     .exposure = EXPOSURE_ENVELOPE,
									     .where = "attacker"}};
static struct step_judgment violated_steps[] = {
    {.verdict = VERDICT_HONORED, .why = "the warm-up arrived"},
    {.verdict = VERDICT_VIOLATED,
	.level = LEVEL_MUST,
	.why = "content was readable",
	.expected = "held (must)",
	.attack = violated_rows,
	.n_attack = 1,
	.control = control_rows,
	.n_control = 1,
	.shown_by = &facts[7]},
};
static struct step_judgment unclear_steps[] = {{.verdict = VERDICT_UNCLEAR,
    .why = "silent",
    .expected = "refused (should)",
    .attack = unclear_rows,
    .n_attack = 2}};
static struct step_judgment honored_steps[] = {{.verdict = VERDICT_HONORED, .expected = "held (must)"}};
static struct brief briefs[10] = {
    {.name = "mta-sts/strip",
	.family = "mta-sts",
	.title = "STARTTLS is stripped \x07\xc2\x9b\xe2\x80\x93 see",
	.level = LEVEL_MUST,
	.covers = covers,
	.n_covers = 2,
	.attack = {0, NULL, 0}},
    {.name = "dane/x", .family = "dane", .level = LEVEL_SHOULD, .attack = {4, NULL, 0}},
    {.name = "starttls/y", .family = "starttls", .attack = {6, NULL, 0}},
};
static const struct docket docket = {.client = "postfix",
    .client_version = "3.7.11",
    .tool_version = "0.1.0",
    .lab_mode = "root",
    .again = "--ip 6 postfix",
    .claims = claims,
    .n_claims = 2,
    .briefs = briefs,
    .n_briefs = 10};
static struct judgment items[10] = {
    {.brief = &briefs[0],
	.verdict = VERDICT_VIOLATED,
	.why = "step 2: content was readable",
	.worst_step = 1,
	.steps = violated_steps,
	.n_steps = 2,
	.began_ns = 1000000000,
	.ended_ns = 1061000000},
    {.brief = &briefs[1],
	.verdict = VERDICT_UNCLEAR,
	.level = LEVEL_SHOULD,
	.why = "silent",
	.steps = unclear_steps,
	.n_steps = 1},
    {.brief = &briefs[2],
	.verdict = VERDICT_HONORED,
	.why = "the message was held",
	.steps = honored_steps,
	.n_steps = 1},
};
static struct judgments judgments = {NULL, items, 10,
    {[VERDICT_VIOLATED] = 1, [VERDICT_UNCLEAR] = 1, [VERDICT_HONORED] = 1, [VERDICT_SKIPPED] = 7}, NULL};

static bool
source(void *ctx, const char *id, struct report_source *ret)
{
	(void)ctx;
	*ret = (struct report_source){"RFC 8461", "5", "Never in clear."};
	return strcmp(id, "STS-5-b") == 0;
}

static const char *
capture(void *ctx, const char *scenario)
{
	(void)ctx;
	return strcmp(scenario, "mta-sts/strip") == 0 ? "out/wire/mta-sts/strip.pcapng" : NULL;
}

static struct report
make_report(void)
{
	static const char *const reasons[] = {"a", "b", "b", "c", "d", "e", "f"};
	static char names[7][8];

	for (size_t i = 3; i < 10; i++) {
		snprintf(names[i - 3], sizeof(names[0]), "x/%zu", i);
		briefs[i].name = names[i - 3];
		items[i] =
		    (struct judgment){.brief = &briefs[i], .verdict = VERDICT_SKIPPED, .why = reasons[i - 3]};
	}
	return (struct report){.docket = &docket,
	    .judgments = &judgments,
	    .facts = facts,
	    .n_facts = sizeof(facts) / sizeof(facts[0]),
	    .started = "2026-11-21T20:31:07Z",
	    .duration_ms = 8412,
	    .folder = "out",
	    .source = source,
	    .capture = capture};
}

static char *
render(const struct report *r, const char *format)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct why why = {""};

	assert_int_equal(report_format_of(format)->write(r, out, &why), 0);
	fclose(out);
	return text;
}

static const char want_text[] =
    "UNCLEAR  dane/x  (should)\n"
    "  expected  refused (should)\n"
    "  seen      silent, envelope inside TLS that the attacker's host ended: it did not arrive, nobody read "
    "it, and the client said nothing in time (the worst of 2)\n"
    "  why       silent\n"
    "  client    said nothing\n"
    "  again     mitmx run --select dane/x --ip 6 postfix\n"
    "\n"
    "VIOLATED  mta-sts/strip  (must)\n"
    "            STARTTLS is stripped ??\xe2\x80\x93 see\n"
    "  step      2 of 2\n"
    "  attack    smtp:strip-starttls\n"
    "  expected  held (must)\n"
    "  seen      readable, content in clear: a genuine host accepted it, and others could read some of it\n"
    "  control   protected: a genuine host accepted it, and nobody else could read it\n"
    "  why       step 2: content was readable\n"
    "  client    delivered: \"250 \\x1b[2J\\xff\"\n"
    "  before    0.000 s  the world shows the next step, armed: smtp:strip-starttls\n"
    "            0.010 s  a connection to mx1 (198.18.1.0:25) was accepted\n"
    "            0.012 s  to the client, in clear: 250-mx1 (changed on the way)\n"
    "  then      0.031 s  the client named the sender <s@back.example> in clear\n"
    "  rule      RFC 8461 section 5 (STS-5-b): Never in clear.\n"
    "            STS-9-z\n"
    "  capture   out/wire/mta-sts/strip.pcapng\n"
    "  again     mitmx run --select mta-sts/strip --ip 6 postfix\n"
    "\n"
    "postfix 3.7.11; claims starttls, mta-sts; 8.4 s\n"
    "  1 honored   1 violated   1 unclear   0 recorded   7 skipped\n"
    "  violated  mta-sts/strip\n"
    "  unclear   dane/x\n"
    "  skipped   2: b\n"
    "            1: a\n"
    "            1: c\n"
    "            1: d\n"
    "            2 for other reasons\n"
    "  report    out/report.html\n";

static void
a_failure_is_told_in_words(void **state)
{
	struct report r = make_report();
	char *text = render(&r, "text");

	(void)state;
	assert_string_equal(text, want_text);
	free(text);
}

static void
colors_come_only_when_asked_for(void **state)
{
	struct report r = make_report();
	char *text;

	(void)state;
	r.colors = true;
	r.verbose = true;
	r.program = "build/mitmx";
	text = render(&r, "text");
	assert_non_null(strstr(text, "\x1b[31mVIOLATED\x1b[0m"));
	assert_non_null(strstr(text, "\x1b[32mhonored  \x1b[0m starttls/y\n"));
	assert_non_null(strstr(text, "skipped  \x1b[0m x/3: a\n"));
	assert_non_null(strstr(text, "again     build/mitmx run --select dane/x --ip 6 postfix\n"));
	free(text);
}

static void
a_narrow_page_breaks_between_words(void **state)
{
	struct report r = make_report();
	char *text;

	(void)state;
	r.columns = 50;
	text = render(&r, "text");
	assert_non_null(strstr(text, "  seen      readable, content in clear: a genuine\n"
				     "            host accepted it, and others could\n"
				     "            read some of it\n"));
	assert_non_null(strstr(text, "            STARTTLS is stripped ??\xe2\x80\x93 see\n"));
	assert_non_null(strstr(text, "\n  again     mitmx run --select mta-sts/strip --ip 6 postfix\n"));
	free(text);
	r.columns = 20; /* too narrow for anything */
	text = render(&r, "text");
	assert_string_equal(text, want_text);
	free(text);
}

/* What makes all of it unclear is said once. */
static void
a_doubt_about_all_is_told_once(void **state)
{
	struct judgments all = judgments;
	struct report r = make_report();
	char *text;

	(void)state;
	all.doubt = "silent"; /* as the unclear one says, too */
	r.judgments = &all;
	text = render(&r, "text");
	assert_non_null(strstr(text, "\n  in doubt  all of it: silent\n"));
	assert_null(strstr(text, "UNCLEAR"));
	assert_non_null(strstr(text, "VIOLATED"));
	free(text);
	r.verbose = true;
	text = render(&r, "text");
	assert_non_null(strstr(text, "UNCLEAR"));
	free(text);
}

/* What the summary names: rows of one file together, the most first, and no more than fit. */
static void
the_summary_names_whole_files(void **state)
{
	enum { N = 16 };
	static struct brief many[N];
	static struct judgment verdicts[N];
	static char names[N][16];
	struct judgments all = {.items = verdicts, .n_items = N, .count = {[VERDICT_VIOLATED] = N}};
	struct report r = make_report();
	char *text;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]),
		    i == 3 || i == 4 ? "a/two/%zu"
		    : i > 12         ? "b/three/%zu"
				     : "one-%zu",
		    i);
		many[i].name = names[i];
		verdicts[i] = (struct judgment){.brief = &many[i], .verdict = VERDICT_VIOLATED};
	}
	r.judgments = &all;
	text = render(&r, "text");
	assert_non_null(strstr(text,
	    "  violated  b/three/* (3)\n            a/two/* (2)\n            one-0\n            one-1\n"
	    "            one-2\n            one-5\n            one-6\n            one-7\n            one-8\n"
	    "            one-9\n            and 3 more\n"));
	free(text);
}

/* --- as much of JSON Schema as result.schema.json uses -------------------------------------------------- */

static const json_t *schema;

static bool
has_type(const json_t *value, const char *type)
{
	static const char *const names[] = {
	    "object", "array", "string", "integer", "real", "boolean", "boolean", "null"};

	return strcmp(names[json_typeof(value)], type) == 0;
}

static bool
is_listed(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

static void
check(const json_t *value, const json_t *by, const char *where)
{
	const char *ref = json_string_value(json_object_get(by, "$ref")), *type;
	const json_t *properties, *part, *required;
	const char *key;
	json_t *member;

	if (ref != NULL)
		by = json_object_get(json_object_get(schema, "$defs"), ref + strlen("#/$defs/"));
	if (by == NULL)
		fail_msg("%s: the schema has no such part", where);
	type = json_string_value(json_object_get(by, "type"));
	if (type != NULL && !has_type(value, type))
		fail_msg("%s: is no %s", where, type);
	if ((part = json_object_get(by, "const")) != NULL && !json_equal(part, value))
		fail_msg("%s: is not what it must be", where);
	if ((part = json_object_get(by, "enum")) != NULL && !is_listed(part, value))
		fail_msg("%s: is none of its values", where);
	if ((part = json_object_get(by, "minimum")) != NULL &&
	    json_integer_value(value) < json_integer_value(part))
		fail_msg("%s: is too small", where);
	required = json_object_get(by, "required");
	for (size_t i = 0; i < json_array_size(required); i++)
		if (json_object_get(value, json_string_value(json_array_get(required, i))) == NULL)
			fail_msg("%s: %s is missing", where, json_string_value(json_array_get(required, i)));
	properties = json_object_get(by, "properties");
	if (properties != NULL) {
		json_object_foreach((json_t *)(uintptr_t)value, key, member)
		{
			if (json_object_get(properties, key) == NULL)
				fail_msg("%s: %s is unknown", where, key);
			check(member, json_object_get(properties, key), key);
		}
	}
	for (size_t i = 0; json_object_get(by, "items") != NULL && i < json_array_size(value); i++)
		check(json_array_get(value, i), json_object_get(by, "items"), where);
}

static void
result_json_is_as_its_schema_says(void **state)
{
	struct report r = make_report();
	char *text = render(&r, "json");
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *first, *step;

	(void)state;
	schema = json_load_file("harness/report/result.schema.json", JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(schema);
	assert_non_null(json);
	check(json, schema, "result.json");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "summary"), "skipped")), 7);
	first = json_array_get(json_object_get(json, "scenarios"), 0);
	assert_int_equal(json_integer_value(json_object_get(first, "duration_ms")), 61);
	step = json_object_get(json_array_get(json_object_get(first, "steps"), 1), "attack");
	assert_string_equal(json_string_value(json_object_get(step, "reason")), "250 \\x1b[2J\\xff");
	step = json_object_get(
	    json_array_get(
		json_object_get(json_array_get(json_object_get(json, "scenarios"), 1), "steps"), 0),
	    "attack");
	assert_int_equal(json_array_size(json_object_get(step, "all")), 2);
	assert_string_equal(json_string_value(json_object_get(step, "recipient")), "b@d.example");
	json_decref(json);
	json_decref((json_t *)(uintptr_t)schema);
	free(text);
}

static void
an_empty_run_is_reported(void **state)
{
	static const struct docket empty = {.claims = NULL};
	struct judgments none = {0};
	struct report r = {.docket = &empty, .judgments = &none};
	char *text = render(&r, "json");
	json_t *json = json_loads(text, 0, NULL);

	(void)state;
	schema = json_load_file("harness/report/result.schema.json", 0, NULL);
	check(json, schema, "result.json");
	json_decref(json);
	json_decref((json_t *)(uintptr_t)schema);
	free(text);
	free(render(&r, "text"));
}

static void
a_full_disk_is_told(void **state)
{
	struct report r = make_report();

	(void)state;
	for (const struct report_format *f = report_formats; f->name != NULL; f++) {
		FILE *out = fopen("/dev/full", "w");
		struct why why = {""};

		assert_int_equal(f->write(&r, out, &why), -1);
		assert_string_equal(why.text, "the report cannot be written: No space left on device");
		fclose(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_failure_is_told_in_words),
	    cmocka_unit_test(colors_come_only_when_asked_for),
	    cmocka_unit_test(a_narrow_page_breaks_between_words),
	    cmocka_unit_test(a_doubt_about_all_is_told_once),
	    cmocka_unit_test(the_summary_names_whole_files),
	    cmocka_unit_test(result_json_is_as_its_schema_says),
	    cmocka_unit_test(an_empty_run_is_reported),
	    cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
