/* SPDX-License-Identifier: Apache-2.0 */
/* test_answer.c - questions and answers of the pure core, made and read by ldns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/dns/dns_answer.h"
#include "tests/unit/fakes-dns/dns_plan.h"

/* Facts as lines: "dns-asked 0/0 NAME LABEL TYPE udp FLAGS". */
struct kept {
	struct fact_sink sink;
	char text[4096];
};

static void
keep(struct fact_sink *sink, const struct fact *f)
{
	struct kept *kept = (struct kept *)sink;
	const struct fact_info *info = fact_info(f->kind);
	size_t at = strlen(kept->text), left = sizeof(kept->text) - at;
	int n = snprintf(kept->text + at, left, "%s %d/%d", info->name, (int)f->leg, (int)f->step);

	for (size_t i = 0; i < info->n_fields; i++) {
		const struct fact_field *field = &info->fields[i];
		struct bytes text = field->type == FACT_text ? fact_text(f, field) : (struct bytes){0};

		if (field->type == FACT_text)
			n += snprintf(
			    kept->text + at + n, left - (size_t)n, " %.*s", (int)text.len, text.data);
		else
			n += snprintf(
			    kept->text + at + n, left - (size_t)n, " %d", (int)fact_number(f, field));
	}
	snprintf(kept->text + at + n, left - (size_t)n, "\n");
}

static struct kept kept;
static struct scene *scene;
static struct dns_book *book;

static int
set_up(void **state)
{
	(void)state;
	dns_steps[2].moves = NULL;
	dns_steps[2].n_moves = 0;
	kept = (struct kept){.sink = {keep}};
	scene = scene_new(&dns_plan, &kept.sink);
	book = dns_book_new(scene);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	dns_book_free(book);
	scene_free(scene);
	return 0;
}

/* "rd ad cd do": flags of the question; "do" and "edns=SIZE" bring EDNS. */
static uint8_t *
question(const char *name, const char *type, const char *flags, size_t *ret_len)
{
	ldns_pkt *pkt = ldns_pkt_query_new(
	    ldns_dname_new_frm_str(name), ldns_get_rr_type_by_name(type), LDNS_RR_CLASS_IN, 0);
	const char *edns = strstr(flags, "edns=");
	uint8_t *data = NULL;

	ldns_pkt_set_id(pkt, 4711);
	ldns_pkt_set_rd(pkt, strstr(flags, "rd") != NULL);
	ldns_pkt_set_ad(pkt, strstr(flags, "ad") != NULL);
	ldns_pkt_set_cd(pkt, strstr(flags, "cd") != NULL);
	if (edns != NULL)
		ldns_pkt_set_edns_udp_size(pkt, (uint16_t)atoi(edns + 5));
	ldns_pkt_set_edns_do(pkt, strstr(flags, "do") != NULL);
	assert_int_equal(ldns_pkt2wire(&data, pkt, ret_len), LDNS_STATUS_OK);
	ldns_pkt_free(pkt);
	return data;
}

static void
add_section(char *out, size_t size, const char *head, const ldns_rr_list *list)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		char *text = ldns_rr2str(ldns_rr_list_rr(list, i));

		text[strcspn(text, "\n")] = '\0';
		for (char *c = text; *c != '\0'; c++)
			*c = *c == '\t' ? ' ' : *c;
		snprintf(out + strlen(out), size - strlen(out), "%s%s\n", head, text);
		free(text);
	}
}

/* "RCODE FLAGS" and a line for each record but the question; of the SOA only "+OWNER SOA". */
static void
describe(const ldns_pkt *pkt, char *out, size_t size)
{
	char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(pkt));

	snprintf(out, size, "%s%s%s%s%s%s%s%s\n", rcode, ldns_pkt_qr(pkt) ? "" : " NOT-QR",
	    ldns_pkt_tc(pkt) ? " tc" : "", ldns_pkt_rd(pkt) ? " rd" : "",
	    ldns_pkt_ra(pkt) ? " ra" : " NOT-RA", ldns_pkt_ad(pkt) ? " ad" : "",
	    ldns_pkt_cd(pkt) ? " cd" : "",
	    ldns_pkt_edns_do(pkt) ? " do"
	    : ldns_pkt_edns(pkt)  ? " edns"
				  : "");
	add_section(out, size, "", ldns_pkt_answer(pkt));
	for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_pkt_authority(pkt)); i++) {
		char *owner = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_authority(pkt), i)));

		snprintf(out + strlen(out), size - strlen(out), "+%s SOA\n", owner);
		free(owner);
	}
	add_section(out, size, "*", ldns_pkt_additional(pkt));
	free(rcode);
}

