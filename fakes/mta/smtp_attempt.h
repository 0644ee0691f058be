/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_attempt.h - one SMTP session with one address of one host, for one letter.
 *
 * Knows what TLS is demanded, not why; chooses no hosts and repeats nothing.
 * Ref: RFC 5321, RFC 3207, RFC 7435 (TLS that nobody demands), RFC 1870 (SIZE).
 */
#ifndef MTA_SMTP_ATTEMPT_H
#define MTA_SMTP_ATTEMPT_H

#include <stdbool.h>

#include "fakes/mta/addresses.h"
#include "fakes/mta/letter.h"
#include "fakes/mta/settings.h"
#include "fakes/mta/sts_policy.h"

enum smtp_attempt_end {
	SMTP_ATTEMPT_SPOKEN,    /* the recipients concerned are decided */
	SMTP_ATTEMPT_FAILED,    /* this host is of no use now; who was not decided may try another */
	SMTP_ATTEMPT_TLS_FAILED /* nobody demanded TLS and it failed: a new session in clear may do */
};

struct smtp_order {
	struct address to;
	const char *host; /* as the MX record has it: for SNI, the certificate and people */
	enum tls_demand demand;
	const char *policy_domain; /* whose policy demands it; NULL: none does */
	const struct sts_policy *policy; /* borrowed; NULL: none */
	struct letter *letter;     /* with content */
	const size_t *recipients;  /* indexes into the letter's; only those that are undecided are tried */
	size_t n;
};

struct smtp_attempt;

struct smtp_attempt_result {
	enum smtp_attempt_end end;
	bool policy;                     /* failed since what the policy demands was not to be had */
	char reason[LETTER_REASON_SIZE]; /* a sentence that names the host */
};

/*
 * What the order points to is borrowed until the call. Calls back once, from the loop, then it is to be
 * freed. Owned.
 */
struct smtp_attempt *smtp_attempt_new(const struct settings *settings, const struct smtp_order *order,
    void (*done)(void *ctx, const struct smtp_attempt_result *result), void *ctx);
void smtp_attempt_free(struct smtp_attempt *attempt); /* NULL is fine; no more calls */

#endif
