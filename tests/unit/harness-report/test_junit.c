/* SPDX-License-Identifier: Apache-2.0 */
/* test_junit.c - junit.xml fits tests/junit.xsd whatever peers said, and fails where the exit status would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/report/report.h"
#include "harness/report/xml.h"

/* --- escaping ---------------------------------------------------------------------------------------- */

static const struct row {
	const char *name;
	struct bytes in;
	const char *content, *value; /* value NULL: the same */
} rows[] = {
    {"plain", BYTES("a b"), "a b", NULL},
    {"empty", BYTES(""), "", NULL},
    {"markup", BYTES("<a b='c' d=\"e\"/>&amp;"), "&lt;a b=&apos;c&apos; d=&quot;e&quot;/&gt;&amp;amp;", NULL},
    {"the end of a CDATA section", BYTES("]]>"), "]]&gt;", NULL},
    {"white space", BYTES("a\tb\nc\rd"), "a\tb\nc&#13;d", "a&#9;b&#10;c&#13;d"},
    {"control bytes", BYTES("\x00\x01\x1b[2J\x7f"), "\\x00\\x01\\x1b[2J\\x7f", NULL},
    {"C1", BYTES("\xc2\x9b"), "\\xc2\\x9b", NULL},
    {"the first behind C1", BYTES("\xc2\xa0"), "\xc2\xa0", NULL},
    {"UTF-8 of 2, 3 and 4 bytes", BYTES("\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7"),
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa7", NULL},
    {"Latin-1", BYTES("\xe4h"), "\\xe4h", NULL},
    {"cut short", BYTES("\xe2\x82"), "\\xe2\\x82", NULL},
    {"cut short before text", BYTES("\xf0\x9f\x93x"), "\\xf0\\x9f\\x93x", NULL},
    {"a tail alone", BYTES("\x80"), "\\x80", NULL},
    {"longer than need be", BYTES("\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf"),
	"\\xc0\\xaf\\xe0\\x80\\xaf\\xf0\\x80\\x80\\xaf", NULL},
    {"a surrogate", BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80", NULL},
    {"the last before the surrogates", BYTES("\xed\x9f\xbf"), "\xed\x9f\xbf", NULL},
    {"U+FFFD", BYTES("\xef\xbf\xbd"), "\xef\xbf\xbd", NULL},
    {"U+FFFE and U+FFFF", BYTES("\xef\xbf\xbe\xef\xbf\xbf"), "\\xef\\xbf\\xbe\\xef\\xbf\\xbf", NULL},
    {"the last character", BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf", NULL},
    {"beyond the last", BYTES("\xf4\x90\x80\x80\xf5"), "\\xf4\\x90\\x80\\x80\\xf5", NULL},
};

static char *
escaped(struct bytes in, enum xml_place place)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	xml_put(out, in, place);
	fclose(out);
	return text;
}

static void
any_bytes_become_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *want = rows[i].value != NULL ? rows[i].value : rows[i].content;
		char *content = escaped(rows[i].in, XML_CONTENT), *value = escaped(rows[i].in, XML_VALUE);

		if (strcmp(content, rows[i].content) != 0)
			fail_msg("%s: got '%s', want '%s'", rows[i].name, content, rows[i].content);
		if (strcmp(value, want) != 0)
			fail_msg("%s in a value: got '%s', want '%s'", rows[i].name, value, want);
		free(content);
		free(value);
	}
}

/* --- a run ------------------------------------------------------------------------------------------- */

#define HOSTILE "\x1b]0;x\x07 ]]></failure><x y=\"'&\xff\xc0\x80\xef\xbf\xbe \xc2\x85\r\n\t\xe4"

static struct brief briefs[] = {
    {.name = "dane/a", .family = "dane", .title = HOSTILE},
    {.name = "mta-sts/b", .family = "mta-sts"},
    {.name = "dane/c", .family = "dane", .title = "after another family"},
    {.name = "mta-sts/d", .family = "mta-sts"},
    {.name = "mta-sts/e", .family = "mta-sts"},
    {.name = "mta-sts/f", .family = "mta-sts"},
    {.name = "plain"},
};
static struct measured measured[] = {{.message = 1,
    .recipient = HOSTILE,
    .exposure = EXPOSURE_CONTENT,
    .where = HOSTILE,
    .fate = BYTES(HOSTILE),
    .reason = BYTES(HOSTILE),
    .outcome = OUTCOME_STOLEN}};
