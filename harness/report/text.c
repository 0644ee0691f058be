/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - the report for a terminal: each failure in words, then a summary that fits one screen.
 *
 * Lines are "  label     text". Texts of saved runs are foreign: control bytes are not printed.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/report/facts_by_leg.h"
#include "harness/report/report.h"
#include "harness/report/words.h"

#define FACTS_BEFORE 6 /* facts shown before the one that decided */
#define NAMES_MAX 5    /* scenarios named per verdict in the summary */
#define REASONS_MAX 4  /* reasons for skipping in the summary */
#define LINE_MAX_BYTES 400

enum color { PLAIN, RED, GREEN, YELLOW, BOLD, DIM };

static const char *const colors[] = {"", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[2m"};

static const enum color color_of[VERDICTS] = {
    [VERDICT_VIOLATED] = RED,
    [VERDICT_UNCLEAR] = YELLOW,
    [VERDICT_SKIPPED] = DIM,
    [VERDICT_RECORDED] = PLAIN,
    [VERDICT_HONORED] = GREEN,
};

struct page {
	const struct report *r;
	FILE *out;
	struct facts_by_leg *by_leg;
};

/* Text with its control bytes taken out; UTF-8 stays. */
static void
put(const struct page *p, const char *text)
{
	const unsigned char *at = (const unsigned char *)(text != NULL ? text : "");

	for (; *at != '\0'; at++) {
		bool c1 = at[0] == 0xc2 && at[1] >= 0x80 &&
			  at[1] < 0xa0; /* the other control characters, as UTF-8 */

		putc(*at < 0x20 || *at == 0x7f || c1 ? '?' : *at, p->out);
		at += c1;
	}
}

static void
put_colored(const struct page *p, enum color color, const char *text)
{
	bool on = p->r->colors && color != PLAIN;

	fputs(on ? colors[color] : "", p->out);
	put(p, text);
	fputs(on ? "\x1b[0m" : "", p->out);
}

static void
put_label(const struct page *p, const char *label)
{
	fprintf(p->out, "  %-10s", label);
}

static void __attribute__((format(printf, 3, 4)))
put_line(const struct page *p, const char *label, const char *format, ...)
{
	char text[LINE_MAX_BYTES * 3];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_label(p, label);
	put(p, text);
	putc('\n', p->out);
}

/* --- one failure ------------------------------------------------------------------------------ */

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
	put_line(p, label, "%s%s: %s%s", outcome_name(m->outcome), where, outcome_meaning(m->outcome), more);
}

static void
put_words_of_client(const struct page *p, const struct measured *rows, size_t n)
{
	const struct measured *m = report_worst(rows, n);
	char fate[64], reason[LINE_MAX_BYTES];

	if (m == NULL)
		return;
	text_escape(fate, sizeof(fate), m->fate);
	text_escape(reason, sizeof(reason), m->reason);
	if (m->fate.len == 0)
		put_line(p, "client", "said nothing");
	else
		put_line(
		    p, "client", "%s%s%s%s", fate, reason[0] ? ": \"" : "", reason, reason[0] ? "\"" : "");
}

/* What the world says was armed, from the step's own step-begun. */
static void
put_attack(const struct page *p, const struct judgment *j)
{
	size_t n;
	const struct fact *const *facts = facts_by_leg_of(p->by_leg, j->brief->attack.number, &n);
	char armed[LINE_MAX_BYTES];

	for (size_t i = 0; i < n; i++) {
		if (facts[i]->kind != FACT_STEP_BEGUN || facts[i]->step != j->worst_step)
			continue;
		text_escape(armed, sizeof(armed), facts[i]->step_begun.armed);
		put_line(p, "attack", "%s", armed[0] ? armed : "none in this step");
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
	char words[LINE_MAX_BYTES];
	uint64_t ms = f->t_ns > began_ns ? (f->t_ns - began_ns) / 1000000 : 0;

	put_line(p, label, "%" PRIu64 ".%03" PRIu64 " s  %s", ms / 1000, ms % 1000,
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
			put_line(p, i == 0 ? "rule" : "", "%s section %s (%s): %s", s.rfc, s.section,
			    b->covers[i], s.statement);
		else
			put_line(p, i == 0 ? "rule" : "", "%s", b->covers[i]);
	}
}

static void
put_again(const struct page *p, const struct brief *b)
{
	const char *capture = p->r->capture != NULL ? p->r->capture(p->r->ctx, b->name) : NULL;
	const char *program = p->r->program != NULL ? p->r->program : "mitmx", *again = p->r->docket->again;

	if (capture != NULL)
		put_line(p, "capture", "%s", capture);
	put_line(p, "again", "%s run --select %s%s%s", program, b->name, again != NULL && *again ? " " : "",
	    again != NULL ? again : "");
}

static void
put_head(const struct page *p, const struct judgment *j)
{
	char verdict[16];

	snprintf(verdict, sizeof(verdict), "%s", verdict_name(j->verdict));
	for (char *c = verdict; *c != '\0'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	put_colored(p, color_of[j->verdict], verdict);
	fputs("  ", p->out);
	put_colored(p, BOLD, j->brief->name);
	fprintf(p->out, "  (%s)\n", level_name(j->level));
	if (j->brief->title != NULL)
		put_line(p, "", "%s", j->brief->title);
}

static void
put_failure(const struct page *p, const struct judgment *j)
{
	const struct step_judgment *s = worst_step(j);

	put_head(p, j);
	if (s != NULL && j->n_steps > 1)
		put_line(p, "step", "%" PRIu32 " of %zu", j->worst_step + 1, j->n_steps);
	put_attack(p, j);
	if (s != NULL) {
		put_line(p, "expected", "%s", s->expected != NULL ? s->expected : "nothing in particular");
		put_measured(p, "seen", s->attack, s->n_attack);
		put_measured(p, "control", s->control, s->n_control);
	}
	put_line(p, "why", "%s", j->why != NULL ? j->why : "");
	if (s != NULL) {
		put_words_of_client(p, s->attack, s->n_attack);
		put_facts_before(p, j, s->shown_by != NULL ? s->shown_by : last_of_step(p, j));
	}
	put_sources(p, j->brief);
	put_again(p, j->brief);
	putc('\n', p->out);
}

/* A line for one that is no failure. */
static void
put_short(const struct page *p, const struct judgment *j)
{
	char verdict[16];

	snprintf(verdict, sizeof(verdict), "%-9s", verdict_name(j->verdict));
	put_colored(p, color_of[j->verdict], verdict);
	putc(' ', p->out);
	put(p, j->brief->name);
	if (j->verdict != VERDICT_HONORED && j->why != NULL) {
		fputs(": ", p->out);
		put(p, j->why);
	}
	putc('\n', p->out);
}

/* --- the summary ------------------------------------------------------------------------------- */

static void
put_client(const struct page *p)
{
	const struct docket *d = p->r->docket;

	put_colored(p, BOLD, d->client != NULL && *d->client ? d->client : "client");
	fputs(d->client_version != NULL && *d->client_version ? " " : "", p->out);
	put(p, d->client_version);
	for (size_t i = 0; i < d->n_claims; i++) {
		fputs(i == 0 ? "; claims " : ", ", p->out);
		put(p, d->claims[i]);
	}
	fprintf(p->out, "; %" PRIu64 ".%" PRIu64 " s%s\n", p->r->duration_ms / 1000,
	    p->r->duration_ms % 1000 / 100, p->r->interrupted ? "; interrupted" : "");
}

static void
put_counts(const struct page *p)
{
	static const enum verdict order[] = {
	    VERDICT_HONORED, VERDICT_VIOLATED, VERDICT_UNCLEAR, VERDICT_RECORDED, VERDICT_SKIPPED};
	char text[32];

	for (size_t i = 0; i < VERDICTS; i++) {
		uint32_t n = p->r->judgments->count[order[i]];

		snprintf(text, sizeof(text), "%" PRIu32 " %s", n, verdict_name(order[i]));
		fputs(i == 0 ? "  " : "   ", p->out);
		put_colored(p, n > 0 ? color_of[order[i]] : DIM, text);
	}
	putc('\n', p->out);
}

static void
put_names(const struct page *p, enum verdict verdict)
{
	const struct judgments *all = p->r->judgments;
	size_t n = 0;

	for (size_t i = 0; i < all->n_items; i++) {
		if (all->items[i].verdict != verdict)
			continue;
		if (n < NAMES_MAX)
			put_line(p, n == 0 ? verdict_name(verdict) : "", "%s", all->items[i].brief->name);
		n++;
	}
	if (n > NAMES_MAX)
		put_line(p, "", "and %zu more", n - NAMES_MAX);
}

struct reason {
	const char *why;
	size_t n;
};

static int
compare_reasons(const void *a, const void *b)
{
	return strcmp(((const struct reason *)a)->why, ((const struct reason *)b)->why);
}

static int
most_first(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->why, y->why);
}

/* Equal reasons become one with their count; how many are left. */
static size_t
fold(struct reason *reasons, size_t n)
{
	size_t left = 0;

	qsort(reasons, n, sizeof(*reasons), compare_reasons);
	for (size_t i = 0; i < n; i++) {
		if (left > 0 && text_equal(reasons[left - 1].why, reasons[i].why))
			reasons[left - 1].n++;
		else
			reasons[left++] = reasons[i];
	}
	qsort(reasons, left, sizeof(*reasons), most_first);
	return left;
}

static void
put_reasons(const struct page *p)
{
	const struct judgments *all = p->r->judgments;
	struct reason *reasons = must_alloc(sizeof(*reasons) * (all->n_items + 1));
	size_t n = 0, rest = 0;

	for (size_t i = 0; i < all->n_items; i++)
		if (all->items[i].verdict == VERDICT_SKIPPED)
			reasons[n++] = (struct reason){all->items[i].why != NULL ? all->items[i].why : "", 1};
	n = fold(reasons, n);
	for (size_t i = 0; i < n; i++) {
		if (i < REASONS_MAX)
			put_line(p, i == 0 ? "skipped" : "", "%zu: %s", reasons[i].n, reasons[i].why);
		else
			rest += reasons[i].n;
	}
	if (rest > 0)
		put_line(p, "", "%zu for other reasons", rest);
	free(reasons);
}

static void
put_summary(const struct page *p)
{
	put_client(p);
	put_counts(p);
	put_names(p, VERDICT_VIOLATED);
	put_names(p, VERDICT_UNCLEAR);
	put_reasons(p);
	if (p->r->folder != NULL)
		put_line(p, "files", "%s", p->r->folder);
}

int
report_text(const struct report *r, FILE *out, struct why *why)
{
	struct page p = {r, out, facts_by_leg_new(r->facts, r->n_facts)};
	/* The worst come last, next to the summary, where a terminal shows them. */
	static const enum verdict order[] = {
	    VERDICT_HONORED, VERDICT_RECORDED, VERDICT_SKIPPED, VERDICT_UNCLEAR, VERDICT_VIOLATED};

	for (size_t v = 0; v < VERDICTS; v++)
		for (size_t i = 0; i < r->judgments->n_items; i++) {
			const struct judgment *j = &r->judgments->items[i];

			if (j->verdict != order[v])
				continue;
			if (j->verdict == VERDICT_VIOLATED || j->verdict == VERDICT_UNCLEAR)
				put_failure(&p, j);
			else if (r->verbose)
				put_short(&p, j);
		}
	put_summary(&p);
	facts_by_leg_free(p.by_leg);
	return report_finish(out, why);
}
