/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c - see measure.h; several attempts in one step: worst exposure, any arrival, last fate. */
#include "harness/judge/measure.h"

#include "harness/judge/token.h"

enum said
measure_said(struct bytes fate_word)
{
	/* "accepted" says only that somebody took the message over; "cannot" leaves it with the caller */
	static const struct {
		const char *word;
		enum said said;
	} words[] = {
	    {"delivered", SAID_DELIVERED},
	    {"deferred", SAID_KEPT},
	    {"refused", SAID_KEPT},
	    {"cannot", SAID_KEPT},
	    {"bounced", SAID_GAVE_UP},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bytes_equal_nocase(fate_word, bytes_of(words[i].word)))
			return words[i].said;
	return SAID_NOTHING;
}

enum outcome
measure_outcome(bool arrived, enum exposure exposure, enum said said)
{
	static const enum outcome unseen[SAIDS] = {
	    [SAID_NOTHING] = OUTCOME_SILENT,
	    [SAID_DELIVERED] = OUTCOME_LOST,
	    [SAID_KEPT] = OUTCOME_HELD,
	    [SAID_GAVE_UP] = OUTCOME_BOUNCED,
	};

	if (exposure != EXPOSURE_NONE)
		return arrived ? OUTCOME_READABLE : OUTCOME_STOLEN;
	return arrived ? OUTCOME_PROTECTED : unseen[said];
}

static const char *const open_channels[] = {"clear", "intercepted", "attacker"};

/* The channel's word as a constant, or NULL when only a genuine host could read it. */
static const char *
open_channel(struct bytes channel)
{
	for (size_t i = 0; i < sizeof(open_channels) / sizeof(open_channels[0]); i++)
		if (bytes_equal(channel, bytes_of(open_channels[i])))
			return open_channels[i];
	return NULL;
}

bool
measure_is_open(struct bytes channel)
{
	return open_channel(channel) != NULL;
}

/* --- exposure --------------------------------------------------------------------------- */

/* What is measured against what: one recipient of one message in one step. */
struct subject {
	const struct docket *docket;
	const struct leg_facts *facts;
	const struct brief_leg *leg;
	uint32_t step;
	const struct brief_message *message;
	struct bytes recipient; /* its token */
	bool judged;            /* the step judges it */
};

static bool
names_sender(struct bytes text, const struct brief_message *m)
{
	return token_in(text, token_of(m->sender));
}

static bool
holds_any(struct bytes text, const struct brief_message *m)
{
	for (size_t i = 0; i < token_count(m); i++)
		if (token_in(text, token_at(m, i)))
			return true;
	return false;
}

/* Whether this fact speaks of this message. */
static bool
speaks_of(const struct fact *f, const struct brief_message *m)
{
	switch (f->kind) {
	case FACT_MAIL:
		return names_sender(f->mail.sender, m);
	case FACT_RCPT:
		return holds_any(f->rcpt.recipient, m);
	case FACT_CONTENT:
		return names_sender(f->content.sender, m) || holds_any(f->content.data, m);
	default:
		return false;
	}
}

static bool
connection_speaks_of(const struct leg_facts *facts, uint32_t connection, const struct brief_message *m)
{
	size_t n;
	const struct fact *const *of_it = index_connection(facts, connection, &n);

	for (size_t i = 0; i < n; i++)
		if (speaks_of(of_it[i], m))
			return true;
	return false;
}

static bool
connection_speaks_of_any(const struct leg_facts *facts, uint32_t connection, const struct brief_leg *leg)
{
	for (size_t s = 0; s < leg->n_steps; s++)
		for (size_t m = 0; m < leg->steps[s].n_messages; m++)
			if (connection_speaks_of(facts, connection, &leg->steps[s].messages[m]))
				return true;
	return false;
}

/* An AUTH exchange belongs to the message of its connection, else to all that the step judges. */
static bool
credentials_concern(const struct fact *f, const struct subject *s)
{
	if (f->connection != 0 && connection_speaks_of_any(s->facts, f->connection, s->leg))
		return connection_speaks_of(s->facts, f->connection, s->message);
	return s->judged;
}

static bool
begins_transaction(const struct fact *f)
{
	return f->kind == FACT_MAIL;
}

/*
 * A message to several domains goes to each on its own way, and what one of them lets out is not the other's: the
 * fact counts for the recipient whom its transaction names. A message to one domain is all of a piece.
 */
