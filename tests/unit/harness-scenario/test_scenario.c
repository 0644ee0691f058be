/* SPDX-License-Identifier: Apache-2.0 */
/* test_scenario.c - scenario files: mistakes with their place, rows, defaults, expectations, controls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/scenario/reader.h"
#include "harness/scenario/suite.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* One file read from memory. */
struct read {
	struct complaints *complaints;
	struct document *document;
	struct reading reading;
};

static struct read
read_text(const char *text)
{
	static const char *const flaws[] = {"ignores-policy", "ignores-certificate", NULL};
	static const char *const requirements[] = {"STS-5-a", "STS-5-b", "STLS-6-c"};
	struct read got = {.complaints = complaints_new()};

	got.reading = (struct reading){.complaints = got.complaints,
	    .region = region_new(),
	    .flaws = flaws,
	    .requirements = requirements,
	    .n_requirements = COUNT(requirements)};
	got.document = document_parse("file.yaml", bytes_of(text), got.complaints);
	if (got.document != NULL)
		file_read(&got.reading, got.document, "family/file");
	return got;
}

static void
done(struct read *got)
{
	document_free(got->document);
	region_free(got->reading.region);
	complaints_free(got->complaints);
}

/* Reads a file that must be whole, and gives its first scenario. */
static const struct scenario *
read_whole(struct read *got, const char *text)
{
	*got = read_text(text);
	complaints_print(got->complaints, stderr);
	assert_int_equal(complaints_count(got->complaints), 0);
	assert_true(got->reading.n > 0);
	return got->reading.scenarios[0];
}

/* The six lines that every file of these tests begins with. */
#define HEAD "title: t\ncovers: [STS-5-b]\ncatches: [ignores-policy]\nneeds: [mta-sts]\n"
#define ENFORCE HEAD "world: {policy: {mode: enforce}}\n" /* 5 lines */
#define STRIP "steps:\n  - send\n  - attack: {smtp: strip-starttls}\n    expect: held\n"

