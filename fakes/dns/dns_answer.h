/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_answer.h - from the bytes of a question to the bytes of its answer, moves included; no sockets.
 *
 * The true answer is that of a recursive resolver that has validated; signatures are not served.
 * Ref: RFC 1034 s4.3.2, RFC 2308, RFC 4592, RFC 6840 s5.7-5.9, RFC 6891.
 */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include "fakes/dns/dns_book.h"

#define DNS_QUESTION_MAX 4096 /* longer ones are not looked at */
#define DNS_UDP_MAX 1232      /* the largest UDP answer, and what we say that we take */

struct dns_answer;

/* Reports the question (dns-asked) and works out what to do. Owned; never NULL. */
struct dns_answer *dns_answer_new(struct dns_book *book, struct bytes question, bool tcp);
void dns_answer_free(struct dns_answer *a);

/* What is to be sent, borrowed from the answer; empty: nothing. */
struct bytes dns_answer_bytes(const struct dns_answer *a);
/* What is to be sent right before, as a datagram of its own; mostly empty. */
struct bytes dns_answer_forged(const struct dns_answer *a);
/* The TCP connection is to be reset. */
bool dns_answer_resets(const struct dns_answer *a);

/* What was to be done is done: reports dns-answered, and the moves that were met. */
void dns_answer_done(const struct dns_answer *a);
/* The machine would not send it: reports lab-fault. */
void dns_answer_failed(const struct dns_answer *a, const char *what);

#endif
