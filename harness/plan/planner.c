/* SPDX-License-Identifier: Apache-2.0 */
/* planner.c - see planner.h */
#include "harness/plan/planner.h"

#include <string.h>

#include "harness/base/must.h"
#include "harness/model/fact.h"
#include "harness/plan/leg.h"
#include "harness/plan/letter.h"

#define RETURN_DOMAIN "return.example"
#define RETURN_HOST 100u /* below PLAN_FIRST_HOST: belongs to no leg */

struct planner {
	struct plan *plan;
	struct region *region;
	struct letter_maker letters;
	uint32_t next_host;
};

/* --- what all legs share ------------------------------------------------------------------------ */

static void
add_zone(struct planner *p, const char *apex, bool secure)
{
	struct plan_world *base = &p->plan->base;
	struct plan_zone *zone = region_push(p->region, &base->zones, &base->n_zones, sizeof(*zone));

	*zone = (struct plan_zone){.apex = apex, .secure = secure};
}

static void
add_record(struct planner *p, const char *owner, const char *type, const char *rdata)
{
	struct plan_zone *zone = &p->plan->base.zones[p->plan->base.n_zones - 1];
	struct plan_record *record =
	    region_push(p->region, &zone->records, &zone->n_records, sizeof(*record));

	*record = (struct plan_record){.owner = owner, .type = type, .rdata = rdata};
}

static void
add_apex(struct planner *p, const char *apex, bool secure)
{
	add_zone(p, apex, secure);
	add_record(p, apex, "SOA", "ns.example. hostmaster.example. 1 3600 600 86400 0");
	add_record(p, apex, "NS", "ns.example.");
}

static void
make_base(struct planner *p)
{
	const struct leg shared = {.region = p->region, .family = p->plan->family};
	struct plan_world *base = &p->plan->base;
	struct plan_host *host;

	add_apex(p, ".", true);
	add_apex(p, "example.", true);
	add_record(p, "ns.example.", leg_address_type(&shared), leg_address(&shared, PLAN_RESOLVER));
	add_apex(p, RETURN_DOMAIN ".", false);
	add_record(p, RETURN_DOMAIN ".", "MX", "10 mx." RETURN_DOMAIN ".");
	add_record(p, "mx." RETURN_DOMAIN ".", leg_address_type(&shared), leg_address(&shared, RETURN_HOST));
	host = region_push(p->region, &base->hosts, &base->n_hosts, sizeof(*host));
	*host = (struct plan_host){.label = "return",
	    .name = "mx." RETURN_DOMAIN,
	    .number = RETURN_HOST,
	    .role = ROLE_MX,
	    .smtp = {.starttls = true, .esmtp = true, .size = true}};
	p->plan->return_domain = RETURN_DOMAIN;
}

/* --- moves ---------------------------------------------------------------------------------------- */

/* Cuts a word and the blanks behind it off the front. */
static const char *
take_word(const struct leg *leg, const char **record)
{
	size_t len = strcspn(*record, " \t");
	const char *word = region_strndup(leg->region, *record, len);

	*record += len + strspn(*record + len, " \t");
	return word;
}

/* "TYPE DATA", or "OWNER TYPE DATA": types are in capitals, owners are not. */
static const char *
complete_record(const struct leg *leg, const char *record)
{
	const char *type = take_word(leg, &record), *owner = NULL;

	if (strpbrk(type, "@abcdefghijklmnopqrstuvwxyz") != NULL) {
		owner = leg_name(leg, leg_expand_text(leg, type, NULL));
		type = take_word(leg, &record);
	}
	return region_printf(leg->region, "%s%s%s %s", owner ? owner : "", owner ? ". " : "", type,
	    leg_rdata(leg, type, record));
}

static void
complete_move(const struct leg *leg, struct plan_move *move)
{
	const char **records;

	if (move->name != NULL)
		move->name = leg_name_lower(leg, move->name);
	move->bytes = leg_expand(leg, move->bytes, NULL);
	if (move->n_records == 0)
		return;
	records = region_alloc(leg->region, move->n_records * sizeof(*records));
	for (size_t i = 0; i < move->n_records; i++)
		records[i] = complete_record(leg, move->records[i]);
	move->records = records;
}

static void
plan_moves(const struct leg *leg, const struct scenario_attack *attack, bool neutral, struct plan_step *step)
{
	if (attack->n_moves == 0)
		return;
	step->n_moves = attack->n_moves;
	step->moves = region_memdup(leg->region, attack->moves, attack->n_moves * sizeof(*step->moves));
	for (size_t i = 0; i < step->n_moves; i++) {
		complete_move(leg, &step->moves[i]);
		step->moves[i].neutral = neutral;
	}
}

