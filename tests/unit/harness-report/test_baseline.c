/* SPDX-License-Identifier: Apache-2.0 */
/* test_baseline.c - what is no result of a run is refused, and what is known or gone is found by its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/report/baseline.h"
#include "harness/report/report.h"

#define HEAD "{\"schema\": 1, \"client\": {\"claims\": [\"starttls\", \"mta-sts\"]}, \"scenarios\": "
#define SCENARIO(name, level, verdict) \
	"{\"name\": \"" name "\", \"level\": \"" level "\", \"verdict\": \"" verdict "\"}"

/* --- reading ----------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *text, *want; /* want: how the sentence begins; NULL: it is taken */
} texts[] = {
    {"an empty list", HEAD "[]}", NULL},
    {"more than is read", HEAD "[], \"more\": 1}", NULL},
    {"nothing", "", "line 1, column "},
    {"no JSON", "violated: all", "line 1, column "},
    {"cut off", HEAD "[", "line 1, column "},
    {"two values", HEAD "[]} {}", "line 1, column "},
    {"a list", "[]", "it has no schema, so it is no result of a run"},
    {"no schema", "{}", "it has no schema, so it is no result of a run"},
    {"a schema in words", "{\"schema\": \"1\"}", "it has no schema, so it is no result of a run"},
    {"another schema", "{\"schema\": 2}", "its schema is 2; this mitmx reads schema 1"},
    {"two schemas", "{\"schema\": 2, \"schema\": 1}", "line 1, column "},
    {"no claims", "{\"schema\": 1}", "it does not tell the client's claims, so it is no result of a run"},
    {"a claim that is no text", "{\"schema\": 1, \"client\": {\"claims\": [1]}}",
	"the client's claims are not all texts"},
    {"no scenarios", HEAD "{}}", "it lists no scenarios, so it is no result of a run"},
    {"a scenario that is none", HEAD "[1]}", "scenario 1 has no proper name, level and verdict"},
    {"an unknown verdict", HEAD "[" SCENARIO("a", "must", "fine") "]}",
	"scenario 1 has no proper name, level and verdict"},
    {"an unknown level", HEAD "[" SCENARIO("a", "must", "honored") ", " SCENARIO("b", "high", "honored") "]}",
	"scenario 2 has no proper name, level and verdict"},
    {"one name twice",
	HEAD "[" SCENARIO("a", "must", "honored") ", " SCENARIO("b", "must", "honored") ", " SCENARIO(
	    "a", "must", "violated") "]}",
	"scenario a is listed twice"},
    {"a NUL in a name", HEAD "[" SCENARIO("a\\u0000b", "must", "honored") "]}", "line 1, column "},
};

static void
what_is_no_result_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct why why = {""};
		char want[WHY_MAX] = "";
		struct baseline *b = baseline_parse(bytes_of(texts[i].text), "old.json", &why);

		if (texts[i].want != NULL)
			snprintf(want, sizeof(want), "baseline old.json: %s", texts[i].want);
		if ((b != NULL) != (texts[i].want == NULL) || strncmp(why.text, want, strlen(want)) != 0)
			fail_msg("%s: got '%s', want '%s'", texts[i].name, why.text, want);
		baseline_free(b);
	}
}

static void
a_deep_one_is_refused(void **state)
{
	size_t len = 1000000;
	char *text = must_alloc(len);
	struct why why;

	(void)state;
	memset(text, '[', len);
	assert_null(baseline_parse((struct bytes){text, len}, "deep", &why));
	free(text);
}

static void
what_is_no_file_is_refused(void **state)
{
	static const char *const paths[] = {"/nonexistent/result.json", "/tmp", "/dev/zero"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct why why = {""};

		assert_null(baseline_read(paths[i], &why));
		assert_non_null(strstr(why.text, paths[i]));
	}
}

/* --- comparing --------------------------------------------------------------------------------------- */

enum is { NEITHER, KNOWN, GONE };

