/* SPDX-License-Identifier: Apache-2.0 */
/*
 * said_words.h - what a scenario file says and explain has no words of its own for, in those of the key
 * table.
 */
#ifndef SAID_WORDS_H
#define SAID_WORDS_H

#include <stdio.h>

#include "harness/model/scenario.h"

/* A line each, behind `indent`. */
void said_words_put(const struct scenario_said *said, size_t n, const char *indent, FILE *to);

#endif
