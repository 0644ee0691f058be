/* SPDX-License-Identifier: Apache-2.0 */
/* doubt.c - see doubt.h */
#include "harness/judge/doubt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/judge/token.h"
#include "harness/judge/words.h"

static const struct doubt none = {NULL, NULL};

/* --- the whole run ---------------------------------------------------------------------- */

static struct doubt
damaged(struct region *r, const struct record *record)
{
	if (record->damage == NULL)
		return none;
	return (struct doubt){region_printf(r, "the record is damaged: %s", record->damage), NULL};
}

static struct doubt
fault_of_leg(struct region *r, const struct fact *f)
{
	return (struct doubt){region_printf(r, "the lab had a fault: %s: %s",
				  words_quote(r, f->lab_fault.part), words_quote(r, f->lab_fault.what)),
	    f};
}

static struct doubt
faulty(struct region *r, const struct record *record)
{
	for (size_t i = 0; i < record->n_facts; i++)
		if (record->facts[i].kind == FACT_LAB_FAULT && record->facts[i].leg == FACT_NONE)
			return fault_of_leg(r, &record->facts[i]);
	return none;
}

static struct doubt
out_of_row(struct region *r, const struct fact *f, uint32_t last)
{
	const char *source = fact_source_name(f->source);

	if (f->number > last)
		return (struct doubt){
		    region_printf(r, "facts %" PRIu32 " to %" PRIu32 " of the %s are missing", last + 1,
			f->number - 1, source),
		    f};
	return (struct doubt){region_printf(r, "fact %" PRIu32 " of the %s stands behind its fact %" PRIu32,
				  f->number, source, last),
	    f};
}

/* Facts of each source run 1..n, and n is what the last line of the record says. */
static struct doubt
misnumbered(struct region *r, const struct record *record)
{
	uint32_t last[FACT_SOURCES] = {0};

	for (size_t i = 0; i < record->n_facts; i++) {
		const struct fact *f = &record->facts[i];

		if (f->number != last[f->source] + 1)
			return out_of_row(r, f, last[f->source]);
		last[f->source] = f->number;
	}
	if (!record->closed)
		return (struct doubt){
		    "the record's last line is missing, so facts may be missing before it", NULL};
	for (unsigned s = 0; s < FACT_SOURCES; s++)
		if (last[s] != record->last_number[s])
			return (struct doubt){
			    region_printf(r,
				"the record holds facts of the %s up to %" PRIu32
				", its last line says %" PRIu32,
				fact_source_name((enum fact_source)s), last[s], record->last_number[s]),
			    NULL};
	return none;
}

static struct doubt
dropping(struct region *r, const struct record *record)
{
	for (size_t i = 0; i < record->n_facts; i++) {
		const struct fact *f = &record->facts[i];

		if (f->kind == FACT_CAPTURED && f->captured.dropped != 0)
			return (struct doubt){
			    region_printf(r, "the witness lost %" PRId64 " packets", f->captured.dropped), f};
		if (f->kind == FACT_STREAM_GAP && f->leg == FACT_NONE)
			return (struct doubt){
			    "the witness missed bytes of a stream that belongs to no leg", f};
	}
	return none;
}

/* A run in which a leg began has heard from the world and from the witness. */
static struct doubt
unwitnessed(struct region *r, const struct record *record)
{
	bool spoke[FACT_SOURCES] = {false}, began = false;

	for (size_t i = 0; i < record->n_facts; i++) {
		spoke[record->facts[i].source] = true;
		began = began || record->facts[i].kind == FACT_STEP_BEGUN;
	}
	for (unsigned s = 0; began && s < FACT_SOURCES; s++)
		if (!spoke[s])
			return (struct doubt){region_printf(r, "the %s said nothing at all",
						  fact_source_name((enum fact_source)s)),
			    NULL};
	return none;
}

struct doubt
doubt_of_run(struct region *region, const struct record *record)
{
	static struct doubt (*const checks[])(struct region *, const struct record *) = {
	    damaged, faulty, misnumbered, dropping, unwitnessed};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct doubt d = checks[i](region, record);

		if (d.why != NULL)
			return d;
	}
	return none;
}

/* --- one leg ---------------------------------------------------------------------------- */

