/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_content.h - what an answer says, before it becomes a message: its records and its code.
 *
 * Looks names up across zones, along aliases and wildcards. Ref: RFC 1034 s4.3.2, RFC 2308.
 */
#ifndef DNS_CONTENT_H
#define DNS_CONTENT_H

#include "fakes/dns/dns_book.h"

struct dns_content {
	ldns_rr_list *answer, *authority, *additional;
	ldns_pkt_rcode rcode;
	bool secure; /* every zone that it rests on is secure */
};

void dns_content_init(struct dns_content *c);
void dns_content_done(struct dns_content *c);
void dns_content_clear(struct dns_content *c, ldns_pkt_rcode rcode); /* no records; not secure */

/* Adds what the zones say of the name; owners are written as `name` is (letter case). */
void
dns_content_look_up(struct dns_content *c, struct dns_book *book, const ldns_rdf *name, ldns_rr_type type);
/* "There is no such name (or record)", with the SOA of its zone; not secure. `for_s`: seconds that this is
 * said to last (RFC 2308 s5); 0: as the zone says. */
void dns_content_deny(struct dns_content *c, struct dns_book *book, const ldns_rdf *name,
    ldns_pkt_rcode rcode, uint32_t for_s);
/* Adds records "TYPE rdata" of `name`: those that answer `type` to the answer, others as additional. */
void dns_content_forge(struct dns_content *c, struct dns_book *book, const ldns_rdf *name, ldns_rr_type type,
    const char *const *records, size_t n_records);

/* Whether the record's first word is this type, or CNAME. */
bool dns_record_answers(const char *record, ldns_rr_type type);

/* The message as bytes, its sections empty when `truncated`. `frame` has the header and question; owned, or
 * NULL when it does not fit into 64 KiB. */
uint8_t *
dns_content_encode(const struct dns_content *c, const ldns_pkt *frame, bool truncated, size_t *ret_len);

#endif
