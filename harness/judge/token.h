/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - the words by which a message is known again, and where they stand in a text.
 */
#ifndef JUDGE_TOKEN_H
#define JUDGE_TOKEN_H

#include "harness/base/text.h"
#include "harness/model/brief.h"

/* The local part of an address; borrowed from it. NULL gives the empty run, which is found nowhere. */
struct bytes token_of(const char *address);

bool token_in(struct bytes text, struct bytes token); /* compared without case */
/* As base64 (RFC 4648 s4) at any of the three alignments, also where lines are folded. */
bool token_in_base64(struct bytes text, struct bytes token);

/* The tokens of a message: sender, header, body, then one per recipient. */
size_t token_count(const struct brief_message *m);
struct bytes token_at(const struct brief_message *m, size_t i);

#endif
