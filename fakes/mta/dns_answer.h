/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_answer.h - a question to a resolver as bytes, and what its answer says.
 *
 * The wire format is ldns's; no sockets. An answer that does not belong to the question is not one.
 * Ref: RFC 1035, RFC 2308 (no such name, no such data), RFC 6891.
 */
#ifndef MTA_DNS_ANSWER_H
#define MTA_DNS_ANSWER_H

#include <stdbool.h> /* first: ldns would make bool a signed char */

#include <ldns/ldns.h>
#include <netinet/in.h>

#include "fakes/mta/flaw.h"
#include "harness/base/region.h"
#include "harness/base/text.h"

#define DNS_QUESTION_MAX 512
#define DNS_RECORDS_MAX 1000

struct dns_question {
	const char *name;  /* canonical (host_name.h) */
	ldns_rr_type type; /* A, AAAA, MX or TXT */
	uint16_t id;
	bool edns;
	struct flaw_set flaws;
};

enum dns_state {
	DNS_FOUND,   /* at least one record */
	DNS_NO_DATA, /* the name is there, or may be, but has no such record */
	DNS_NO_NAME, /* NXDOMAIN */
	DNS_FAILED   /* no answer that helps: SERVFAIL, REFUSED, a timeout …; `why` */
};

struct dns_record {
	uint16_t preference;     /* MX */
	const char *host;        /* MX, as ldns writes it, without the final dot; "" is the root */
	struct bytes text;       /* TXT: the strings joined */
	struct in6_addr address; /* A (in its first 4 bytes) and AAAA */
};

struct dns_answer {
	enum dns_state state;
	bool secure;       /* the resolver's AD bit */
	const char *alias; /* DNS_NO_DATA: the chain of CNAMEs ended here, so ask there; else NULL */
	struct dns_record *records;
	size_t n;
	const char *why; /* a phrase */
	/* what nobody should go by; for flaws */
	uint32_t denied_s;              /* DNS_NO_NAME: how long it is said to last (RFC 2308 s5) */
	struct dns_record *additional; /* A records of the additional section; `host` is the owner */
	size_t n_additional;
};

enum dns_fit {
	DNS_FITS,
	DNS_FITS_NOT,     /* not the answer to this question */
	DNS_IS_TRUNCATED, /* ask again over TCP */
	DNS_WANTS_NO_EDNS /* ask again without EDNS */
};

/* Bytes written, or 0 when the name is none. */
size_t dns_question_write(const struct dns_question *q, uint8_t out[DNS_QUESTION_MAX]);
/* Strings of `ret` live in the region; `ret` is filled for DNS_FITS only. */
enum dns_fit dns_answer_read(
    struct dns_answer *ret, const struct dns_question *q, const uint8_t *wire, size_t len, struct region *r);

#endif
