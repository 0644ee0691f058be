/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.h - the messages of a plan: tokens, addresses, RFC 5322 text.
 *
 * Internal to harness/plan. One token in the sender's address, one per recipient, one in a header
 * (and in the Message-ID), one in the 7-bit body; the message names nobody in To:.
 */
#ifndef LETTER_H
#define LETTER_H

#include "harness/model/plan.h"
#include "harness/model/scenario.h"
#include "harness/plan/leg.h"

struct letter_maker {
	struct region *region;
	const char *return_domain, *date;
	uint64_t state;  /* of the token generator */
	uint32_t number; /* of the last message */
};

struct plan_message
letter_write(struct letter_maker *maker, const struct scenario_step *step, const struct leg *leg);

/* A fresh token; lower case letters and digits. */
const char *letter_token(struct letter_maker *maker);

#endif
