/* SPDX-License-Identifier: Apache-2.0 */
/* dns_content.c - see dns_content.h; every record here is a copy of the zone's. */
#include "fakes/dns/dns_content.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define ALIASES_MAX 16
#define SOA_MINIMUM 6 /* the place of this field in an SOA (RFC 2308 s4) */

void
dns_content_init(struct dns_content *c)
{
	*c = (struct dns_content){
	    .answer = ldns_rr_list_new(),
	    .authority = ldns_rr_list_new(),
	    .additional = ldns_rr_list_new(),
	    .rcode = LDNS_RCODE_NOERROR,
	    .secure = true,
	};
	must(c->answer != NULL && c->authority != NULL && c->additional != NULL);
}

void
dns_content_done(struct dns_content *c)
{
	ldns_rr_list_deep_free(c->answer);
	ldns_rr_list_deep_free(c->authority);
	ldns_rr_list_deep_free(c->additional);
}

void
dns_content_clear(struct dns_content *c, ldns_pkt_rcode rcode)
{
	dns_content_done(c);
	dns_content_init(c);
	c->rcode = rcode;
	c->secure = false;
}

/* --- looking up ------------------------------------------------------------------------ */

static bool
has_upper(const ldns_rdf *rdf)
{
	for (size_t i = 0; i < ldns_rdf_size(rdf); i++)
		if (ldns_rdf_data(rdf)[i] >= 'A' && ldns_rdf_data(rdf)[i] <= 'Z')
			return true;
	return false;
}

/* A record that was written in mixed case comes so, whatever the case of the question. */
static bool
keeps_its_case(const ldns_rr *rr, const ldns_rdf *asked)
{
	return has_upper(ldns_rr_owner(rr)) && ldns_dname_compare(ldns_rr_owner(rr), asked) == 0;
}

/* `owner` NULL: as the record has it. */
static void
add_copy(ldns_rr_list *to, const ldns_rr *rr, const ldns_rdf *owner)
{
	ldns_rr *copy = ldns_rr_clone(rr);

	must(copy != NULL);
	if (owner != NULL && !keeps_its_case(rr, owner)) {
		ldns_rdf_deep_free(ldns_rr_owner(copy));
		ldns_rr_set_owner(copy, ldns_rdf_clone(owner));
	}
	must(ldns_rr_list_push_rr(to, copy));
}

/* Adds the records of this type (or all); returns how many. */
static size_t
add_records(struct dns_content *c, const struct dns_node *node, const ldns_rdf *owner, ldns_rr_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < node->n; i++)
		if (type == LDNS_RR_TYPE_ANY || ldns_rr_get_type(node->records[i]) == type) {
			add_copy(c->answer, node->records[i], owner);
			n++;
		}
	return n;
}

static const ldns_rr *
alias_of(const struct dns_node *node)
{
	for (size_t i = 0; i < node->n; i++)
		if (ldns_rr_get_type(node->records[i]) == LDNS_RR_TYPE_CNAME)
			return node->records[i];
	return NULL;
}

/* The answer for one name; returns the name to go on with, borrowed from its zone, or NULL. */
static const ldns_rdf *
look_up_once(struct dns_content *c, struct dns_book *book, const ldns_rdf *name, ldns_rr_type type)
{
	const struct dns_zone *zone = dns_book_find(book, name).zone;
	const ldns_rr *alias;
	struct dns_node node;

	c->secure = c->secure && dns_zone_is_secure(zone);
	if (!dns_zone_find(zone, name, &node)) {
		c->rcode = LDNS_RCODE_NXDOMAIN;
		add_copy(c->authority, dns_zone_soa(zone), NULL);
		return NULL;
	}
	if (add_records(c, &node, name, type) > 0)
		return NULL;
	alias = alias_of(&node);
	if (alias == NULL) {
		add_copy(c->authority, dns_zone_soa(zone), NULL);
		return NULL;
	}
	add_copy(c->answer, alias, name);
	return ldns_rr_rdf(alias, 0);
}

void
dns_content_look_up(struct dns_content *c, struct dns_book *book, const ldns_rdf *name, ldns_rr_type type)
{
	for (size_t i = 0; name != NULL && i < ALIASES_MAX; i++)
		name = look_up_once(c, book, name, type);
	if (name != NULL) /* an alias loop: resolvers give up */
		dns_content_clear(c, LDNS_RCODE_SERVFAIL);
}

/* --- lies ------------------------------------------------------------------------------ */

void
dns_content_deny(struct dns_content *c, struct dns_book *book, const ldns_rdf *name, ldns_pkt_rcode rcode,
    uint32_t for_s)
{
	ldns_rr *soa;

	dns_content_clear(c, rcode);
	add_copy(c->authority, dns_zone_soa(dns_book_find(book, name).zone), NULL);
	soa = ldns_rr_list_rr(c->authority, 0);
	if (for_s == 0)
		return;
	ldns_rr_set_ttl(soa, for_s);
	ldns_rdf_deep_free(ldns_rr_set_rdf(soa, ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, for_s), SOA_MINIMUM));
}

/* Behind the word, and the blanks behind that. */
static const char *
behind_word(const char *text)
{
	text += strcspn(text, " \t");
	return text + strspn(text, " \t");
}

