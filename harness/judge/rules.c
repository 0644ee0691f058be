/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.c - see rules.h; the order of the table is the design.
 *
 * Exposed bytes come before a failed control, since they speak for themselves, but behind the proof
 * that the client had the policy; all else that speaks against the client comes behind the controls,
 * and behind the proof that the attack was met. A crash needs no step that was played out.
 */
#include "harness/judge/rules.h"

#include <inttypes.h>

#include "harness/base/must.h"
#include "harness/judge/asks.h"
#include "harness/judge/controls.h"
#include "harness/judge/meeting.h"
#include "harness/judge/words.h"

/* --- looking around --------------------------------------------------------------------- */

const struct expectation *
rules_expectation(const struct hearing *h, const struct side *side, uint32_t step)
{
	const struct expectation *by_floor = side->leg->steps[step].expectation;
	enum floor floor = (unsigned)h->docket->floor < FLOORS ? h->docket->floor : FLOOR_MAY;

	return by_floor[floor].given ? &by_floor[floor] : &by_floor[FLOOR_MAY];
}

static const struct expectation *
expectation_of(const struct hearing *h)
{
	return rules_expectation(h, &h->attack, h->step);
}

/* Something was to be judged by an expectation. */
static bool
is_given(const struct hearing *h)
{
	const struct expectation *e = expectation_of(h);

	return e->given && !e->record;
}

/* An expectation of facts alone allows every outcome, but names none. */
static bool
is_silence_named(const struct expectation *e)
{
	for (unsigned level = 0; level < LEVELS; level++)
		for (size_t i = 0; i < e->at[level].n; i++) {
			uint32_t set = e->at[level].any_of[i].outcomes & OUTCOMES_ALL;

			if (set != OUTCOMES_ALL && (set & OUTCOME_BIT(SILENT)) != 0)
				return true;
		}
	return false;
}

bool
rules_has_nothing_to_judge(const struct hearing *h)
{
	return h->attack.leg->steps[h->step].recovery && rules_step(&h->attack, h->step)->n_judged == 0;
}

/* --- 1: the lab is in doubt ------------------------------------------------------------- */

static bool
lab_is_in_doubt(const struct hearing *h, struct finding *f)
{
	f->why = h->doubt.why;
	f->shown_by = h->doubt.shown_by;
	return f->why != NULL;
}

static const struct fact *
cannot_before(const struct side *side, uint32_t step)
{
	for (size_t i = 0; i < side->facts->n; i++) {
		const struct fact *f = side->facts->facts[i];

		if (f->kind == FACT_FATE && f->step <= step &&
		    bytes_equal_nocase(f->fate.fate, BYTES("cannot")))
			return f;
	}
	return NULL;
}

static bool
client_cannot(const struct hearing *h, struct finding *f)
{
	f->shown_by = cannot_before(&h->attack, h->step);
	if (f->shown_by == NULL)
		f->shown_by = cannot_before(&h->control, h->step);
	f->why = "the client cannot do that";
	return f->shown_by != NULL;
}

static bool
has_begun(const struct side *side, uint32_t step)
{
	return index_first(side->facts, step, FACT_STEP_BEGUN) != NULL;
}

/* A client that cannot do the first step is not led through the others. */
static bool
client_could_not_go_on(const struct hearing *h, struct finding *f)
{
	return !has_begun(&h->attack, h->step) && client_cannot(h, f);
}

static const char *
unplayed(const struct hearing *h, const struct side *side)
{
	const struct fact *ended = index_last(side->facts, h->step, FACT_STEP_ENDED);

	if (!rules_has_step(side, h->step))
		return NULL;
	if (!has_begun(side, h->step))
		return side->leg->steps[h->step].recovery && rules_step(side, h->step)->n_judged == 0
			   ? NULL
			   : "was not played";
	if (ended == NULL || bytes_equal(ended->step_ended.by, BYTES("interrupt")))
		return "was interrupted";
	return NULL;
}

