/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_answer.c - see dns_answer.h: reads the question, lets the armed moves change content, AD bit
 * and way of delivery, and encodes. Each move is one function of the table below.
 */
#include "fakes/dns/dns_answer.h"

#include <stdlib.h>
#include <string.h>

#include "fakes/dns/dns_content.h"
#include "harness/base/must.h"

#define HEADER_LEN 12
#define MOVES_MAX 8
#define WEEK 604800 /* s */

struct dns_answer {
	struct scope scope;
	bool tcp, wants_ad;
	ldns_pkt *frame; /* header, question and EDNS of the answer; NULL: nothing is said */
	ldns_rdf *name;  /* asked, borrowed from the frame; NULL when the question was not understood */
	ldns_rr_type type;
	char *name_text, *label, *type_text; /* no trailing dot; label in lower case; owned, may be NULL */
	uint16_t udp_max;
	struct dns_content content;
	bool authentic, silent, truncated, resets;
	size_t n_answers;
	struct bytes bytes, forged; /* owned */
	const struct plan_move *met[MOVES_MAX];
	size_t n_met;
};

/* --- what was asked -------------------------------------------------------------------- */

static char *
name_text_of(const ldns_rdf *name)
{
	char *text = ldns_rdf2str(name);
	size_t len;

	must(text != NULL);
	len = strlen(text);
	if (len > 1 && text[len - 1] == '.')
		text[len - 1] = '\0';
	return text;
}

/* "@" for the leg's domain, what stands before it for names below, else the whole name; in lower case. */
static char *
label_of(const struct dns_answer *a)
{
	const struct plan *plan = scene_plan(a->scope.scene);
	const char *domain = a->scope.leg == FACT_NONE ? NULL : plan->legs[a->scope.leg].domain;
	size_t len = strlen(a->name_text), domain_len = domain == NULL ? 0 : strlen(domain);
	char *label;

	if (domain != NULL && text_equal_nocase(a->name_text, domain))
		return must_strdup("@");
	label = must_strdup(a->name_text);
	if (domain != NULL && len > domain_len + 1 && label[len - domain_len - 1] == '.' &&
	    text_equal_nocase(label + len - domain_len, domain))
		label[len - domain_len - 1] = '\0';
	for (char *c = label; *c != '\0'; c++)
		*c = text_lower(*c);
	return label;
}

static void
report_question(const struct dns_answer *a, const ldns_pkt *question)
{
	char flags[64] = "malformed";

	if (question != NULL)
		snprintf(flags, sizeof(flags), "%s%s%s%s%s", ldns_pkt_rd(question) ? " rd" : "",
		    ldns_pkt_ad(question) ? " ad" : "", ldns_pkt_cd(question) ? " cd" : "",
		    ldns_pkt_edns(question) ? " edns" : "", ldns_pkt_edns_do(question) ? " do" : "");
	SCOPE_EMIT(&a->scope, .kind = FACT_DNS_ASKED,
	    .dns_asked = {.name = bytes_of(a->name_text),
		.label = bytes_of(a->label),
		.type = bytes_of(a->type_text),
		.transport = a->tcp ? BYTES("tcp") : BYTES("udp"),
		.flags = bytes_trim(bytes_of(flags))});
}

/* The answer's header: the question's id, opcode, RD and CD; RA set. */
static ldns_pkt *
frame_new(uint16_t id, ldns_pkt_opcode opcode, bool rd, bool cd)
{
	ldns_pkt *frame = ldns_pkt_new();

	must(frame != NULL);
	ldns_pkt_set_id(frame, id);
	ldns_pkt_set_qr(frame, true);
	ldns_pkt_set_opcode(frame, opcode);
	ldns_pkt_set_rd(frame, rd);
	ldns_pkt_set_cd(frame, cd);
	ldns_pkt_set_ra(frame, true);
	return frame;
}

