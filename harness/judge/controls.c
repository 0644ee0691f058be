/* SPDX-License-Identifier: Apache-2.0 */
/* controls.c - see controls.h */
#include "harness/judge/controls.h"

#include <inttypes.h>

#include "harness/judge/asks.h"
#include "harness/judge/meeting.h"
#include "harness/judge/words.h"

#define PATIENCE_NS 2500000000u /* a fetch gives up after three seconds, or later */

/* --- the warm-up ------------------------------------------------------------------------ */

static bool
claims(const struct hearing *h, const char *mechanism)
{
	for (size_t i = 0; i < h->docket->n_claims; i++)
		if (text_equal(h->docket->claims[i], mechanism))
			return true;
	return false;
}

static bool
is_warm_up(const struct hearing *h, const struct side *side, uint32_t step)
{
	const struct brief_step *s = &side->leg->steps[step];

	return s->warm_up ||
	       (!rules_expectation(h, side, step)->given && !s->judges_held && s->n_messages > 0);
}

static bool
policy_was_served(const struct side *side, uint32_t step)
{
	for (size_t i = 0; i < side->facts->n; i++) {
		const struct fact *f = side->facts->facts[i];

		if (f->kind == FACT_POLICY_SERVED && f->step <= step && f->policy_served.whole &&
		    f->policy_served.genuine)
			return true;
	}
	return false;
}

bool
controls_policy_was_served(const struct hearing *h)
{
	return policy_was_served(&h->attack, h->step);
}

const struct fact *
controls_policy_was_starved(const struct hearing *h)
{
	const struct fact *starved = NULL;
	uint64_t asked_ns = 0;

	for (size_t i = 0; i < h->attack.facts->n; i++) {
		const struct fact *f = h->attack.facts->facts[i];

		if (f->kind == FACT_DNS_ASKED && bytes_begin_nocase(f->dns_asked.label, "_mta-sts"))
			asked_ns = f->t_ns;
		if (f->kind != FACT_POLICY_SERVED || f->step > h->step || !f->policy_served.whole ||
		    !f->policy_served.genuine)
			continue;
		if (asked_ns != 0 && f->t_ns > asked_ns + PATIENCE_NS) {
			const struct fact *wait = index_starved(h->index, asked_ns, f->t_ns, 0);

			starved = wait != NULL ? wait : starved;
		} else if (f->step < h->step) { /* in the step itself it may be the attack's */
			starved = NULL;
		}
	}
	return starved;
}

/* What is wrong with this warm-up, or NULL. */
static const char *
not_warm(const struct hearing *h, const struct side *side, uint32_t step)
{
	const struct course_step *c = rules_step(side, step);

	for (size_t i = 0; i < c->n_judged; i++)
		if (!c->rows[i].arrived)
			return region_printf(h->region, "%s was %s", words_message(h->region, &c->rows[i]),
			    words_outcome(h->region, &c->rows[i]));
	if (side->leg->steps[step].needs_policy && claims(h, "mta-sts") && !policy_was_served(side, step))
		return "no whole policy was served";
	return NULL;
}

/* What the client said about not having tried in this step, behind a semicolon; or nothing. */
static const char *
untried(const struct hearing *h, const struct side *side, uint32_t step)
{
	const struct fact *f = index_last(side->facts, step, FACT_NO_ATTEMPT);

	return f == NULL ? ""
			 : region_printf(h->region, "; it did not try: %s",
			       words_quote(h->region, f->no_attempt.reason));
}

bool
controls_warm_up_failed(const struct hearing *h, struct finding *f)
{
	const struct side *const sides[] = {&h->attack, &h->control};

	for (size_t i = 0; i < 2; i++)
		for (uint32_t s = 0; s <= h->step && rules_has_step(sides[i], s); s++) {
			const char *what = is_warm_up(h, sides[i], s) ? not_warm(h, sides[i], s) : NULL;

			if (what == NULL)
				continue;
			f->why = region_printf(h->region,
			    "not warm: in the warm-up (step %" PRIu32 ") of the %s leg %s%s", s + 1,
			    rules_side_name(h, sides[i]), what, untried(h, sides[i], s));
			return true;
		}
	return false;
}

