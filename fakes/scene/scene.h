/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h - what stands at this moment for every leg: its step, its world, the moves armed.
 *
 * Every fake asks the scene before it acts, and tells it when a move was met. No I/O but the
 * fact sink. The scene does not know what would be a pass.
 */
#ifndef SCENE_H
#define SCENE_H

#include "harness/model/fact.h"
#include "harness/model/plan.h"

struct scene;
struct pki;
struct event_base;

struct scene *scene_new(const struct plan *plan, struct fact_sink *sink); /* owned; both borrowed */
void scene_free(struct scene *scene);
const struct plan *scene_plan(const struct scene *scene);
/* The leg's domain; for FACT_NONE that of returned mail. */
const char *scene_domain(const struct scene *scene, uint32_t leg);

/* The leg shows this step from now on: counters of moves begin anew, step-begun goes out. */
void scene_set_step(struct scene *scene, uint32_t leg, uint32_t step);
uint32_t scene_step(const struct scene *scene, uint32_t leg); /* FACT_NONE before the first */
/* What the leg shows now; before its first step the world of step 0. For FACT_NONE: plan.base. */
const struct plan_world *scene_world(const struct scene *scene, uint32_t leg);

/* Where an observation belongs. A connection keeps the step it was accepted in; see scope_advance. */
struct scope {
	struct scene *scene;
	uint32_t leg, step, connection;
};

/* The leg and host of a dialed address. False when the number belongs to nobody. */
bool scene_find(const struct scene *scene, struct plan_address dialed, uint32_t *ret_leg, const struct plan_host **ret_host);

/* A scope for a new connection: the leg's present step, the next connection number. */
struct scope scope_open(struct scene *scene, uint32_t leg);
/* A scope outside any connection (a DNS question). */
struct scope scope_of(struct scene *scene, uint32_t leg);
/* A MAIL on a kept connection belongs to the step in which it came. */
void scope_advance(struct scope *scope);
/* Stamps leg, step and connection, and hands the fact to the sink. */
void scope_emit(const struct scope *scope, struct fact *f);
#define SCOPE_EMIT(scope, ...) scope_emit((scope), &(struct fact){__VA_ARGS__})

/* What a connection counts as; filled once by scene_count, used for aims. */
struct aim {
	const char *host;    /* label */
	uint8_t family;      /* 4 or 6 */
	uint16_t port;
	uint32_t connection; /* the nth to this host in the step */
	uint32_t attempt;    /* the nth to any MX in the step */
};

/* Counts one more connection of the leg to this host. */
struct aim scene_count(struct scene *scene, uint32_t leg, const struct plan_host *host, struct plan_address dialed, uint16_t port);

/*
 * The armed move of this kind that this connection is the aim of, or NULL. Neutral ones are
 * returned too: the caller goes the same way and changes nothing. Borrowed from the plan.
 */
/* (With PLANT_INERT_MOVES the five below find nothing.) */
const struct plan_move *scene_move(const struct scene *scene, const struct scope *scope, const struct aim *aim, enum move move);
/* The next one behind `after` (NULL: the first): a step may answer several verbs. */
const struct plan_move *scene_move_after(const struct scene *scene, const struct scope *scope, const struct aim *aim,
    enum move move, const struct plan_move *after);
/* The first armed move of the layer for this aim, or NULL. */
const struct plan_move *scene_move_in(const struct scene *scene, const struct scope *scope, const struct aim *aim, enum plan_layer layer);
/* The first armed dns move for this question, or NULL; names as in struct plan_move. */
const struct plan_move *scene_dns_move(const struct scene *scene, uint32_t leg, const char *name, const char *type);
/* The next one behind `after` (NULL: the first), since several may change one answer. */
const struct plan_move *scene_dns_move_after(const struct scene *scene, uint32_t leg, const char *name, const char *type,
    const struct plan_move *after);
/* What the move changed went out: counts `times`, emits `met`. Also for neutral ones (met.neutral = 1). */
void scene_met(struct scene *scene, const struct scope *scope, const struct plan_move *move, const char *host);

#endif