/* Asks and describes; "-" when there is no answer, "RESET" for that. Forged ones come before, with "id" when
 * theirs is wrong. */
static void
ask(const char *name, const char *type, const char *flags, char *out, size_t size)
{
	size_t len;
	uint8_t *data = question(name, type, flags, &len);
	struct dns_answer *a =
	    dns_answer_new(book, (struct bytes){(const char *)data, len}, strstr(flags, "tcp") != NULL);
	const struct bytes parts[] = {dns_answer_forged(a), dns_answer_bytes(a)};

	snprintf(out, size, "%s", dns_answer_resets(a) ? "RESET" : parts[1].len == 0 ? "-" : "");
	for (size_t i = 0; i < 2; i++) {
		ldns_pkt *pkt;

		if (parts[i].len == 0)
			continue;
		assert_int_equal(
		    ldns_wire2pkt(&pkt, (const uint8_t *)parts[i].data, parts[i].len), LDNS_STATUS_OK);
		assert_int_equal(ldns_rr_list_rr_count(ldns_pkt_question(pkt)), 1);
		if (ldns_pkt_id(pkt) != 4711)
			snprintf(out + strlen(out), size - strlen(out), "id ");
		describe(pkt, out + strlen(out), size - strlen(out));
		ldns_pkt_free(pkt);
	}
	dns_answer_done(a);
	dns_answer_free(a);
	free(data);
}

struct row {
	const char *name, *type, *flags, *want;
};

static void
check(const struct row *rows, size_t n)
{
	static char got[16384];

	for (size_t i = 0; i < n; i++) {
		ask(rows[i].name, rows[i].type, rows[i].flags, got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("row %zu: %s %s %s\n--- got\n%s--- want\n%s", i, rows[i].name, rows[i].type,
			    rows[i].flags, got, rows[i].want);
	}
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows[0]))

