/* SPDX-License-Identifier: Apache-2.0 */
/* course.c - see course.h */
#include "harness/front/course.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

/* A fetch that took this long may have been given up by who asked for it, whatever was written to him. */
#define FETCH_SLOW_NS 1500000000u

enum phase {
	NOT_BEGUN,
	TIMELESS,  /* waits until the clock stands where the step lies */
	ORDERED,   /* waits for step-begun */
	UNDER_WAY, /* waits for fates and the end of sessions */
	SETTLING,  /* both are there; waits for the flush */
	OVER
};

enum fate { FATE_AWAITED, FATE_GOOD, FATE_STILL_HAS_IT, FATE_BAD, FATE_UNTRIED };

/* One recipient of one message, from the step that sent it to the end of the leg. */
struct awaited {
	const struct plan_message *message;
	const char *recipient;
	enum fate fate;
	bool arrived;
	bool counts;   /* in the step under way */
	bool was_held; /* when it was last asked to try again */
};

struct course {
	const struct plan *plan;
	const struct plan_leg *leg;
	uint32_t number;
	const struct course_calls *calls;
	void *ctx;
	enum phase phase;
	uint32_t step;
	struct awaited *awaited;
	size_t n_awaited;
	uint32_t sessions; /* open connections of the leg */
	uint64_t clock_s;  /* where the client's clock stands */
	uint32_t n_sent;   /* messages of this step handed over */
	bool retried, hushed;
	bool stirring; /* an attempt may be under way: something was asked or opened since the last fate */
	bool began_stirring, connected; /* in this step: it began so; a connection was opened */
	bool policy_came_last;          /* a whole policy was served after the last arrival */
	bool policy_came_late; /* it was, but slowly: whether the client took it, another message shows */
	uint64_t asked_ns;     /* for the record at _mta-sts, first in this step; 0: was not */
	bool restarting;
};

struct course *
course_new(const struct plan *plan, uint32_t leg, const struct course_calls *calls, void *ctx)
{
	struct course *c = must_alloc(sizeof(*c));
	size_t n = 0;

	c->plan = plan;
	c->leg = &plan->legs[leg];
	c->number = leg;
	c->calls = calls;
	c->ctx = ctx;
	c->step = FACT_NONE;
	for (size_t s = 0; s < c->leg->n_steps; s++)
		for (size_t m = 0; m < c->leg->steps[s].n_messages; m++)
			n += c->leg->steps[s].messages[m].n_recipients;
	c->awaited = must_alloc(n * sizeof(*c->awaited));
	return c;
}

void
course_free(struct course *c)
{
	if (c == NULL)
		return;
	free(c->awaited);
	free(c);
}

bool
course_is_over(const struct course *c)
{
	return c->phase == OVER;
}

uint32_t
course_step(const struct course *c)
{
	return c->step;
}

static const struct plan_step *
step_of(const struct course *c)
{
	return &c->leg->steps[c->step];
}

static void
emit(struct course *c, struct fact *f)
{
	f->leg = c->number;
	f->step = c->step;
	c->calls->emit(c->ctx, f);
}

/* --- what is awaited ---------------------------------------------------------------------- */

static bool
is_held(const struct awaited *a)
{
	return !a->arrived && (a->fate == FATE_STILL_HAS_IT || a->fate == FATE_UNTRIED);
}

static bool
holds_anything(const struct course *c, bool of_this_step)
{
	for (size_t i = 0; i < c->n_awaited; i++)
		if (is_held(&c->awaited[i]) && (c->awaited[i].counts || !of_this_step))
			return true;
	return false;
}

static bool
was_not_tried(const struct course *c)
{
	for (size_t i = 0; i < c->n_awaited; i++)
		if (c->awaited[i].counts && c->awaited[i].fate == FATE_UNTRIED)
			return true;
	return false;
}

static bool
all_have_fates(const struct course *c)
{
	for (size_t i = 0; i < c->n_awaited; i++)
		if (c->awaited[i].counts && c->awaited[i].fate == FATE_AWAITED)
			return false;
	return true;
}

static bool
is_settled(const struct course *c)
{
	return !c->restarting && all_have_fates(c) && (c->sessions == 0 || step_of(c)->keep);
}

/* --- what is done ------------------------------------------------------------------------- */

static void
send_message(struct course *c, const struct plan_message *m)
{
	struct fact f = {.kind = FACT_SENT};
	struct region *r = region_new();
	const char *all = "";

	for (size_t i = 0; i < m->n_recipients; i++) {
		c->awaited[c->n_awaited++] =
		    (struct awaited){.message = m, .recipient = m->recipients[i].address, .counts = true};
		all = region_printf(r, "%s%s%s", all, i > 0 ? " " : "", m->recipients[i].address);
	}
	c->n_sent++;
	f.sent.message = m->number;
	f.sent.sender = bytes_of(m->sender);
	f.sent.recipients = bytes_of(all);
	emit(c, &f);
	region_free(r);
	c->calls->send(c->ctx, c->number, m);
}