static const struct {
	const char *text;
	unsigned line, column; /* 0: nothing is wrong */
	const char *says;
} files[] = {
    {ENFORCE STRIP, 0, 0, NULL},
    {"", 1, 1, "'title' is missing in the scenario"},
    {"- title\n", 1, 1, "must be a mapping (the scenario), not a list"},
    {ENFORCE "step: [send]\n" STRIP, 6, 1, "did you mean 'steps'?"},
    {HEAD "world: {polcy: {mode: enforce}}\n" STRIP, 5, 9, "did you mean 'policy'?"},
    {HEAD "world: {policy: {mode: enforced}}\n" STRIP, 5, 24, "did you mean 'enforce'?"},
    {HEAD "world: {mx: {mx1: {starttls: 454}}}\n" STRIP, 5, 30, "must be yes or no"},
    {HEAD "world: {mx: {MX1: {}}}\n" STRIP, 5, 14, "a host's label is made of"},
    {HEAD "world: {mx: {mta-sts: {}}}\n" STRIP, 5, 14, "already means something else"},
    {HEAD "world: {mx: {mx1: {reject-rcpt: busy}}}\n" STRIP, 5, 33, "must be one reply line"},
    {HEAD "world: {mx: {mx1: {tls: {min: 1.3, max: 1.2}}}}\n" STRIP, 5, 25, "newer than the newest"},
    {HEAD "world: {records: ['@ MX']}\n" STRIP, 5, 19, "a record is OWNER TYPE DATA"},
    {HEAD "world: {records: ['other.example. A 192.0.2.1']}\n" STRIP, 5, 19, "outside the domain"},
    {HEAD "world: {policy: {raw: 'a\\q'}}\n" STRIP, 5, 23, "a backslash must be followed by"},
    {HEAD "world: {policy-host: {shape: raw}}\n" STRIP, 5, 22, "needs the response itself"},
    {HEAD "world: {policy: {max_age: 12345678901}}\n" STRIP, 5, 27, "must be between"},
    {"title: t\ncovers: [STS-5-x]\ncatches: [ignores-policy]\n" STRIP, 2, 10,
	"unknown requirement 'STS-5-x'; did you mean"},
    {"title: t\ncatches: [ignores-policy]\n" STRIP, 1, 1, "'covers' is missing"},
    {"title: t\ncovers: STS-5-b\n" STRIP, 1, 1, "'catches' is missing"},
    {"title: t\ncovers: STS-5-b\ncatches: ignores-polcy\n" STRIP, 3, 10, "did you mean 'ignores-policy'?"},
    {"title: t\nneeds: [mta-st]\n" STRIP, 2, 9, "did you mean 'mta-sts'?"},
    /* steps */
    {ENFORCE "steps: send\n", 6, 8, "must be a list of steps"},
    {ENFORCE "steps: [sent]\n", 6, 9, "unknown step 'sent'; did you mean 'send'?"},
    {ENFORCE "steps: [send]\n", 6, 8, "no step expects anything"},
    {ENFORCE "steps:\n  - {retry: now, restart: yes, expect: held}\n", 7, 5, "a step does one thing"},
    {ENFORCE "steps:\n  - {send: {count: 0}, expect: held}\n", 7, 20, "must be between 1 and 1000"},
    {ENFORCE "steps:\n  - {send: {headers: [x]}, expect: held}\n", 7, 22, "a header is one line"},
    {ENFORCE "steps:\n  - {wait: 7d, expect: held}\n", 7, 6, "unknown key in a step: 'wait'"},
    {ENFORCE "steps:\n  - send\n  - {after: 7d, attack: {smtp: strip-starttls}, expect: held}\n  - {after: "
	     "1d, expect: held}\n",
	9, 13, "time does not go back"},
    {ENFORCE "steps:\n  - {attack: {smtp: strip-starttls}, expect: held}\n", 7, 3,
	"needs a warm-up before it"},
    {ENFORCE "steps:\n  - expect: delivered\n  - {attack: {smtp: strip-starttls}, expect: held}\n", 0, 0, NULL},
    {ENFORCE "steps:\n  - expect: record\n  - {attack: {smtp: strip-starttls}, expect: held}\n", 7, 3,
	"needs a warm-up before it"},
    {ENFORCE "steps:\n  - send\n  - expect: held\n", 8, 5, "nothing differs from the control"},
    {ENFORCE "steps:\n  - send\n  - expect: protected\n", 0, 0, NULL},
    /* the attack */
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: strip-startls}, expect: held}\n", 8, 21,
	"did you mean 'strip-starttls'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smpt: drip}, expect: held}\n", 8, 15, "did you mean 'smtp'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: refuse-starttls}, expect: held}\n", 8, 21,
	"'refuse-starttls' needs a value"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {refuse-starttls: lots}}, expect: held}\n", 8, 39,
	"must be a number from 0 to 999"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {drip: 3}}, expect: held}\n", 8, 28,
	"'drip' takes nothing"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {drip: , at: mx2}}, expect: held}\n", 8, 34,
	"unknown host 'mx2'; did you mean 'mx1'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {drip: , connection: 0}}, expect: held}\n", 8, 42,
	"must be a number from 1"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {answer: ehlo}}, expect: held}\n", 8, 30, "under 'with'"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {answer: elho, with: x}}, expect: held}\n", 8, 30,
	"did you mean 'ehlo'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {inject: x, with: y}}, expect: held}\n", 8, 39,
	"'with' goes with 'answer' only"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: {drip: , inject: x}}, expect: held}\n", 8, 30,
	"one move at a time"},
    {ENFORCE "steps:\n  - send\n  - {attack: {certificate: expierd}, expect: held}\n", 8, 28,
	"did you mean 'expired'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {certificate: {present: expierd}}, expect: held}\n", 8, 38,
	"did you mean 'expired'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {tls: {max-tls: 1.4}}, expect: held}\n", 8, 30,
	"unknown TLS version '1.4'"},
    {ENFORCE "steps:\n  - send\n  - {attack: {dns: nxdomain}, expect: held}\n", 8, 20,
	"must be a mapping from"},
    {ENFORCE "steps:\n  - send\n  - {attack: {dns: {'@ MX': {forge: evil}}}, expect: held}\n", 8, 37,
	"a forged record is TYPE DATA"},
    {ENFORCE "steps:\n  - send\n  - {attack: {hosts: {mx1: {}}}, expect: held}\n", 8, 23,
	"is an honest host of the world already"},
    {ENFORCE "steps:\n  - send\n  - {attack: {hosts: {evil: {certficate: expired}}}, expect: held}\n", 8, 30,
	"did you mean 'certificate'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {world: {policy: {modes: none}}}, expect: held}\n", 8, 32,
	"did you mean 'mode'?"},
    /* what is expected */
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: hold}\n", 8, 36,
	"unknown outcome 'hold'; did you mean 'held'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {must: hold}}\n", 8, 43,
	"did you mean 'held'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {must: held, shoud: held}}\n", 8, 49,
	"did you mean 'should'?"},
    {ENFORCE "level: should\nsteps:\n  - send\n  - {attack: {smtp: drip}, expect: {must: held}}\n", 9, 37,
	"above the scenario's level"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {tls: held}}\n", 8, 36,
	"'may' is missing"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {outcome: held, sen: x}}\n", 8, 52,
	"did you mean 'seen'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {seen: tls-upp}}\n", 8, 43,
	"did you mean 'tls-up'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {seen: {tls-up: {hosts: mx1}}}}\n", 8, 53,
	"did you mean 'host'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {seen: {tls-up: {host: mx3}}}}\n", 8, 59,
	"did you mean 'mx1'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {seen: {accepted: {port: smtp}}}}\n", 8,
	61, "'port' is a number"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {seen: {reply: {channel: clean}}}}\n", 8,
	61, "did you mean 'clear'?"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {count: {reply: {channel: clear}}}}\n", 8,
	52, "a count needs a number"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {sni: mx7}}\n", 8, 42,
	"unknown host 'mx7'"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, expect: {fate: delayed}}\n", 8, 43,
	"unknown value of 'fate'"},
    {ENFORCE "steps:\n  - send\n  - {attack: {smtp: drip}, met: strip-starttls, expect: held}\n", 8, 33,
	"no move of this step"},
    /* controls */
    {ENFORCE STRIP "control: {world: {dnssec: signed}, attack: same}\n", 10, 10, "needs its own 'expect'"},
    {ENFORCE STRIP "control: {world: {dnssec: signed}, expect: refused}\n", 10, 44,
	"goes with 'attack: same'"},
    {ENFORCE STRIP "control: {world: {dnssec: signed}, attack: same, expect: refused}\n", 8, 5,
	"belongs to a delivery"},
    /* rows */
    {ENFORCE "each: 3\n" STRIP, 6, 7, "must be a list of rows"},
    {ENFORCE "each: [{}]\n" STRIP, 6, 8, "a row is a mapping"},
    {ENFORCE "each: [{a: [x]}]\n" STRIP, 6, 12, "it must be a word"},
    {ENFORCE "each: [{a: x}, {a: X}]\n" STRIP, 6, 16, "the name 'family/file/x' is already taken"},
    {ENFORCE "each: [{a: x, expct: held}]\n" STRIP, 6, 15, "did you mean 'expect'?"},
    {ENFORCE "each: [{a: x}]\nsteps: [send, {attack: {smtp: $b}, expect: held}]\n", 7, 31,
	"unknown key of the row behind '$'"},
    {ENFORCE "each:\n  - {a: expird}\nsteps: [send, {attack: {certificate: $a}, expect: held}]\n", 7, 9,
	"did you mean 'expired'?"},
};