/* What ldns could not read: the header alone is answered. */
static void
take_malformed(struct dns_answer *a, struct bytes question)
{
	const uint8_t *q = (const uint8_t *)question.data;

	report_question(a, NULL);
	if (question.len < HEADER_LEN || LDNS_QR_WIRE(q))
		return;
	a->frame = frame_new(LDNS_ID_WIRE(q), LDNS_OPCODE_WIRE(q), LDNS_RD_WIRE(q), LDNS_CD_WIRE(q));
	a->content.rcode = LDNS_OPCODE_WIRE(q) == LDNS_PACKET_QUERY ? LDNS_RCODE_FORMERR : LDNS_RCODE_NOTIMPL;
}

static void
take_edns(struct dns_answer *a, const ldns_pkt *question)
{
	a->udp_max = 512; /* RFC 1035 s4.2.1 */
	if (!ldns_pkt_edns(question))
		return;
	if (ldns_pkt_edns_udp_size(question) > a->udp_max)
		a->udp_max = ldns_pkt_edns_udp_size(question);
	if (a->udp_max > DNS_UDP_MAX)
		a->udp_max = DNS_UDP_MAX;
	ldns_pkt_set_edns_udp_size(a->frame, DNS_UDP_MAX);
	ldns_pkt_set_edns_do(a->frame, ldns_pkt_edns_do(question));
	if (ldns_pkt_edns_version(question) > 0)
		ldns_pkt_set_edns_extended_rcode(a->frame, 1); /* BADVERS, RFC 6891 s6.1.3 */
}

static void
take_question(struct dns_answer *a, struct dns_book *book, const ldns_pkt *question)
{
	ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(question), 0);

	a->frame = frame_new(ldns_pkt_id(question), ldns_pkt_get_opcode(question), ldns_pkt_rd(question),
	    ldns_pkt_cd(question));
	must(ldns_pkt_push_rr(a->frame, LDNS_SECTION_QUESTION, ldns_rr_clone(asked)));
	a->name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(a->frame), 0));
	a->type = ldns_rr_get_type(asked);
	a->type_text = ldns_rr_type2str(a->type);
	a->name_text = name_text_of(a->name);
	a->scope = scope_of(a->scope.scene, dns_book_find(book, a->name).leg);
	a->label = label_of(a);
	a->wants_ad = ldns_pkt_ad(question) || ldns_pkt_edns_do(question); /* RFC 6840 s5.7 */
	take_edns(a, question);
	report_question(a, question);
	if (ldns_rr_get_class(asked) != LDNS_RR_CLASS_IN || a->type == LDNS_RR_TYPE_AXFR ||
	    a->type == LDNS_RR_TYPE_IXFR)
		a->content.rcode = LDNS_RCODE_REFUSED;
}

/* --- the moves ------------------------------------------------------------------------- */

/*
 * Each says whether it has an occasion here; only then is it met. When `move->neutral` it changes nothing.
 */
typedef bool make_move(struct dns_answer *a, struct dns_book *book, const struct plan_move *move);

static bool
deny(struct dns_answer *a, struct dns_book *book, const struct plan_move *move)
{
	if (!move->neutral)
		dns_content_deny(&a->content, book, a->name,
		    move->move == MOVE_DNS_NODATA ? LDNS_RCODE_NOERROR : LDNS_RCODE_NXDOMAIN,
		    move->move == MOVE_DNS_NXDOMAIN_LONG ? WEEK : 0);
	return true;
}

static bool
fail(struct dns_answer *a, struct dns_book *book, const struct plan_move *move)
{
	(void)book;
	if (!move->neutral)
		dns_content_clear(
		    &a->content, move->move == MOVE_DNS_REFUSED ? LDNS_RCODE_REFUSED : LDNS_RCODE_SERVFAIL);
	return true;
}

static bool
be_silent(struct dns_answer *a, struct dns_book *book, const struct plan_move *move)
{
	(void)book;
	if (!move->neutral)
		a->silent = true;
	return true;
}

