/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c - see parts.h */
#include "harness/command/parts.h"

#include <stdlib.h>

#include "harness/base/must.h"

enum company { COMPANY_STEADY, COMPANY_JUMPING, COMPANY_RESTARTING };

static enum company
company_of(const struct plan_scenario *one, bool shared)
{
	if (one->restarts && shared)
		return COMPANY_RESTARTING;
	return one->jumps ? COMPANY_JUMPING : COMPANY_STEADY;
}

static struct part *
part_new(const struct parts *p)
{
	return must_alloc(sizeof(struct part) + p->plan->n_scenarios * sizeof(bool));
}

static void
add(struct part *part, size_t scenario)
{
	part->in[scenario] = true;
	part->n++;
}

void
parts_put_back(struct parts *p, struct part *part)
{
	part->next = p->first;
	p->first = part;
}

/* So many shares of what is in the part, of about the same size; the first of them comes next. */
static void
put_shares(struct parts *p, const struct part *part, size_t n_shares)
{
	struct part *share = NULL;
	size_t seen = 0;

	for (size_t i = p->plan->n_scenarios; i > 0; i--) {
		if (!part->in[i - 1])
			continue;
		if (share == NULL || seen * n_shares / part->n != (seen - 1) * n_shares / part->n) {
			share = part_new(p);
			parts_put_back(p, share);
		}
		add(share, i - 1);
		seen++;
	}
}

void
parts_put_halves(struct parts *p, const struct part *part)
{
	put_shares(p, part, 2);
}

static void
put_company(struct parts *p, enum company company, const bool *applies, size_t at_once, bool shared)
{
	struct part *part = part_new(p);

	for (size_t i = 0; i < p->plan->n_scenarios; i++)
		if (applies[i] && company_of(&p->plan->scenarios[i], shared) == company)
			add(part, i);
	if (part->n > 0)
		put_shares(p, part, at_once > 0 ? (part->n + at_once - 1) / at_once : 1);
	free(part);
}

void
parts_init(struct parts *p, const struct plan *plan, const bool *applies, size_t at_once, bool shared)
{
	*p = (struct parts){.plan = plan};
	put_company(p, COMPANY_RESTARTING, applies, at_once, shared);
	put_company(p, COMPANY_JUMPING, applies, at_once, shared);
	put_company(p, COMPANY_STEADY, applies, at_once, shared);
	if (p->first == NULL) /* the client is to be seen to start all the same */
		parts_put_back(p, part_new(p));
}

struct part *
parts_take(struct parts *p)
{
	struct part *part = p->first;

	if (part != NULL)
		p->first = part->next;
	return part;
}

void
parts_done(struct parts *p)
{
	struct part *part;

	while ((part = parts_take(p)) != NULL)
		free(part);
}

size_t
parts_count(const struct parts *p)
{
	size_t n = 0;

	for (const struct part *part = p->first; part != NULL; part = part->next)
		n += part->n;
	return n;
}

bool *
part_legs(const struct plan *plan, const struct part *part)
{
	bool *plays = must_alloc(plan->n_legs * sizeof(*plays));

	for (size_t leg = 0; leg < plan->n_legs; leg++)
		plays[leg] = part->in[plan->legs[leg].scenario];
	return plays;
}