static void
a_mistake_is_found_at_its_place(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct read got = read_text(files[i].text);
		const struct complaint *first =
		    complaints_count(got.complaints) > 0 ? complaints_at(got.complaints, 0) : NULL;
		unsigned line = first ? first->line : 0, column = first ? first->column : 0;
		const char *says = files[i].says;

		if (line != files[i].line || column != files[i].column ||
		    (first != NULL && (says == NULL || strstr(first->sentence, says) == NULL)) ||
		    (got.reading.n == 1) != (first == NULL || strstr(says, "already taken") != NULL)) {
			print_error("row %zu:\n%s\n got %u:%u %s (%zu scenarios)\nwant %u:%u %s\n", i,
			    files[i].text, line, column, first ? first->sentence : "-", got.reading.n,
			    files[i].line, files[i].column, says ? says : "-");
			failed++;
		}
		done(&got);
	}
	assert_int_equal(failed, 0);
}

static void
one_broken_row_leaves_the_others(void **state)
{
	struct read got = read_text(ENFORCE "each: [{f: expired}, {f: expird}, {f: self-signed}]\n"
					    "steps: [send, {attack: {certificate: $f}, expect: held}]\n");

	(void)state;
	assert_int_equal(complaints_count(got.complaints), 1);
	assert_int_equal(got.reading.n, 2);
	assert_string_equal(got.reading.scenarios[0]->name, "family/file/expired");
	assert_string_equal(got.reading.scenarios[1]->name, "family/file/self-signed");
	done(&got);
}

