/* SPDX-License-Identifier: Apache-2.0 */
/* hearsay.c - see hearsay.h */
#include "fakes/mta/hearsay.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "harness/base/must.h"

#define ITEMS_MAX 10000

struct item {
	SLIST_ENTRY(item) next;
	char *name;
	ldns_rr_type type;       /* A: `address`; else the type that was denied */
	struct in6_addr address; /* in its first 4 bytes */
	bool denied;
	time_t until; /* of a denial */
};

struct hearsay {
	SLIST_HEAD(, item) items;
	size_t n;
};

struct hearsay *
hearsay_new(void)
{
	struct hearsay *hearsay = must_alloc(sizeof(*hearsay));

	SLIST_INIT(&hearsay->items);
	return hearsay;
}

void
hearsay_free(struct hearsay *hearsay)
{
	struct item *item;

	if (hearsay == NULL)
		return;
	while ((item = SLIST_FIRST(&hearsay->items)) != NULL) {
		SLIST_REMOVE_HEAD(&hearsay->items, next);
		free(item->name);
		free(item);
	}
	free(hearsay);
}

static void
add(struct hearsay *hearsay, const char *name, const struct item *what)
{
	struct item *item;

	if (hearsay->n >= ITEMS_MAX)
		return;
	item = must_alloc(sizeof(*item));
	*item = *what;
	item->name = must_strdup(name);
	SLIST_INSERT_HEAD(&hearsay->items, item, next);
	hearsay->n++;
}

void
hearsay_take(
    struct hearsay *hearsay, const struct dns_question *q, const struct dns_answer *answer, time_t now)
{
	for (size_t i = 0; flaw_in(q->flaws, FLAW_BELIEVES_ADDITIONAL) && i < answer->n_additional; i++)
		add(hearsay, answer->additional[i].host,
		    &(struct item){.type = LDNS_RR_TYPE_A, .address = answer->additional[i].address});
	if (flaw_in(q->flaws, FLAW_BELIEVES_DENIALS) && answer->state == DNS_NO_NAME && answer->denied_s > 0)
		add(hearsay, q->name,
		    &(struct item){.type = q->type, .denied = true, .until = now + (time_t)answer->denied_s});
}

bool
hearsay_answers(const struct hearsay *hearsay, struct dns_answer *ret, const struct dns_question *q,
    time_t now, struct region *r)
{
	const struct item *item;

	SLIST_FOREACH(item, &hearsay->items, next)
	{
		if (item->type != q->type || !text_equal_nocase(item->name, q->name) ||
		    (item->denied && now >= item->until))
			continue;
		*ret = (struct dns_answer){.state = DNS_NO_NAME, .why = "the name was said not to exist"};
		if (item->denied)
			return true;
		ret->state = DNS_FOUND;
		ret->records =
		    region_memdup(r, &(struct dns_record){.address = item->address}, sizeof(*ret->records));
		ret->n = 1;
		return true;
	}
	return false;
}