/* The text of an envelope, content or credentials, and the channel it came on; NULL for other kinds. */
static const struct bytes *
channel_of(const struct fact *f, struct bytes *ret_text)
{
	switch (f->kind) {
	case FACT_MAIL:
		*ret_text = f->mail.sender;
		return &f->mail.channel;
	case FACT_RCPT:
		*ret_text = f->rcpt.recipient;
		return &f->rcpt.channel;
	case FACT_CONTENT:
		*ret_text = f->content.data;
		return &f->content.channel;
	case FACT_CREDENTIALS:
		*ret_text = f->credentials.data;
		return &f->credentials.channel;
	default:
		return NULL;
	}
}

static bool
is_known_channel(struct bytes channel)
{
	static const char *const words[] = {"clear", "intercepted", "attacker", "genuine"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bytes_equal(channel, bytes_of(words[i])))
			return true;
	return false;
}

/* What a fact stamped with the leg says against the lab. */
static struct doubt
doubt_by(struct region *r, const struct fact *f)
{
	const struct bytes *channel;
	struct bytes text;

	if (f->kind == FACT_LAB_FAULT)
		return fault_of_leg(r, f);
	if (f->kind == FACT_STREAM_GAP)
		return (struct doubt){
		    region_printf(r, "the witness missed %" PRId64 " bytes of a stream", f->stream_gap.bytes),
		    f};
	channel = channel_of(f, &text);
	if (channel != NULL && !is_known_channel(*channel))
		return (struct doubt){
		    region_printf(r, "the world named an unknown channel: \"%s\"", words_quote(r, *channel)),
		    f};
	return none;
}

/* The client's port of a connection, as the world accepted it; 0 unknown. */
static int64_t
port_of(const struct leg_facts *facts, uint32_t connection)
{
	for (size_t i = 0; connection != 0 && i < facts->n; i++)
		if (facts->facts[i]->kind == FACT_ACCEPTED && facts->facts[i]->connection == connection)
			return facts->facts[i]->accepted.peer_port;
	return 0;
}

static bool
may_be_same_port(int64_t a, int64_t b)
{
	return a == 0 || b == 0 || a == b;
}

/* Does this fact of the world's say that the token came in clear? */
static bool
says_clear(const struct fact *f, struct bytes token)
{
	struct bytes text;
	const struct bytes *channel = channel_of(f, &text);

	return channel != NULL && f->source == FACT_FROM_WORLD && bytes_equal(*channel, BYTES("clear")) &&
	       (token_in(text, token) || token_in_base64(text, token));
}

static bool
says_crossed(const struct fact *f, struct bytes token)
{
	return f->kind == FACT_CROSSED && f->source == FACT_FROM_WITNESS &&
	       bytes_equal_nocase(f->crossed.token, token);
}

/* The first fact of the world's on the connection from this port by which the token came in clear. */
static const struct fact *
world_saw(const struct leg_facts *facts, struct bytes token, int64_t port)
{
	for (size_t i = 0; i < facts->n; i++)
		if (says_clear(facts->facts[i], token) &&
		    may_be_same_port(port, port_of(facts, facts->facts[i]->connection)))
			return facts->facts[i];
	return NULL;
}

static const struct fact *
witness_saw(const struct leg_facts *facts, struct bytes token, int64_t port)
{
	for (size_t i = 0; i < facts->n; i++)
		if (says_crossed(facts->facts[i], token) &&
		    may_be_same_port(port, facts->facts[i]->crossed.peer_port))
			return facts->facts[i];
	return NULL;
}

/* Each connection on which one of them saw the token in clear, the other must have seen as well. */
static struct doubt
disagreement(struct region *r, const struct leg_facts *facts, struct bytes token, uint32_t message)
{
	for (size_t i = 0; token.len > 0 && i < facts->n; i++) {
		const struct fact *f = facts->facts[i];

		if (says_clear(f, token) && witness_saw(facts, token, port_of(facts, f->connection)) == NULL)
			return (struct doubt){
			    region_printf(r,
				"the world saw %s of message %" PRIu32 " in clear, the witness did not",
				words_quote(r, token), message),
			    f};
		if (says_crossed(f, token) && world_saw(facts, token, f->crossed.peer_port) == NULL)
			return (struct doubt){
			    region_printf(r,
				"the witness saw %s of message %" PRIu32 " in clear, the world did not",
				words_quote(r, token), message),
			    f};
	}
	return none;
}

