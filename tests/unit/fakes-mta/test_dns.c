/* SPDX-License-Identifier: Apache-2.0 */
/* test_dns.c - questions and answers on the wire, and the MX list that comes of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/mta/dns_answer.h"
#include "fakes/mta/hearsay.h"
#include "fakes/mta/mx_list.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* --- answers ------------------------------------------------------------------------------- */

struct spec {
	const char *name; /* of the question that is answered */
	ldns_rr_type type;
	int id;
	ldns_pkt_rcode rcode;
	bool query, tc, ad;
	const char *records[6];
};

static size_t
make_answer(const struct spec *spec, uint8_t *out)
{
	ldns_pkt *pkt =
	    ldns_pkt_query_new(ldns_dname_new_frm_str(spec->name), spec->type, LDNS_RR_CLASS_IN, LDNS_RD);
	uint8_t *wire;
	size_t len;

	ldns_pkt_set_id(pkt, (uint16_t)spec->id);
	ldns_pkt_set_qr(pkt, !spec->query);
	ldns_pkt_set_tc(pkt, spec->tc);
	ldns_pkt_set_ad(pkt, spec->ad);
	ldns_pkt_set_rcode(pkt, (uint8_t)spec->rcode);
	for (size_t i = 0; i < ROWS(spec->records) && spec->records[i] != NULL; i++) {
		ldns_rr *rr = NULL;

		if (ldns_rr_new_frm_str(&rr, spec->records[i], 0, NULL, NULL) != LDNS_STATUS_OK)
			fail_msg("the row's record '%s' is wrong", spec->records[i]);
		ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, rr);
	}
	assert_int_equal(ldns_pkt2wire(&wire, pkt, &len), LDNS_STATUS_OK);
	memcpy(out, wire, len);
	free(wire);
	ldns_pkt_free(pkt);
	return len;
}

static const char *const state_names[] = {"found", "no data", "no name", "failed"};

/* "found mx1.d.example/10 …", "no data", "no data, ask ALIAS", "failed", "not ours", "truncated", "no edns"
 */
static void
tell_answer(char *out, size_t size, const struct dns_question *q, const uint8_t *wire, size_t len)
{
	struct region *r = region_new();
	struct dns_answer answer;
	enum dns_fit fit = dns_answer_read(&answer, q, wire, len, r);
	size_t at = 0;

	if (fit != DNS_FITS) {
		snprintf(out, size, "%s",
		    fit == DNS_FITS_NOT       ? "not ours"
		    : fit == DNS_IS_TRUNCATED ? "truncated"
					      : "no edns");
		region_free(r);
		return;
	}
	at += (size_t)snprintf(out, size, "%s%s%s%s", state_names[answer.state],
	    answer.secure ? ", secure" : "", answer.alias ? ", ask " : "", answer.alias ? answer.alias : "");
	for (size_t i = 0; i < answer.n && at < size; i++) {
		const struct dns_record *record = &answer.records[i];

		if (q->type == LDNS_RR_TYPE_MX)
			at +=
			    (size_t)snprintf(out + at, size - at, " %s/%u", record->host, record->preference);
		else if (q->type == LDNS_RR_TYPE_TXT)
			at += (size_t)snprintf(
			    out + at, size - at, " [%.*s]", (int)record->text.len, record->text.data);
		else
			at += (size_t)snprintf(
			    out + at, size - at, " %u", ((const uint8_t *)&record->address)[3]);
	}
	region_free(r);
}