static void
names_are_answered_as_a_resolver_would(void **state)
{
	static const struct row rows[] = {
	    {"mx1." D, "A", "rd", "NOERROR rd ra\nmx1.a0001.example. 0 IN A 198.18.1.1\n"},
	    {"mx1." D, "A", "", "NOERROR ra\nmx1.a0001.example. 0 IN A 198.18.1.1\n"},
	    {D, "MX", "rd",
		"NOERROR rd ra\na0001.example. 0 IN MX 10 mx1.a0001.example.\na0001.example. 0 IN MX 5 "
		"MX2.a0001.example.\n"},
	    {"alias." D, "A", "rd ad",
		"NOERROR rd ra ad\nalias.a0001.example. 0 IN CNAME mx1.a0001.example.\nmx1.a0001.example. 0 "
		"IN A 198.18.1.1\n"},
	    {"alias." D, "CNAME", "rd",
		"NOERROR rd ra\nalias.a0001.example. 0 IN CNAME mx1.a0001.example.\n"},
	    {"alias." D, "TXT", "rd",
		"NOERROR rd ra\nalias.a0001.example. 0 IN CNAME mx1.a0001.example.\n+a0001.example. SOA\n"},
	    {"out." D, "A", "rd ad",
		"NOERROR rd ra\nout.a0001.example. 0 IN CNAME host.elsewhere.test.\nhost.elsewhere.test. 0 "
		"IN A 198.18.1.4\n"},
	    {"dangling." D, "A", "rd ad",
		"NXDOMAIN rd ra ad\ndangling.a0001.example. 0 IN CNAME "
		"nowhere.a0001.example.\n+a0001.example. SOA\n"},
	    {"loop." D, "A", "rd ad", "SERVFAIL rd ra\n"},
	    {"mx1." D, "TXT", "rd ad", "NOERROR rd ra ad\n+a0001.example. SOA\n"},
	    {"nowhere." D, "A", "rd ad", "NXDOMAIN rd ra ad\n+a0001.example. SOA\n"},
	    {"x.nowhere.mx1." D, "A", "rd", "NXDOMAIN rd ra\n+a0001.example. SOA\n"},
	    {"_tcp.mx1." D, "TLSA", "rd", "NOERROR rd ra\n+a0001.example. SOA\n"},
	    {"wild." D, "TXT", "rd", "NOERROR rd ra\n+a0001.example. SOA\n"},
	    {"any.wild." D, "TXT", "rd", "NOERROR rd ra\nany.wild.a0001.example. 0 IN TXT \"wild\"\n"},
	    {"very.any.wild." D, "TXT", "rd",
		"NOERROR rd ra\nvery.any.wild.a0001.example. 0 IN TXT \"wild\"\n"},
	    {"any.wild." D, "A", "rd", "NOERROR rd ra\n+a0001.example. SOA\n"},
	    {"tame.wild." D, "TXT", "rd", "NOERROR rd ra\n+a0001.example. SOA\n"},
	    {"below.tame.wild." D, "TXT", "rd", "NXDOMAIN rd ra\n+a0001.example. SOA\n"},
	    {"_mta-sts." D, "TXT", "rd",
		"NOERROR rd ra\n_mta-sts.a0001.example. 0 IN TXT \"v=STSv1; \" \"id=1;\"\n"},
	    {"_upper." D, "TXT", "rd", "NOERROR rd ra\n_UPPER.a0001.example. 0 IN TXT \"shouted\"\n"},
	    {"MX1." D, "A", "rd", "NOERROR rd ra\nMX1.a0001.example. 0 IN A 198.18.1.1\n"},
	    {"www.plain." D, "A", "rd ad", "NOERROR rd ra\nwww.plain.a0001.example. 0 IN A 198.18.1.3\n"},
	    {"nowhere.plain." D, "A", "rd ad", "NXDOMAIN rd ra\n+plain.a0001.example. SOA\n"},
	    {"c0001.example.", "A", "rd ad", "NXDOMAIN rd ra ad\n+example. SOA\n"},
	    {"example.", "A", "rd", "NOERROR rd ra\n+example. SOA\n"},
	    {"unheard.of.", "MX", "rd ad", "NXDOMAIN rd ra ad\n+. SOA\n"},
	    {".", "NS", "rd ad", "NOERROR rd ra ad\n. 0 IN NS ns.\n"},
	    {"odd." D, "TYPE65400", "rd",
		"NOERROR rd ra\nodd.a0001.example. 0 IN TYPE65400 \\# 4 01020304\n"},
	    {D, "AXFR", "rd tcp", "REFUSED rd ra\n"},
	};

	(void)state;
	CHECK(rows);
}

static void
the_ad_bit_follows_zone_and_question(void **state)
{
	static const struct row rows[] = {
	    {"mx2." D, "A", "rd ad", "NOERROR rd ra ad\nmx2.a0001.example. 0 IN A 198.18.1.2\n"},
	    {"mx2." D, "A", "rd do", "NOERROR rd ra ad do\nmx2.a0001.example. 0 IN A 198.18.1.2\n"},
	    {"mx2." D, "A", "rd edns=4096", "NOERROR rd ra edns\nmx2.a0001.example. 0 IN A 198.18.1.2\n"},
	    {"mx2." D, "A", "rd cd ad", "NOERROR rd ra ad cd\nmx2.a0001.example. 0 IN A 198.18.1.2\n"},
	    {"host.elsewhere.test.", "A", "rd ad do",
		"NOERROR rd ra do\nhost.elsewhere.test. 0 IN A 198.18.1.4\n"},
	};

	(void)state;
	CHECK(rows);
}

static void
what_does_not_fit_is_truncated_on_udp_alone(void **state)
{
	static const struct row rows[] = {
	    {"big." D, "TXT", "rd", "NOERROR tc rd ra\n"},
	    {"big." D, "TXT", "rd edns=600", "NOERROR tc rd ra edns\n"},
	    {"big." D, "TXT", "rd edns=1232",
		"NOERROR rd ra edns\nbig.a0001.example. 0 IN TXT \"" T100 T100 "\" \"" T100 T100
		"\" \"" T100 T100 "\"\n"},
	    {"big." D, "TXT", "rd tcp",
		"NOERROR rd ra\nbig.a0001.example. 0 IN TXT \"" T100 T100 "\" \"" T100 T100 "\" \"" T100 T100
		"\"\n"},
	    {"huge." D, "TXT", "rd edns=4096", "NOERROR tc rd ra edns\n"},
	    {"mx1." D, "A", "rd edns=100", "NOERROR rd ra edns\nmx1.a0001.example. 0 IN A 198.18.1.1\n"},
	};

	(void)state;
	CHECK(rows);
}

