/* SPDX-License-Identifier: Apache-2.0 */
/*
 * junit.c - junit.xml: a suite per family, a case per scenario, for CI that shows tests.
 *
 * There is no norm; what is written here is what Jenkins and GitLab both read (tests/junit.xsd). A case fails
 * where the run's exit status would: a violation below the level is one that passed and has something to say.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/report/facts_by_leg.h"
#include "harness/report/report.h"
#include "harness/report/xml.h"

struct counts {
	size_t tests, of[REPORT_RESULTS];
	uint64_t ms;
};

struct sheet {
	const struct report *r;
	FILE *out;
	struct facts_by_leg *by_leg;
	char *client; /* fit to be the first part of a dotted name */
};

static uint64_t
duration_ms(const struct judgment *j)
{
	return j->ended_ns > j->began_ns ? (j->ended_ns - j->began_ns) / 1000000 : 0;
}

static const char *
family_of(const struct report *r, size_t i)
{
	const char *family = r->judgments->items[i].brief->family;

	return family != NULL && *family != '\0' ? family : "scenarios";
}

/* Counts what belongs to `family`; NULL: all. */
static struct counts
count(const struct report *r, const char *family)
{
	struct counts c = {0};

	for (size_t i = 0; i < r->judgments->n_items; i++) {
		if (family != NULL && !text_equal(family, family_of(r, i)))
			continue;
		c.tests++;
		c.of[report_result_of(r, i)]++;
		c.ms += duration_ms(&r->judgments->items[i]);
	}
	return c;
}

/* --- pieces of XML --------------------------------------------------------------------------------- */

static void
put_value(const struct sheet *s, const char *name, const char *text)
{
	fprintf(s->out, " %s=\"", name);
	xml_put(s->out, bytes_of(text), XML_VALUE);
	putc('"', s->out);
}

static void
put_time(const struct sheet *s, uint64_t ms)
{
	fprintf(s->out, " time=\"%" PRIu64 ".%03" PRIu64 "\"", ms / 1000, ms % 1000);
}

static void
put_counts(const struct sheet *s, const struct counts *c)
{
	fprintf(s->out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", c->tests,
	    c->of[REPORT_FAILURE], c->of[REPORT_ERROR], c->of[REPORT_SKIPPED]);
}

/* An element with a message, a type and a text, each of which may be NULL. */
static void
put_element(const struct sheet *s, const char *name, const char *message, const char *type, const char *text)
{
	fprintf(s->out, "   <%s", name);
	if (message != NULL)
		put_value(s, "message", message);
	if (type != NULL)
		put_value(s, "type", type);
	putc('>', s->out);
	xml_put(s->out, bytes_of(text), XML_CONTENT);
	fprintf(s->out, "</%s>\n", name);
}

/* --- a case ---------------------------------------------------------------------------------------- */

static void
put_trouble(const struct sheet *s, size_t i)
{
	static const char *const names[REPORT_RESULTS] = {
	    [REPORT_FAILURE] = "failure", [REPORT_ERROR] = "error", [REPORT_SKIPPED] = "skipped"};
	const struct judgment *j = &s->r->judgments->items[i];
	enum report_result result = report_result_of(s->r, i);
	char *text = report_failure_text(s->r, s->by_leg, i);

	if (result == REPORT_SKIPPED) {
		put_element(s, names[result], "known from the baseline", verdict_name(j->verdict), NULL);
		put_element(s, "system-out", NULL, NULL, text);
	} else if (result == REPORT_PASSED) {
		put_element(s, "system-out", NULL, NULL, text);
	} else {
		put_element(s, names[result], j->why, verdict_name(j->verdict), text);
	}
	free(text);
}

static void
put_case(const struct sheet *s, size_t i)
{
	const struct judgment *j = &s->r->judgments->items[i];

	fprintf(s->out, "  <testcase classname=\"%s.", s->client);
	xml_put(s->out, bytes_of(family_of(s->r, i)), XML_VALUE);
	putc('"', s->out);
	put_value(s, "name", j->brief->name);
	put_time(s, duration_ms(j));
	if (j->verdict == VERDICT_HONORED) {
		fputs("/>\n", s->out);
		return;
	}
	fputs(">\n", s->out);
	if (j->verdict == VERDICT_SKIPPED)
		put_element(s, "skipped", j->why, NULL, NULL);
	else if (j->verdict == VERDICT_RECORDED)
		put_element(s, "system-out", NULL, NULL, j->why);
	else
		put_trouble(s, i);
	fputs("  </testcase>\n", s->out);
}