#define MX(owner) .name = owner, .type = LDNS_RR_TYPE_MX, .id = 7, .rcode = LDNS_RCODE_NOERROR
static const struct {
	const char *row;
	const char *name; /* that we asked for */
	ldns_rr_type type;
	struct spec spec;
	const char *want;
} answer_rows[] = {
    {"MX", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"), .records = {"d.example. 0 IN MX 10 mx1.d.example."}}, "found mx1.d.example/10"},
    {"secure", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"), .ad = true, .records = {"d.example. 0 IN MX 10 mx1.d.example."}},
	"found, secure mx1.d.example/10"},
    {"null MX", "d.example", LDNS_RR_TYPE_MX, {MX("d.example"), .records = {"d.example. 0 IN MX 0 ."}},
	"found /0"},
    {"case of the owner", "d.example", LDNS_RR_TYPE_MX,
	{MX("D.Example"), .records = {"D.EXAMPLE. 0 IN MX 1 a.test."}}, "found a.test/1"},
    {"other owners are not believed", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"), .records = {"e.example. 0 IN MX 1 evil.example."}}, "no data"},
    {"other types are not taken", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"), .records = {"d.example. 0 IN A 192.0.2.1"}}, "no data"},
    {"through aliases", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"), .records = {"d.example. 0 IN CNAME e.example.", "e.example. 0 IN CNAME f.example.",
			      "f.example. 0 IN MX 1 a.example."}},
	"found a.example/1"},
    {"aliases out of order", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"), .records = {"f.example. 0 IN MX 1 a.example.", "e.example. 0 IN CNAME f.example.",
			      "d.example. 0 IN CNAME e.example."}},
	"found a.example/1"},
    {"an alias that is not followed", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"), .records = {"d.example. 0 IN CNAME e.example."}}, "no data, ask e.example"},
    {"aliases in a ring", "d.example", LDNS_RR_TYPE_MX,
	{MX("d.example"),
	    .records = {"d.example. 0 IN CNAME e.example.", "e.example. 0 IN CNAME d.example."}},
	"no data, ask d.example"},
    {"joined strings", "d.example", LDNS_RR_TYPE_TXT,
	{.name = "d.example",
	    .type = LDNS_RR_TYPE_TXT,
	    .id = 7,
	    .rcode = LDNS_RCODE_NOERROR,
	    .records = {"d.example. 0 IN TXT \"v=STSv1; i\" \"d=ab\" \"\" \"cd;\"",
		"d.example. 0 IN TXT \"x\""}},
	"found [v=STSv1; id=abcd;] [x]"},
    {"A", "d.example", LDNS_RR_TYPE_A,
	{.name = "d.example",
	    .type = LDNS_RR_TYPE_A,
	    .id = 7,
	    .rcode = LDNS_RCODE_NOERROR,
	    .records = {"d.example. 0 IN A 192.0.2.5", "d.example. 0 IN A 192.0.2.6"}},
	"found 5 6"},
    {"AAAA", "d.example", LDNS_RR_TYPE_AAAA,
	{.name = "d.example",
	    .type = LDNS_RR_TYPE_AAAA,
	    .id = 7,
	    .rcode = LDNS_RCODE_NOERROR,
	    .records = {"d.example. 0 IN AAAA 2001:db9::1"}},
	"found 185"},
    {"no data", "d.example", LDNS_RR_TYPE_MX, {MX("d.example")}, "no data"},
    {"no name", "d.example", LDNS_RR_TYPE_MX,
	{.name = "d.example", .type = LDNS_RR_TYPE_MX, .id = 7, .rcode = LDNS_RCODE_NXDOMAIN}, "no name"},
    {"SERVFAIL", "d.example", LDNS_RR_TYPE_MX,
	{.name = "d.example", .type = LDNS_RR_TYPE_MX, .id = 7, .rcode = LDNS_RCODE_SERVFAIL}, "failed"},
    {"REFUSED", "d.example", LDNS_RR_TYPE_MX,
	{.name = "d.example", .type = LDNS_RR_TYPE_MX, .id = 7, .rcode = LDNS_RCODE_REFUSED}, "failed"},
    {"FORMERR", "d.example", LDNS_RR_TYPE_MX,
	{.name = "d.example", .type = LDNS_RR_TYPE_MX, .id = 7, .rcode = LDNS_RCODE_FORMERR}, "no edns"},
    {"truncated", "d.example", LDNS_RR_TYPE_MX, {MX("d.example"), .tc = true}, "truncated"},
    {"another id", "d.example", LDNS_RR_TYPE_MX,
	{.name = "d.example", .type = LDNS_RR_TYPE_MX, .id = 8, .rcode = LDNS_RCODE_NOERROR}, "not ours"},
    {"another name", "d.example", LDNS_RR_TYPE_MX, {MX("e.example")}, "not ours"},
    {"another type", "d.example", LDNS_RR_TYPE_MX,
	{.name = "d.example", .type = LDNS_RR_TYPE_A, .id = 7, .rcode = LDNS_RCODE_NOERROR}, "not ours"},
    {"a question", "d.example", LDNS_RR_TYPE_MX, {MX("d.example"), .query = true}, "not ours"},
};

static void
answers_are_read_if_they_belong_to_the_question(void **state)
{
	uint8_t wire[4096];
	char got[512];

	(void)state;
	for (size_t i = 0; i < ROWS(answer_rows); i++) {
		struct dns_question q = {answer_rows[i].name, answer_rows[i].type, 7, true, {{0}}};
		size_t len = make_answer(&answer_rows[i].spec, wire);

		tell_answer(got, sizeof(got), &q, wire, len);
		if (strcmp(got, answer_rows[i].want) != 0)
			fail_msg("%s: got '%s', want '%s'", answer_rows[i].row, got, answer_rows[i].want);
	}
}