static struct doubt
disagreement_on_message(struct region *r, const struct leg_facts *facts, const struct brief_message *m)
{
	struct doubt d = none;

	for (size_t i = 0; i < token_count(m) && d.why == NULL; i++)
		d = disagreement(r, facts, token_at(m, i), m->number);
	return d;
}

struct doubt
doubt_of_facts(struct region *region, const struct leg_facts *facts)
{
	struct doubt d = none;

	for (size_t i = 0; i < facts->n && d.why == NULL; i++)
		d = doubt_by(region, facts->facts[i]);
	return d;
}

struct doubt
doubt_of_leg(struct region *region, const struct leg_facts *facts, const struct brief_leg *leg)
{
	struct doubt d = doubt_of_facts(region, facts);

	for (size_t s = 0; s < leg->n_steps; s++)
		for (size_t m = 0; m < leg->steps[s].n_messages && d.why == NULL; m++)
			d = disagreement_on_message(region, facts, &leg->steps[s].messages[m]);
	return d;
}

/* --- tokens on legs that are not theirs ------------------------------------------------- */

struct owner {
	struct bytes token;
	uint32_t leg;
};

struct owners {
	struct owner *items; /* by token */
	size_t n;
};

static int
compare_tokens(const void *a, const void *b)
{
	struct bytes x = ((const struct owner *)a)->token, y = ((const struct owner *)b)->token;
	size_t len = x.len < y.len ? x.len : y.len;

	for (size_t i = 0; i < len; i++)
		if (text_lower(x.data[i]) != text_lower(y.data[i]))
			return text_lower(x.data[i]) < text_lower(y.data[i]) ? -1 : 1;
	return x.len < y.len ? -1 : x.len > y.len;
}

static void
own_leg(struct owners *owners, struct region *r, const struct brief_leg *leg)
{
	for (size_t s = 0; s < leg->n_steps; s++)
		for (size_t m = 0; m < leg->steps[s].n_messages; m++)
			for (size_t i = 0; i < token_count(&leg->steps[s].messages[m]); i++) {
				struct owner *o = region_push(r, &owners->items, &owners->n, sizeof(*o));

				o->token = token_at(&leg->steps[s].messages[m], i);
				o->leg = leg->number;
			}
}

struct stray {
	uint32_t leg;
	struct doubt doubt;
};

struct strays {
	struct stray *items;
	size_t n;
};

static void
add_stray(struct strays *strays, struct region *r, uint32_t leg, struct doubt doubt)
{
	struct stray *s = region_push(r, &strays->items, &strays->n, sizeof(*s));

	s->leg = leg;
	s->doubt = doubt;
}

static void
check_crossing(struct strays *strays, struct region *r, const struct owners *owners, const struct fact *f)
{
	const struct owner key = {.token = f->crossed.token}, *o;
	struct doubt doubt = {NULL, f};

	o = owners->n > 0 ? bsearch(&key, owners->items, owners->n, sizeof(key), compare_tokens) : NULL;
	if (o == NULL || o->leg == f->leg || f->leg == FACT_NONE)
		return;
	doubt.why = region_printf(r, "the witness saw %s of leg %" PRIu32 " in clear on leg %" PRIu32,
	    words_quote(r, f->crossed.token), o->leg, f->leg);
	add_stray(strays, r, o->leg, doubt);
	add_stray(strays, r, f->leg, doubt);
}

struct strays *
doubt_strays(struct region *region, const struct docket *docket, const struct record *record)
{
	struct strays *strays = region_alloc(region, sizeof(*strays));
	struct owners owners = {NULL, 0};

	for (size_t i = 0; i < docket->n_briefs; i++) {
		own_leg(&owners, region, &docket->briefs[i].attack);
		own_leg(&owners, region, &docket->briefs[i].control);
	}
	if (owners.n > 0)
		qsort(owners.items, owners.n, sizeof(*owners.items), compare_tokens);
	for (size_t i = 0; i < record->n_facts; i++)
		if (record->facts[i].kind == FACT_CROSSED)
			check_crossing(strays, region, &owners, &record->facts[i]);
	return strays;
}

struct doubt
doubt_of_strays(const struct strays *strays, uint32_t leg)
{
	for (size_t i = 0; i < strays->n; i++)
		if (strays->items[i].leg == leg)
			return strays->items[i].doubt;
	return none;
}
