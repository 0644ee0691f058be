/* SPDX-License-Identifier: Apache-2.0 */
/* turns.c - see turns.h */
#include "harness/client/turns.h"

#include <stdlib.h>

#include "harness/base/must.h"

struct turns {
	unsigned left;
	struct turns_ticket *first, **last;
	struct event *go;
};

static void serve(evutil_socket_t fd, short what, void *ctx);

struct turns *
turns_new(struct event_base *base, unsigned at_once)
{
	struct turns *t = must_alloc(sizeof(*t));

	must(at_once > 0);
	t->left = at_once;
	t->last = &t->first;
	t->go = event_new(base, -1, 0, serve, t);
	must(t->go != NULL);
	return t;
}

void
turns_free(struct turns *t)
{
	if (t == NULL)
		return;
	must(t->first == NULL);
	event_free(t->go);
	free(t);
}

static void
serve(evutil_socket_t fd, short what, void *ctx)
{
	struct turns *t = ctx;

	(void)fd;
	(void)what;
	while (t->left > 0 && t->first != NULL) {
		struct turns_ticket *turn = t->first;

		t->first = turn->next;
		if (t->first == NULL)
			t->last = &t->first;
		t->left--;
		turn->state = TURN_HELD;
		turn->come(turn->ctx); /* may free it */
	}
}

void
turns_await(struct turns *t, struct turns_ticket *turn)
{
	must(turn->state == TURN_NONE);
	turn->state = TURN_AWAITED;
	turn->next = NULL;
	*t->last = turn;
	t->last = &turn->next;
	event_active(t->go, 0, 0);
}

static void
take_out(struct turns *t, struct turns_ticket *turn)
{
	struct turns_ticket **at = &t->first;

	while (*at != turn)
		at = &(*at)->next;
	*at = turn->next;
	if (t->last == &turn->next)
		t->last = at;
}

void
turns_leave(struct turns *t, struct turns_ticket *turn)
{
	bool held = turn->state == TURN_HELD;

	if (turn->state == TURN_AWAITED)
		take_out(t, turn);
	turn->state = TURN_NONE;
	if (!held)
		return;
	t->left++;
	event_active(t->go, 0, 0);
}