static const struct row {
	const char *name; /* of the scenario */
	struct {
		enum verdict verdict; /* VERDICTS: not listed, not played */
		enum level level;
	} then, now;
	enum is want;
} rows[] = {
    {"same", {VERDICT_VIOLATED, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_MUST}, KNOWN},
    {"milder", {VERDICT_VIOLATED, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_SHOULD}, KNOWN},
    {"worse", {VERDICT_VIOLATED, LEVEL_SHOULD}, {VERDICT_VIOLATED, LEVEL_MUST}, NEITHER},
    {"new", {VERDICTS, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_MUST}, NEITHER},
    {"was-honored", {VERDICT_HONORED, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_MUST}, NEITHER},
    {"was-unclear", {VERDICT_UNCLEAR, LEVEL_MUST}, {VERDICT_VIOLATED, LEVEL_MUST}, NEITHER},
    {"still-unclear", {VERDICT_UNCLEAR, LEVEL_MUST}, {VERDICT_UNCLEAR, LEVEL_MUST}, KNOWN},
    {"now-unclear", {VERDICT_VIOLATED, LEVEL_MUST}, {VERDICT_UNCLEAR, LEVEL_MUST}, NEITHER},
    {"healed", {VERDICT_VIOLATED, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}, GONE},
    {"now-recorded", {VERDICT_VIOLATED, LEVEL_MAY}, {VERDICT_RECORDED, LEVEL_MAY}, GONE},
    {"now-skipped", {VERDICT_VIOLATED, LEVEL_MUST}, {VERDICT_SKIPPED, LEVEL_MUST}, GONE},
    {"unclear-no-more", {VERDICT_UNCLEAR, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}, NEITHER},
    {"fine", {VERDICT_HONORED, LEVEL_MUST}, {VERDICT_HONORED, LEVEL_MUST}, NEITHER},
    {"left-out", {VERDICT_VIOLATED, LEVEL_MUST}, {VERDICTS, LEVEL_MUST}, NEITHER},
    {"left-out-and-fine", {VERDICT_HONORED, LEVEL_MUST}, {VERDICTS, LEVEL_MUST}, NEITHER},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const claims[] = {"mta-sts", "starttls", "mta-sts"};

/* result.json of the run that was then, as the report writes it. */
static struct baseline *
baseline_of_rows(void)
{
	static const char *const plain[] = {"starttls", "mta-sts"};
	static const struct docket docket = {.claims = plain, .n_claims = 2};
	struct brief briefs[ROWS] = {0};
	struct judgment items[ROWS] = {0};
	struct judgments then = {.items = items};
	struct report r = {.docket = &docket, .judgments = &then};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct baseline *b;
	struct why why = {""};

	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].then.verdict != VERDICTS) {
			briefs[then.n_items].name = rows[i].name;
			items[then.n_items] = (struct judgment){.brief = &briefs[then.n_items],
			    .verdict = rows[i].then.verdict,
			    .level = rows[i].then.level};
			then.n_items++;
		}
	assert_int_equal(report_json(&r, out, &why), 0);
	fclose(out);
	b = baseline_parse((struct bytes){text, len}, "old.json", &why);
	if (b == NULL)
		fail_msg("%s", why.text);
	free(text);
	return b;
}

static enum is
status_in(const struct baseline_view *v, const struct judgments *now, size_t i)
{
	for (size_t g = 0; g < v->n_gone; g++)
		if (v->gone[g] == &now->items[i])
			return GONE;
	return v->known[i] ? KNOWN : NEITHER;
}

static void
known_and_gone_are_found_by_name(void **state)
{
	struct baseline *b = baseline_of_rows();
	struct brief briefs[ROWS] = {0};
	struct judgment items[ROWS] = {0};
	struct judgments now = {.items = items};
	const struct row *row_of[ROWS];
	struct region *region = region_new();
	const struct baseline_view *v;

	(void)state;
	for (size_t i = ROWS; i > 0; i--) /* in another order */
		if (rows[i - 1].now.verdict != VERDICTS) {
			briefs[now.n_items].name = rows[i - 1].name;
			items[now.n_items] = (struct judgment){.brief = &briefs[now.n_items],
			    .verdict = rows[i - 1].now.verdict,
			    .level = rows[i - 1].now.level};
			row_of[now.n_items++] = &rows[i - 1];
		}
	v = baseline_view_of(b, claims, 3, &now, region);
	for (size_t i = 0; i < now.n_items; i++)
		if (status_in(v, &now, i) != row_of[i]->want)
			fail_msg("%s: got %d, want %d", row_of[i]->name, (int)status_in(v, &now, i),
			    (int)row_of[i]->want);
	assert_int_equal(v->n_known[VERDICT_VIOLATED], 2);
	assert_int_equal(v->n_known[VERDICT_UNCLEAR], 1);
	assert_int_equal(v->n_gone, 3);
	assert_int_equal(v->n_unplayed, 1);
	assert_null(v->other_claims);
	assert_string_equal(v->name, "old.json");
	region_free(region);
	baseline_free(b);
}

static void
other_claims_are_told(void **state)
{
	static const char *const other[] = {"starttls", "dane"};
	struct why why = {""};
	struct baseline *b = baseline_parse(BYTES(HEAD "[]}"), "old.json", &why);
	struct judgments none = {0};
	struct region *region = region_new();

	(void)state;
	assert_null(baseline_view_of(b, claims, 3, &none, region)->other_claims);
	assert_string_equal(baseline_view_of(b, other, 2, &none, region)->other_claims,
	    "it was taken with other claims: mta-sts, starttls; this run's are: dane, starttls");
	assert_string_equal(baseline_view_of(b, other, 1, &none, region)->other_claims,
	    "it was taken with other claims: mta-sts, starttls; this run's are: starttls");
	assert_string_equal(baseline_view_of(b, NULL, 0, &none, region)->other_claims,
	    "it was taken with other claims: mta-sts, starttls; this run's are: none");
	region_free(region);
	baseline_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_no_result_is_refused),
	    cmocka_unit_test(a_deep_one_is_refused),
	    cmocka_unit_test(what_is_no_file_is_refused),
	    cmocka_unit_test(known_and_gone_are_found_by_name),
	    cmocka_unit_test(other_claims_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
