/* SPDX-License-Identifier: Apache-2.0 */
/* docket.c - see docket.h */
#include "harness/command/docket.h"

#include <string.h>

#include "harness/base/must.h"
#include "harness/model/expectations.h"

#define HEADER_OF_TOKEN "X-Mitmx-Token: "

/* One leg while its brief is being written. */
struct making {
	struct region *r;
	const struct scenario *scenario;
	const struct plan_leg *leg;
};

/* --- names of the leg in the place of {domain} and {LABEL} --------------------------------------- */

static const char *
name_of_label(const struct plan_leg *leg, struct bytes label)
{
	if (bytes_equal(label, BYTES("domain")))
		return leg->domain;
	for (size_t i = 0; i < leg->n_steps; i++)
		for (size_t k = 0; k < leg->steps[i].world->n_hosts; k++)
			if (bytes_equal(label, bytes_of(leg->steps[i].world->hosts[k].label)))
				return leg->steps[i].world->hosts[k].name;
	return NULL;
}

static const char *
expand(const struct making *m, const char *value)
{
	const char *open = strchr(value, '{'), *close = open != NULL ? strchr(open, '}') : NULL, *name;

	if (close == NULL)
		return value;
	name = name_of_label(m->leg, (struct bytes){open + 1, (size_t)(close - open) - 1});
	if (name == NULL)
		return value;
	return expand(m, region_printf(m->r, "%.*s%s%s", (int)(open - value), value, name, close + 1));
}

static struct fact_pattern
copy_pattern(const struct making *m, const struct fact_pattern *from)
{
	struct fact_pattern copy = *from;

	copy.conditions =
	    region_memdup(m->r, from->conditions, from->n_conditions * sizeof(*from->conditions));
	for (size_t i = 0; i < copy.n_conditions; i++)
		copy.conditions[i].value = expand(m, copy.conditions[i].value);
	return copy;
}

static struct expected
copy_expected(const struct making *m, const struct expected *from)
{
	struct expected copy = *from;

	copy.asks = region_memdup(m->r, from->asks, from->n_asks * sizeof(*from->asks));
	for (size_t i = 0; i < copy.n_asks; i++) {
		struct fact_ask *ask = &copy.asks[i];
		const struct fact_pattern *patterns = ask->patterns;

		ask->patterns = region_alloc(m->r, ask->n_patterns * sizeof(*patterns));
		for (size_t k = 0; k < ask->n_patterns; k++)
			ask->patterns[k] = copy_pattern(m, &patterns[k]);
	}
	return copy;
}

static struct expectation
copy_expectation(const struct making *m, const struct expectation *from)
{
	struct expectation copy = *from;

	for (unsigned level = 0; level < LEVELS; level++) {
		copy.at[level].any_of =
		    region_alloc(m->r, from->at[level].n * sizeof(*copy.at[level].any_of));
		for (size_t i = 0; i < from->at[level].n; i++)
			copy.at[level].any_of[i] = copy_expected(m, &from->at[level].any_of[i]);
	}
	return copy;
}

/* --- expectations of a leg ---------------------------------------------------------------------------- */

static struct expectation
just(const struct making *m, enum level level, uint32_t outcomes)
{
	struct expectation e = {.given = true};

	e.at[level].any_of = region_alloc(m->r, sizeof(struct expected));
	e.at[level].any_of[0].outcomes = outcomes;
	e.at[level].n = 1;
	return e;
}

/* The control is to show that the lab works and the client can: delivered, or refused if it is an opposite
 * one. */
static struct expectation
control_expectation(const struct making *m, const struct expectation *of_attack)
{
	if (!of_attack->given)
		return (struct expectation){0};
	if (of_attack->record && m->scenario->opposite_control) /* first contact: it may well go out */
		return (struct expectation){.given = true, .record = true};
	return just(m, LEVEL_MUST,
	    m->scenario->opposite_control ? m->scenario->expectations->control : OUTCOMES_DELIVERED);
}