static void
the_letters_of_the_question_come_back(void **state)
{
	static const struct row rows[] = {
	    {"mX1.A0001.eXample.", "A", "rd", "NOERROR rd ra\nmX1.A0001.eXample. 0 IN A 198.18.1.1\n"},
	    {"ALIAS.a0001.example.", "A", "rd",
		"NOERROR rd ra\nALIAS.a0001.example. 0 IN CNAME mx1.a0001.example.\nmx1.a0001.example. 0 IN "
		"A 198.18.1.1\n"},
	    {"A0001.EXAMPLE.", "MX", "rd",
		"NOERROR rd ra\nA0001.EXAMPLE. 0 IN MX 10 mx1.a0001.example.\nA0001.EXAMPLE. 0 IN MX 5 "
		"MX2.a0001.example.\n"},
	    {"Any.Wild.a0001.example.", "TXT", "rd",
		"NOERROR rd ra\nAny.Wild.a0001.example. 0 IN TXT \"wild\"\n"},
	};

	(void)state;
	CHECK(rows);
}

static void
the_present_step_decides(void **state)
{
	static const struct row first = {
	    "host.elsewhere.test.", "A", "rd", "NOERROR rd ra\nhost.elsewhere.test. 0 IN A 198.18.1.4\n"};
	static const struct row later[] = {
	    {"host.elsewhere.test.", "A", "rd ad", "NXDOMAIN rd ra ad\n+. SOA\n"},
	    {D, "MX", "rd ad", "NOERROR rd ra\na0001.example. 0 IN MX 10 evil.test.\n"},
	};

	(void)state;
	check(&first, 1);
	scene_set_step(scene, 0, 1);
	kept.text[0] = '\0';
	check(later, 1);
	assert_string_equal(kept.text,
	    "dns-asked 0/1 host.elsewhere.test host.elsewhere.test A udp rd ad\n"
	    "dns-answered 0/1 host.elsewhere.test host.elsewhere.test A NXDOMAIN 0 1 0\n");
	kept.text[0] = '\0';
	check(later + 1, 1);
	if (strstr(kept.text, "lab-fault 0/1 dns broken.a0001.example. A not an address: ") == NULL)
		fail_msg("the broken record is no fault: %s", kept.text);
	scene_set_step(scene, 0, 0);
	check(&first, 1);
}

static void
questions_and_answers_are_facts(void **state)
{
	static const struct {
		const char *name, *type, *flags, *want;
	} rows[] = {
	    {D, "MX", "rd",
		"dns-asked 0/0 a0001.example @ MX udp rd\ndns-answered 0/0 a0001.example @ MX NOERROR 2 0 "
		"0\n"},
	    {"MX1." D, "A", "rd ad cd do tcp",
		"dns-asked 0/0 MX1.a0001.example mx1 A tcp rd ad cd edns do\ndns-answered 0/0 "
		"MX1.a0001.example mx1 A NOERROR 1 1 0\n"},
	    {"_mta-sts." D, "TXT", "",
		"dns-asked 0/0 _mta-sts.a0001.example _mta-sts TXT udp \ndns-answered 0/0 "
		"_mta-sts.a0001.example _mta-sts TXT NOERROR 1 0 0\n"},
	    {"host.elsewhere.test.", "A", "rd",
		"dns-asked 0/0 host.elsewhere.test host.elsewhere.test A udp rd\ndns-answered 0/0 "
		"host.elsewhere.test host.elsewhere.test A NOERROR 1 0 0\n"},
	    {"xa0001.example.", "A", "rd",
		"dns-asked -1/-1 xa0001.example xa0001.example A udp rd\ndns-answered -1/-1 xa0001.example "
		"xa0001.example A NXDOMAIN 0 0 0\n"},
	    {".", "NS", "rd", "dns-asked -1/-1 . . NS udp rd\ndns-answered -1/-1 . . NS NOERROR 1 0 0\n"},
	    {"big." D, "TXT", "rd",
		"dns-asked 0/0 big.a0001.example big TXT udp rd\ndns-answered 0/0 big.a0001.example big TXT "
		"NOERROR 0 0 1\n"},
	};
	static char got[16384];

	(void)state;
	scene_set_step(scene, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kept.text[0] = '\0';
		ask(rows[i].name, rows[i].type, rows[i].flags, got, sizeof(got));
		if (strcmp(kept.text, rows[i].want) != 0)
			fail_msg("row %zu\n--- got\n%s--- want\n%s", i, kept.text, rows[i].want);
	}
}

