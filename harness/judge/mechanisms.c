/* SPDX-License-Identifier: Apache-2.0 */
/* mechanisms.c - see mechanisms.h; RFC 8461 s3.1, RFC 7672 s2.2 */
#include "harness/judge/mechanisms.h"

#include "harness/judge/rules.h"

/* The first that a client is shown to lack is told. */
static const struct mechanism {
	const char *name;
	const char *label; /* what the DNS question of whoever uses it begins with; NULL: an HTTPS request */
	const char *look;
} mechanisms[] = {
    {"mta-sts", "_mta-sts", "asked for a policy's record"},
    {"mta-sts", NULL, "fetched a policy"},
    {"dane", "_25._tcp", "asked for TLSA records"},
};

static bool
is_listed(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_equal(words[i], word))
			return true;
	return false;
}

const char *
mechanisms_unclaimed(const struct docket *docket, const struct brief *brief)
{
	for (size_t i = 0; i < brief->n_needs; i++)
		if (!is_listed(brief->needs[i], docket->claims, docket->n_claims))
			return brief->needs[i];
	return NULL;
}

static bool
was_looked_for(const struct mechanism *m, const struct record *record)
{
	for (size_t i = 0; i < record->n_facts; i++) {
		const struct fact *f = &record->facts[i];

		if (m->label == NULL && f->kind == FACT_HTTP_REQUEST)
			return true;
		if (m->label != NULL && f->kind == FACT_DNS_ASKED &&
		    (bytes_begin_nocase(f->dns_asked.label, m->label) ||
			bytes_begin_nocase(f->dns_asked.name, m->label)))
			return true;
	}
	return false;
}

static const struct fact *
first_sent(const struct leg_facts *facts)
{
	for (size_t i = 0; i < facts->n; i++)
		if (facts->facts[i]->kind == FACT_SENT)
			return facts->facts[i];
	return NULL;
}

static bool
has_crashed(const struct judgment *j, const struct index *ix)
{
	for (size_t s = 0; s < j->n_steps; s++)
		if (rules_crash(index_leg(ix, j->brief->attack.number), (uint32_t)s) != NULL ||
		    rules_crash(index_leg(ix, j->brief->control.number), (uint32_t)s) != NULL)
			return true;
	return false;
}

static void
overrule(struct judgment *j, enum verdict verdict, const char *why, const struct fact *shown_by)
{
	j->verdict = verdict;
	j->level = verdict == VERDICT_VIOLATED ? LEVEL_MUST : j->brief->level;
	j->why = why;
	for (size_t s = 0; s < j->n_steps; s++) {
		j->steps[s].verdict = VERDICT_SKIPPED;
		j->steps[s].why = why;
	}
	j->worst_step = 0;
	if (j->n_steps == 0)
		return;
	j->steps[0].verdict = verdict;
	j->steps[0].level = j->level;
	j->steps[0].shown_by = shown_by;
}

/* What the lab left unclear is not held against the client, and what was skipped shows nothing of it. */
static bool
can_be_overruled(const struct judgment *j, const struct mechanism *m, const struct index *ix)
{
	return is_listed(m->name, j->brief->needs, j->brief->n_needs) && j->verdict != VERDICT_SKIPPED &&
	       first_sent(index_leg(ix, j->brief->attack.number)) != NULL && !has_crashed(j, ix);
}

static void
tell_once(struct judgments *all, const struct mechanism *m, const struct index *ix, const bool *sound)
{
	const char *why = region_printf(
	    all->region, "the client claims %s, and in the whole run never %s", m->name, m->look);
	const char *first = NULL;

	for (size_t i = 0; i < all->n_items; i++) {
		struct judgment *j = &all->items[i];

		if (!sound[i] || !can_be_overruled(j, m, ix))
			continue;
		if (first != NULL) {
			overrule(
			    j, VERDICT_SKIPPED, region_printf(all->region, "%s: see %s", why, first), NULL);
			continue;
		}
		first = j->brief->name;
		overrule(j, VERDICT_VIOLATED, why, first_sent(index_leg(ix, j->brief->attack.number)));
	}
}

void
mechanisms_judge(struct judgments *all, const struct docket *docket, const struct record *record,
    const struct index *ix, const bool *sound)
{
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
		if (is_listed(mechanisms[i].name, docket->claims, docket->n_claims) &&
		    !was_looked_for(&mechanisms[i], record))
			tell_once(all, &mechanisms[i], ix, sound);
}
