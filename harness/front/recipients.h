/* SPDX-License-Identifier: Apache-2.0 */
/* recipients.h - which message of which leg an address belongs to: every recipient is named once in a run. */
#ifndef RECIPIENTS_H
#define RECIPIENTS_H

#include "harness/model/plan.h"

struct recipients;

struct recipient {
	char *address; /* as planned */
	uint32_t leg, message;
};

struct recipients *recipients_new(void); /* owned */
void recipients_free(struct recipients *all);
/* Every recipient of every step of the leg. */
void recipients_add_leg(struct recipients *all, const struct plan *plan, uint32_t leg);
/* By what stands before the @, without case; NULL when nobody has that address. Borrowed. */
const struct recipient *recipients_find(const struct recipients *all, struct bytes address);

#endif