/* --- moves ----------------------------------------------------------------------------- */

static const char *const lie_mx[] = {"MX 1 evil.test.", "A 198.18.9.9"};
static const char *const lie_alias[] = {"CNAME mx1." D};

#define MX_TRUE                                                                                     \
	"NOERROR rd ra ad\na0001.example. 0 IN MX 10 mx1.a0001.example.\na0001.example. 0 IN MX 5 " \
	"MX2.a0001.example.\n"
#define MX_LIE "NOERROR rd ra\na0001.example. 0 IN MX 1 evil.test.\n*a0001.example. 0 IN A 198.18.9.9\n"
#define A_TRUE "NOERROR rd ra ad\nmx1.a0001.example. 0 IN A 198.18.1.1\n"

static const struct move_row {
	struct plan_move move;
	struct row row;
	bool met;
} move_rows[] = {
    {{.move = MOVE_DNS_NXDOMAIN, .name = "a0001.example"},
	{D, "MX", "rd ad", "NXDOMAIN rd ra\n+a0001.example. SOA\n"}, true},
    {{.move = MOVE_DNS_NXDOMAIN, .name = "a0001.example", .type = "A"}, {D, "MX", "rd ad", MX_TRUE}, false},
    {{.move = MOVE_DNS_NXDOMAIN, .name = "a0001.example"},
	{"A0001.Example.", "A", "rd", "NXDOMAIN rd ra\n+a0001.example. SOA\n"}, true},
    {{.move = MOVE_DNS_NODATA, .name = "a0001.example"},
	{D, "MX", "rd ad", "NOERROR rd ra\n+a0001.example. SOA\n"}, true},
    {{.move = MOVE_DNS_SERVFAIL, .name = "a0001.example"}, {D, "MX", "rd ad", "SERVFAIL rd ra\n"}, true},
    {{.move = MOVE_DNS_REFUSED, .name = "a0001.example"}, {D, "MX", "rd ad", "REFUSED rd ra\n"}, true},
    {{.move = MOVE_DNS_TIMEOUT, .name = "a0001.example"}, {D, "MX", "rd ad", "-"}, true},
    {{.move = MOVE_DNS_TRUNCATE, .name = "mx1.a0001.example"},
	{"mx1." D, "A", "rd ad", "NOERROR tc rd ra ad\n"}, true},
    {{.move = MOVE_DNS_TRUNCATE, .name = "mx1.a0001.example"}, {"mx1." D, "A", "rd tcp", "RESET"}, true},
    {{.move = MOVE_DNS_TCP_ONLY, .name = "mx1.a0001.example"},
	{"mx1." D, "A", "rd ad", "NOERROR tc rd ra ad\n"}, true},
    {{.move = MOVE_DNS_TCP_ONLY, .name = "mx1.a0001.example"}, {"mx1." D, "A", "rd ad tcp", A_TRUE}, false},
    {{.move = MOVE_DNS_FORGE, .name = "a0001.example", .records = lie_mx, .n_records = 2},
	{D, "MX", "rd ad", MX_LIE}, true},
    {{.move = MOVE_DNS_FORGE, .name = "a0001.example", .records = lie_mx, .n_records = 1},
	{D, "A", "rd ad", "NOERROR rd ra ad\n+a0001.example. SOA\n"}, false},
    {{.move = MOVE_DNS_FORGE, .name = "a0001.example", .type = "TXT", .records = lie_mx, .n_records = 1},
	{D, "TXT", "rd ad", "NOERROR rd ra\n*a0001.example. 0 IN MX 1 evil.test.\n"}, true},
    {{.move = MOVE_DNS_FORGE, .name = "nowhere.a0001.example", .records = lie_alias, .n_records = 1},
	{"nowhere." D, "A", "rd ad",
	    "NOERROR rd ra\nnowhere.a0001.example. 0 IN CNAME mx1.a0001.example.\nmx1.a0001.example. 0 IN A "
	    "198.18.1.1\n"},
	true},
    {{.move = MOVE_DNS_RACE, .name = "a0001.example", .records = lie_mx, .n_records = 2},
	{D, "MX", "rd ad", "id " MX_LIE MX_TRUE}, true},
    {{.move = MOVE_DNS_RACE, .name = "a0001.example", .records = lie_mx, .n_records = 2},
	{D, "MX", "rd ad tcp", MX_TRUE}, false},
    {{.move = MOVE_DNS_STRIP_AD, .name = "mx1.a0001.example"},
	{"mx1." D, "A", "rd ad", "NOERROR rd ra\nmx1.a0001.example. 0 IN A 198.18.1.1\n"}, true},
    {{.move = MOVE_DNS_STRIP_AD, .name = "mx1.a0001.example"},
	{"mx1." D, "A", "rd", "NOERROR rd ra\nmx1.a0001.example. 0 IN A 198.18.1.1\n"}, false},
    {{.move = MOVE_DNS_FORGE_AD, .name = "host.elsewhere.test"},
	{"host.elsewhere.test.", "A", "rd ad", "NOERROR rd ra ad\nhost.elsewhere.test. 0 IN A 198.18.1.4\n"},
	true},
    {{.move = MOVE_DNS_FORGE_AD, .name = "mx1.a0001.example"}, {"mx1." D, "A", "rd ad", A_TRUE}, false},
};
#define N_MOVE_ROWS (sizeof(move_rows) / sizeof(move_rows[0]))

