/* SPDX-License-Identifier: Apache-2.0 */
/* dns_answer.c - see dns_answer.h */
#include "fakes/mta/dns_answer.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define CHAIN_MAX 16

size_t
dns_question_write(const struct dns_question *q, uint8_t out[DNS_QUESTION_MAX])
{
	ldns_rdf *name = ldns_dname_new_frm_str(q->name);
	ldns_pkt *pkt = NULL;
	uint8_t *wire = NULL;
	size_t len = 0;

	if (name == NULL)
		return 0;
	pkt = ldns_pkt_query_new(name, q->type, LDNS_RR_CLASS_IN, LDNS_RD);
	must(pkt != NULL);
	ldns_pkt_set_id(pkt, q->id);
	if (q->edns)
		ldns_pkt_set_edns_udp_size(pkt, 1232);
	ldns_pkt_set_ad(pkt, true); /* asks to be told whether the answer is secure (RFC 6840 s5.7) */
	if (ldns_pkt2wire(&wire, pkt, &len) != LDNS_STATUS_OK || len > DNS_QUESTION_MAX)
		len = 0;
	if (len > 0)
		memcpy(out, wire, len);
	free(wire);
	ldns_pkt_free(pkt);
	return len;
}

static bool
answers(const ldns_pkt *pkt, const struct dns_question *q)
{
	ldns_rr_list *questions = ldns_pkt_question(pkt);
	const ldns_rr *rr;
	ldns_rdf *name;
	bool same;

	if (!ldns_pkt_qr(pkt) ||
	    (ldns_pkt_id(pkt) != q->id && !flaw_in(q->flaws, FLAW_ANY_DNS_ANSWER)) || ldns_pkt_get_opcode(pkt) != LDNS_PACKET_QUERY ||
	    ldns_rr_list_rr_count(questions) != 1)
		return false;
	rr = ldns_rr_list_rr(questions, 0);
	if (ldns_rr_get_type(rr) != q->type || ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
		return false;
	name = ldns_dname_new_frm_str(q->name);
	same = name != NULL && ldns_dname_compare(name, ldns_rr_owner(rr)) == 0;
	ldns_rdf_deep_free(name);
	return same;
}

static const char *
name_text(const ldns_rdf *rdf, struct region *r)
{
	char *text = ldns_rdf2str(rdf), *copy;
	size_t len;

	must(text != NULL);
	len = strlen(text);
	if (len > 0 && text[len - 1] == '.')
		len--;
	copy = region_strndup(r, text, len);
	free(text);
	return copy;
}

static struct bytes
joined_strings(const ldns_rr *rr, struct flaw_set flaws, struct region *r)
{
	size_t len = 0, n = ldns_rr_rd_count(rr);
	char *text;

	if (n > 1 && flaw_in(flaws, FLAW_FIRST_STRING))
		n = 1;
	for (size_t i = 0; i < n; i++)
		len += ldns_rdf_size(ldns_rr_rdf(rr, i));
	text = region_alloc(r, len + 1);
	len = 0;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *data = ldns_rdf_data(ldns_rr_rdf(rr, i));
		size_t size = ldns_rdf_size(ldns_rr_rdf(rr, i));

		if (size < 1)
			continue;
		memcpy(text + len, data + 1, size - 1);
		len += size - 1;
	}
	return (struct bytes){text, len};
}

static void
take_record(struct dns_answer *answer, const ldns_rr *rr, struct flaw_set flaws, struct region *r)
{
	struct dns_record record = {0};
	const ldns_rdf *first = ldns_rr_rd_count(rr) > 0 ? ldns_rr_rdf(rr, 0) : NULL;

	if (first == NULL || answer->n >= DNS_RECORDS_MAX)
		return;
	switch (ldns_rr_get_type(rr)) {
	case LDNS_RR_TYPE_A:
	case LDNS_RR_TYPE_AAAA:
		if (ldns_rdf_size(first) > sizeof(record.address))
			return;
		memcpy(&record.address, ldns_rdf_data(first), ldns_rdf_size(first));
		break;
	case LDNS_RR_TYPE_MX:
		if (ldns_rr_rd_count(rr) != 2)
			return;
		record.preference = ldns_rdf2native_int16(first);
		record.host = name_text(ldns_rr_rdf(rr, 1), r);
		break;
	default:
		record.text = joined_strings(rr, flaws, r);
	}
	*(struct dns_record *)region_push(r, &answer->records, &answer->n, sizeof(record)) = record;
}