static void
several_mistakes_are_told_at_once(void **state)
{
	struct read got = read_text("titel: x\nworld: {polcy: none}\nsteps:\n  - {attack: {smtp: stripp, "
				    "tls: {alert: x}}, expect: hold}\n");

	(void)state;
	assert_int_equal(complaints_count(got.complaints), 6); /* titel, title, polcy, stripp, x, hold */
	done(&got);
}

static void
defaults_are_the_honest_world(void **state)
{
	struct read got;
	const struct scenario *s = read_whole(&got, HEAD STRIP);

	(void)state;
	assert_false(s->world->policy.given);
	assert_true(s->world->policy_host.withdrawn);
	assert_int_equal(s->world->n_hosts, 1);
	assert_string_equal(s->world->hosts[0].label, "mx1");
	assert_int_equal(s->world->hosts[0].preference, 10);
	assert_true(s->world->hosts[0].smtp.starttls && s->world->hosts[0].smtp.esmtp);
	assert_false(s->world->secure);
	assert_true(s->recovers);
	assert_string_equal(s->family, "family");
	done(&got);
}

static void
steps_inherit_the_attack_and_share_their_world(void **state)
{
	struct read got;
	const struct scenario *s = read_whole(&got, ENFORCE
	    "steps:\n  - send\n  - {attack: {smtp: strip-starttls}, expect: held}\n  - {expect: held}\n"
	    "  - {attack: none, expect: delivered}\n  - {attack: {world: {mx: {mx1: {certificate: "
	    "expired}}}}, expect: held}\n");

	(void)state;
	assert_true(s->steps[0].warm_up);
	assert_int_equal(s->steps[0].attack->n_moves, 0);
	assert_false(s->steps[1].warm_up);
	assert_ptr_equal(s->steps[2].attack, s->steps[1].attack);
	assert_int_equal(s->steps[2].attack->moves[0].move, MOVE_SMTP_STRIP);
	assert_int_equal(s->steps[3].attack->n_moves, 0);
	assert_ptr_equal(s->steps[3].world, s->world);
	assert_ptr_not_equal(s->steps[4].world, s->world);
	assert_int_equal(s->steps[4].world->hosts[0].certificate.fault, FAULT_EXPIRED);
	assert_true(s->steps[4].world->policy.given);
	assert_ptr_equal(s->steps[4].control_world, s->world);
	assert_true(s->has_control);
	done(&got);
}

static void
rows_fill_in_names_and_may_expect_otherwise(void **state)
{
	struct read got;
	const struct scenario *s =
	    read_whole(&got, ENFORCE "each:\n  - {how: Not Yet, move: {alert: 40}, title: mine, level: "
				     "should}\n  - {how: b, move: reset-hello, expect: record}\n"
				     "steps:\n  - send\n  - {attack: {tls: $move}, expect: held}\n");

	(void)state;
	assert_string_equal(s->name, "family/file/not-yet");
	assert_string_equal(s->title, "mine");
	assert_int_equal(s->steps[1].attack->moves[0].move, MOVE_TLS_ALERT);
	assert_int_equal(s->steps[1].attack->moves[0].code, 40);
	assert_int_equal(s->expectations->level, LEVEL_SHOULD);
	s = got.reading.scenarios[1];
	assert_string_equal(s->title, "t");
	assert_true(s->expectations->steps[1].by_floor[FLOOR_MAY].record);
	done(&got);
}