static bool
truncate_it(struct dns_answer *a, struct dns_book *book, const struct plan_move *move)
{
	(void)book;
	if (move->move == MOVE_DNS_TCP_ONLY && a->tcp)
		return false;
	if (!move->neutral && a->tcp)
		a->resets = true;
	else if (!move->neutral)
		a->truncated = true;
	return true;
}

/* Aimed at all types, it concerns only the types that it has records of. */
static bool
concerns(const struct dns_answer *a, const struct plan_move *move)
{
	for (size_t i = 0; i < move->n_records; i++)
		if (dns_record_answers(move->records[i], a->type))
			return true;
	return move->type != NULL;
}

static bool
forge(struct dns_answer *a, struct dns_book *book, const struct plan_move *move)
{
	if (!concerns(a, move))
		return false;
	if (!move->neutral)
		dns_content_forge(&a->content, book, a->name, a->type, move->records, move->n_records);
	return true;
}

static bool
race(struct dns_answer *a, struct dns_book *book, const struct plan_move *move)
{
	struct dns_content lie;
	uint16_t id = ldns_pkt_id(a->frame);
	uint8_t *data;

	if (a->tcp || !concerns(a, move))
		return false;
	if (move->neutral || a->forged.data != NULL)
		return true;
	dns_content_init(&lie);
	dns_content_forge(&lie, book, a->name, a->type, move->records, move->n_records);
	ldns_pkt_set_id(a->frame, id ^ 0x5a5a);
	data = dns_content_encode(&lie, a->frame, false, &a->forged.len);
	a->forged.data = (const char *)data;
	if (data == NULL || a->forged.len > a->udp_max) {
		free(data);
		a->forged = (struct bytes){0};
	}
	ldns_pkt_set_id(a->frame, id);
	dns_content_done(&lie);
	return a->forged.data != NULL;
}

static bool
change_ad(struct dns_answer *a, struct dns_book *book, const struct plan_move *move)
{
	bool wanted = move->move == MOVE_DNS_FORGE_AD;

	(void)book;
	if (a->authentic == wanted)
		return false;
	if (!move->neutral)
		a->authentic = wanted;
	return true;
}

static make_move *const moves[MOVES] = {
    [MOVE_DNS_NXDOMAIN] = deny,
    [MOVE_DNS_NXDOMAIN_LONG] = deny,
    [MOVE_DNS_NODATA] = deny,
    [MOVE_DNS_SERVFAIL] = fail,
    [MOVE_DNS_REFUSED] = fail,
    [MOVE_DNS_TIMEOUT] = be_silent,
    [MOVE_DNS_TRUNCATE] = truncate_it,
    [MOVE_DNS_TCP_ONLY] = truncate_it,
    [MOVE_DNS_FORGE] = forge,
    [MOVE_DNS_RACE] = race,
    [MOVE_DNS_STRIP_AD] = change_ad,
    [MOVE_DNS_FORGE_AD] = change_ad,
};

static bool
is_about_ad(enum move move)
{
	return move == MOVE_DNS_STRIP_AD || move == MOVE_DNS_FORGE_AD;
}

/* All armed moves for this question, in the scenario's order; those on the AD bit in a second round. */
static void
make_moves(struct dns_answer *a, struct dns_book *book, bool about_ad)
{
	const struct plan_move *move = NULL;

	while ((move = scene_dns_move_after(
		    a->scope.scene, a->scope.leg, a->name_text, a->type_text, move)) != NULL)
		if (is_about_ad(move->move) == about_ad && a->n_met < MOVES_MAX &&
		    moves[move->move](a, book, move))
			a->met[a->n_met++] = move;
}

/* --- the answer ------------------------------------------------------------------------ */

/* RFC 6840 s5.8: AD only for those who show that they know it. */
static void
find_content(struct dns_answer *a, struct dns_book *book)
{
	dns_content_look_up(&a->content, book, a->name, a->type);
	make_moves(a, book, false);
	a->authentic = a->content.secure && a->wants_ad;
	make_moves(a, book, true);
}