/* Every answer cut at every byte, and with every byte changed: no crash, nothing invented. */
static void
damaged_answers_do_no_harm(void **state)
{
	uint8_t wire[4096], bad[4096];
	char got[4096];

	(void)state;
	for (size_t i = 0; i < ROWS(answer_rows); i++) {
		struct dns_question q = {answer_rows[i].name, answer_rows[i].type, 7, true, {{0}}};
		size_t len = make_answer(&answer_rows[i].spec, wire);

		for (size_t at = 0; at < len; at++) {
			tell_answer(got, sizeof(got), &q, wire, at);
			for (int bit = 0; bit < 8; bit++) {
				memcpy(bad, wire, len);
				bad[at] ^= (uint8_t)(1 << bit);
				tell_answer(got, sizeof(got), &q, bad, len);
			}
		}
	}
}

static void
a_question_can_be_read_back(void **state)
{
	struct dns_question q = {"_mta-sts.d.example", LDNS_RR_TYPE_TXT, 0xabcd, true, {{0}}};
	uint8_t wire[DNS_QUESTION_MAX];
	size_t len = dns_question_write(&q, wire);
	ldns_pkt *pkt;
	char *text;

	(void)state;
	assert_int_equal(ldns_wire2pkt(&pkt, wire, len), LDNS_STATUS_OK);
	text = ldns_rr2str(ldns_rr_list_rr(ldns_pkt_question(pkt), 0));
	assert_string_equal(text, "_mta-sts.d.example.\tIN\tTXT\n");
	assert_true(ldns_pkt_rd(pkt) && ldns_pkt_ad(pkt) && !ldns_pkt_qr(pkt));
	assert_int_equal(ldns_pkt_id(pkt), 0xabcd);
	assert_int_equal(ldns_pkt_edns_udp_size(pkt), 1232);
	free(text);
	ldns_pkt_free(pkt);
	q.edns = false;
	assert_true(dns_question_write(&q, wire) < len);
	q.name = "a..b";
	assert_int_equal(dns_question_write(&q, wire), 0);
}

/* --- the MX list --------------------------------------------------------------------------- */

static uint32_t
last(uint32_t below)
{
	return below - 1; /* leaves the order as it is */
}

static uint32_t
first(uint32_t below)
{
	(void)below;
	return 0;
}

static const struct {
	const char *row;
	struct mx_record records[5];
	size_t n;
	const char *want;
} list_rows[] = {
    {"in order", {{20, "b.example"}, {10, "a.example"}, {30, "c.example"}}, 3,
	"hosts a.example b.example c.example"},
    {"canonical", {{10, "A.Example."}}, 1, "hosts a.example"},
    {"none: the domain itself", {{0, ""}}, 0, "hosts d.example"},
    {"null MX", {{0, ""}}, 1, "null"},
    {"null MX of any preference", {{10, "."}}, 1, "null"},
    {"null MX among others falls out", {{0, ""}, {10, "a.example"}}, 2, "hosts a.example"},
    {"duplicates keep the best", {{20, "a.example"}, {10, "A.example"}, {20, "b.example"}}, 3,
	"hosts a.example b.example"},
    {"addresses are no hosts", {{1, "192.0.2.1"}, {10, "a.example"}}, 2, "hosts a.example"},
    {"nobody left", {{1, "192.0.2.1"}, {2, "a b"}}, 2, "unusable"},
    {"extremes of preference", {{65535, "b.example"}, {0, "a.example"}}, 2, "hosts a.example b.example"},
    {"ourselves and worse fall out",
	{{10, "a.example"}, {20, "self.example"}, {20, "b.example"}, {30, "c.example"}}, 4,
	"hosts a.example"},
    {"equals of ourselves fall out, before or behind",
	{{20, "b.example"}, {20, "self.example"}, {20, "c.example"}, {10, "a.example"}}, 4,
	"hosts a.example"},
    {"ourselves the best", {{10, "self.example"}, {20, "b.example"}}, 2, "ourselves"},
};

static void
tell_list(char *out, size_t size, const struct mx_list *list)
{
	static const char *const names[] = {"hosts", "null", "ourselves", "unusable"};
	size_t at = (size_t)snprintf(out, size, "%s", names[list->state]);

	for (size_t i = 0; i < list->n; i++)
		at += (size_t)snprintf(out + at, size - at, " %s", list->hosts[i].name);
}

