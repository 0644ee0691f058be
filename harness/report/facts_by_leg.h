/* SPDX-License-Identifier: Apache-2.0 */
/* facts_by_leg.h - the facts of each leg in their order, found in one pass. */
#ifndef FACTS_BY_LEG_H
#define FACTS_BY_LEG_H

#include <stddef.h>

#include "harness/model/fact.h"

struct facts_by_leg;

struct facts_by_leg *facts_by_leg_new(const struct fact *facts, size_t n); /* owned; facts borrowed */
void facts_by_leg_free(struct facts_by_leg *f);
/* The leg's facts; `*ret_n` is 0 for a leg without any. Borrowed. */
const struct fact *const *facts_by_leg_of(const struct facts_by_leg *f, uint32_t leg, size_t *ret_n);

#endif