static void
encode(struct dns_answer *a)
{
	uint8_t *data;

	ldns_pkt_set_rcode(a->frame, (uint8_t)a->content.rcode);
	ldns_pkt_set_ad(a->frame, a->authentic);
	data = dns_content_encode(&a->content, a->frame, a->truncated, &a->bytes.len);
	if (data == NULL || (!a->tcp && a->bytes.len > a->udp_max)) {
		free(data);
		a->truncated = true;
		data = dns_content_encode(&a->content, a->frame, true, &a->bytes.len);
		must(data != NULL);
	}
	a->bytes.data = (const char *)data;
	a->n_answers = a->truncated ? 0 : ldns_rr_list_rr_count(a->content.answer);
}

static bool
is_plain_question(const ldns_pkt *pkt)
{
	return ldns_pkt_get_opcode(pkt) == LDNS_PACKET_QUERY && !ldns_pkt_qr(pkt) &&
	       ldns_pkt_qdcount(pkt) == 1 && ldns_rr_list_rr_count(ldns_pkt_question(pkt)) == 1;
}

struct dns_answer *
dns_answer_new(struct dns_book *book, struct bytes question, bool tcp)
{
	struct dns_answer *a = must_alloc(sizeof(*a));
	ldns_pkt *pkt = NULL;

	a->scope = scope_of(dns_book_scene(book), FACT_NONE);
	a->tcp = tcp;
	a->udp_max = 512;
	dns_content_init(&a->content);
	if (question.len >= HEADER_LEN && question.len <= DNS_QUESTION_MAX &&
	    ldns_wire2pkt(&pkt, (const uint8_t *)question.data, question.len) != LDNS_STATUS_OK)
		pkt = NULL;
	if (pkt == NULL || !is_plain_question(pkt)) {
		take_malformed(a, question.len > DNS_QUESTION_MAX ? (struct bytes){0} : question);
	} else {
		take_question(a, book, pkt);
		if (a->content.rcode == LDNS_RCODE_NOERROR && ldns_pkt_edns_extended_rcode(a->frame) == 0)
			find_content(a, book);
	}
	if (a->frame != NULL && !a->silent && !a->resets)
		encode(a);
	ldns_pkt_free(pkt);
	return a;
}

void
dns_answer_free(struct dns_answer *a)
{
	if (a == NULL)
		return;
	ldns_pkt_free(a->frame);
	dns_content_done(&a->content);
	free(a->name_text);
	free(a->label);
	free(a->type_text);
	free((char *)a->bytes.data);
	free((char *)a->forged.data);
	free(a);
}

struct bytes
dns_answer_bytes(const struct dns_answer *a)
{
	return a->bytes;
}

struct bytes
dns_answer_forged(const struct dns_answer *a)
{
	return a->bytes.data == NULL ? (struct bytes){0} : a->forged;
}

bool
dns_answer_resets(const struct dns_answer *a)
{
	return a->resets;
}

void
dns_answer_done(const struct dns_answer *a)
{
	char *rcode = ldns_pkt_rcode2str(a->content.rcode);

	if (a->bytes.data != NULL)
		SCOPE_EMIT(&a->scope, .kind = FACT_DNS_ANSWERED,
		    .dns_answered = {.name = bytes_of(a->name_text),
			.label = bytes_of(a->label),
			.type = bytes_of(a->type_text),
			.rcode = bytes_of(rcode),
			.answers = (int64_t)a->n_answers,
			.authentic = a->authentic,
			.truncated = a->truncated});
	for (size_t i = 0; i < a->n_met; i++)
		scene_met(a->scope.scene, &a->scope, a->met[i], a->label);
	free(rcode);
}

void
dns_answer_failed(const struct dns_answer *a, const char *what)
{
	SCOPE_EMIT(
	    &a->scope, .kind = FACT_LAB_FAULT, .lab_fault = {.part = BYTES("dns"), .what = bytes_of(what)});
}
