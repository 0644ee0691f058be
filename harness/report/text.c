/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - the report for a terminal: each failure in words, then a summary that fits one screen. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/report/failure.h"

#define NAMES_MAX 10  /* lines of names per verdict in the summary */
#define REASONS_MAX 4 /* reasons for skipping in the summary */

/* A line for one that is no failure. */
static void
put_short(const struct page *p, const struct judgment *j)
{
	char verdict[16];

	snprintf(verdict, sizeof(verdict), "%-9s", verdict_name(j->verdict));
	page_put_colored(p, page_color(j->verdict), verdict);
	putc(' ', p->out);
	page_put(p, j->brief->name);
	if (j->verdict != VERDICT_HONORED && j->why != NULL) {
		fputs(": ", p->out);
		page_put(p, j->why);
	}
	putc('\n', p->out);
}

/* --- the summary ------------------------------------------------------------------------------- */

static void
put_client(const struct page *p)
{
	const struct docket *d = p->r->docket;

	page_put_colored(p, PAGE_BOLD, d->client != NULL && *d->client ? d->client : "client");
	fputs(d->client_version != NULL && *d->client_version ? " " : "", p->out);
	page_put(p, d->client_version);
	for (size_t i = 0; i < d->n_claims; i++) {
		fputs(i == 0 ? "; claims " : ", ", p->out);
		page_put(p, d->claims[i]);
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
		page_put_colored(p, n > 0 ? page_color(order[i]) : PAGE_DIM, text);
	}
	putc('\n', p->out);
}

/* Rows of one file, told as the glob that plays them; a name without a slash is its own. */
static size_t
len_of_group(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL ? (size_t)(slash - name) + 1 : strlen(name);
}

/* Scenarios whose names begin alike. */
struct group {
	const char *name; /* of the first */
	size_t n, at;     /* how many; its place in the suite */
};

static int
largest_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : x->at < y->at ? -1 : 1;
}

static bool
belongs(const struct group *g, const char *name)
{
	size_t len = len_of_group(g->name);

	return len == len_of_group(name) && strncmp(g->name, name, len) == 0;
}

/* In the suite those of one file stand together. */
static size_t
group_names(const struct page *p, enum verdict verdict, struct group *ret)
{
	const struct judgments *all = p->r->judgments;
	size_t n = 0;

	for (size_t i = 0; i < all->n_items; i++) {
		const char *name = all->items[i].brief->name;

		if (all->items[i].verdict != verdict || report_is_known(p->r, i))
			continue;
		if (n == 0 || !belongs(&ret[n - 1], name))
			ret[n++] = (struct group){.name = name, .at = i};
		ret[n - 1].n++;
	}
	qsort(ret, n, sizeof(*ret), largest_first);
	return n;
}

/* Those that the baseline does not know. */
static void
put_names(const struct page *p, enum verdict verdict)
{
	struct group *groups = must_alloc(sizeof(*groups) * (p->r->judgments->n_items + 1));
	size_t n = group_names(p, verdict, groups), rest = 0;

	for (size_t i = 0; i < n; i++) {
		const char *label = i == 0 ? verdict_name(verdict) : "";

		if (i >= NAMES_MAX)
			rest += groups[i].n;
		else if (groups[i].n == 1)
			page_put_whole(p, label, "%s", groups[i].name);
		else
			page_put_whole(p, label, "%.*s* (%zu)", (int)len_of_group(groups[i].name),
			    groups[i].name, groups[i].n);
	}
	if (rest > 0)
		page_put_line(p, "", "and %zu more", rest);
	free(groups);
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
			page_put_line(p, i == 0 ? "skipped" : "", "%zu: %s", reasons[i].n, reasons[i].why);
		else
			rest += reasons[i].n;
	}
	if (rest > 0)
		page_put_line(p, "", "%zu for other reasons", rest);
	free(reasons);
}

static void
put_baseline(const struct page *p)
{
	const struct baseline_view *b = p->r->baseline;

	if (b == NULL)
		return;
	page_put_line(p, "baseline", "known from %s: %" PRIu32 " violated, %" PRIu32 " unclear", b->name,
	    b->n_known[VERDICT_VIOLATED], b->n_known[VERDICT_UNCLEAR]);
	for (size_t i = 0; i < b->n_gone; i++)
		page_put_line(p, "", "no longer violated: %s%s", b->gone[i]->brief->name,
		    b->gone[i]->verdict == VERDICT_SKIPPED ? " (but skipped)" : "");
	if (b->n_unplayed > 0)
		page_put_line(p, "", "%zu that it lists as violated: not played", b->n_unplayed);
	if (b->other_claims != NULL) {
		fputs("            ", p->out);
		page_put_colored(p, PAGE_RED, "VIOLATED");
		fputs("  ", p->out);
		page_put(p, b->other_claims);
		putc('\n', p->out);
	}
}

static void
put_summary(const struct page *p)
{
	put_client(p);
	put_counts(p);
	if (p->r->judgments->doubt != NULL)
		page_put_line(p, "in doubt", "all of it: %s", p->r->judgments->doubt);
	put_names(p, VERDICT_VIOLATED);
	put_names(p, VERDICT_UNCLEAR);
	put_baseline(p);
	put_reasons(p);
	if (p->r->folder != NULL)
		page_put_whole(p, "report", "%s/report.html", p->r->folder);
}

/* Unclear for no reason of its own. */
static bool
shares_doubt(const struct report *r, const struct judgment *j)
{
	return r->judgments->doubt != NULL && j->verdict == VERDICT_UNCLEAR && j->why != NULL &&
	       strstr(j->why, r->judgments->doubt) != NULL;
}

/* What the baseline knows, and what all share, is told in full only when all is. */
static bool
is_failure(const struct report *r, size_t i)
{
	enum verdict v = r->judgments->items[i].verdict;

	if (!r->verbose && shares_doubt(r, &r->judgments->items[i]))
		return false;
	return (v == VERDICT_VIOLATED || v == VERDICT_UNCLEAR) && (r->verbose || !report_is_known(r, i));
}

int
report_text(const struct report *r, FILE *out, struct why *why)
{
	struct facts_by_leg *by_leg = facts_by_leg_new(r->facts, r->n_facts);
	struct page p = {r, out, by_leg, r->colors, r->columns};
	/* The worst come last, next to the summary, where a terminal shows them. */
	static const enum verdict order[] = {
	    VERDICT_HONORED, VERDICT_RECORDED, VERDICT_SKIPPED, VERDICT_UNCLEAR, VERDICT_VIOLATED};

	for (size_t v = 0; v < VERDICTS; v++)
		for (size_t i = 0; i < r->judgments->n_items; i++) {
			const struct judgment *j = &r->judgments->items[i];

			if (j->verdict != order[v])
				continue;
			if (is_failure(r, i))
				failure_put(&p, j);
			else if (r->verbose)
				put_short(&p, j);
		}
	put_summary(&p);
	facts_by_leg_free(by_leg);
	return report_finish(out, why);
}