static void
expect_step(const struct making *m, size_t i, struct brief_step *step)
{
	const struct scenario_expectations *all = m->scenario->expectations;

	for (unsigned floor = 0; floor < FLOORS; floor++) {
		struct expectation *e = &step->expectation[floor];

		if (step->recovery && m->leg->side == SIDE_ATTACK)
			*e = just(m, all->level, OUTCOMES_DELIVERED);
		else if (step->recovery && !m->scenario->opposite_control)
			*e = just(m, LEVEL_MUST, OUTCOMES_DELIVERED);
		else if (step->recovery)
			*e = (struct expectation){0}; /* its world may be one that refuses for good */
		else if (m->leg->side == SIDE_CONTROL)
			*e = control_expectation(m, &all->steps[i].by_floor[floor]);
		else
			*e = copy_expectation(m, &all->steps[i].by_floor[floor]);
	}
}

/* --- must the warm-up end with a policy? -----------------------------------------------------------------
 */

static bool
has_move_on_policy(const struct plan_step *step)
{
	for (size_t i = 0; i < step->n_moves; i++) {
		enum plan_layer layer = move_info(step->moves[i].move)->layer;

		if (!step->moves[i].neutral && (layer == LAYER_DNS || layer == LAYER_POLICY_HOST))
			return true;
	}
	return false;
}

/* Is everything about the policy as it should be, so that every client must fetch it? */
static bool
policy_is_plain(const struct scenario_world *w)
{
	const struct scenario_policy_host *host = &w->policy_host;

	return !w->has_sts_records && w->n_records == 0 && !w->policy.raw && !host->withdrawn &&
	       !host->refused && !host->blackholed && !host->has_body &&
	       host->certificate.fault == FAULT_NONE && host->certificate.names == NULL &&
	       host->response.status == 200 && host->response.shape == HTTP_LENGTH &&
	       text_equal(host->response.content_type, "text/plain");
}

static bool
expects_refusal(const struct making *m)
{
	const struct scenario *s = m->scenario;

	if (s->opposite_control)
		return m->leg->side == SIDE_CONTROL && (s->expectations->control & ~OUTCOMES_REFUSED) == 0;
	for (size_t i = 0; i < s->n_steps; i++) {
		const struct expectation *e = &s->expectations->steps[i].by_floor[FLOOR_MAY];

		for (unsigned level = 0; level < LEVELS; level++)
			if (e->at[level].n > 0 && (e->at[level].any_of[0].outcomes & ~OUTCOMES_REFUSED) == 0)
				return true;
	}
	return false;
}

static bool
claims_mta_sts(const struct scenario *s)
{
	for (size_t i = 0; i < s->n_needs; i++)
		if (text_equal(s->needs[i], "mta-sts"))
			return true;
	return false;
}

/* Only the first warm-up fetches; later ones find the policy in the cache. */
static bool
needs_policy(const struct making *m, size_t i)
{
	const struct scenario_step *step = &m->scenario->steps[i];
	const struct scenario_world *w = m->leg->side == SIDE_ATTACK ? step->world : step->control_world;

	if (i != 0 || !step->warm_up || !claims_mta_sts(m->scenario) || !w->policy.given)
		return false;
	return expects_refusal(m) || (policy_is_plain(w) && !has_move_on_policy(&m->leg->steps[i]));
}

/* --- messages
 * ------------------------------------------------------------------------------------------------ */

static const char *
header_token(const struct making *m, struct bytes text)
{
	size_t at = bytes_find_nocase(text, BYTES("\r\n" HEADER_OF_TOKEN));

	must(at != SIZE_MAX);
	return region_strndup(m->r, text.data + at + sizeof("\r\n" HEADER_OF_TOKEN) - 1, PLAN_TOKEN_LEN);
}

/* The last line. */
static const char *
body_token(const struct making *m, struct bytes text)
{
	text = bytes_trim(text);
	must(text.len > PLAN_TOKEN_LEN);
	return region_strndup(m->r, text.data + text.len - PLAN_TOKEN_LEN, PLAN_TOKEN_LEN);
}

