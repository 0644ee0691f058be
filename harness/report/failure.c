/* SPDX-License-Identifier: Apache-2.0 */
/* failure.c - see failure.h */
#include "harness/report/failure.h"

#include <inttypes.h>

#include "harness/report/words.h"

#define FACTS_BEFORE 6 /* facts shown before the one that decided */

static const struct step_judgment *
worst_step(const struct judgment *j)
{
	return j->worst_step < j->n_steps ? &j->steps[j->worst_step] : NULL;
}

static void
put_measured(const struct page *p, const char *label, const struct measured *rows, size_t n)
{
	const struct measured *m = report_worst(rows, n);
	char where[128] = "", more[48] = "";

	if (m == NULL)
		return;
	if (m->exposure != EXPOSURE_NONE)
		snprintf(where, sizeof(where), ", %s %s", exposure_name(m->exposure),
		    channel_in_words(m->where ? m->where : ""));
	if (n > 1)
		snprintf(more, sizeof(more), " (the worst of %zu)", n);
	page_put_line(
	    p, label, "%s%s: %s%s", outcome_name(m->outcome), where, outcome_meaning(m->outcome), more);
}

static void
put_words_of_client(const struct page *p, const struct measured *rows, size_t n)
{
	const struct measured *m = report_worst(rows, n);
	char fate[64], reason[PAGE_LINE_MAX];

	if (m == NULL)
		return;
	text_escape(fate, sizeof(fate), m->fate);
	text_escape(reason, sizeof(reason), m->reason);
	if (m->fate.len == 0)
		page_put_line(p, "client", "said nothing");
	else
		page_put_line(
		    p, "client", "%s%s%s%s", fate, reason[0] ? ": \"" : "", reason, reason[0] ? "\"" : "");
}

/* What the world says was armed, from the step's own step-begun. */
static void
put_attack(const struct page *p, const struct judgment *j)
{
	size_t n;
	const struct fact *const *facts = facts_by_leg_of(p->by_leg, j->brief->attack.number, &n);
	char armed[PAGE_LINE_MAX];

	for (size_t i = 0; i < n; i++) {
		if (facts[i]->kind != FACT_STEP_BEGUN || facts[i]->step != j->worst_step)
			continue;
		text_escape(armed, sizeof(armed), facts[i]->step_begun.armed);
		page_put_line(p, "attack", "%s", armed[0] ? armed : "none in this step");
		return;
	}
}

/* The facts that a reader wants before `last`: of its leg and step, of its connection or of none. */
static bool
belongs_before(const struct fact *f, const struct fact *last)
{
	return fact_is_telling(f) && f->step == last->step &&
	       (f->connection == last->connection || f->connection == 0 || last->connection == 0);
}

static void
put_fact(const struct page *p, const char *label, const struct fact *f, uint64_t began_ns)
{
	char words[PAGE_LINE_MAX];
	uint64_t ms = f->t_ns > began_ns ? (f->t_ns - began_ns) / 1000000 : 0;

	page_put_line(p, label, "%" PRIu64 ".%03" PRIu64 " s  %s", ms / 1000, ms % 1000,
	    fact_in_words(f, words, sizeof(words)));
}

static void
put_facts_before(const struct page *p, const struct judgment *j, const struct fact *last)
{
	const struct fact *before[FACTS_BEFORE];
	size_t n, n_before = 0;
	const struct fact *const *facts;

	if (last == NULL)
		return;
	facts = facts_by_leg_of(p->by_leg, last->leg, &n);
	for (size_t i = n; i > 0 && n_before < FACTS_BEFORE; i--)
		if (facts[i - 1] < last && belongs_before(facts[i - 1], last))
			before[n_before++] = facts[i - 1];
	for (size_t i = n_before; i > 0; i--)
		put_fact(p, i == n_before ? "before" : "", before[i - 1], j->began_ns);
	put_fact(p, "then", last, j->began_ns);
}

/* Where the judge named no fact: the last that the step has to tell. */
static const struct fact *
last_of_step(const struct page *p, const struct judgment *j)
{
	size_t n;
	const struct fact *const *facts = facts_by_leg_of(p->by_leg, j->brief->attack.number, &n);

	while (n > 0 && (facts[n - 1]->step != j->worst_step || !fact_is_telling(facts[n - 1])))
		n--;
	return n > 0 ? facts[n - 1] : NULL;
}

static void
put_sources(const struct page *p, const struct brief *b)
{
	struct report_source s;

	for (size_t i = 0; i < b->n_covers; i++) {
		if (p->r->source != NULL && p->r->source(p->r->ctx, b->covers[i], &s))
			page_put_line(p, i == 0 ? "rule" : "", "%s section %s (%s): %s", s.rfc, s.section,
			    b->covers[i], s.statement);
		else
			page_put_line(p, i == 0 ? "rule" : "", "%s", b->covers[i]);
	}
}

static void
put_again(const struct page *p, const struct brief *b)
{
	const char *capture = p->r->capture != NULL ? p->r->capture(p->r->ctx, b->name) : NULL;
	const char *program = p->r->program != NULL ? p->r->program : "mitmx", *again = p->r->docket->again;

	if (capture != NULL)
		page_put_whole(p, "capture", "%s", capture);
	page_put_whole(p, "again", "%s run --select %s%s%s", program, b->name,
	    again != NULL && *again ? " " : "", again != NULL ? again : "");
}

static void
put_head(const struct page *p, const struct judgment *j)
{
	char verdict[16];

	snprintf(verdict, sizeof(verdict), "%s", verdict_name(j->verdict));
	for (char *c = verdict; *c != '\0'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	page_put_colored(p, page_color(j->verdict), verdict);
	fputs("  ", p->out);
	page_put_colored(p, PAGE_BOLD, j->brief->name);
	fprintf(p->out, "  (%s)\n", level_name(j->level));
	if (j->brief->title != NULL)
		page_put_line(p, "", "%s", j->brief->title);
}

void
failure_put(const struct page *p, const struct judgment *j)
{
	const struct step_judgment *s = worst_step(j);

	put_head(p, j);
	if (s != NULL && j->n_steps > 1)
		page_put_line(p, "step", "%" PRIu32 " of %zu", j->worst_step + 1, j->n_steps);
	put_attack(p, j);
	if (s != NULL) {
		page_put_line(
		    p, "expected", "%s", s->expected != NULL ? s->expected : "nothing in particular");
		put_measured(p, "seen", s->attack, s->n_attack);
		put_measured(p, "control", s->control, s->n_control);
	}
	page_put_line(p, "why", "%s", j->why != NULL ? j->why : "");
	if (s != NULL) {
		put_words_of_client(p, s->attack, s->n_attack);
		put_facts_before(p, j, s->shown_by != NULL ? s->shown_by : last_of_step(p, j));
	}
	put_sources(p, j->brief);
	put_again(p, j->brief);
	putc('\n', p->out);
}
