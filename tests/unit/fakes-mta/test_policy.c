/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy.c - MTA-STS: records, policies, patterns and names, as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/mta/flaw.h"
#include "fakes/mta/host_name.h"
#include "fakes/mta/sts_policy.h"
#include "fakes/mta/sts_record.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
#define ID32 "abcdefghijABCDEFGHIJ012345678901"

/* --- records ------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct bytes texts[3];
	size_t n;
	enum sts_record_state state;
	const char *id;
} record_rows[] = {
    {"plain", {TEXT("v=STSv1; id=1")}, 1, STS_RECORD_GOOD, "1"},
    {"trailing delimiter", {TEXT("v=STSv1; id=20260101;")}, 1, STS_RECORD_GOOD, "20260101"},
    {"trailing delimiter and blanks", {TEXT("v=STSv1; id=1;  ")}, 1, STS_RECORD_GOOD, "1"},
    {"tabs around delimiters", {TEXT("v=STSv1;\tid=1 ;")}, 1, STS_RECORD_GOOD, "1"},
    {"no blanks", {TEXT("v=STSv1;id=1")}, 1, STS_RECORD_GOOD, "1"},
    {"blank before the first delimiter", {TEXT("v=STSv1 ;id=1")}, 1, STS_RECORD_GOOD, "1"},
    {"32 characters", {TEXT("v=STSv1; id=" ID32)}, 1, STS_RECORD_GOOD, ID32},
    {"unknown fields", {TEXT("v=STSv1; x=y; id=1; a.b-c_d=zz")}, 1, STS_RECORD_GOOD, "1"},
    {"the first id counts", {TEXT("v=STSv1; id=3; id=1")}, 1, STS_RECORD_GOOD, "3"},
    {"beside others", {TEXT("v=spf1 -all"), TEXT("v=STSv1; id=1"), TEXT("x")}, 3, STS_RECORD_GOOD, "1"},
    {"none", {TEXT("")}, 0, STS_RECORD_NONE, ""},
    {"empty", {TEXT("")}, 1, STS_RECORD_NONE, ""},
    {"unrelated", {TEXT("v=spf1 -all")}, 1, STS_RECORD_NONE, ""},
    {"no delimiter", {TEXT("v=STSv1")}, 1, STS_RECORD_NONE, ""},
    {"comma", {TEXT("v=STSv1,id=1")}, 1, STS_RECORD_NONE, ""},
    {"other version", {TEXT("v=STSv2; id=1")}, 1, STS_RECORD_NONE, ""},
    {"longer version", {TEXT("v=STSv10; id=1")}, 1, STS_RECORD_NONE, ""},
    {"lower case version", {TEXT("v=stsv1; id=1")}, 1, STS_RECORD_NONE, ""},
    {"upper case tag", {TEXT("V=STSv1; id=1")}, 1, STS_RECORD_NONE, ""},
    {"blank before the version", {TEXT(" v=STSv1; id=1")}, 1, STS_RECORD_NONE, ""},
    {"version second", {TEXT("id=1; v=STSv1")}, 1, STS_RECORD_NONE, ""},
    {"two", {TEXT("v=STSv1; id=1"), TEXT("v=STSv1; id=2")}, 2, STS_RECORD_MANY, ""},
    {"two, one malformed", {TEXT("v=STSv1; id=1"), TEXT("v=STSv1;")}, 2, STS_RECORD_MANY, ""},
    {"no id", {TEXT("v=STSv1;")}, 1, STS_RECORD_BAD, ""},
    {"no id but another field", {TEXT("v=STSv1; x=y")}, 1, STS_RECORD_BAD, ""},
    {"upper case id", {TEXT("v=STSv1; ID=1")}, 1, STS_RECORD_BAD, ""},
    {"empty id", {TEXT("v=STSv1; id=")}, 1, STS_RECORD_BAD, ""},
    {"33 characters", {TEXT("v=STSv1; id=" ID32 "x")}, 1, STS_RECORD_BAD, ""},
    {"dash in the id", {TEXT("v=STSv1; id=a-b")}, 1, STS_RECORD_BAD, ""},
    {"bad id first, good one second", {TEXT("v=STSv1; id=a-b; id=1")}, 1, STS_RECORD_BAD, ""},
    {"blank in the id", {TEXT("v=STSv1; id=a b")}, 1, STS_RECORD_BAD, ""},
    {"blank around the sign", {TEXT("v=STSv1; id = 1")}, 1, STS_RECORD_BAD, ""},
    {"doubled delimiter", {TEXT("v=STSv1;;id=1")}, 1, STS_RECORD_BAD, ""},
    {"empty extension", {TEXT("v=STSv1; id=1; x=")}, 1, STS_RECORD_BAD, ""},
    {"odd extension name", {TEXT("v=STSv1; id=1; _x=1")}, 1, STS_RECORD_BAD, ""},
    {"33 characters of name", {TEXT("v=STSv1; id=1; " ID32 "x=1")}, 1, STS_RECORD_BAD, ""},
    {"beyond ASCII", {TEXT("v=STSv1; id=1; x=\xe9")}, 1, STS_RECORD_BAD, ""},
    {"NUL", {TEXT("v=STSv1; id=1; x=\0y")}, 1, STS_RECORD_BAD, ""},
    {"NUL in a name", {TEXT("v=STSv1; id=1; a\0b=y")}, 1, STS_RECORD_BAD, ""},
    {"field without sign", {TEXT("v=STSv1; id=1; what")}, 1, STS_RECORD_BAD, ""},
};

static void
exactly_one_well_formed_record_has_an_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(record_rows); i++) {
		struct sts_record got = sts_record_choose(record_rows[i].texts, record_rows[i].n, (struct flaw_set){0});

		if (got.state != record_rows[i].state || strcmp(got.id, record_rows[i].id) != 0)
			fail_msg("%s: got %d '%s', want %d '%s'", record_rows[i].name, got.state, got.id,
			    record_rows[i].state, record_rows[i].id);
	}
}

static void
with_the_flaw_the_first_of_two_records_counts(void **state)
{
	struct bytes two[] = {TEXT("v=STSv1; id=1"), TEXT("v=STSv1; id=2")};
	struct flaw_set flaws = {0};
	struct sts_record got;

	(void)state;
	flaw_add(&flaws, FLAW_ACCEPTS_TWO_RECORDS);
	got = sts_record_choose(two, 2, flaws);
	assert_int_equal(got.state, STS_RECORD_GOOD);
	assert_string_equal(got.id, "1");
}

/* --- policies ------------------------------------------------------------------------------ */

