/* SPDX-License-Identifier: Apache-2.0 */
/* recipients.c - see recipients.h */
#include "harness/front/recipients.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/must.h"

#define ADDRESS_MAX 512 /* none of ours is as long */

struct recipients {
	void *tree; /* tsearch tree of struct recipient by address */
};

struct recipients *
recipients_new(void)
{
	return must_alloc(sizeof(struct recipients));
}

static void
free_recipient(void *p)
{
	struct recipient *r = p;

	free(r->address);
	free(r);
}

void
recipients_free(struct recipients *all)
{
	if (all == NULL)
		return;
	tdestroy(all->tree, free_recipient);
	free(all);
}

/* The part before the @ is a token, so it alone tells whose it is: a client may write the domain in another way. */
static int
compare(const void *a, const void *b)
{
	const char *x = ((const struct recipient *)a)->address, *y = ((const struct recipient *)b)->address;
	size_t n = strcspn(x, "@"), m = strcspn(y, "@");

	return n != m ? (n < m ? -1 : 1) : strncasecmp(x, y, n);
}

static void
add(struct recipients *all, const char *address, uint32_t leg, uint32_t message)
{
	struct recipient *r = must_alloc(sizeof(*r));

	*r = (struct recipient){must_strdup(address), leg, message};
	must(tsearch(r, &all->tree, compare) != NULL);
}

void
recipients_add_leg(struct recipients *all, const struct plan *plan, uint32_t leg)
{
	const struct plan_leg *l = &plan->legs[leg];

	for (size_t s = 0; s < l->n_steps; s++)
		for (size_t m = 0; m < l->steps[s].n_messages; m++) {
			const struct plan_message *message = &l->steps[s].messages[m];

			for (size_t i = 0; i < message->n_recipients; i++)
				add(all, message->recipients[i].address, leg, message->number);
		}
}

const struct recipient *
recipients_find(const struct recipients *all, struct bytes address)
{
	char text[ADDRESS_MAX];
	struct recipient key = {.address = text}, **found;

	if (address.len == 0 || address.len >= sizeof(text))
		return NULL;
	memcpy(text, address.data, address.len);
	text[address.len] = '\0';
	found = tfind(&key, &all->tree, compare);
	return found != NULL ? *found : NULL;
}