/* --- suites ---------------------------------------------------------------------------------------- */

static bool
is_digit_or_same(char c, char like)
{
	return like == '0' ? c >= '0' && c <= '9' : c == like;
}

/* The moment of the run without its Z, which some readers refuse; nothing where it is no moment. */
static void
put_moment(const struct sheet *s)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	const char *started = s->r->started;
	size_t n = 0;

	while (started != NULL && n < sizeof(shape) - 1 && is_digit_or_same(started[n], shape[n]))
		n++;
	if (n == sizeof(shape) - 1 && started[n] == '\0')
		fprintf(s->out, " timestamp=\"%.19s\"", started);
}

static void
put_property(const struct sheet *s, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	fputs("   <property", s->out);
	put_value(s, "name", name);
	put_value(s, "value", value);
	fputs("/>\n", s->out);
}

static void
put_properties(const struct sheet *s)
{
	const struct docket *d = s->r->docket;

	fputs("  <properties>\n", s->out);
	put_property(s, "mitmx", d->tool_version);
	put_property(s, "client", d->client);
	put_property(s, "client version", d->client_version);
	for (size_t i = 0; i < d->n_claims; i++)
		put_property(s, "claim", d->claims[i]);
	put_property(s, "lab", d->lab_mode);
	fputs("  </properties>\n", s->out);
}

static void
put_suite(const struct sheet *s, const char *family)
{
	struct counts c = count(s->r, family);

	fputs(" <testsuite", s->out);
	put_value(s, "name", family);
	put_counts(s, &c);
	put_time(s, c.ms);
	put_moment(s);
	fputs(">\n", s->out);
	put_properties(s);
	for (size_t i = 0; i < s->r->judgments->n_items; i++)
		if (text_equal(family, family_of(s->r, i)))
			put_case(s, i);
	fputs(" </testsuite>\n", s->out);
}

/* Families in the order of their first scenario. */
static void
put_suites(const struct sheet *s)
{
	size_t n = s->r->judgments->n_items, n_seen = 0;
	const char **seen = must_alloc(sizeof(*seen) * (n + 1));

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < n_seen && !text_equal(seen[k], family_of(s->r, i)))
			k++;
		if (k < n_seen)
			continue;
		seen[n_seen++] = family_of(s->r, i);
		put_suite(s, seen[k]);
	}
	free(seen);
}

/* Other claims than the baseline's are a violation that is no scenario's. */
static void
put_baseline(const struct sheet *s)
{
	const struct baseline_view *b = s->r->baseline;

	if (b == NULL)
		return;
	fprintf(s->out,
	    " <testsuite name=\"baseline\" tests=\"1\" failures=\"%d\" errors=\"0\" skipped=\"0\" "
	    "time=\"0.000\">\n  <testcase classname=\"%s.baseline\" name=\"baseline/claims\" time=\"0.000\"",
	    b->other_claims != NULL, s->client);
	if (b->other_claims == NULL) {
		fputs("/>\n", s->out);
	} else {
		fputs(">\n", s->out);
		put_element(s, "failure", b->other_claims, "violated", b->name);
		fputs("  </testcase>\n", s->out);
	}
	fputs(" </testsuite>\n", s->out);
}

/* Dots part packages: what is no letter or digit becomes '-'. */
static char *
plain_client(const struct report *r)
{
	const char *client = r->docket->client;
	char *plain = must_strdup(client != NULL && *client != '\0' ? client : "client");

	for (char *at = plain; *at != '\0'; at++)
		if (!text_is_alnum(*at) && *at != '_')
			*at = '-';
	return plain;
}

int
report_junit(const struct report *r, FILE *out, struct why *why)
{
	struct sheet s = {r, out, facts_by_leg_new(r->facts, r->n_facts), plain_client(r)};
	struct counts all = count(r, NULL);

	if (r->baseline != NULL) {
		all.tests++;
		all.of[REPORT_FAILURE] += r->baseline->other_claims != NULL;
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
	put_value(&s, "name", "mitmx");
	put_counts(&s, &all);
	put_time(&s, r->duration_ms);
	fputs(">\n", out);
	put_baseline(&s);
	put_suites(&s);
	fputs("</testsuites>\n", out);
	facts_by_leg_free(s.by_leg);
	free(s.client);
	return report_finish(out, why);
}