static void
arm(struct plan_move *moves, size_t n)
{
	dns_steps[2].moves = moves;
	dns_steps[2].n_moves = n;
	scene_set_step(scene, 0, 2);
	kept.text[0] = '\0';
}

static void
a_move_changes_the_answer_and_is_met(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_MOVE_ROWS; i++) {
		struct plan_move move = move_rows[i].move;
		char want[128];
		bool met;

		arm(&move, 1);
		check(&move_rows[i].row, 1);
		snprintf(want, sizeof(want), "\nmet 0/2 dns %s ", move_info(move.move)->name);
		met = strstr(kept.text, want) != NULL;
		if (met != move_rows[i].met || strstr(kept.text, "dns-asked 0/2") == NULL)
			fail_msg("row %zu: met %d, want %d\n%s", i, met, move_rows[i].met, kept.text);
	}
}

static void
a_neutral_move_changes_nothing_and_is_met_alike(void **state)
{
	static char truth[16384], got[16384];

	(void)state;
	for (size_t i = 0; i < N_MOVE_ROWS; i++) {
		const struct row *row = &move_rows[i].row;
		struct plan_move move = move_rows[i].move;

		move.neutral = true;
		scene_set_step(scene, 0, 0);
		ask(row->name, row->type, row->flags, truth, sizeof(truth));
		arm(&move, 1);
		ask(row->name, row->type, row->flags, got, sizeof(got));
		if (strcmp(got, truth) != 0 || (strstr(kept.text, " 1\n") != NULL &&
						   strstr(kept.text, "met ") != NULL) != move_rows[i].met)
			fail_msg("row %zu\n--- got\n%s%s--- want\n%s", i, got, kept.text, truth);
	}
}

static void
a_forged_answer_can_claim_to_be_authentic(void **state)
{
	struct plan_move moves[] = {{.move = MOVE_DNS_FORGE_AD, .name = "a0001.example"},
	    {.move = MOVE_DNS_FORGE, .name = "a0001.example", .records = lie_mx, .n_records = 1}};
	struct row row = {D, "MX", "rd ad", "NOERROR rd ra ad\na0001.example. 0 IN MX 1 evil.test.\n"};

	(void)state;
	arm(moves, 2);
	check(&row, 1);
	assert_non_null(strstr(kept.text, "met 0/2 dns forge @ 0\nmet 0/2 dns forge-ad @ 0\n"));
}

static void
a_move_once_leaves_the_second_question_alone(void **state)
{
	struct plan_move move = {.move = MOVE_DNS_SERVFAIL, .name = "mx1.a0001.example", .times = 1};
	struct row rows[] = {{"mx1." D, "A", "rd ad", "SERVFAIL rd ra\n"}, {"mx1." D, "A", "rd ad", A_TRUE}};

	(void)state;
	arm(&move, 1);
	CHECK(rows);
}

/* --- what is no good question ---------------------------------------------------------- */

/* The first four bytes of the answer in hex, "" when there is none. */
static void
ask_bytes(const uint8_t *data, size_t len, char out[16])
{
	struct dns_answer *a = dns_answer_new(book, (struct bytes){(const char *)data, len}, false);
	struct bytes b = dns_answer_bytes(a);

	out[0] = '\0';
	for (size_t i = 0; i < 4 && i < b.len; i++)
		snprintf(out + 2 * i, 3, "%02x", (unsigned char)b.data[i]);
	dns_answer_done(a);
	dns_answer_free(a);
}

