/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.c - steps, worlds and armed moves of every leg, and the counters that aims are held against.
 *
 * Does no I/O but the fact sink, and makes no move itself; see scene.h.
 */
#include "fakes/scene/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

struct host_count {
	uint32_t number, count;
};

/* What was counted in one step of one leg. */
struct tally {
	uint32_t *met; /* by index of the step's moves; NULL before the first */
	struct host_count *hosts;
	size_t n_hosts;
	uint32_t attempts;
};

struct leg_state {
	uint32_t step;
	struct tally *tallies; /* by step; NULL before the first step */
};

struct scene {
	const struct plan *plan;
	struct fact_sink *sink;
	struct leg_state *legs;
	uint32_t last_connection;
};

struct scene *
scene_new(const struct plan *plan, struct fact_sink *sink)
{
	struct scene *scene = must_alloc(sizeof(*scene));

	scene->plan = plan;
	scene->sink = sink;
	scene->legs = must_alloc((plan->n_legs + 1) * sizeof(*scene->legs));
	for (size_t i = 0; i < plan->n_legs; i++)
		scene->legs[i].step = FACT_NONE;
	return scene;
}

static void
clear_tally(struct tally *tally)
{
	free(tally->met);
	free(tally->hosts);
	*tally = (struct tally){0};
}

void
scene_free(struct scene *scene)
{
	if (scene == NULL)
		return;
	for (size_t i = 0; i < scene->plan->n_legs; i++) {
		struct leg_state *state = &scene->legs[i];

		for (size_t j = 0; state->tallies != NULL && j < scene->plan->legs[i].n_steps; j++)
			clear_tally(&state->tallies[j]);
		free(state->tallies);
	}
	free(scene->legs);
	free(scene);
}

const struct plan *
scene_plan(const struct scene *scene)
{
	return scene->plan;
}

const char *
scene_domain(const struct scene *scene, uint32_t leg)
{
	return leg == FACT_NONE ? scene->plan->return_domain : scene->plan->legs[leg].domain;
}

/* The step of the plan, or NULL outside all legs and before the first step. */
static const struct plan_step *
step_at(const struct scene *scene, uint32_t leg, uint32_t step)
{
	if (leg == FACT_NONE || step == FACT_NONE)
		return NULL;
	must(leg < scene->plan->n_legs && step < scene->plan->legs[leg].n_steps);
	return &scene->plan->legs[leg].steps[step];
}

static struct tally *
tally_at(const struct scene *scene, uint32_t leg, uint32_t step)
{
	if (step_at(scene, leg, step) == NULL)
		return NULL;
	must(scene->legs[leg].tallies != NULL);
	return &scene->legs[leg].tallies[step];
}

/* "layer:move layer:move~"; owned. */
static char *
armed_text(const struct plan_step *step)
{
	size_t len = 1;
	char *text, *end;

	for (size_t i = 0; i < step->n_moves; i++) {
		const struct move_info *info = move_info(step->moves[i].move);

		len += strlen(layer_name(info->layer)) + strlen(info->name) + 3;
	}
	end = text = must_alloc(len);
	for (size_t i = 0; i < step->n_moves; i++) {
		const struct move_info *info = move_info(step->moves[i].move);

		end += snprintf(end, len - (size_t)(end - text), "%s%s:%s%s", i ? " " : "",
		    layer_name(info->layer), info->name, step->moves[i].neutral ? "~" : "");
	}
	return text;
}

void
scene_set_step(struct scene *scene, uint32_t leg, uint32_t step)
{
	const struct plan_step *plan_step = step_at(scene, leg, step);
	struct scope scope;
	struct leg_state *state;
	char *armed;

	must(plan_step != NULL);
	state = &scene->legs[leg];
	if (state->tallies == NULL)
		state->tallies = must_alloc(scene->plan->legs[leg].n_steps * sizeof(*state->tallies));
	clear_tally(&state->tallies[step]);
	state->step = step;
	armed = armed_text(plan_step);
	scope = scope_of(scene, leg);
	SCOPE_EMIT(&scope, .kind = FACT_STEP_BEGUN, .step_begun = {.armed = bytes_of(armed)});
	free(armed);
}