static void
hosts_are_tried_in_the_order_of_preference(void **state)
{
	char got[512];

	(void)state;
	for (size_t i = 0; i < ROWS(list_rows); i++) {
		for (int k = 0; k < 2; k++) {
			struct mx_list list;

			mx_list_init(&list, "d.example", list_rows[i].records, list_rows[i].n, "self.example",
			    k ? first : last);
			tell_list(got, sizeof(got), &list);
			mx_list_done(&list);
			if (strcmp(got, list_rows[i].want) != 0)
				fail_msg("%s: got '%s', want '%s'", list_rows[i].row, got, list_rows[i].want);
		}
	}
}

static void
equals_are_shuffled(void **state)
{
	struct mx_record records[] = {{10, "a.example"}, {10, "b.example"}, {5, "z.example"}};
	struct mx_list one, other;

	(void)state;
	mx_list_init(&one, "d.example", records, 3, "", last);
	mx_list_init(&other, "d.example", records, 3, "", first);
	assert_string_equal(one.hosts[0].name, "z.example");
	assert_string_equal(other.hosts[0].name, "z.example");
	assert_string_not_equal(one.hosts[1].name, other.hosts[1].name);
	mx_list_done(&one);
	mx_list_done(&other);
}

/* --- hearsay ------------------------------------------------------------------------------- */

static void
hearsay_is_believed_by_flaw_alone_and_for_its_time(void **state)
{
	static const struct {
		const char *name;
		enum flaw flaw; /* FLAWS: none */
		const char *asked;
		ldns_rr_type type;
		time_t after_s;
		enum dns_state state; /* DNS_FAILED: not answered by what was heard */
	} rows[] = {
	    {"an address beside an answer", FLAW_BELIEVES_ADDITIONAL, "MX1.x.example", LDNS_RR_TYPE_A, 0, DNS_FOUND},
	    {"for good", FLAW_BELIEVES_ADDITIONAL, "mx1.x.example", LDNS_RR_TYPE_A, 1000000, DNS_FOUND},
	    {"of this name alone", FLAW_BELIEVES_ADDITIONAL, "mx2.x.example", LDNS_RR_TYPE_A, 0, DNS_FAILED},
	    {"of this type alone", FLAW_BELIEVES_ADDITIONAL, "mx1.x.example", LDNS_RR_TYPE_AAAA, 0, DNS_FAILED},
	    {"no denial", FLAW_BELIEVES_ADDITIONAL, "none.x.example", LDNS_RR_TYPE_TXT, 0, DNS_FAILED},
	    {"a denial", FLAW_BELIEVES_DENIALS, "none.x.example", LDNS_RR_TYPE_TXT, 99, DNS_NO_NAME},
	    {"a denial that is over", FLAW_BELIEVES_DENIALS, "none.x.example", LDNS_RR_TYPE_TXT, 100, DNS_FAILED},
	    {"no address", FLAW_BELIEVES_DENIALS, "mx1.x.example", LDNS_RR_TYPE_A, 0, DNS_FAILED},
	    {"nothing without a flaw", FLAWS, "mx1.x.example", LDNS_RR_TYPE_A, 0, DNS_FAILED},
	    {"nothing at all", FLAWS, "none.x.example", LDNS_RR_TYPE_TXT, 0, DNS_FAILED},
	};
	struct dns_record beside = {.host = "mx1.x.example"};
	const struct dns_answer answers[] = {
	    {.state = DNS_FOUND, .additional = &beside, .n_additional = 1}, {.state = DNS_NO_NAME, .denied_s = 100}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hearsay *hearsay = hearsay_new();
		struct region *r = region_new();
		struct dns_question q = {.name = "none.x.example", .type = LDNS_RR_TYPE_TXT};
		struct dns_answer told = {.state = DNS_FAILED};

		if (rows[i].flaw < FLAWS)
			flaw_add(&q.flaws, rows[i].flaw);
		hearsay_take(hearsay, &q, &answers[0], 1000);
		hearsay_take(hearsay, &q, &answers[1], 1000);
		q.name = rows[i].asked;
		q.type = rows[i].type;
		hearsay_answers(hearsay, &told, &q, 1000 + rows[i].after_s, r);
		if (told.state != rows[i].state)
			fail_msg("%s: state %d", rows[i].name, (int)told.state);
		region_free(r);
		hearsay_free(hearsay);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hearsay_is_believed_by_flaw_alone_and_for_its_time),
	    cmocka_unit_test(answers_are_read_if_they_belong_to_the_question),
	    cmocka_unit_test(damaged_answers_do_no_harm),
	    cmocka_unit_test(a_question_can_be_read_back),
	    cmocka_unit_test(hosts_are_tried_in_the_order_of_preference),
	    cmocka_unit_test(equals_are_shuffled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