static bool
was_not_played_out(const struct hearing *h, struct finding *f)
{
	const struct side *const sides[] = {&h->attack, &h->control};

	for (size_t i = 0; i < 2; i++) {
		const char *what = unplayed(h, sides[i]);

		if (what != NULL) {
			f->why = region_printf(
			    h->region, "the %s leg of this step %s", rules_side_name(h, sides[i]), what);
			return true;
		}
	}
	return false;
}

bool
rules_lab_failed(const struct hearing *h)
{
	struct finding f;

	return lab_is_in_doubt(h, &f) || was_not_played_out(h, &f);
}

/* --- 2: what speaks for itself ---------------------------------------------------------- */

const struct fact *
rules_crash(const struct leg_facts *facts, uint32_t step)
{
	for (size_t i = 0; i < facts->n; i++) {
		const struct fact *f = facts->facts[i];

		/* a process that nobody could place in a step is told with the first */
		if (f->kind == FACT_EXITED && f->exited.crash &&
		    (f->step == step || (f->step == FACT_NONE && step == 0)))
			return f;
	}
	return NULL;
}

static bool
client_crashed(const struct hearing *h, struct finding *f)
{
	char signal[TEXT_SIGNAL];

	f->shown_by = rules_crash(h->attack.facts, h->step);
	if (f->shown_by == NULL)
		f->shown_by = rules_crash(h->control.facts, h->step);
	if (f->shown_by == NULL)
		return false;
	f->level = LEVEL_MUST;
	f->why = region_printf(h->region, "the client crashed: %s died of %s",
	    words_quote(h->region, f->shown_by->exited.command),
	    text_signal(f->shown_by->exited.signal, signal));
	return true;
}

/* All outcomes that any alternative of the level allows; nothing expected allows all. */
static uint32_t
allowed_at(const struct expectation *e, enum level level)
{
	uint32_t set = e->at[level].n == 0 ? OUTCOMES_ALL : 0;

	for (size_t i = 0; i < e->at[level].n; i++)
		set |= e->at[level].any_of[i].outcomes;
	return set;
}

/* The exposed row that no alternative of this level allows, or NULL. */
static const struct measured *
exposed_beyond(const struct course_step *c, const struct expectation *e, enum level level)
{
	for (size_t i = 0; i < c->n; i++) {
		uint32_t bit = 1u << c->rows[i].outcome;

		if ((bit & OUTCOMES_EXPOSED) != 0 && (bit & allowed_at(e, level)) == 0)
			return &c->rows[i];
	}
	return NULL;
}

static bool
something_was_exposed(const struct hearing *h, struct finding *f)
{
	const struct course_step *c = rules_step(&h->attack, h->step);

	for (unsigned level = 0; level < LEVELS && is_given(h); level++) {
		const struct measured *row = exposed_beyond(c, expectation_of(h), (enum level)level);

		if (row == NULL)
			continue;
		f->level = (enum level)level;
		f->shown_by = row->shown_by;
		f->why = region_printf(h->region, "%s; expected: %s", words_exposure(h->region, row),
		    words_expected(h->region, expectation_of(h)));
		return true;
	}
	return false;
}

#define PATIENCE_MS 1000 /* less than that no client's patience is made of */

/* The lab did not get to run for so long at once, somewhere in this step. */
static const struct fact *
starved_in(const struct hearing *h, const struct side *side, uint32_t step)
{
	const struct fact *begun, *ended;

	if (!rules_has_step(side, step))
		return NULL;
	begun = index_last(side->facts, step, FACT_STEP_BEGUN);
	ended = index_last(side->facts, step, FACT_STEP_ENDED);
	return begun == NULL ? NULL
			     : index_starved(h->index, begun->t_ns, ended != NULL ? ended->t_ns : UINT64_MAX,
				   PATIENCE_MS);
}

