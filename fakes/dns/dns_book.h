/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_book.h - which zone answers for a name at this moment, and whose leg it is.
 *
 * Apexes of all legs are indexed once; zones are made at first use and kept. Answers nothing itself.
 */
#ifndef DNS_BOOK_H
#define DNS_BOOK_H

#include "fakes/dns/dns_zone.h"
#include "fakes/scene/scene.h"

struct dns_book;

struct dns_book *dns_book_new(struct scene *scene); /* owned; scene borrowed */
void dns_book_free(struct dns_book *book);
struct scene *dns_book_scene(const struct dns_book *book);

struct dns_place {
	const struct dns_zone
	    *zone;    /* never NULL: the root answers for everything else; borrowed from the book */
	uint32_t leg; /* FACT_NONE: no leg's name */
};

/* `name` is a domain name of any case. */
struct dns_place dns_book_find(struct dns_book *book, const ldns_rdf *name);

#endif
