/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what the parts of the front share: front.c (beginning, facts, end), legs.c (what the legs ask
 * for), told.c (what the client tells). Nobody else looks inside.
 */
#ifndef FRONT_STATE_H
#define FRONT_STATE_H

#include <event2/event.h>

#include "harness/front/barriers.h"
#include "harness/front/course.h"
#include "harness/front/deadlines.h"
#include "harness/front/front.h"
#include "harness/front/peer.h"
#include "harness/front/recipients.h"

/* Flushes: what world and witness answer unasked when they stand, leg + 1, and the last of all. */
#define FLUSH_READY 0u
#define FLUSH_LAST UINT32_MAX

struct front {
	const struct front_options *options;
	const struct plan *plan;
	struct event_base *base;
	struct crew *crew;
	struct peer *world, *witness;
	unsigned n_standing, n_finished; /* peers that stand, and that answered the last flush */
	struct event *exits, *interrupts[2], *over;
	struct course **courses; /* by leg */
	struct deadlines *deadlines;
	struct recipients *recipients;
	uint32_t number;
	bool started, crashed;
	struct barriers *barriers;
	size_t n_played;
	enum front_end end;
	struct why *why;
};

/* --- front.c --- */

/* Numbers and stamps it when it is the front's own, hands it on, and to the course of its leg. */
void front_take(struct front *f, struct fact *fact);
/* A process of the lab is gone: nothing that follows can be trusted. */
void front_lab_is_broken(struct front *f, const char *part, const char *how);
void front_start_courses(struct front *f);
void front_close_courses(struct front *f);

/* --- legs.c --- */

extern const struct course_calls legs_course_calls;
extern const struct barriers_calls legs_barriers_calls;
void legs_deadline(void *ctx, uint32_t leg);

/* --- told.c --- */

struct crew_calls told_calls(struct front *f);
/* A process of the client's machine was reaped, or the machine is gone; for libevent. */
void told_exit_waits(evutil_socket_t fd, short what, void *front);

#endif