/* Asks for another try of all that is held; once per message. */
static void
retry_held(struct course *c)
{
	struct fact f = {.kind = FACT_RETRIED};
	const struct plan_message *last = NULL;

	f.retried.attack = step_of(c)->n_moves > 0;
	emit(c, &f);
	for (size_t i = 0; i < c->n_awaited; i++) {
		struct awaited *a = &c->awaited[i];

		if (!is_held(a))
			continue;
		a->fate = FATE_AWAITED;
		a->counts = a->was_held = true;
		if (a->message != last)
			c->calls->retry(c->ctx, c->number, a->message);
		last = a->message;
	}
}

static void look(struct course *c);

static void
finish(struct course *c)
{
	c->phase = OVER;
	c->calls->set_deadline(c->ctx, c->number, false);
	c->calls->over(c->ctx, c->number);
}

static void order_step(struct course *c);

static void
next_step(struct course *c)
{
	c->step = c->step == FACT_NONE ? 0 : c->step + 1;
	while (c->step < c->leg->n_steps && step_of(c)->recovery && !holds_anything(c, false))
		c->step++;
	if (c->step >= c->leg->n_steps) {
		c->step--;
		finish(c);
		return;
	}
	if (step_of(c)->offset_s > c->clock_s) {
		c->phase = TIMELESS;
		c->calls->set_deadline(c->ctx, c->number, false);
		c->calls->await_clock(c->ctx, c->number, step_of(c)->offset_s);
		return;
	}
	order_step(c);
}

static void
order_step(struct course *c)
{
	c->phase = ORDERED;
	c->calls->set_deadline(c->ctx, c->number, true);
	c->calls->order_step(c->ctx, c->number, c->step);
}

static void
end_step(struct course *c, const char *by)
{
	struct fact f = {.kind = FACT_STEP_ENDED};

	f.step_ended.by = bytes_of(by);
	emit(c, &f);
}

static void
begin_step(struct course *c)
{
	const struct plan_step *s = step_of(c);
	size_t spare = s->warm_up && s->n_messages > 1 ? 1 : 0;

	c->phase = UNDER_WAY;
	c->n_sent = 0;
	c->retried = c->hushed = c->policy_came_last = c->connected = false;
	c->began_stirring = c->stirring;
	c->policy_came_late = false;
	c->asked_ns = 0;
	for (size_t i = 0; i < c->n_awaited; i++)
		c->awaited[i].counts = false;
	for (size_t i = 0; i < s->n_messages - spare && s->action == ACTION_SEND; i++)
		send_message(c, &s->messages[i]);
	if (s->action == ACTION_RETRY)
		retry_held(c);
	if (s->action == ACTION_RESTART) {
		c->restarting = true;
		c->calls->restart(c->ctx, c->number);
	}
	look(c);
}

/* Held is tested, not believed: on the attack's side only, a control's refusal proves itself. */
static bool
is_tested(const struct course *c)
{
	return step_of(c)->retries_held && c->leg->side == SIDE_ATTACK;
}

/*
 * A client tries when it likes, not only when it is asked: an attempt that it began under the attack of the
 * step before may end here, and while it was under way our asking counted for nothing. Its fate is not this
 * step's.
 */
static bool
was_another_attempt(const struct course *c)
{
	const struct plan_step *s = step_of(c);

	return (s->recovery || s->action == ACTION_RETRY) && (c->began_stirring || !c->connected);
}

/* All is quiet: is there one more thing to do in this step, or is it over? */
static void
settle(struct course *c)
{
	const struct plan_step *s = step_of(c);

	if (s->warm_up && (c->policy_came_last || c->policy_came_late) && c->n_sent < s->n_messages) {
		c->policy_came_last = c->policy_came_late = false;
		c->phase = UNDER_WAY;
		c->hushed = false;
		send_message(c, &s->messages[c->n_sent]);
		look(c);
		return;
	}
	if (!c->retried &&
	    (was_not_tried(c) || ((is_tested(c) || was_another_attempt(c)) && holds_anything(c, true)))) {
		c->retried = true;
		c->phase = UNDER_WAY;
		c->hushed = false;
		c->calls->set_deadline(c->ctx, c->number, true);
		retry_held(c);
		look(c);
		return;
	}
	end_step(c, "facts");
	next_step(c);
}

/* Looks whether the step came to rest. What is still on its way shows behind a flush. */
static void
look(struct course *c)
{
	if (c->phase != UNDER_WAY)
		return;
	if (is_settled(c)) {
		c->phase = SETTLING;
		c->calls->order_flush(c->ctx, c->number);
	} else if (!c->restarting && all_have_fates(c) && !c->hushed) {
		c->hushed = true;
		c->calls->order_hush(c->ctx, c->number);
	}
}