#define V "version: STSv1\n"
#define M "mode: enforce\n"
#define X "mx: mx1.d.example\n"
#define A "max_age: 86400\n"

/* want: "MODE MAX_AGE PATTERNS…", or "-" for an invalid one. */
static const struct {
	const char *name;
	struct bytes text;
	const char *want;
} policy_rows[] = {
    {"plain", TEXT(V M X A), "enforce 86400 mx1.d.example"},
    {"CRLF", TEXT("version: STSv1\r\nmode: testing\r\nmx: a.example\r\nmax_age: 1\r\n"),
	"testing 1 a.example"},
    {"mixed, no end", TEXT("version: STSv1\r\nmode: enforce\nmx: a.example\r\nmax_age: 1"),
	"enforce 1 a.example"},
    {"any order", TEXT(X A M V), "enforce 86400 mx1.d.example"},
    {"none without mx", TEXT(V "mode: none\n" A), "none 86400"},
    {"no blanks", TEXT("version:STSv1\nmode:enforce\nmx:a.example\nmax_age:1\n"), "enforce 1 a.example"},
    {"many blanks", TEXT("version: \t STSv1 \nmode: enforce \t\n" X A), "enforce 86400 mx1.d.example"},
    {"blanks before the colon", TEXT("version : STSv1\n" M X A), "-"},
    {"several mx", TEXT(V M X "mx: *.d.example\n" A), "enforce 86400 mx1.d.example *.d.example"},
    {"upper case mx, kept as it is", TEXT(V M "mx: MX1.D.Example\n" A), "enforce 86400 MX1.D.Example"},
    {"unknown keys", TEXT("x: y\n" V "future_key: https://a:1/\n" M X "z.-_: \xc3\xa9\n" A),
	"enforce 86400 mx1.d.example"},
    {"first mode counts", TEXT(V "mode: testing\n" M X A), "testing 86400 mx1.d.example"},
    {"first max_age counts", TEXT(V M X "max_age: 60\n" A), "enforce 60 mx1.d.example"},
    {"first version counts", TEXT("version: STSv2\n" V M X A), "-"},
    {"blank lines", TEXT("\n" V "\n\n" M X A "\n"), "enforce 86400 mx1.d.example"},
    {"leading zeros", TEXT(V M X "max_age: 0000086400\n"), "enforce 86400 mx1.d.example"},
    {"max_age 0", TEXT(V M X "max_age: 0\n"), "enforce 0 mx1.d.example"},
    {"max_age at the limit", TEXT(V M X "max_age: 31557600\n"), "enforce 31557600 mx1.d.example"},
    {"max_age beyond", TEXT(V M X "max_age: 31557601\n"), "enforce 31557600 mx1.d.example"},
    {"max_age beyond 32 bits", TEXT(V M X "max_age: 9999999999\n"), "enforce 31557600 mx1.d.example"},
    {"11 digits", TEXT(V M X "max_age: 10000000000\n"), "-"},
    {"negative", TEXT(V M X "max_age: -1\n"), "-"},
    {"with a sign", TEXT(V M X "max_age: +5\n"), "-"},
    {"with a unit", TEXT(V M X "max_age: 86400s\n"), "-"},
    {"hexadecimal", TEXT(V M X "max_age: 0x10\n"), "-"},
    {"empty max_age", TEXT(V M X "max_age:\n"), "-"},
    {"no version", TEXT(M X A), "-"},
    {"no mode", TEXT(V X A), "-"},
    {"no max_age", TEXT(V M X), "-"},
    {"no mx", TEXT(V M A), "-"},
    {"testing without mx", TEXT(V "mode: testing\n" A), "-"},
    {"lower case version", TEXT("version: stsv1\n" M X A), "-"},
    {"capital mode", TEXT(V "mode: Enforce\n" X A), "-"},
    {"mode with more", TEXT(V "mode: enforced\n" X A), "-"},
    {"capital key", TEXT(V "Mode: enforce\n" X A), "-"},
    {"capital mx key", TEXT(V M "MX: a.example\n" A), "-"},
    {"leading blank", TEXT(V " mode: enforce\n" X A), "-"},
    {"comment", TEXT("# c\n" V M X A), "-"},
    {"byte order mark", TEXT("\xef\xbb\xbf" V M X A), "-"},
    {"NUL", TEXT(V M X A "x: \0\n"), "-"},
    {"NUL in a known value", TEXT(V "mode: enforce\0\n" X A), "-"},
    {"bare CR", TEXT("version: STSv1\rmode: enforce\rmx: a.example\rmax_age: 1\r"), "-"},
    {"empty", TEXT(""), "-"},
    {"HTML", TEXT("<html><body>hi</body></html>"), "-"},
    {"mx: *", TEXT(V M X "mx: *\n" A), "enforce 86400 mx1.d.example"},
    {"mx: *.", TEXT(V M X "mx: *.\n" A), "enforce 86400 mx1.d.example"},
    {"mx: leading dot", TEXT(V M X "mx: .d.example\n" A), "enforce 86400 mx1.d.example"},
    {"mx: inner star", TEXT(V M X "mx: a.*.example\n" A), "enforce 86400 mx1.d.example"},
    {"mx: partial star", TEXT(V M X "mx: m*.d.example\n" A), "enforce 86400 mx1.d.example"},
    {"mx: two stars", TEXT(V M X "mx: *.*.example\n" A), "enforce 86400 mx1.d.example"},
    {"mx: final dot", TEXT(V M X "mx: mx2.d.example.\n" A), "enforce 86400 mx1.d.example"},
    {"mx: address", TEXT(V M X "mx: 192.0.2.1\n" A), "enforce 86400 mx1.d.example"},
    {"mx: address literal", TEXT(V M X "mx: [192.0.2.1]\n" A), "enforce 86400 mx1.d.example"},
    {"mx: list", TEXT(V M X "mx: a.example, b.example\n" A), "enforce 86400 mx1.d.example"},
    {"mx: port", TEXT(V M X "mx: a.example:25\n" A), "enforce 86400 mx1.d.example"},
    {"mx: U-label", TEXT(V M X "mx: \xc3\xa9.example\n" A), "enforce 86400 mx1.d.example"},
    {"mx: empty", TEXT(V M X "mx:\n" A), "enforce 86400 mx1.d.example"},
    {"mx: only malformed", TEXT(V M "mx: *\n" A), "-"},
};

