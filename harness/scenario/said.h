/* SPDX-License-Identifier: Apache-2.0 */
/*
 * said.h - every key that a file gives, in the words of the table that checks it.
 *
 * For those who tell a scenario in plain words: what they have no words of their own for, the table has.
 */
#ifndef SAID_H
#define SAID_H

#include "harness/files/keys.h"
#include "harness/model/scenario.h"

/* The keys of a checked mapping and of what lies below it, in the order of the file; the list grows in `r`.
 */
void said_read(const struct node *map, const struct key *table, struct scenario_said **list, size_t *n,
    struct region *r);

#endif