static bool
concerns_recipient(const struct fact *f, const struct subject *s)
{
	size_t n, i = 0;
	const struct fact *const *of_it;

	if (s->message->n_companions == 0)
		return true;
	of_it = index_connection(s->facts, f->connection, &n);
	while (i < n && of_it[i] != f)
		i++;
	while (i > 0 && i < n && !begins_transaction(of_it[i]))
		i--;
	for (i++; i < n && !begins_transaction(of_it[i]); i++)
		if (of_it[i]->kind == FACT_RCPT && token_in(of_it[i]->rcpt.recipient, s->recipient))
			return true;
	return false;
}

/* What this fact alone lets out of the subject; `ret_channel` is set with it. */
static enum exposure
exposed_by(const struct fact *f, const struct subject *s, const char **ret_channel)
{
	switch (f->kind) {
	case FACT_MAIL:
		*ret_channel = open_channel(f->mail.channel);
		return names_sender(f->mail.sender, s->message) && concerns_recipient(f, s) ? EXPOSURE_ENVELOPE
											    : EXPOSURE_NONE;
	case FACT_RCPT:
		*ret_channel = open_channel(f->rcpt.channel);
		return token_in(f->rcpt.recipient, s->recipient) ? EXPOSURE_ENVELOPE : EXPOSURE_NONE;
	case FACT_CONTENT:
		*ret_channel = open_channel(f->content.channel);
		return *ret_channel != NULL && speaks_of(f, s->message) && concerns_recipient(f, s)
			   ? EXPOSURE_CONTENT
			   : EXPOSURE_NONE;
	case FACT_CREDENTIALS:
		*ret_channel = open_channel(f->credentials.channel);
		return *ret_channel != NULL && credentials_concern(f, s) ? EXPOSURE_CREDENTIALS
									 : EXPOSURE_NONE;
	default:
		*ret_channel = NULL;
		return EXPOSURE_NONE;
	}
}

/* --- fate ------------------------------------------------------------------------------- */

static bool
is_fate_of(const struct fact *f, const struct subject *s)
{
	if (f->fate.recipient.len == 0)
		return f->fate.message == (int64_t)s->message->number;
	return token_in(f->fate.recipient, s->recipient);
}

static bool
is_mx(const struct fact *f)
{
	return f->kind == FACT_ACCEPTED && bytes_equal(f->accepted.role, BYTES("mx"));
}

static bool
is_closed(const struct leg_facts *facts, uint32_t connection)
{
	size_t n;
	const struct fact *const *of_it = index_connection(facts, connection, &n);

	for (size_t i = 0; i < n; i++)
		if (of_it[i]->kind == FACT_CLOSED)
			return true;
	return false;
}

/* The client was seen to try in this step, and no session with an MX is open any more. */
static bool
tried_and_is_done(const struct leg_facts *facts, uint32_t step)
{
	bool tried = false;

	for (size_t i = 0; i < facts->n; i++) {
		const struct fact *f = facts->facts[i];

		if (f->step != step)
			continue;
		if (is_mx(f) && !is_closed(facts, f->connection))
			return false;
		tried = tried || f->kind == FACT_ACCEPTED || f->kind == FACT_DNS_ASKED;
	}
	return tried;
}

/* Where the client's exit says only "accepted", the wire tells what it did not say. */
static enum said
said_in_all(struct measured *row, const struct subject *s)
{
	enum said said = measure_said(row->fate);
	bool mute = row->fate.len == 0 || bytes_equal_nocase(row->fate, BYTES("accepted"));

	if (said != SAID_NOTHING || !mute || row->arrived || !s->docket->by_wire ||
	    !tried_and_is_done(s->facts, s->step))
		return said;
	if (row->reason.len == 0)
		row->reason = BYTES("by wire");
	return SAID_KEPT;
}

/* --- one row ---------------------------------------------------------------------------- */

static void
take_fact(struct measured *row, const struct subject *s, const struct fact *f)
{
	const char *channel;
	enum exposure exposure = exposed_by(f, s, &channel);

	if (channel != NULL && exposure > row->exposure) {
		row->exposure = exposure;
		row->where = channel;
		row->shown_by = f;
	}
	if (f->kind == FACT_ARRIVED && f->arrived.genuine && token_in(f->arrived.recipient, s->recipient)) {
		row->arrived = true;
		if (row->shown_by == NULL)
			row->shown_by = f;
	}
	if (f->kind == FACT_FATE && is_fate_of(f, s)) {
		row->fate = f->fate.fate;
		row->reason = f->fate.reason;
	}
}