/* A client to which no whole policy went out, since the lab got no turn, has none to keep to. */
static bool
no_policy_was_served(const struct hearing *h, struct finding *f)
{
	f->shown_by = NULL;
	for (uint32_t s = 0; s <= h->step && f->shown_by == NULL; s++)
		f->shown_by = starved_in(h, &h->attack, s);
	if (f->shown_by == NULL || controls_policy_was_served(h))
		return false;
	f->why = region_printf(h->region,
	    "this machine gave the lab no turn for %" PRId64
	    " ms, and no whole policy went out to the client",
	    f->shown_by->starved.ms);
	return true;
}

/* Nor, perhaps, one whose policy went out late: it may have given up just before, and says so to nobody. */
static bool
policy_was_starved(const struct hearing *h, struct finding *f)
{
	f->shown_by = controls_policy_was_starved(h);
	if (f->shown_by == NULL)
		return false;
	f->why = region_printf(h->region,
	    "this machine gave the lab no turn for %" PRId64
	    " ms, and the policy went out so late that the client may not have waited for it",
	    f->shown_by->starved.ms);
	return true;
}

static bool
exposed_without_a_policy(const struct hearing *h, struct finding *f)
{
	struct finding exposed;

	return something_was_exposed(h, &exposed) &&
	       (controls_policy_was_not_kept(h, f) || no_policy_was_served(h, f) || policy_was_starved(h, f));
}

/* --- 3: a client that waits longer than the step ------------------------------------------- */

static bool
was_closed_before(const struct side *side, const struct fact *accepted, const struct fact *end)
{
	for (size_t i = 0; i < side->facts->n; i++) {
		const struct fact *f = side->facts->facts[i];

		if (f->kind == FACT_CLOSED && f->connection == accepted->connection && f->t_ns < end->t_ns)
			return true;
	}
	return false;
}

/*
 * Does the lab keep the client waiting at the end of this attacked step? On a connection that still stands,
 * or with packets that never came. A client that is merely slow, or hangs by itself, is excused by no
 * patience.
 */
static bool
is_kept_waiting(const struct side *side, uint32_t step, const struct fact *end)
{
	bool attacked = meeting_of_any_move(side->facts, step);

	if (meeting_of_move(side->facts, step, "blackhole") || meeting_of_move(side->facts, step, "timeout"))
		return true;
	for (size_t i = 0; attacked && i < side->facts->n; i++) {
		const struct fact *f = side->facts->facts[i];

		if (f->kind == FACT_ACCEPTED && f->step <= step && !was_closed_before(side, f, end))
			return true;
	}
	return false;
}

/* The end of a step that was given up while something that is judged had no fate; or NULL. */
static const struct fact *
cut_short(const struct hearing *h, const struct side *side)
{
	const struct fact *ended;
	const struct course_step *c;

	if (!rules_has_step(side, h->step))
		return NULL;
	ended = index_last(side->facts, h->step, FACT_STEP_ENDED);
	if (ended == NULL || !bytes_equal(ended->step_ended.by, BYTES("deadline")) ||
	    !is_kept_waiting(side, h->step, ended))
		return NULL;
	c = rules_step(side, h->step);
	for (size_t i = 0; i < c->n_judged; i++)
		if (c->rows[i].outcome == OUTCOME_SILENT)
			return ended;
	return NULL;
}

static bool
client_was_cut_short(const struct hearing *h, struct finding *f)
{
	const struct docket *d = h->docket;

	if (d->patience_s == 0 || d->patience_s < d->deadline_s || !is_given(h) ||
	    is_silence_named(expectation_of(h)))
		return false;
	f->shown_by = cut_short(h, &h->attack);
	if (f->shown_by == NULL)
		f->shown_by = cut_short(h, &h->control);
	f->why = region_printf(h->region,
	    "the client itself may wait for %" PRIu32 " s, and the step was given up after %" PRIu32
	    ": --deadline %" PRIu32 " would tell",
	    d->patience_s, d->deadline_s, d->patience_s + 1);
	return f->shown_by != NULL;
}

/* --- 4: the attack and the session ------------------------------------------------------ */

/* Only a step that says something of messages under attack needs the attack to have been met. */
static bool
needs_meeting(const struct hearing *h)
{
	return expectation_of(h)->given && rules_step(&h->attack, h->step)->n_judged > 0;
}