/* --- steps ----------------------------------------------------------------------------------------- */

/* Worlds of the leg so far: steps that show the same share one. */
struct shown {
	const struct scenario_world *world;
	const struct scenario_host *attackers;
	const struct plan_world *made;
};

struct making {
	struct planner *planner;
	const struct scenario *scenario;
	enum plan_side side;
	struct leg leg;
	struct shown *shown;
	size_t n_shown;
};

static const struct scenario_attack nothing;

static const struct plan_world *
show(struct making *m, const struct scenario_world *world, const struct scenario_attack *attack)
{
	bool dead = m->side == SIDE_CONTROL && m->planner->plan->plant == PLANT_DEAD_CONTROL;
	struct shown *new;

	for (size_t i = 0; i < m->n_shown; i++)
		if (m->shown[i].world == world && m->shown[i].attackers == attack->hosts)
			return m->shown[i].made;
	new = region_push(m->planner->region, &m->shown, &m->n_shown, sizeof(*new));
	*new = (struct shown){world, attack->hosts, leg_world_make(&m->leg, world, attack, dead)};
	return new->made;
}

static void
plan_messages(struct making *m, const struct scenario_step *from, struct plan_step *step)
{
	if (from->action != ACTION_SEND)
		return;
	step->n_messages = from->count + (from->warm_up ? 1u : 0u);
	step->messages = region_alloc(m->planner->region, step->n_messages * sizeof(*step->messages));
	for (size_t i = 0; i < step->n_messages; i++)
		step->messages[i] = letter_write(&m->planner->letters, from, &m->leg);
}

/* An opposite control is attacked too, but warmed up in peace: else its first refusal would say nothing. */
static bool
is_neutral(const struct making *m, const struct scenario_step *step)
{
	return m->side == SIDE_CONTROL && (!m->scenario->opposite_control || step->warm_up);
}

/* What both legs of the scenario show in the end. */
static const struct scenario_world *
honest_world(const struct making *m)
{
	return m->side == SIDE_ATTACK ? m->scenario->world : m->scenario->control_world;
}

static struct plan_step
plan_one_step(struct making *m, const struct scenario_step *from)
{
	bool peace = m->planner->plan->plant == PLANT_UNWATCHED;
	const struct scenario_attack *attack = peace ? &nothing : from->attack;
	const struct scenario_world *world = peace                    ? honest_world(m)
					     : m->side == SIDE_ATTACK ? from->world
								      : from->control_world;
	struct plan_step step = {.action = from->action,
	    .warm_up = from->warm_up,
	    .retries_held = from->retry && from->action == ACTION_SEND && !from->warm_up,
	    .offset_s = from->after_s,
	    .keep = from->keep,
	    .world = show(m, world, attack)};

	plan_messages(m, from, &step);
	plan_moves(&m->leg, attack, is_neutral(m, from), &step);
	return step;
}

static void
plan_steps(struct making *m, struct plan_leg *leg)
{
	const struct scenario *s = m->scenario;

	leg->steps = region_alloc(m->planner->region, (s->n_steps + 1) * sizeof(*leg->steps));
	for (size_t i = 0; i < s->n_steps; i++)
		leg->steps[leg->n_steps++] = plan_one_step(m, &s->steps[i]);
	if (s->recovers)
		leg->steps[leg->n_steps++] = (struct plan_step){.action = ACTION_RETRY,
		    .recovery = true,
		    .offset_s = s->steps[s->n_steps - 1].after_s,
		    .world = show(m, honest_world(m), &nothing)};
}

/* --- legs ------------------------------------------------------------------------------------------- */

/* Returns the leg's number. */
static uint32_t
plan_leg(struct planner *p, const struct scenario *scenario, uint32_t index, enum plan_side side)
{
	struct plan_leg *leg = &p->plan->legs[p->plan->n_legs];
	char letter = side == SIDE_ATTACK ? 'a' : 'c';
	struct making m = {.planner = p, .scenario = scenario, .side = side};
	uint32_t number = (uint32_t)p->plan->n_legs++;

	m.leg = (struct leg){.region = p->region,
	    .domain = region_printf(p->region, "%c%04u.example", letter, index + 1),
	    .attackers_domain = region_printf(p->region, "%c%04u-x.example", letter, index + 1),
	    .family = p->plan->family};
	leg_number_hosts(&m.leg, scenario, &p->next_host);
	for (size_t i = 0; i < m.leg.n_hosts; i++)
		if (m.leg.hosts[i].number < PLAN_HOSTS_MAX)
			p->plan->leg_of_host[m.leg.hosts[i].number] = number;
	leg->scenario = index;
	leg->side = side;
	leg->domain = m.leg.domain;
	if (p->next_host <= PLAN_HOSTS_MAX)
		plan_steps(&m, leg);
	return number;
}

