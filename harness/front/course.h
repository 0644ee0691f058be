/* SPDX-License-Identifier: Apache-2.0 */
/*
 * course.h - the course of one leg through its steps, as a state machine without I/O.
 *
 * Feed it the facts of its leg; it says what to do next. A step ends by facts: every message
 * has a fate and no session of the leg is open, both still so after the world answered a flush.
 */
#ifndef COURSE_H
#define COURSE_H

#include "harness/model/fact.h"
#include "harness/model/plan.h"

struct course;

struct course_calls {
	void (*order_step)(void *ctx, uint32_t leg, uint32_t step);
	void (*order_flush)(void *ctx, uint32_t leg); /* course_flushed() follows */
	void (*order_hush)(void *ctx, uint32_t leg);
	void (*send)(void *ctx, uint32_t leg, const struct plan_message *message);
	void (*retry)(void *ctx, uint32_t leg, const struct plan_message *message);
	void (*restart)(void *ctx, uint32_t leg); /* course_restarted() follows */
	/* The step lies ahead: course_clock_moved() follows when the client's clock stands there. */
	void (*await_clock)(void *ctx, uint32_t leg, uint64_t offset_s);
	void (*set_deadline)(void *ctx, uint32_t leg, bool on);
	void (*abandon)(void *ctx, uint32_t leg); /* the deadline passed */
	void (*emit)(void *ctx, struct fact *f);  /* leg and step are stamped */
	void (*over)(void *ctx, uint32_t leg);
};

/* Owned; plan and calls are borrowed. */
struct course *course_new(const struct plan *plan, uint32_t leg, const struct course_calls *calls, void *ctx);
void course_free(struct course *c);

void course_begin(struct course *c);
/* Any fact of the leg, whatever its source, in order of arrival. */
void course_fact(struct course *c, const struct fact *f);
void course_flushed(struct course *c);
void course_restarted(struct course *c);
/* The client is gone, with what it was still to say of this message (NULL: of any): it did not try. */
void course_lost(struct course *c, const struct plan_message *message, struct bytes why);
/* The client's wall clock now is so many seconds ahead. */
void course_clock_moved(struct course *c, uint64_t clock_s);
void course_deadline(struct course *c);
/* The run is broken off: the step ends now, by "interrupt". */
void course_interrupt(struct course *c);
bool course_is_over(const struct course *c);
/* The step it is in; FACT_NONE before the first. */
uint32_t course_step(const struct course *c);

#endif