void
course_flushed(struct course *c)
{
	if (c->phase != SETTLING)
		return;
	if (is_settled(c)) {
		settle(c);
		return;
	}
	c->phase = UNDER_WAY;
	look(c);
}

/* --- what is observed --------------------------------------------------------------------- */

static enum fate
fate_named(struct bytes name)
{
	if (bytes_equal(name, BYTES("deferred")) || bytes_equal(name, BYTES("refused")) ||
	    bytes_equal(name, BYTES("accepted")))
		return FATE_STILL_HAS_IT;
	return bytes_equal(name, BYTES("delivered")) ? FATE_GOOD : FATE_BAD;
}

static void
note_fate(struct course *c, struct bytes recipient, enum fate fate)
{
	for (size_t i = 0; i < c->n_awaited; i++)
		if (bytes_equal_nocase(recipient, bytes_of(c->awaited[i].recipient)))
			c->awaited[i].fate = fate;
}

static void
note_arrival(struct course *c, const struct fact *f)
{
	if (!f->arrived.genuine)
		return;
	c->policy_came_last = false;
	for (size_t i = 0; i < c->n_awaited; i++)
		if (bytes_equal_nocase(f->arrived.recipient, bytes_of(c->awaited[i].recipient)))
			c->awaited[i].arrived = true;
}

static void
note_policy(struct course *c, const struct fact *f)
{
	if (!f->policy_served.whole)
		return;
	c->policy_came_last = true;
	if (c->asked_ns != 0 && f->t_ns > c->asked_ns + FETCH_SLOW_NS)
		c->policy_came_late = true;
}

void
course_fact(struct course *c, const struct fact *f)
{
	switch (f->kind) {
	case FACT_STEP_BEGUN:
		if (c->phase == ORDERED && f->step == c->step)
			begin_step(c);
		return;
	case FACT_DNS_ASKED:
		c->stirring = true;
		if (c->asked_ns == 0 && bytes_begin_nocase(f->dns_asked.label, "_mta-sts"))
			c->asked_ns = f->t_ns;
		return;
	case FACT_ACCEPTED:
		c->sessions++;
		c->hushed = false;
		c->stirring = true;
		c->connected = c->connected || f->step == c->step;
		return;
	case FACT_CLOSED:
		c->sessions -= c->sessions > 0;
		break;
	case FACT_ARRIVED:
		note_arrival(c, f);
		break;
	case FACT_POLICY_SERVED:
		note_policy(c, f);
		break;
	case FACT_FATE:
		c->stirring = c->hushed = false;
		note_fate(c, f->fate.recipient, fate_named(f->fate.fate));
		break;
	case FACT_NO_ATTEMPT:
		note_fate(c, f->no_attempt.recipient, FATE_UNTRIED);
		break;
	default:
		return;
	}
	look(c);
}

void
course_begin(struct course *c)
{
	must(c->phase == NOT_BEGUN);
	next_step(c);
}

void
course_clock_moved(struct course *c, uint64_t clock_s)
{
	struct fact f = {.kind = FACT_CLOCK_SET};

	c->clock_s = clock_s;
	if (c->phase != TIMELESS || step_of(c)->offset_s > clock_s)
		return;
	f.clock_set.offset = (int64_t)clock_s;
	emit(c, &f);
	order_step(c);
}

void
course_restarted(struct course *c)
{
	if (!c->restarting)
		return;
	c->restarting = false;
	look(c);
}

void
course_lost(struct course *c, const struct plan_message *message, struct bytes why)
{
	if (c->phase == OVER || c->phase == NOT_BEGUN)
		return;
	c->restarting = false;
	for (size_t i = 0; i < c->n_awaited; i++) {
		struct awaited *a = &c->awaited[i];
		struct fact f = {.kind = FACT_NO_ATTEMPT};

		if (!a->counts || a->fate != FATE_AWAITED || (message != NULL && a->message != message))
			continue;
		f.no_attempt.recipient = bytes_of(a->recipient);
		f.no_attempt.reason = why;
		emit(c, &f);
	}
	look(c);
}

void
course_deadline(struct course *c)
{
	if (c->phase == OVER || c->phase == NOT_BEGUN || c->phase == TIMELESS)
		return;
	c->calls->abandon(c->ctx, c->number);
	c->restarting = false;
	for (size_t i = 0; i < c->n_awaited; i++) /* what was held stays so until the client says otherwise */
		if (c->awaited[i].fate == FATE_AWAITED && c->awaited[i].was_held)
			c->awaited[i].fate = FATE_STILL_HAS_IT;
	end_step(c, "deadline");
	next_step(c);
}

void
course_interrupt(struct course *c)
{
	if (c->phase == OVER || c->phase == NOT_BEGUN)
		return;
	end_step(c, "interrupt");
	c->phase = OVER;
}