static struct measured
measure_one(const struct subject *s, const char *recipient)
{
	struct measured row = {.message = s->message->number, .recipient = recipient};

	for (size_t i = 0; i < s->facts->n; i++)
		if (s->facts->facts[i]->step == s->step)
			take_fact(&row, s, s->facts->facts[i]);
	row.outcome = measure_outcome(row.arrived, row.exposure, said_in_all(&row, s));
	return row;
}

/* --- a leg ------------------------------------------------------------------------------ */

/* A recipient of a message on its way through the steps. */
struct parcel {
	const struct brief_message *message;
	const char *recipient;
	uint32_t step; /* that sends it */
	bool held;     /* as the latest step that judged it left it */
};

static size_t
judged_recipients(const struct brief_message *m)
{
	return m->n_recipients - m->n_companions;
}

static size_t
list_parcels(struct parcel **ret, struct region *region, const struct brief_leg *leg)
{
	size_t n = 0;

	*ret = NULL;
	for (size_t s = 0; s < leg->n_steps; s++)
		for (size_t m = 0; m < leg->steps[s].n_messages; m++)
			for (size_t r = 0; r < judged_recipients(&leg->steps[s].messages[m]); r++) {
				struct parcel *p = region_push(region, ret, &n, sizeof(*p));

				p->message = &leg->steps[s].messages[m];
				p->recipient = p->message->recipients[r];
				p->step = (uint32_t)s;
			}
	return n;
}

static bool
was_sent(const struct leg_facts *facts, uint32_t step, const struct brief_message *m)
{
	for (size_t i = 0; i < facts->n; i++) {
		const struct fact *f = facts->facts[i];

		if (f->kind == FACT_SENT && f->step == step && f->sent.message == (int64_t)m->number)
			return true;
	}
	return false;
}

static bool
is_judged_in(const struct parcel *p, const struct leg_facts *facts, const struct brief_step *step, uint32_t s)
{
	if (p->step == s)
		return !p->message->spare || was_sent(facts, s, p->message);
	return p->step < s && step->judges_held && p->held;
}

/* A step that does not judge a parcel may still end its being held. */
static bool
is_still_held(const struct parcel *p, const struct measured *row, bool judged)
{
	enum said said = measure_said(row->fate);

	if (judged)
		return row->outcome == OUTCOME_HELD;
	return p->held && !row->arrived && said != SAID_DELIVERED && said != SAID_GAVE_UP;
}

static void
measure_step(
    struct course_step *ret, struct region *region, struct parcel *parcels, size_t n, struct subject *s)
{
	const struct brief_step *step = &s->leg->steps[s->step];
	struct measured *others = NULL;
	size_t n_others = 0;

	for (size_t i = 0; i < n; i++) {
		struct parcel *p = &parcels[i];
		struct measured row;

		s->message = p->message;
		s->recipient = token_of(p->recipient);
		s->judged = is_judged_in(p, s->facts, step, s->step);
		row = measure_one(s, p->recipient);
		p->held = is_still_held(p, &row, s->judged);
		if (s->judged)
			*(struct measured *)region_push(region, &ret->rows, &ret->n_judged, sizeof(row)) =
			    row;
		else if (row.exposure != EXPOSURE_NONE)
			*(struct measured *)region_push(region, &others, &n_others, sizeof(row)) = row;
	}
	ret->n = ret->n_judged;
	for (size_t i = 0; i < n_others; i++)
		*(struct measured *)region_push(region, &ret->rows, &ret->n, sizeof(*others)) = others[i];
}

void
measure_leg(struct course *ret, struct region *region, const struct docket *docket,
    const struct leg_facts *facts, const struct brief_leg *leg)
{
	struct parcel *parcels;
	size_t n = list_parcels(&parcels, region, leg);
	struct subject s = {.docket = docket, .facts = facts, .leg = leg};

	ret->n_steps = leg->number == FACT_NONE ? 0 : leg->n_steps;
	ret->steps = region_alloc(region, (ret->n_steps + 1) * sizeof(*ret->steps));
	for (s.step = 0; s.step < ret->n_steps; s.step++)
		measure_step(&ret->steps[s.step], region, parcels, n, &s);
}