/*
 * A warm-up in a moved time is to bring the client what is new there. It comes before any exposure: an
 * unmoved client takes nothing new in, since nothing is valid to it, and keeps to what it had.
 */
bool
controls_jump_was_not_followed(const struct hearing *h, struct finding *f)
{
	for (uint32_t s = 0; s <= h->step && rules_has_step(&h->control, s); s++) {
		const char *what;

		if (index_first(h->control.facts, s, FACT_CLOCK_SET) == NULL ||
		    !is_warm_up(h, &h->control, s))
			continue;
		what = not_warm(h, &h->control, s);
		if (what == NULL)
			continue;
		f->why = region_printf(h->region,
		    "its clock cannot be moved: in the control of step %" PRIu32 ", a warm-up with the clock "
		    "ahead, %s",
		    s + 1, what);
		return true;
	}
	return false;
}

/* Bytes speak for themselves only against a client that had the policy (RFC 8461 s5.1, s10.2). */
bool
controls_no_policy_to_keep_to(const struct hearing *h, struct finding *f)
{
	const struct brief_leg *leg = h->attack.leg;

	for (uint32_t s = 0; s <= h->step && rules_has_step(&h->attack, s); s++) {
		if (!leg->steps[s].warm_up || !leg->steps[s].needs_policy || !claims(h, "mta-sts") ||
		    policy_was_served(&h->attack, s))
			continue;
		f->why = region_printf(h->region,
		    "not warm: by the end of the warm-up (step %" PRIu32
		    ") no whole policy was served to the client%s",
		    s + 1, untried(h, &h->attack, s));
		return true;
	}
	return false;
}

static bool
is_spare(const struct brief_step *s, int64_t message)
{
	for (size_t i = 0; i < s->n_messages; i++)
		if (s->messages[i].spare && s->messages[i].number == message)
			return true;
	return false;
}

/* The policy that was served for the warm-up's spare message, or NULL: who keeps a policy needs no other. */
static const struct fact *
fetched_again(const struct side *side, uint32_t step)
{
	bool sent = false;

	for (size_t i = 0; i < side->facts->n; i++) {
		const struct fact *f = side->facts->facts[i];

		if (f->step != step)
			continue;
		sent = sent || (f->kind == FACT_SENT && is_spare(&side->leg->steps[step], f->sent.message));
		if (sent && f->kind == FACT_POLICY_SERVED)
			return f;
	}
	return NULL;
}

/*
 * Served is not taken: a client that waited too long for its policy has none. It is sent one message more,
 * and what it does not keep it fetches for that one again. RFC 8461 s3.3: a policy is to be cached.
 */
bool
controls_policy_was_not_kept(const struct hearing *h, struct finding *f)
{
	for (uint32_t s = 0; s <= h->step && rules_has_step(&h->attack, s); s++) {
		if (!h->attack.leg->steps[s].warm_up || !h->attack.leg->steps[s].needs_policy ||
		    !claims(h, "mta-sts"))
			continue;
		f->shown_by = fetched_again(&h->attack, s);
		if (f->shown_by == NULL)
			continue;
		f->why = region_printf(h->region,
		    "not warm: for the second message of the warm-up (step %" PRIu32
		    ") the client fetched the policy again, so it had not kept the first",
		    s + 1);
		return true;
	}
	return false;
}

/* A control is held to the first level that it has: the lower ones say nothing about the lab. */
static enum level
first_level(const struct expectation *e)
{
	unsigned level = LEVEL_MUST;

	while (level < LEVEL_INFO && e->at[level].n == 0)
		level++;
	return (enum level)level;
}

