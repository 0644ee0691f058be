/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flaw.h - the mistakes that the built-in client makes on demand, one list with names.
 *
 * Where each of them bites stands in the module concerned, always as `flaw_in(set, FLAW_…)`.
 */
#ifndef MTA_FLAW_H
#define MTA_FLAW_H

#include <stdbool.h>
#include <stdint.h>

enum flaw {
#define FLAW(id, name, meaning) FLAW_##id,
#include "fakes/mta/flaws.def"
#undef FLAW
	FLAWS
};

const char *flaw_name(enum flaw flaw);
const char *flaw_meaning(enum flaw flaw);

/* A set of flaws is one bit each; 0 is a client without flaw. */
static inline bool
flaw_in(uint64_t set, enum flaw flaw)
{
	return (set >> flaw & 1) != 0;
}

/* Adds the flaws of a list with commas; -1 when one is not known, with `*ret_bad` at it (`ret_bad_len` long).
 */
int flaw_add_list(uint64_t *set, const char *list, const char **ret_bad, int *ret_bad_len);

#endif