/* A first word that ends in a dot is the owner. */
static bool
has_owner(const char *record)
{
	size_t len = strcspn(record, " \t");

	return len > 0 && record[len - 1] == '.';
}

/* The type that the record names; 0 when it is none. */
static ldns_rr_type
type_of(const char *record, const char **ret_rdata)
{
	char word[32];
	size_t len;

	if (has_owner(record))
		record = behind_word(record);
	len = strcspn(record, " \t");
	*ret_rdata = behind_word(record);
	if (len >= sizeof(word))
		return 0;
	memcpy(word, record, len);
	word[len] = '\0';
	return ldns_get_rr_type_by_name(word);
}

bool
dns_record_answers(const char *record, ldns_rr_type type)
{
	const char *rdata;
	ldns_rr_type own = type_of(record, &rdata);

	return own != 0 && !has_owner(record) && (own == type || own == LDNS_RR_TYPE_CNAME || type == LDNS_RR_TYPE_ANY);
}

/* Owned; `name` is the owner of a record that has none. */
static ldns_rr *
record_of(const char *record, const ldns_rdf *name, struct why *why)
{
	const char *rdata;
	ldns_rr_type own = type_of(record, &rdata);
	char *type = ldns_rr_type2str(own), *owner = must_strdup(has_owner(record) ? record : ".");
	ldns_rr *rr;

	owner[strcspn(owner, " \t")] = '\0';
	rr = dns_record_new(owner, 0, type == NULL ? "" : type, rdata, why);
	free(owner);
	free(type);
	if (rr == NULL || has_owner(record))
		return rr;
	ldns_rdf_deep_free(ldns_rr_owner(rr));
	ldns_rr_set_owner(rr, ldns_rdf_clone(name));
	return rr;
}

void
dns_content_forge(struct dns_content *c, struct dns_book *book, const ldns_rdf *name, ldns_rr_type type,
    const char *const *records, size_t n_records)
{
	const ldns_rdf *alias = NULL;

	dns_content_clear(c, LDNS_RCODE_NOERROR);
	for (size_t i = 0; i < n_records; i++) {
		struct why why;
		ldns_rr *rr = record_of(records[i], name, &why);

		if (rr == NULL) {
			struct scope scope = scope_of(dns_book_scene(book), dns_book_find(book, name).leg);

			SCOPE_EMIT(&scope, .kind = FACT_LAB_FAULT,
			    .lab_fault = {.part = BYTES("dns"), .what = bytes_of(why.text)});
			continue;
		}
		if (dns_record_answers(records[i], type)) {
			must(ldns_rr_list_push_rr(c->answer, rr));
			if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && type != LDNS_RR_TYPE_CNAME)
				alias = ldns_rr_rdf(rr, 0);
		} else {
			must(ldns_rr_list_push_rr(c->additional, rr));
		}
	}
	if (alias != NULL && type != LDNS_RR_TYPE_ANY)
		dns_content_look_up(c, book, alias, type);
}

/* --- to bytes -------------------------------------------------------------------------- */

/* ldns compresses without looking at case, and so would put the letters of one name into another. */
static bool
keeps_case_when_compressed(const ldns_rr_list *list)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);

		if (has_upper(ldns_rr_owner(rr)))
			return false;
		for (size_t j = 0; j < ldns_rr_rd_count(rr); j++)
			if (ldns_rdf_get_type(ldns_rr_rdf(rr, j)) == LDNS_RDF_TYPE_DNAME &&
			    has_upper(ldns_rr_rdf(rr, j)))
				return false;
	}
	return true;
}

static void
add_section(ldns_pkt *pkt, ldns_pkt_section section, const ldns_rr_list *list)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++)
		must(ldns_pkt_push_rr(pkt, section, ldns_rr_clone(ldns_rr_list_rr(list, i))));
}

uint8_t *
dns_content_encode(const struct dns_content *c, const ldns_pkt *frame, bool truncated, size_t *ret_len)
{
	ldns_pkt *pkt = ldns_pkt_clone(frame);
	ldns_buffer *buffer = ldns_buffer_new(LDNS_MIN_BUFLEN);
	ldns_status status;
	uint8_t *data;

	must(pkt != NULL && buffer != NULL);
	ldns_pkt_set_tc(pkt, truncated);
	if (!truncated) {
		add_section(pkt, LDNS_SECTION_ANSWER, c->answer);
		add_section(pkt, LDNS_SECTION_AUTHORITY, c->authority);
		add_section(pkt, LDNS_SECTION_ADDITIONAL, c->additional);
	}
	if (keeps_case_when_compressed(ldns_pkt_question(pkt)) &&
	    keeps_case_when_compressed(ldns_pkt_answer(pkt)) &&
	    keeps_case_when_compressed(ldns_pkt_additional(pkt)))
		status = ldns_pkt2buffer_wire(buffer, pkt);
	else
		status = ldns_pkt2buffer_wire_compress(buffer, pkt, NULL);
	*ret_len = ldns_buffer_position(buffer);
	data = status == LDNS_STATUS_OK && *ret_len <= LDNS_MAX_PACKETLEN ? ldns_buffer_export(buffer) : NULL;
	ldns_buffer_free(buffer);
	ldns_pkt_free(pkt);
	return data;
}