uint32_t
scene_step(const struct scene *scene, uint32_t leg)
{
	if (leg == FACT_NONE)
		return FACT_NONE;
	must(leg < scene->plan->n_legs);
	return scene->legs[leg].step;
}

const struct plan_world *
scene_world(const struct scene *scene, uint32_t leg)
{
	uint32_t step = scene_step(scene, leg);

	if (leg == FACT_NONE)
		return &scene->plan->base;
	return step_at(scene, leg, step == FACT_NONE ? 0 : step)->world;
}

bool
scene_find(const struct scene *scene, struct plan_address dialed, uint32_t *ret_leg,
    const struct plan_host **ret_host)
{
	*ret_leg = FACT_NONE;
	*ret_host = NULL;
	if (dialed.number >= scene->plan->n_hosts)
		return false;
	*ret_leg = scene->plan->leg_of_host[dialed.number];
	*ret_host = plan_host_at(scene_world(scene, *ret_leg), dialed.number);
	return *ret_host != NULL;
}

/* --- scopes ---------------------------------------------------------------------------- */

struct scope
scope_open(struct scene *scene, uint32_t leg)
{
	struct scope scope = scope_of(scene, leg);

	scope.connection = ++scene->last_connection;
	return scope;
}

struct scope
scope_of(struct scene *scene, uint32_t leg)
{
	return (struct scope){.scene = scene, .leg = leg, .step = scene_step(scene, leg)};
}

void
scope_advance(struct scope *scope)
{
	scope->step = scene_step(scope->scene, scope->leg);
}

void
scope_emit(const struct scope *scope, struct fact *f)
{
	f->leg = scope->leg;
	f->step = scope->step;
	f->connection = scope->connection;
	fact_emit(scope->scene->sink, f);
}

/* --- moves ----------------------------------------------------------------------------- */

static uint32_t
count_host(struct tally *tally, uint32_t number)
{
	for (size_t i = 0; i < tally->n_hosts; i++)
		if (tally->hosts[i].number == number)
			return ++tally->hosts[i].count;
	tally->hosts = must_realloc(tally->hosts, (tally->n_hosts + 1) * sizeof(*tally->hosts));
	tally->hosts[tally->n_hosts++] = (struct host_count){number, 1};
	return 1;
}

struct aim
scene_count(struct scene *scene, uint32_t leg, const struct plan_host *host, struct plan_address dialed,
    uint16_t port)
{
	struct tally *tally = tally_at(scene, leg, scene_step(scene, leg));
	struct aim aim = {.host = host->label, .family = dialed.v6 ? 6 : 4, .port = port};

	if (tally == NULL)
		return aim;
	aim.connection = count_host(tally, host->number);
	if (host->role == ROLE_MX)
		tally->attempts++;
	aim.attempt = tally->attempts;
	return aim;
}

static bool
has_times_left(const struct scene *scene, uint32_t leg, uint32_t step, size_t index)
{
	const struct plan_move *move = &scene->plan->legs[leg].steps[step].moves[index];
	const struct tally *tally = tally_at(scene, leg, step);

	return move->times == 0 || tally->met == NULL || tally->met[index] < move->times;
}

static bool
is_aimed_at(const struct plan_move *move, const struct aim *aim)
{
	return (move->host == NULL || text_equal_nocase(move->host, aim->host)) &&
	       (move->family == 0 || move->family == aim->family) &&
	       (move->port == 0 || move->port == aim->port) &&
	       (move->connection == 0 || move->connection == aim->connection) &&
	       (move->attempt == 0 || move->attempt == aim->attempt);
}