static struct fact facts[] = {
    {.kind = FACT_STEP_BEGUN, .leg = 0, .step = 0, .step_begun = {BYTES(HOSTILE)}},
    {.kind = FACT_COMMAND, .leg = 0, .step = 0, .command = {BYTES(HOSTILE), BYTES("clear")}},
};
static struct step_judgment steps[] = {{.verdict = VERDICT_VIOLATED,
    .expected = HOSTILE,
    .attack = measured,
    .n_attack = 1,
    .shown_by = &facts[1]}};
static struct judgment items[] = {
    {.brief = &briefs[0],
	.verdict = VERDICT_VIOLATED,
	.why = HOSTILE,
	.steps = steps,
	.n_steps = 1,
	.began_ns = 1000000000,
	.ended_ns = 2061000000},
    {.brief = &briefs[1], .verdict = VERDICT_UNCLEAR, .level = LEVEL_SHOULD, .why = "silent"},
    {.brief = &briefs[2], .verdict = VERDICT_HONORED, .why = "held", .ended_ns = 5000000},
    {.brief = &briefs[3], .verdict = VERDICT_SKIPPED, .why = "not claimed: " HOSTILE},
    {.brief = &briefs[4], .verdict = VERDICT_VIOLATED, .level = LEVEL_SHOULD, .why = "bounced"},
    {.brief = &briefs[5], .verdict = VERDICT_RECORDED, .why = "protected"},
    {.brief = &briefs[6], .verdict = VERDICT_HONORED},
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

static struct judgments judgments = {.items = items, .n_items = ITEMS};
static const char *const claims[] = {"starttls", HOSTILE};
static const struct docket docket = {.client = "./my mta.sh" HOSTILE,
    .client_version = HOSTILE,
    .tool_version = "0.1.0",
    .again = HOSTILE,
    .lab_mode = "root",
    .claims = claims,
    .n_claims = 2};

static struct report
make_report(void)
{
	return (struct report){.docket = &docket,
	    .judgments = &judgments,
	    .facts = facts,
	    .n_facts = 2,
	    .started = "2026-11-21T20:31:07Z",
	    .duration_ms = 8412};
}

static char *
render(const struct report *r)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct why why = {""};

	assert_int_equal(report_format_of("junit")->write(r, out, &why), 0);
	fclose(out);
	assert_int_equal(len, strlen(text));
	return text;
}

static void
has(const char *text, const char *want)
{
	if (strstr(text, want) == NULL)
		fail_msg("no '%s' in:\n%s", want, text);
}

static void
lacks(const char *text, const char *unwanted)
{
	if (strstr(text, unwanted) != NULL)
		fail_msg("'%s' in:\n%s", unwanted, text);
}

static void
a_verdict_is_a_case(void **state)
{
	struct report r = make_report();
	char *text = render(&r);

	(void)state;
	has(text, "<testsuites name=\"mitmx\" tests=\"7\" failures=\"1\" errors=\"1\" skipped=\"1\" "
		  "time=\"8.412\">\n <testsuite name=\"dane\" tests=\"2\" failures=\"1\" errors=\"0\" "
		  "skipped=\"0\" time=\"1.066\" timestamp=\"2026-11-21T20:31:07\">\n");
	has(text, " <testsuite name=\"mta-sts\" tests=\"4\" failures=\"0\" errors=\"1\" skipped=\"1\" ");
	has(text, " <testsuite name=\"scenarios\" tests=\"1\" ");
	has(text,
	    ".dane\" name=\"dane/a\" time=\"1.061\">\n   <failure message=\"\\x1b]0;x\\x07 ]]&gt;&lt;/");
	has(text, ".dane\" name=\"dane/c\" time=\"0.005\"/>\n");
	has(text,
	    "name=\"mta-sts/b\" time=\"0.000\">\n   <error message=\"silent\" type=\"unclear\">UNCLEAR  "
	    "mta-sts/b  (should)\n");
	has(text, "name=\"mta-sts/d\" time=\"0.000\">\n   <skipped message=\"not claimed: ");
	has(text, "name=\"mta-sts/e\" time=\"0.000\">\n   <system-out>VIOLATED  mta-sts/e  (should)\n");
	has(text, "name=\"mta-sts/f\" time=\"0.000\">\n   <system-out>protected</system-out>\n");
	has(text, "classname=\"--my-mta-sh");
	free(text);
}

static void
the_level_says_what_fails(void **state)
{
	struct report r = make_report();
	char *text;

	(void)state;
	r.level = LEVEL_SHOULD;
	text = render(&r);
	has(text, "name=\"mta-sts/e\" time=\"0.000\">\n   <failure message=\"bounced\" type=\"violated\">");
	has(text, "tests=\"7\" failures=\"2\"");
	free(text);
}

