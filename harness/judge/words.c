/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - see words.h */
#include "harness/judge/words.h"

#define QUOTE_MAX 200

const char *
words_quote(struct region *r, struct bytes text)
{
	char out[QUOTE_MAX * 4 + 1];
	bool cut = text.len > QUOTE_MAX;

	text_escape(out, sizeof(out), (struct bytes){text.data, cut ? QUOTE_MAX : text.len});
	return region_printf(r, "%s%s", out, cut ? "..." : "");
}

/* `sofar` SEPARATOR `more`, or just `more`. */
static const char *
join(struct region *r, const char *sofar, const char *separator, const char *more)
{
	return sofar == NULL ? more : region_printf(r, "%s%s%s", sofar, separator, more);
}

const char *
words_outcomes(struct region *r, uint32_t outcomes)
{
	static const struct {
		uint32_t outcomes;
		const char *name;
	} sets[] = {
	    {OUTCOMES_ALL, "anything"},
	    {OUTCOMES_UNEXPOSED, "unexposed"},
	    {OUTCOMES_DELIVERED, "delivered"},
	    {OUTCOMES_REFUSED, "refused"},
	    {OUTCOMES_EXPOSED, "exposed"},
	};
	const char *text = NULL;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if ((outcomes & OUTCOMES_ALL) == sets[i].outcomes)
			return sets[i].name;
	for (unsigned o = 0; o < OUTCOMES; o++)
		if (outcomes & 1u << o)
			text = join(r, text, " or ", outcome_name((enum outcome)o));
	return text != NULL ? text : "nothing";
}

static const char *
pattern_words(struct region *r, const struct fact_pattern *p)
{
	const char *text = NULL;

	for (size_t i = 0; i < p->n_conditions; i++)
		text = join(r, text, ", ",
		    region_printf(r, "%s: %s", p->conditions[i].field,
			p->conditions[i].value != NULL ? p->conditions[i].value : "?"));
	if (text == NULL)
		return fact_info(p->kind)->name;
	return region_printf(r, "%s {%s}", fact_info(p->kind)->name, text);
}

static const char *
ask_words(struct region *r, const struct fact_ask *a)
{
	const char *what = NULL;

	for (size_t i = 0; i < a->n_patterns; i++)
		what = join(r, what, ", then ", pattern_words(r, &a->patterns[i]));
	for (size_t i = 0; i < a->n_words; i++)
		what = join(r, what, " or ", a->words[i]);
	if (what == NULL)
		what = "nothing";
	switch (a->kind) {
	case ASK_SEEN:
		return region_printf(r, "%s is seen", what);
	case ASK_UNSEEN:
		return region_printf(r, "%s is not seen", what);
	case ASK_COUNT:
		if (a->at_least == a->at_most)
			return region_printf(r, "%s is seen %u times", what, a->at_least);
		if (a->at_most == UINT32_MAX)
			return region_printf(r, "%s is seen at least %u times", what, a->at_least);
		return region_printf(r, "%s is seen %u to %u times", what, a->at_least, a->at_most);
	case ASK_ORDER:
		return region_printf(r, "%s", what);
	case ASK_REASON:
		return region_printf(r, "the client's reason has %s", what);
	case ASK_FATE:
		return region_printf(r, "the client says %s", what);
	}
	return what;
}

static const char *
alternative_words(struct region *r, const struct expected *x)
{
	const char *text =
	    x->outcomes == OUTCOMES_ALL && x->n_asks > 0 ? NULL : words_outcomes(r, x->outcomes);

	for (size_t i = 0; i < x->n_asks; i++)
		text = join(r, text, " and ", ask_words(r, &x->asks[i]));
	return text;
}

const char *
words_expected(struct region *r, const struct expectation *e)
{
	const char *text = NULL;

	if (!e->given)
		return "delivered (warm-up)";
	if (e->record)
		return "anything (recorded)";
	for (unsigned level = 0; level < LEVELS; level++) {
		const char *here = NULL;

		for (size_t i = 0; i < e->at[level].n; i++)
			here = join(r, here, ", or ", alternative_words(r, &e->at[level].any_of[i]));
		if (here != NULL)
			text = join(
			    r, text, ", ", region_printf(r, "%s (%s)", here, level_name((enum level)level)));
	}
	return text != NULL ? text : "anything";
}

const char *
words_message(struct region *r, const struct measured *row)
{
	return region_printf(r, "message %u for %s", row->message, row->recipient);
}

const char *
words_outcome(struct region *r, const struct measured *row)
{
	struct bytes said = row->reason.len > 0 ? row->reason : row->fate;

	if (said.len == 0)
		return outcome_name(row->outcome);
	return region_printf(
	    r, "%s (the client said: \"%s\")", outcome_name(row->outcome), words_quote(r, said));
}

const char *
words_exposure(struct region *r, const struct measured *row)
{
	static const char *const what[EXPOSURES] = {"nothing", "the envelope", "content", "credentials"};
	const char *how = "in clear";

	if (text_equal(row->where, "intercepted"))
		how = "inside TLS that the man in the middle had ended";
	else if (text_equal(row->where, "attacker"))
		how = "to the attacker's own host";
	return region_printf(r, "%s of %s went out %s", what[row->exposure], words_message(r, row), how);
}