static bool
is_about(const struct plan_move *move, const char *name, const char *type)
{
	return move_info(move->move)->layer == LAYER_DNS && text_equal_nocase(move->name, name) &&
	       (move->type == NULL || text_equal_nocase(move->type, type));
}

/* What is sought: a kind of move (or a layer, when move is MOVES) for an aim, or a DNS question. */
struct sought {
	enum move move;
	enum plan_layer layer;
	const struct aim *aim;
	const char *name, *type;
	const struct plan_move *after; /* NULL: from the first on */
};

static const struct plan_move *
find_move(const struct scene *scene, uint32_t leg, uint32_t step, const struct sought *sought)
{
	const struct plan_step *plan_step = step_at(scene, leg, step);

	if (plan_step == NULL || scene->plan->plant == PLANT_INERT_MOVES)
		return NULL;
	for (size_t i = 0; i < plan_step->n_moves; i++) {
		const struct plan_move *move = &plan_step->moves[i];
		bool hit = sought->aim == NULL
			       ? is_about(move, sought->name, sought->type)
			       : (sought->move == MOVES ? move_info(move->move)->layer == sought->layer
							: move->move == sought->move) &&
				     is_aimed_at(move, sought->aim);

		if (hit && (sought->after == NULL || move > sought->after) &&
		    has_times_left(scene, leg, step, i))
			return move;
	}
	return NULL;
}

const struct plan_move *
scene_move(const struct scene *scene, const struct scope *scope, const struct aim *aim, enum move move)
{
	return find_move(scene, scope->leg, scope->step, &(struct sought){.move = move, .aim = aim});
}

const struct plan_move *
scene_move_after(const struct scene *scene, const struct scope *scope, const struct aim *aim, enum move move,
    const struct plan_move *after)
{
	return find_move(
	    scene, scope->leg, scope->step, &(struct sought){.move = move, .aim = aim, .after = after});
}

const struct plan_move *
scene_move_in(
    const struct scene *scene, const struct scope *scope, const struct aim *aim, enum plan_layer layer)
{
	return find_move(
	    scene, scope->leg, scope->step, &(struct sought){.move = MOVES, .layer = layer, .aim = aim});
}

const struct plan_move *
scene_dns_move(const struct scene *scene, uint32_t leg, const char *name, const char *type)
{
	return scene_dns_move_after(scene, leg, name, type, NULL);
}

const struct plan_move *
scene_dns_move_after(const struct scene *scene, uint32_t leg, const char *name, const char *type,
    const struct plan_move *after)
{
	struct sought sought = {.name = name, .type = type, .after = after};

	return find_move(scene, leg, scene_step(scene, leg), &sought);
}

/* A session may have advanced since it found its move, so every step of the leg is looked at. */
static void
count_met(struct scene *scene, uint32_t leg, const struct plan_move *move)
{
	const struct plan_leg *plan_leg = &scene->plan->legs[leg];

	for (uint32_t step = 0; step < plan_leg->n_steps; step++) {
		const struct plan_step *plan_step = &plan_leg->steps[step];
		struct tally *tally = tally_at(scene, leg, step);

		if (plan_step->n_moves == 0 || move < plan_step->moves ||
		    move >= plan_step->moves + plan_step->n_moves)
			continue;
		if (tally->met == NULL)
			tally->met = must_alloc(plan_step->n_moves * sizeof(*tally->met));
		tally->met[move - plan_step->moves]++;
		return;
	}
}

void
scene_met(struct scene *scene, const struct scope *scope, const struct plan_move *move, const char *host)
{
	const struct move_info *info = move_info(move->move);

	if (scope->leg != FACT_NONE)
		count_met(scene, scope->leg, move);
	SCOPE_EMIT(scope, .kind = FACT_MET,
	    .met = {.layer = bytes_of(layer_name(info->layer)),
		.move = bytes_of(info->name),
		.host = bytes_of(host),
		.neutral = move->neutral});
}
