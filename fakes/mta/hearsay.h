/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hearsay.h - what a resolver with flaws remembers of answers to other questions, and of denials.
 *
 * Without the flaws believes-additional-records and believes-denials nothing is ever put in.
 */
#ifndef MTA_HEARSAY_H
#define MTA_HEARSAY_H

#include <time.h>

#include "fakes/mta/dns_answer.h"

struct hearsay;

struct hearsay *hearsay_new(void); /* owned */
void hearsay_free(struct hearsay *hearsay);

/* Remembers what the answer said beside what was asked, as far as the question's flaws go. */
void hearsay_take(
    struct hearsay *hearsay, const struct dns_question *q, const struct dns_answer *answer, time_t now);

/* Fills `ret` and says true when the question is answered by what was heard; strings live in the region. */
bool hearsay_answers(const struct hearsay *hearsay, struct dns_answer *ret, const struct dns_question *q,
    time_t now, struct region *r);

#endif