static void
what_the_baseline_knows_fails_nothing(void **state)
{
	static const bool known[ITEMS] = {true, true};
	struct baseline_view view = {.name = "old.json", .known = known};
	struct report r = make_report();
	char *text;

	(void)state;
	r.baseline = &view;
	text = render(&r);
	has(text, "tests=\"8\" failures=\"0\" errors=\"0\" skipped=\"3\"");
	has(text,
	    "<skipped message=\"known from the baseline\" type=\"violated\"></skipped>\n   <system-out>VIOL");
	has(text, ".baseline\" name=\"baseline/claims\" time=\"0.000\"/>\n");
	lacks(text, "<failure");
	free(text);
	view.other_claims = "other claims";
	text = render(&r);
	has(text, "tests=\"8\" failures=\"1\" errors=\"0\" skipped=\"3\"");
	has(text, "<failure message=\"other claims\" type=\"violated\">old.json</failure>");
	free(text);
}

static void
what_is_no_moment_is_left_out(void **state)
{
	static const char *const moments[] = {NULL, "", "yesterday", "2026-11-21T20:31:07",
	    "2026-11-21T20:31:07Zx", "2026-11-21T20:31:07\"", HOSTILE};
	struct report r = make_report();

	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		char *text;

		r.started = moments[i];
		text = render(&r);
		lacks(text, "timestamp");
		free(text);
	}
}

/* --- xmllint ----------------------------------------------------------------------------------------- */

/* Does xmllint find it sound, by our schema? */
static bool
fits(const char *text)
{
	char path[] = "/tmp/mitmx-junit-XXXXXX", command[160];
	int fd = mkstemp(path), status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "xmllint --noout --schema tests/junit.xsd %s 2> /dev/null", path);
	status = system(command);
	unlink(path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		skip();
	return status == 0;
}

static void
xmllint_takes_it_by_our_schema(void **state)
{
	static const bool known[ITEMS] = {true, true};
	static const struct docket nobody = {.claims = NULL};
	struct baseline_view view = {.name = HOSTILE, .known = known, .other_claims = HOSTILE};
	struct judgments none = {0};
	struct report r = make_report(), empty = {.docket = &nobody, .judgments = &none};
	char *text = render(&r);

	(void)state;
	if (!fits(text))
		fail_msg("xmllint refuses:\n%s", text);
	free(text);
	r.baseline = &view;
	r.level = LEVEL_INFO;
	text = render(&r);
	if (!fits(text))
		fail_msg("xmllint refuses:\n%s", text);
	free(text);
	text = render(&empty);
	if (!fits(text))
		fail_msg("xmllint refuses:\n%s", text);
	free(text);
}

#define ROOT(tests, inside)                                                                           \
	"<testsuites name='m' tests='" tests "' failures='0' errors='0' skipped='0' time='0'>" inside \
	"</testsuites>"
#define SUITE(attributes, inside)                                                                   \
	"<testsuite name='s' tests='1' failures='0' errors='0' skipped='0' time='0.001'" attributes \
	">" inside "</testsuite>"
#define CASE(attributes, inside) "<testcase classname='c' name='n' " attributes ">" inside "</testcase>"

static void
and_our_schema_can_refuse(void **state)
{
	static const struct {
		const char *name, *text;
		bool want;
	} cases[] = {
	    {"a sound one", ROOT("1", SUITE("", CASE("time='1'", ""))), true},
	    {"no markup of ours", "<testsuites", false},
	    {"a count that is none", ROOT("x", ""), false},
	    {"a suite without cases", ROOT("1", SUITE("", "")), false},
	    {"a case without time", ROOT("1", SUITE("", CASE("", ""))), false},
	    {"a zone", ROOT("1", SUITE(" timestamp='2026-11-21T20:31:07Z'", CASE("time='1'", ""))), false},
	    {"failed and skipped", ROOT("1", SUITE("", CASE("time='1'", "<failure/><skipped/>"))), false},
	    {"output first", ROOT("1", SUITE("", CASE("time='1'", "<system-out/><failure/>"))), false},
	    {"two cases of one name", ROOT("1", SUITE("", CASE("time='1'", "") CASE("time='1'", ""))), false},
	    {"an unknown attribute", ROOT("1", SUITE("", CASE("time='1' color='red'", ""))), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (fits(cases[i].text) != cases[i].want)
			fail_msg("%s: got %d, want %d", cases[i].name, !cases[i].want, cases[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_bytes_become_text),
	    cmocka_unit_test(a_verdict_is_a_case),
	    cmocka_unit_test(the_level_says_what_fails),
	    cmocka_unit_test(what_the_baseline_knows_fails_nothing),
	    cmocka_unit_test(what_is_no_moment_is_left_out),
	    cmocka_unit_test(xmllint_takes_it_by_our_schema),
	    cmocka_unit_test(and_our_schema_can_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