/* The CNAME at `name`, or NULL. Borrowed from the packet. */
static const ldns_rdf *
alias_of(const ldns_rr_list *list, const ldns_rdf *name)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && ldns_rr_rd_count(rr) == 1 &&
		    ldns_dname_compare(ldns_rr_owner(rr), name) == 0)
			return ldns_rr_rdf(rr, 0);
	}
	return NULL;
}

/* Follows the aliases within the answer and takes what stands at their end; other owners are not believed. */
static void
take_records(struct dns_answer *answer, const ldns_pkt *pkt, const struct dns_question *q, struct region *r)
{
	const ldns_rr_list *list = ldns_pkt_answer(pkt);
	const ldns_rdf *name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0)), *next;

	for (int i = 0; i < CHAIN_MAX && !flaw_in(q->flaws, FLAW_NO_ALIASES) && (next = alias_of(list, name)) != NULL; i++) {
		name = next;
		answer->alias = "";
	}
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (ldns_rr_get_type(rr) == q->type && ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
		    ldns_dname_compare(ldns_rr_owner(rr), name) == 0)
			take_record(answer, rr, q->flaws, r);
	}
	if (answer->alias != NULL)
		answer->alias = answer->n == 0 ? name_text(name, r) : NULL;
	answer->state = answer->n > 0 ? DNS_FOUND : DNS_NO_DATA;
}

/* The lesser of the SOA's TTL and its last field; 0 without an SOA. */
static uint32_t
denied_for(const ldns_pkt *pkt)
{
	const ldns_rr_list *list = ldns_pkt_authority(pkt);

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		uint32_t least;

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || ldns_rr_rd_count(rr) != 7)
			continue;
		least = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6));
		return least < ldns_rr_ttl(rr) ? least : ldns_rr_ttl(rr);
	}
	return 0;
}

/* Of other names than the one that was asked for. */
static void
take_additional(struct dns_answer *answer, const ldns_pkt *pkt, struct region *r)
{
	const ldns_rr_list *list = ldns_pkt_additional(pkt);
	const ldns_rdf *asked = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(pkt), 0));

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		struct dns_record record = {.host = name_text(ldns_rr_owner(rr), r)};

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_A || ldns_rr_rd_count(rr) != 1 ||
		    ldns_dname_compare(ldns_rr_owner(rr), asked) == 0 ||
		    ldns_rdf_size(ldns_rr_rdf(rr, 0)) != 4)
			continue;
		memcpy(&record.address, ldns_rdf_data(ldns_rr_rdf(rr, 0)), 4);
		*(struct dns_record *)region_push(r, &answer->additional, &answer->n_additional,
		    sizeof(record)) = record;
	}
}

static enum dns_fit
read_packet(struct dns_answer *answer, const ldns_pkt *pkt, const struct dns_question *q, struct region *r)
{
	ldns_pkt_rcode code = ldns_pkt_get_rcode(pkt);

	if (!answers(pkt, q))
		return DNS_FITS_NOT;
	if (ldns_pkt_tc(pkt))
		return DNS_IS_TRUNCATED;
	if (q->edns && (code == LDNS_RCODE_FORMERR || code == LDNS_RCODE_NOTIMPL))
		return DNS_WANTS_NO_EDNS;
	answer->secure = ldns_pkt_ad(pkt);
	if (code == LDNS_RCODE_NOERROR) {
		take_records(answer, pkt, q, r);
		if (flaw_in(q->flaws, FLAW_BELIEVES_ADDITIONAL))
			take_additional(answer, pkt, r);
	} else if (code == LDNS_RCODE_NXDOMAIN) {
		answer->state = DNS_NO_NAME;
		answer->denied_s = denied_for(pkt);
		answer->why = "the name does not exist";
	} else {
		ldns_lookup_table *row = ldns_lookup_by_id(ldns_rcodes, (int)code);

		answer->state = DNS_FAILED;
		answer->why =
		    region_printf(r, "the resolver answered %s", row ? row->name : "an unknown code");
	}
	return DNS_FITS;
}

enum dns_fit
dns_answer_read(
    struct dns_answer *ret, const struct dns_question *q, const uint8_t *wire, size_t len, struct region *r)
{
	ldns_pkt *pkt = NULL;
	enum dns_fit fit;

	*ret = (struct dns_answer){.state = DNS_FAILED, .why = ""};
	if (ldns_wire2pkt(&pkt, wire, len) != LDNS_STATUS_OK)
		return DNS_FITS_NOT;
	fit = read_packet(ret, pkt, q, r);
	ldns_pkt_free(pkt);
	return fit;
}