static void
tell_policy(char *out, size_t size, struct bytes text)
{
	struct why why = {""};
	struct sts_policy *policy = sts_policy_parse(text, (struct flaw_set){0}, &why);
	size_t at;

	if (policy == NULL) {
		assert_true(why.text[0] != '\0');
		snprintf(out, size, "-");
		return;
	}
	at = (size_t)snprintf(out, size, "%s %u", sts_policy_mode_name(policy->mode), policy->max_age_s);
	for (size_t i = 0; i < policy->n_mx; i++)
		at += (size_t)snprintf(out + at, size - at, " %s", policy->mx[i]);
	sts_policy_unref(policy);
}

static void
a_policy_says_what_its_grammar_allows(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < ROWS(policy_rows); i++) {
		tell_policy(got, sizeof(got), policy_rows[i].text);
		if (strcmp(got, policy_rows[i].want) != 0)
			fail_msg("%s: got '%s', want '%s'", policy_rows[i].name, got, policy_rows[i].want);
	}
}

static void
a_policy_may_have_many_lines_but_not_many_bytes(void **state)
{
	char *text = malloc(STS_POLICY_MAX + 64);
	size_t len = (size_t)sprintf(text, V M A);
	struct sts_policy *policy;

	(void)state;
	for (int i = 0; i < 2000; i++)
		len += (size_t)sprintf(text + len, "mx: mx%d.d.example\n", i);
	policy = sts_policy_parse((struct bytes){text, len}, (struct flaw_set){0}, NULL);
	assert_non_null(policy);
	assert_int_equal(policy->n_mx, 2000);
	assert_true(sts_policy_lists(policy, "mx1999.d.example", (struct flaw_set){0}));
	assert_false(sts_policy_lists(policy, "mx2000.d.example", (struct flaw_set){0}));
	sts_policy_unref(policy);
	memset(text + len, '\n', STS_POLICY_MAX + 1 - len);
	policy = sts_policy_parse((struct bytes){text, STS_POLICY_MAX}, (struct flaw_set){0}, NULL);
	assert_non_null(policy);
	sts_policy_unref(policy);
	assert_null(sts_policy_parse((struct bytes){text, STS_POLICY_MAX + 1}, (struct flaw_set){0}, NULL));
	free(text);
}