static bool
move_found_no_occasion(const struct hearing *h, struct finding *f)
{
	const struct expectation *e = expectation_of(h);

	for (size_t i = 0; i < e->n_must_meet && needs_meeting(h); i++)
		if (!meeting_of_move(h->attack.facts, h->step, e->must_meet[i])) {
			f->why = region_printf(h->region, "the move %s found no occasion", e->must_meet[i]);
			return true;
		}
	return false;
}

static bool
attack_was_not_met(const struct hearing *h, struct finding *f)
{
	const struct fact *begun = index_last(h->attack.facts, h->step, FACT_STEP_BEGUN);

	if (!needs_meeting(h) || meeting_of_attack(h->attack.facts, h->step))
		return false;
	f->shown_by = begun;
	f->why = region_printf(h->region, "the attack did not meet the client: of %s nothing went out to it",
	    words_quote(h->region, begun->step_begun.armed));
	return true;
}

static bool
session_was_not_attacked(const struct hearing *h, struct finding *f)
{
	if (!needs_meeting(h))
		return false;
	f->shown_by = meeting_of_no_session(h->attack.facts, h->step);
	f->why = "the attack did not meet the session: an MX was connected to, and no move was made there";
	return f->shown_by != NULL;
}

/* --- 5, 6, 7: what came out ------------------------------------------------------------- */

/* What the client said about not having tried, or the empty run. */
static struct bytes
no_attempt(const struct hearing *h)
{
	const struct fact *f = index_last(h->attack.facts, h->step, FACT_NO_ATTEMPT);

	return f != NULL ? f->no_attempt.reason : (struct bytes){NULL, 0};
}

static bool
client_was_silent(const struct hearing *h, struct finding *f)
{
	const struct course_step *c = rules_step(&h->attack, h->step);
	struct bytes said = no_attempt(h);

	if (!is_given(h) || is_silence_named(expectation_of(h)))
		return false;
	for (size_t i = 0; i < c->n_judged; i++) {
		if (c->rows[i].outcome != OUTCOME_SILENT)
			continue;
		f->why = region_printf(h->region, "the client said nothing in time about %s%s%s",
		    words_message(h->region, &c->rows[i]), said.len > 0 ? "; it did not try: " : "",
		    words_quote(h->region, said));
		return true;
	}
	return false;
}

/* Fills the finding when this level is broken by the row (NULL: by the facts of a step without messages). */
static bool
breaks(const struct hearing *h, enum level level, const struct measured *row, struct finding *f)
{
	const struct expectation *e = expectation_of(h);
	const char *expected;

	if (asks_level_holds(e, level, h->attack.facts, h->step, row))
		return false;
	expected = words_expected(h->region, e);
	f->level = level;
	f->shown_by = row != NULL ? row->shown_by : NULL;
	f->why = row != NULL ? region_printf(h->region, "%s was %s; expected: %s",
				   words_message(h->region, row), words_outcome(h->region, row), expected)
			     : region_printf(h->region, "not seen in this step: %s", expected);
	return true;
}

static bool
came_out_otherwise(const struct hearing *h, struct finding *f)
{
	const struct course_step *c = rules_step(&h->attack, h->step);

	if (!is_given(h) || rules_has_nothing_to_judge(h))
		return false;
	for (unsigned level = 0; level < LEVELS; level++) {
		if (c->n_judged == 0 && breaks(h, (enum level)level, NULL, f))
			return true;
		for (size_t i = 0; i < c->n_judged; i++)
			if (breaks(h, (enum level)level, &c->rows[i], f))
				return true;
	}
	return false;
}

static bool
lab_was_starved(const struct hearing *h, struct finding *f)
{
	struct finding otherwise;

	if (!came_out_otherwise(h, &otherwise))
		return false;
	if (policy_was_starved(h, f))
		return true;
	f->shown_by = starved_in(h, &h->attack, h->step);
	if (f->shown_by == NULL)
		return false;
	f->why = region_printf(h->region,
	    "this machine gave the lab no turn for %" PRId64
	    " ms, for which the client may have given up: %s",
	    f->shown_by->starved.ms, otherwise.why);
	return true;
}

