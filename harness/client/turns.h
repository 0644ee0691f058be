/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.h - so many at once, the others in the order in which they came.
 *
 * A turn is embedded in what waits for it. come() is called from the event loop.
 */
#ifndef TURNS_H
#define TURNS_H

#include <event2/event.h>
#include <stdbool.h>

struct turns;

struct turns_ticket {
	void (*come)(void *ctx);
	void *ctx;
	struct turns_ticket *next;
	enum { TURN_NONE, TURN_AWAITED, TURN_HELD } state;
};

struct turns *turns_new(struct event_base *base, unsigned at_once); /* owned */
void turns_free(struct turns *t); /* NULL is fine; no turn may wait any more */
void turns_await(struct turns *t, struct turns_ticket *turn);
/* It is over, or not waited for any longer; the next one's comes. Without a turn, nothing. */
void turns_leave(struct turns *t, struct turns_ticket *turn);

#endif