static const struct {
	const char *pattern, *host;
	bool want, want_wide;
} match_rows[] = {
    {"mx1.d.example", "mx1.d.example", true, true},
    {"mx1.d.example", "mx2.d.example", false, false},
    {"mx1.d.example", "evilmx1.d.example", false, false},
    {"mx1.d.example", "mx1.d.example.evil.example", false, false},
    {"*.d.example", "mail.d.example", true, true},
    {"*.d.example", "d.example", false, false},
    {"*.d.example", "a.b.d.example", false, true},
    {"*.d.example", "xd.example", false, false},
    {"*.d.example", "mxxd.example", false, false},
    {"*.example", "d.example", true, true},
    {"MX1.d.example", "mx1.D.example", true, true},
    {"*.d.Example", "mail.D.example", true, true},
    {"*.example", "mx.d.example", false, true},
};

static void
a_wildcard_stands_for_one_label(void **state)
{
	struct flaw_set none = {0}, wide = {0};

	(void)state;
	flaw_add(&wide, FLAW_WILDCARD_TOO_WIDE);
	for (size_t i = 0; i < ROWS(match_rows); i++) {
		bool got = sts_policy_matches(match_rows[i].pattern, match_rows[i].host, none);
		bool got_wide = sts_policy_matches(match_rows[i].pattern, match_rows[i].host, wide);

		if (got != match_rows[i].want || got_wide != match_rows[i].want_wide)
			fail_msg("%s and %s: got %d, %d too wide; want %d, %d", match_rows[i].pattern,
			    match_rows[i].host, got, got_wide, match_rows[i].want, match_rows[i].want_wide);
	}
}

/* --- names --------------------------------------------------------------------------------- */

#define L63 "a23456789012345678901234567890123456789012345678901234567890123"

static const struct {
	struct bytes text;
	const char *want; /* "" when it is none */
} name_rows[] = {
    {TEXT("mx1.d.example"), "mx1.d.example"},
    {TEXT("MX1.D.Example."), "mx1.d.example"},
    {TEXT("localhost"), "localhost"},
    {TEXT("_mta-sts.d.example"), "_mta-sts.d.example"},
    {TEXT("xn--9ca.example"), "xn--9ca.example"},
    {TEXT(L63 ".example"), L63 ".example"},
    {TEXT(L63 "4.example"), ""},
    {TEXT(L63 "." L63 "." L63 "." L63), ""},
    {TEXT(""), ""},
    {TEXT("."), ""},
    {TEXT("a..b"), ""},
    {TEXT(".a"), ""},
    {TEXT("a.."), ""},
    {TEXT("192.0.2.1"), ""},
    {TEXT("a b"), ""},
    {TEXT("a/b"), ""},
    {TEXT("../x"), ""},
    {TEXT("a\0b"), ""},
    {TEXT("\xc3\xa9.example"), ""},
    {TEXT("a\\.b.example"), ""},
};

static void
names_have_one_form(void **state)
{
	char got[HOST_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ROWS(name_rows); i++) {
		bool is_name = host_name_set(got, name_rows[i].text);

		if (strcmp(got, name_rows[i].want) != 0 || is_name != (name_rows[i].want[0] != '\0'))
			fail_msg("row %zu: got '%s', want '%s'", i, got, name_rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exactly_one_well_formed_record_has_an_id),
	    cmocka_unit_test(with_the_flaw_the_first_of_two_records_counts),
	    cmocka_unit_test(a_policy_says_what_its_grammar_allows),
	    cmocka_unit_test(a_policy_may_have_many_lines_but_not_many_bytes),
	    cmocka_unit_test(a_wildcard_stands_for_one_label),
	    cmocka_unit_test(names_have_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