static void
bad_messages_are_refused_or_dropped(void **state)
{
	static const struct {
		const char *why;
		size_t len;
		uint8_t data[32];
		const char *want;
	} rows[] = {
	    {"no header", 11, {0x12, 0x34}, ""},
	    {"nothing", 0, {0}, ""},
	    {"an answer", 12, {0x12, 0x34, 0x80}, ""},
	    {"no question", 12, {0x12, 0x34, 0x01}, "12348181"},
	    {"two questions announced, none there", 12, {0x12, 0x34, 0x01, 0, 0, 2}, "12348181"},
	    {"two questions", 22, {0x12, 0x34, 0x01, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1},
		"12348181"},
	    {"a pointer to itself", 18, {0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1},
		"12348181"},
	    {"an update", 12, {0x12, 0x34, 0x28}, "1234a884"},
	    {"class CHAOS", 17, {0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3}, "12348185"},
	    {"EDNS version 1", 28,
		{0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 41, 4, 0xd0, 0, 1, 0, 0, 0,
		    0},
		"12348180"},
	};
	static const uint8_t large[DNS_QUESTION_MAX + 1] = {0x12, 0x34, 0x01};
	char got[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask_bytes(rows[i].data, rows[i].len, got);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got '%s', want '%s'", rows[i].why, got, rows[i].want);
	}
	ask_bytes(large, sizeof(large), got);
	assert_string_equal(got, "");
}

/* A small generator of our own, so that a failure comes again. */
static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void
no_bytes_bring_it_down(void **state)
{
	size_t len;
	uint8_t *good = question("very.any.wild." D, "TXT", "rd ad do", &len);
	uint8_t data[600];
	uint32_t seed = 1;
	char got[16];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = i % 2 ? len : next_random(&seed) % sizeof(data);

		for (size_t j = 0; j < n; j++)
			data[j] = i % 2 ? good[j] : (uint8_t)next_random(&seed);
		for (uint32_t j = next_random(&seed) % 6; n > 0 && j > 0; j--)
			data[next_random(&seed) % n] = (uint8_t)next_random(&seed);
		kept.text[0] = '\0';
		ask_bytes(data, n, got);
	}
	free(good);
}

/* --- rdata that is wrong for its type, and large answers -------------------------------- */

static void
rdata_goes_out_as_it_stands(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		uint8_t rdata[4];
	} rows[] = {{"_25._tcp.mx2." D, 3, {3, 1, 1}}, {"empty-rdata." D, 0, {0}}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t len;
		uint8_t *data = question(rows[i].name, "TLSA", "rd", &len);
		struct dns_answer *a = dns_answer_new(book, (struct bytes){(const char *)data, len}, false);
		struct bytes b = dns_answer_bytes(a);

		assert_int_equal(
		    b.len, len + 12 + rows[i].len); /* pointer, type, class, ttl, length, rdata */
		assert_int_equal(b.data[b.len - rows[i].len - 1], rows[i].len);
		assert_memory_equal(b.data + b.len - rows[i].len, rows[i].rdata, rows[i].len);
		dns_answer_free(a);
		free(data);
	}
}

static void
any_gives_all_records_of_the_name(void **state)
{
	static char got[16384];

	(void)state;
	ask("mx1." D, "ANY", "rd", got, sizeof(got));
	assert_string_equal(got, "NOERROR rd ra\nmx1.a0001.example. 0 IN A 198.18.1.1\nmx1.a0001.example. 0 "
				 "IN AAAA 2001:db8::101\n");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(names_are_answered_as_a_resolver_would),
	    T(the_ad_bit_follows_zone_and_question),
	    T(what_does_not_fit_is_truncated_on_udp_alone),
	    T(the_letters_of_the_question_come_back),
	    T(the_present_step_decides),
	    T(questions_and_answers_are_facts),
	    T(a_move_changes_the_answer_and_is_met),
	    T(a_neutral_move_changes_nothing_and_is_met_alike),
	    T(a_forged_answer_can_claim_to_be_authentic),
	    T(a_move_once_leaves_the_second_question_alone),
	    T(bad_messages_are_refused_or_dropped),
	    T(no_bytes_bring_it_down),
	    T(rdata_goes_out_as_it_stands),
	    T(any_gives_all_records_of_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
