/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadlines.h - when a step of a leg is given up. For hangs only: a step ends by facts.
 *
 * A busy client comes to each leg in its turn. So a leg's time runs from its first sign of life in the step;
 * before that, from the last sign of any leg under way: as long as those move on, it is only waiting.
 */
#ifndef DEADLINES_H
#define DEADLINES_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

struct deadlines;

/* Owned; free it before the base. `passed` may set and clear deadlines. */
struct deadlines *deadlines_new(struct event_base *base, size_t n_legs, unsigned patience_ms,
    void (*passed)(void *ctx, uint32_t leg), void *ctx);
void deadlines_free(struct deadlines *d);

/* The leg is under way: it has the whole time before it, and gave no sign yet. */
void deadlines_set(struct deadlines *d, uint32_t leg);
/* The leg waits for nothing of the client's. */
void deadlines_clear(struct deadlines *d, uint32_t leg);
/* The client did something for this leg; counts only while the leg is under way. */
void deadlines_sign(struct deadlines *d, uint32_t leg);

#endif