static struct brief_message
write_message(const struct making *m, const struct plan_message *from)
{
	const char **recipients = region_alloc(m->r, from->n_recipients * sizeof(*recipients));
	size_t n = 0, judged;

	for (size_t i = 0; i < from->n_recipients; i++)
		if (!from->recipients[i].companion)
			recipients[n++] = region_strdup(m->r, from->recipients[i].address);
	judged = n;
	for (size_t i = 0; i < from->n_recipients; i++)
		if (from->recipients[i].companion)
			recipients[n++] = region_strdup(m->r, from->recipients[i].address);
	return (struct brief_message){.number = from->number,
	    .sender = region_strdup(m->r, from->sender),
	    .header_token = header_token(m, from->text),
	    .body_token = body_token(m, from->text),
	    .recipients = recipients,
	    .n_recipients = n,
	    .n_companions = (uint32_t)(n - judged)};
}

/* --- legs and briefs
 * --------------------------------------------------------------------------------------------- */

static void
write_step(const struct making *m, size_t i, struct brief_step *step)
{
	const struct plan_step *from = &m->leg->steps[i];

	step->warm_up = from->warm_up;
	step->recovery = from->recovery;
	step->judges_held = from->action != ACTION_SEND;
	step->needs_policy = !from->recovery && needs_policy(m, i);
	expect_step(m, i, step);
	step->n_messages = from->n_messages;
	step->messages = region_alloc(m->r, from->n_messages * sizeof(*step->messages));
	for (size_t k = 0; k < from->n_messages; k++)
		step->messages[k] = write_message(m, &from->messages[k]);
	if (from->warm_up)
		step->messages[from->n_messages - 1].spare = true;
}

static struct brief_leg
write_leg(struct region *r, const struct scenario *scenario, const struct plan *plan, uint32_t number)
{
	struct making m = {.r = r, .scenario = scenario};
	struct brief_leg leg = {.number = number};

	if (number == FACT_NONE)
		return leg;
	m.leg = &plan->legs[number];
	leg.n_steps = m.leg->n_steps;
	leg.steps = region_alloc(r, leg.n_steps * sizeof(*leg.steps));
	for (size_t i = 0; i < leg.n_steps; i++)
		write_step(&m, i, &leg.steps[i]);
	return leg;
}

static void
write_brief(
    struct region *r, const struct scenario *s, const struct plan *plan, size_t i, struct brief *brief)
{
	*brief = (struct brief){.name = s->name,
	    .family = s->family,
	    .title = s->title,
	    .why = s->why,
	    .file = s->file,
	    .level = s->expectations->level,
	    .covers = s->covers,
	    .n_covers = s->n_covers,
	    .needs = s->needs,
	    .n_needs = s->n_needs,
	    .opposite_control = s->opposite_control,
	    .attack = write_leg(r, s, plan, plan->scenarios[i].attack),
	    .control = write_leg(r, s, plan, plan->scenarios[i].control)};
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

struct docket *
docket_make(
    const struct scenario *const *scenarios, const struct plan *plan, const struct docket_about *about)
{
	struct region *r = region_new();
	struct docket *docket = region_alloc(r, sizeof(*docket));

	*docket = (struct docket){.region = r,
	    .client = region_strdup(r, or_empty(about->client)),
	    .client_version = region_strdup(r, or_empty(about->client_version)),
	    .tool_version = region_strdup(r, or_empty(about->tool_version)),
	    .lab_mode = region_strdup(r, or_empty(about->lab_mode)),
	    .again = region_strdup(r, or_empty(about->again)),
	    .claims = about->claims,
	    .n_claims = about->n_claims,
	    .floor = about->floor,
	    .by_wire = about->by_wire,
	    .deadline_s = about->deadline_s,
	    .patience_s = about->patience_s,
	    .n_briefs = plan->n_scenarios};
	docket->briefs = region_alloc(r, docket->n_briefs * sizeof(*docket->briefs));
	for (size_t i = 0; i < docket->n_briefs; i++)
		write_brief(r, scenarios[i], plan, i, &docket->briefs[i]);
	return docket;
}

void
docket_free(struct docket *docket)
{
	if (docket != NULL)
		region_free(docket->region);
}