static bool
move_stalls(const struct plan_move *move)
{
	switch (move->move) {
	case MOVE_DNS_TIMEOUT:
	case MOVE_DNS_TRUNCATE:
	case MOVE_POLICY_BLACKHOLE:
	case MOVE_POLICY_STALL_TLS:
	case MOVE_POLICY_STALL_HEADERS:
	case MOVE_POLICY_STALL_BODY:
	case MOVE_TCP_BLACKHOLE:
	case MOVE_TCP_STALL:
	case MOVE_TLS_DROP_HELLO:
		return true;
	default:
		/* a verb that is answered with nothing at all waits as well */
		return move->move == MOVE_SMTP_ANSWER && move->bytes.len == 0;
	}
}

static bool
world_stalls(const struct scenario_world *world)
{
	for (size_t i = 0; i < world->n_hosts; i++)
		if (world->hosts[i].blackholed)
			return true;
	return world->policy_host.blackholed || world->policy_host.response.drip ||
	       world->policy_host.response.shape == HTTP_ENDLESS ||
	       world->policy_host.response.shape == HTTP_TOO_LONG;
}

static bool
scenario_stalls(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n_steps; i++) {
		const struct scenario_step *step = &scenario->steps[i];

		for (size_t k = 0; k < step->attack->n_moves; k++)
			if (move_stalls(&step->attack->moves[k]))
				return true;
		if (world_stalls(step->world))
			return true;
	}
	return false;
}

static bool
scenario_restarts(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n_steps; i++)
		if (scenario->steps[i].action == ACTION_RESTART)
			return true;
	return false;
}

static void
plan_scenario(struct planner *p, const struct scenario *scenario, uint32_t index)
{
	struct plan_scenario *made = &p->plan->scenarios[index];

	*made = (struct plan_scenario){.name = scenario->name,
	    .file = scenario->file,
	    .needs = scenario->needs,
	    .n_needs = scenario->n_needs,
	    .stalls = scenario_stalls(scenario),
	    .jumps = scenario->steps[scenario->n_steps - 1].after_s > 0,
	    .restarts = scenario_restarts(scenario),
	    .control = FACT_NONE};
	made->attack = plan_leg(p, scenario, index, SIDE_ATTACK);
	if (scenario->has_control)
		made->control = plan_leg(p, scenario, index, SIDE_CONTROL);
}

static const char *
date_of(struct region *r, time_t now)
{
	char text[64];
	struct tm tm;

	if (now == 0)
		now = time(NULL);
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	return region_strdup(r, text);
}

struct plan *
planner_make(
    const struct scenario *const *scenarios, size_t n, const struct planner_options *options, struct why *why)
{
	struct region *r = region_new();
	struct plan *plan = region_alloc(r, sizeof(*plan));
	struct planner p = {.plan = plan, .region = r, .next_host = PLAN_FIRST_HOST};

	plan->region = r;
	plan->family = options->family == 6 ? 6 : 4;
	plan->plant = options->plant;
	plan->legs = region_alloc(r, 2 * n * sizeof(*plan->legs));
	plan->scenarios = region_alloc(r, n * sizeof(*plan->scenarios));
	plan->leg_of_host = region_alloc(r, PLAN_HOSTS_MAX * sizeof(*plan->leg_of_host));
	memset(plan->leg_of_host, 0xff, PLAN_HOSTS_MAX * sizeof(*plan->leg_of_host)); /* FACT_NONE */
	make_base(&p);
	p.letters = (struct letter_maker){.region = r,
	    .return_domain = plan->return_domain,
	    .date = date_of(r, options->now),
	    .state = options->seed};
	for (size_t i = 0; i < n && p.next_host <= PLAN_HOSTS_MAX; i++)
		plan_scenario(&p, scenarios[i], (uint32_t)i);
	plan->n_scenarios = n;
	plan->n_hosts = p.next_host;
	if (p.next_host <= PLAN_HOSTS_MAX)
		return plan;
	why_set(why, "%zu scenarios need more than the %u addresses of the test range", n, PLAN_HOSTS_MAX);
	plan_free(plan);
	return NULL;
}
