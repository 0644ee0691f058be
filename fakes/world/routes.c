/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.c - see routes.h.
 *
 * A refused SYN never reaches this process, so a move that is a route counts as met when it is set.
 */
#include "fakes/world/routes.h"

#include <stdlib.h>

#include "harness/base/must.h"

struct closed {
	struct plan_address address;
	enum reach reach; /* never open */
};

struct closed_list {
	struct closed *items;
	size_t n;
};

struct routes {
	struct scene *scene;
	world_set_reach *set;
	void *ctx;
	struct closed_list *of_leg;
};

static const struct {
	enum move move;
	enum plan_role role;
	enum reach reach;
} kinds[] = {
    {MOVE_TCP_REFUSE, ROLE_MX, REACH_REFUSED},
    {MOVE_TCP_BLACKHOLE, ROLE_MX, REACH_BLACKHOLED},
    {MOVE_POLICY_REFUSE, ROLE_POLICY, REACH_REFUSED},
    {MOVE_POLICY_BLACKHOLE, ROLE_POLICY, REACH_BLACKHOLED},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct routes *
routes_new(struct scene *scene, world_set_reach *set, void *ctx)
{
	struct routes *r = must_alloc(sizeof(*r));

	r->scene = scene;
	r->set = set;
	r->ctx = ctx;
	r->of_leg = must_alloc((scene_plan(scene)->n_legs + 1) * sizeof(*r->of_leg));
	return r;
}

void
routes_free(struct routes *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < scene_plan(r->scene)->n_legs; i++)
		free(r->of_leg[i].items);
	free(r->of_leg);
	free(r);
}

/* --- what a step wants ----------------------------------------------------------------- */

static size_t
kind_of(const struct plan_move *move)
{
	size_t i = 0;

	while (i < KINDS && kinds[i].move != move->move)
		i++;
	return i;
}

/* Whether this move is a route, and this host its aim. */
static bool
concerns(const struct plan_move *move, const struct plan_host *host)
{
	size_t kind = kind_of(move);

	return kind < KINDS && host->role == kinds[kind].role &&
	       (move->host == NULL || text_equal_nocase(move->host, host->label));
}

/* Hosts that several legs share are never closed. */
static bool
is_own(const struct plan *plan, uint32_t leg, const struct plan_host *host)
{
	return host->number < plan->n_hosts && plan->leg_of_host[host->number] == leg;
}

static enum reach
wanted_reach(const struct plan *plan, uint32_t leg, const struct plan_step *step,
    const struct plan_host *host, bool v6)
{
	enum reach reach = host->blackholed ? REACH_BLACKHOLED : host->refused ? REACH_REFUSED : REACH_OPEN;

	if (reach == REACH_OPEN && plan->plant == PLANT_DEAD_CONTROL && plan->legs[leg].side == SIDE_CONTROL)
		reach = REACH_REFUSED;
	for (size_t i = 0; i < step->n_moves && plan->plant != PLANT_INERT_MOVES; i++) {
		const struct plan_move *move = &step->moves[i];

		if (!move->neutral && concerns(move, host) &&
		    (move->family == 0 || move->family == (v6 ? 6 : 4)) && kinds[kind_of(move)].reach > reach)
			reach = kinds[kind_of(move)].reach;
	}
	return reach;
}

static void
add_closed(struct closed_list *list, struct plan_address address, enum reach reach)
{
	list->items = must_realloc(list->items, (list->n + 1) * sizeof(*list->items));
	list->items[list->n++] = (struct closed){address, reach};
}

static struct closed_list
wanted_list(const struct plan *plan, uint32_t leg, uint32_t step)
{
	const struct plan_step *plan_step = &plan->legs[leg].steps[step];
	struct closed_list list = {0};

	for (size_t i = 0; i < plan_step->world->n_hosts; i++)
		for (uint8_t v6 = 0; v6 < 2; v6++) {
			const struct plan_host *host = &plan_step->world->hosts[i];
			enum reach reach = wanted_reach(plan, leg, plan_step, host, v6);

			if (reach != REACH_OPEN && is_own(plan, leg, host))
				add_closed(&list, (struct plan_address){v6, host->number}, reach);
		}
	return list;
}

/* --- setting it ------------------------------------------------------------------------ */

static enum reach
reach_in(const struct closed_list *list, struct plan_address address)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].address.number == address.number &&
		    list->items[i].address.v6 == address.v6)
			return list->items[i].reach;
	return REACH_OPEN;
}

static void
report_trouble(struct routes *r, uint32_t leg, const char *what)
{
	struct scope scope = scope_of(r->scene, leg);

	SCOPE_EMIT(
	    &scope, .kind = FACT_LAB_FAULT, .lab_fault = {.part = BYTES("routes"), .what = bytes_of(what)});
}

static void
set_reach(struct routes *r, uint32_t leg, struct plan_address address, enum reach reach)
{
	struct why why = {0};

	if (r->set(r->ctx, address, reach, &why) < 0)
		report_trouble(r, leg, why.text);
}

/* A route takes whole addresses: a move that is aimed at some connections only cannot be one. */
static void
check_aims(struct routes *r, uint32_t leg, const struct plan_step *step)
{
	for (size_t i = 0; i < step->n_moves; i++) {
		const struct plan_move *move = &step->moves[i];

		if (kind_of(move) < KINDS &&
		    (move->connection != 0 || move->attempt != 0 || move->times != 0))
			report_trouble(r, leg, "refuse and blackhole cannot be aimed at single connections");
	}
}

void
routes_apply(struct routes *r, uint32_t leg, uint32_t step)
{
	const struct plan *plan = scene_plan(r->scene);
	struct closed_list old = r->of_leg[leg], list = wanted_list(plan, leg, step);

	check_aims(r, leg, &plan->legs[leg].steps[step]);
	for (size_t i = 0; i < old.n; i++)
		if (reach_in(&list, old.items[i].address) == REACH_OPEN)
			set_reach(r, leg, old.items[i].address, REACH_OPEN);
	for (size_t i = 0; i < list.n; i++)
		if (reach_in(&old, list.items[i].address) != list.items[i].reach)
			set_reach(r, leg, list.items[i].address, list.items[i].reach);
	free(old.items);
	r->of_leg[leg] = list;
}

void
routes_report(struct routes *r, uint32_t leg)
{
	const struct plan *plan = scene_plan(r->scene);
	const struct plan_step *step = &plan->legs[leg].steps[scene_step(r->scene, leg)];
	struct scope scope = scope_of(r->scene, leg);

	for (size_t i = 0; i < step->n_moves && plan->plant != PLANT_INERT_MOVES; i++)
		for (size_t j = 0; j < step->world->n_hosts; j++)
			if (is_own(plan, leg, &step->world->hosts[j]) &&
			    concerns(&step->moves[i], &step->world->hosts[j]))
				scene_met(r->scene, &scope, &step->moves[i], step->world->hosts[j].label);
}