static const char *
level_text(const struct expectation *e, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned level = 0; level < LEVELS; level++)
		for (size_t i = 0; i < e->at[level].n; i++)
			len += (size_t)snprintf(out + len, size - len, "%s%s=%x/%zu", len ? " " : "",
			    level_name((enum level)level), e->at[level].any_of[i].outcomes,
			    e->at[level].any_of[i].n_asks);
	return out;
}

/* outcomes in hex: protected 1, readable 2, stolen 4, lost 8, held 10, bounced 20, silent 40 */
static const struct {
	const char *level, *expect, *may, *verified;
} expectations[] = {
    {"must", "held", "must=30/0 should=10/0", "must=30/0 should=10/0"},
    {"should", "held", "should=30/0 may=10/0", "should=30/0 may=10/0"},
    {"may", "held", "may=30/0 info=10/0", "may=30/0 info=10/0"},
    {"info", "held", "info=10/0", "info=10/0"},
    {"must", "refused", "must=30/0", "must=30/0"},
    {"must", "bounced", "must=20/0", "must=20/0"},
    {"must", "[protected, held]", "must=1/0 must=30/0 should=1/0 should=10/0", NULL},
    {"must", "{must: unexposed, should: held}", "must=79/0 should=10/0", NULL},
    {"must", "{should: held}", "should=10/0", NULL},
    {"must", "{outcome: [held, readable], unseen: tls-up}", "must=12/1", NULL},
    {"must", "{seen: tls-up}", "must=7f/1", NULL},
    {"must",
	"{seen: [tls-up, reply], unseen: met, count: {reply: 2}, sni: mx1, fate: deferred, reason: [tls]}",
	"must=7f/7", NULL},
    {"must", "{may: delivered, tls: refused}", "must=3/0", "must=30/0"},
    {"must", "{may: delivered, tls: refused, verified: held}", "must=3/0", "must=30/0 should=10/0"},
    {"must", "{may: {must: delivered, should: protected}, tls: refused}", "must=3/0 should=1/0", "must=30/0"},
    {"must", "{may: delivered}", "may=3/0", NULL},
};

static void
an_expectation_is_a_set_by_level_and_floor(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(expectations); i++) {
		struct read got;
		char text[1024], may[256], verified[256];
		const struct expectation *e;

		snprintf(text, sizeof(text),
		    ENFORCE "level: %s\nsteps: [send, {attack: {smtp: drip}, expect: %s}]\n",
		    expectations[i].level, expectations[i].expect);
		e = read_whole(&got, text)->expectations->steps[1].by_floor;
		level_text(&e[FLOOR_MAY], may, sizeof(may));
		level_text(&e[FLOOR_VERIFIED], verified, sizeof(verified));
		if (!text_equal(may, expectations[i].may) ||
		    (expectations[i].verified != NULL && !text_equal(verified, expectations[i].verified)))
			fail_msg("row %zu, %s: got '%s', '%s', want '%s', '%s'", i, expectations[i].expect,
			    may, verified, expectations[i].may,
			    expectations[i].verified ? expectations[i].verified : "");
		done(&got);
	}
}

static void
what_the_facts_must_show_is_read_whole(void **state)
{
	struct read got;
	const struct scenario *s = read_whole(&got,
	    ENFORCE "steps:\n  - send\n  - attack: {smtp: drip}\n    expect:\n      outcome: protected\n"
		    "      count: {dns-asked: {type: TXT, at-most: 2}}\n"
		    "      order: [{tls-up: {host: mx1}}, {mail: {channel: genuine}}]\n      seen: "
		    "{policy-served: {whole: yes, status: 200}}\n");
	const struct expected *e = &s->expectations->steps[1].by_floor[FLOOR_MAY].at[LEVEL_MUST].any_of[0];

	(void)state;
	assert_int_equal(e->n_asks, 3);
	assert_int_equal(e->asks[0].kind, ASK_SEEN);
	assert_string_equal(e->asks[0].patterns[0].conditions[0].value, "1");
	assert_int_equal(e->asks[1].kind, ASK_COUNT);
	assert_int_equal(e->asks[1].at_least, 0);
	assert_int_equal(e->asks[1].at_most, 2);
	assert_int_equal(e->asks[1].patterns[0].n_conditions, 1);
	assert_int_equal(e->asks[2].kind, ASK_ORDER);
	assert_int_equal(e->asks[2].n_patterns, 2);
	assert_int_equal(e->asks[2].patterns[1].kind, FACT_MAIL);
	done(&got);
}

