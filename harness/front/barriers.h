/* SPDX-License-Identifier: Apache-2.0 */
/*
 * barriers.h - what happens to the whole client at once: a restart, a jump of its clock. Legs wait for it
 * until none is under way any more, so that it cuts nobody short.
 *
 * A restart comes before a jump: who waits for one stands earlier in time.
 */
#ifndef BARRIERS_H
#define BARRIERS_H

#include <event2/event.h>
#include <stdint.h>

struct barriers_calls {
	void (*resume)(void *ctx, uint32_t leg); /* what it waited for is about to happen: a restart */
	void (*restart)(void *ctx);
	void (*move_clock)(void *ctx, uint64_t clock_s); /* on to there; never back */
};

struct barriers;

/* Owned; base and calls are borrowed. */
struct barriers *
barriers_new(struct event_base *base, size_t n_legs, const struct barriers_calls *calls, void *ctx);
void barriers_free(struct barriers *b); /* NULL is fine */

/* Of so many legs each comes to wait, or to its end. */
void barriers_set_played(struct barriers *b, size_t n_played);
void barriers_leg_over(struct barriers *b);
size_t barriers_over(const struct barriers *b);
/* Asking again changes nothing. */
void barriers_await_restart(struct barriers *b, uint32_t leg);
void barriers_await_clock(struct barriers *b, uint32_t leg, uint64_t clock_s); /* above 0 */

#endif
