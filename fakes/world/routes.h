/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.h - which hosts of a leg are refused or blackholed in a step: by their world, and by moves.
 *
 * Sets only what differs from the step before. How a route is made is the lab's (world_set_reach).
 */
#ifndef ROUTES_H
#define ROUTES_H

#include "fakes/scene/scene.h"
#include "fakes/world/world.h"

struct routes;

struct routes *routes_new(struct scene *scene, world_set_reach *set, void *ctx); /* owned; all borrowed */
void routes_free(struct routes *r);

/* Before scene_set_step: the routes are as this step has them. Trouble is a lab-fault. */
void routes_apply(struct routes *r, uint32_t leg, uint32_t step);
/* After scene_set_step: reports the moves that are routes as met, neutral ones too. */
void routes_report(struct routes *r, uint32_t leg);

#endif