/* The row of the control that did not come out as it must, or NULL. */
static const struct measured *
failed_control(const struct hearing *h)
{
	const struct expectation *e;
	const struct course_step *c;

	if (!rules_has_step(&h->control, h->step))
		return NULL;
	e = rules_expectation(h, &h->control, h->step);
	c = rules_step(&h->control, h->step);
	if (!e->given || e->record)
		return NULL;
	for (size_t i = 0; i < c->n_judged; i++)
		if (!asks_level_holds(e, first_level(e), h->control.facts, h->step, &c->rows[i]))
			return &c->rows[i];
	return NULL;
}

bool
controls_nothing_is_enforced(const struct hearing *h, struct finding *f)
{
	const struct measured *row = failed_control(h);

	if (row == NULL || !h->brief->opposite_control ||
	    (1u << row->outcome & (OUTCOMES_DELIVERED | OUTCOMES_EXPOSED)) == 0)
		return false;
	f->shown_by = row->shown_by;
	f->why = region_printf(h->region,
	    "the client was not shown to enforce anything: the control, which must be refused, was %s",
	    outcome_name(row->outcome));
	return true;
}

/* From a jump on, what is honest is valid around the moved time alone: an unmoved client fails its control.
 */
bool
controls_clock_did_not_move(const struct hearing *h, struct finding *f)
{
	struct hearing then = *h;

	for (then.step = 0; then.step <= h->step && rules_has_step(&h->control, then.step); then.step++) {
		bool moved = index_first(h->control.facts, then.step, FACT_CLOCK_SET) != NULL;
		const struct measured *row = moved ? failed_control(&then) : NULL;

		if (row == NULL)
			continue;
		f->shown_by = row->shown_by;
		f->why = region_printf(h->region,
		    "its clock cannot be moved: with the clock ahead, the control was %s",
		    outcome_name(row->outcome));
		return true;
	}
	return false;
}

bool
controls_failed(const struct hearing *h, struct finding *f)
{
	const struct measured *row = failed_control(h);

	if (row == NULL)
		return false;
	f->shown_by = row->shown_by;
	f->why = region_printf(h->region, "in the control %s was %s; expected: %s",
	    words_message(h->region, row), words_outcome(h->region, row),
	    words_expected(h->region, rules_expectation(h, &h->control, h->step)));
	return true;
}

/* Where nobody is in the way there is no control beside it: what arrived elsewhere in the run stands for one.
 */
bool
controls_nothing_arrived(const struct hearing *h, struct finding *f)
{
	const struct expectation *e = rules_expectation(h, &h->attack, h->step);

	f->why = "the honest control failed: in the whole run not one message arrived";
	return !h->delivers && e->given && !e->record && rules_step(&h->attack, h->step)->n_judged > 0;
}

static bool
reached_anything(const struct hearing *h)
{
	for (uint32_t s = 0; s <= h->step; s++)
		if (index_first(h->control.facts, s, FACT_ACCEPTED) != NULL)
			return true;
	return false;
}

/* An opposite control suffers the attack too: a refusal that the attack did not cause shows nothing. */
bool
controls_not_attacked(const struct hearing *h, struct finding *f)
{
	const struct expectation *e;

	if (!h->brief->opposite_control || !rules_has_step(&h->control, h->step))
		return false;
	e = rules_expectation(h, &h->control, h->step);
	if (!e->given || e->record || rules_step(&h->control, h->step)->n_judged == 0)
		return false;
	f->shown_by = meeting_of_no_session(h->control.facts, h->step);
	f->why = "the control was refused, but the attack had not met it, so that shows nothing";
	if (!meeting_is_armed(h->control.facts, h->step) && !reached_anything(h)) {
		f->why =
		    "the control was refused, but the client reached no host of it, so that shows nothing";
		return true;
	}
	return f->shown_by != NULL || !meeting_of_attack(h->control.facts, h->step);
}