static const char *
what_came_out(const struct hearing *h)
{
	const struct course_step *c = rules_step(&h->attack, h->step);

	if (c->n_judged == 0)
		return h->attack.leg->steps[h->step].judges_held
			   ? "nothing was held, so there was nothing to try again"
			   : "no message was sent in this step";
	if (c->n_judged == 1)
		return region_printf(h->region, "the message was %s", words_outcome(h->region, &c->rows[0]));
	return region_printf(h->region, "%zu were judged, the first was %s", c->n_judged,
	    words_outcome(h->region, &c->rows[0]));
}

static bool
is_recorded(const struct hearing *h, struct finding *f)
{
	f->why = what_came_out(h);
	return expectation_of(h)->given && expectation_of(h)->record;
}

static bool
anything(const struct hearing *h, struct finding *f)
{
	const struct course_step *c = rules_step(&h->attack, h->step);

	f->why = what_came_out(h);
	f->shown_by = c->n_judged > 0 ? c->rows[0].shown_by : NULL;
	return true;
}

/* --- the table -------------------------------------------------------------------------- */

static const struct {
	bool (*hits)(
	    const struct hearing *h, struct finding *f); /* fills why, and level and fact where they apply */
	enum verdict verdict;
} rules[] = {
    {lab_is_in_doubt, VERDICT_UNCLEAR},
    {client_crashed, VERDICT_VIOLATED},
    {client_could_not_go_on, VERDICT_SKIPPED},
    {was_not_played_out, VERDICT_UNCLEAR},
    {controls_no_policy_to_keep_to, VERDICT_UNCLEAR},
    {controls_jump_was_not_followed, VERDICT_SKIPPED},
    {exposed_without_a_policy, VERDICT_UNCLEAR},
    {something_was_exposed, VERDICT_VIOLATED},
    {client_cannot, VERDICT_SKIPPED},
    {controls_warm_up_failed, VERDICT_UNCLEAR},
    {controls_nothing_is_enforced, VERDICT_SKIPPED},
    {controls_clock_did_not_move, VERDICT_SKIPPED},
    {client_was_cut_short, VERDICT_SKIPPED},
    {controls_failed, VERDICT_UNCLEAR},
    {controls_nothing_arrived, VERDICT_UNCLEAR},
    {controls_not_attacked, VERDICT_UNCLEAR},
    {move_found_no_occasion, VERDICT_SKIPPED},
    {attack_was_not_met, VERDICT_UNCLEAR},
    {session_was_not_attacked, VERDICT_UNCLEAR},
    {client_was_silent, VERDICT_UNCLEAR},
    {lab_was_starved, VERDICT_UNCLEAR},
    {came_out_otherwise, VERDICT_VIOLATED},
    {is_recorded, VERDICT_RECORDED},
    {anything, VERDICT_HONORED},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* The first rule that hits from `from` on; the last always does. */
static struct finding
first_hit(const struct hearing *h, size_t from, size_t *ret_rule)
{
	for (size_t i = from;; i++) {
		struct finding f;

		must(i < RULES);
		f = (struct finding){.verdict = rules[i].verdict, .level = LEVEL_INFO};
		if (rules[i].hits(h, &f)) {
			*ret_rule = i;
			return f;
		}
	}
}

struct finding
rules_judge_step(const struct hearing *h)
{
	size_t rule;
	struct finding f = first_hit(h, 0, &rule);

	/* Bytes may break only a SHOULD while the outcome, if nothing makes it unclear, breaks a MUST. */
	while (f.verdict == VERDICT_VIOLATED && f.level > LEVEL_MUST && rule + 1 < RULES) {
		struct finding next = first_hit(h, rule + 1, &rule);

		if (next.verdict != VERDICT_VIOLATED)
			break;
		if (next.level < f.level)
			f.level = next.level;
	}
	return f;
}
