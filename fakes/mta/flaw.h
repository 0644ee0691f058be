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

/* One bit each; all 0 is a client without flaw. */
struct flaw_set {
	uint64_t bits[(FLAWS + 63) / 64];
};

static inline bool
flaw_in(struct flaw_set set, enum flaw flaw)
{
	return (set.bits[flaw / 64] >> flaw % 64 & 1) != 0;
}

static inline void
flaw_add(struct flaw_set *set, enum flaw flaw)
{
	set->bits[flaw / 64] |= UINT64_C(1) << flaw % 64;
}

/* Adds the flaws of a list with commas; -1 when one is not known, with `*ret_bad` at it (`ret_bad_len` long).
 */
int flaw_add_list(struct flaw_set *set, const char *list, const char **ret_bad, int *ret_bad_len);

#endif