static void
an_opposite_control_lives_in_the_other_world(void **state)
{
	struct read got;
	const struct scenario *s =
	    read_whole(&got, HEAD "world: {policy: {mode: testing}}\nsteps:\n  - {attack: {smtp: "
				  "strip-starttls, world: {dnssec: signed}}, expect: record}\n"
				  "  - {expect: delivered}\ncontrol: {world: {policy: {mode: enforce}}, "
				  "attack: same, expect: refused}\n");

	(void)state;
	assert_true(s->opposite_control);
	assert_string_equal(s->steps[1].world->policy.mode, "testing");
	assert_string_equal(s->steps[1].control_world->policy.mode, "enforce");
	assert_true(s->steps[1].control_world->secure); /* the attack's overlay as well */
	assert_string_equal(s->control_world->policy.mode, "enforce");
	assert_false(s->control_world->secure);
	assert_int_equal(s->expectations->control, OUTCOMES_REFUSED);
	done(&got);
}

static void
moves_are_read_with_their_aims(void **state)
{
	struct read got;
	const struct scenario *s =
	    read_whole(&got, HEAD "world: {mx: {mx1: {}, mx2: {}}}\nsteps:\n"
				  "  - attack:\n      hosts: {evil: {starttls: no}}\n"
				  "      dns: {\"@ mx\": {forge: [MX 5 evil, MX 10 mx1]}, _mta-sts: "
				  "[nxdomain, {timeout: , times: 2}]}\n"
				  "      smtp: [{answer: ehlo, with: '500 what\\r\\n', at: mx2, connection: "
				  "2}, {inject: \"250 x\\r\\n\", attempt: 3}]\n"
				  "      policy-host: [{certificate: expired}, {max-tls: 1.1}]\n"
				  "    expect: record\n");
	const struct plan_move *m = s->steps[0].attack->moves;

	(void)state;
	assert_int_equal(s->steps[0].attack->n_moves, 7);
	assert_int_equal(m[0].move, MOVE_DNS_FORGE);
	assert_string_equal(m[0].name, "@");
	assert_string_equal(m[0].type, "MX");
	assert_int_equal(m[0].n_records, 2);
	assert_null(m[1].type);
	assert_int_equal(m[2].times, 2);
	assert_string_equal(m[3].verb, "EHLO");
	assert_true(bytes_equal(m[3].bytes, BYTES("500 what\r\n")));
	assert_string_equal(m[3].host, "mx2");
	assert_int_equal(m[3].connection, 2);
	assert_true(bytes_equal(m[4].bytes, BYTES("250 x\r\n")));
	assert_int_equal(m[4].attempt, 3);
	assert_null(m[4].name);
	assert_int_equal(m[5].fault, FAULT_EXPIRED);
	assert_int_equal(m[6].version, TLS_1_1);
	assert_false(s->steps[0].attack->hosts[0].listed);
	done(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mistake_is_found_at_its_place),
	    cmocka_unit_test(one_broken_row_leaves_the_others),
	    cmocka_unit_test(several_mistakes_are_told_at_once),
	    cmocka_unit_test(defaults_are_the_honest_world),
	    cmocka_unit_test(steps_inherit_the_attack_and_share_their_world),
	    cmocka_unit_test(rows_fill_in_names_and_may_expect_otherwise),
	    cmocka_unit_test(an_expectation_is_a_set_by_level_and_floor),
	    cmocka_unit_test(what_the_facts_must_show_is_read_whole),
	    cmocka_unit_test(an_opposite_control_lives_in_the_other_world),
	    cmocka_unit_test(moves_are_read_with_their_aims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
