/* SPDX-License-Identifier: Apache-2.0 */
/* crew.c - see crew.h; which instance it is that a leg's errand goes to. */
#include "harness/client/crew.h"

#include <signal.h>
#include <stdlib.h>

#include "harness/base/must.h"
#include "harness/client/place.h"
#include "harness/model/fact.h"

#define TRIALS 3 /* so many that do not start, and none that did: no other will */

struct instance {
	struct instance *next;
	struct crew *crew;
	struct driver_errand serves;
	struct place *place; /* NULL: the machine is its own */
	struct driver *driver;
	bool restarts; /* its leg waits for it */
	bool is_stopped;
};

struct crew {
	struct event_base *base;
	struct machine machine;
	struct crew_options options;
	enum client_serves serves;
	struct crew_calls calls;
	struct turns *turns;
	struct instance *instances, **last;
	uint32_t n_instances, n_stopped;
	unsigned n_failed;
	bool one_was_ready, is_stopping;
	struct event *soon; /* ready() for all, or stopped(), is due */
};

/* --- what an instance tells ------------------------------------------------------------------- */

static bool
restarts_any(const struct crew *c, uint32_t leg)
{
	for (const struct instance *i = c->instances; i != NULL; i = i->next)
		if (i->serves.leg == leg && i->restarts)
			return true;
	return false;
}

static void
on_ready(void *ctx)
{
	struct instance *i = ctx;
	struct crew *c = i->crew;

	c->one_was_ready = true;
	i->restarts = false;
	if (!restarts_any(c, i->serves.leg))
		c->calls.ready(c->calls.ctx, i->serves.leg);
}

static void
on_failed(void *ctx, const char *sentence)
{
	struct instance *i = ctx;
	struct crew *c = i->crew;

	if (crew_is_shared(c) || !driver_is_down(i->driver) ||
	    (!c->one_was_ready && ++c->n_failed == TRIALS)) {
		c->calls.failed(c->calls.ctx, sentence);
		return;
	}
	i->restarts = false;
	c->calls.lost(c->calls.ctx, i->serves.leg, i->serves.message, sentence);
}

static void
on_fate(void *ctx, struct bytes recipient, const char *fate, struct bytes reason)
{
	struct instance *i = ctx;

	i->crew->calls.fate(i->crew->calls.ctx, i->serves.leg, recipient, fate, reason);
}

static void
on_no_attempt(void *ctx, struct bytes recipient, struct bytes reason)
{
	struct instance *i = ctx;

	i->crew->calls.no_attempt(i->crew->calls.ctx, i->serves.leg, recipient, reason);
}

static void
on_exited(void *ctx, uint32_t leg, const char *command, int status, int signal)
{
	struct instance *i = ctx;

	i->crew->calls.exited(i->crew->calls.ctx, leg, command, status, signal);
}

static void
on_log(void *ctx, struct bytes line)
{
	struct instance *i = ctx;

	i->crew->calls.log(i->crew->calls.ctx, line);
}

static void
look_for_the_end(struct crew *c)
{
	if (c->is_stopping && c->n_stopped == c->n_instances)
		event_active(c->soon, 0, 0);
}

static void
on_stopped(void *ctx)
{
	struct instance *i = ctx;

	must(!i->is_stopped);
	i->is_stopped = true;
	i->crew->n_stopped++;
	look_for_the_end(i->crew);
}

/* --- which instance ---------------------------------------------------------------------------- */

bool
crew_is_shared(const struct crew *c)
{
	return c->serves == SERVES_RUN;
}

static bool
serves(const struct crew *c, const struct instance *i, uint32_t leg, const struct plan_message *message)
{
	return crew_is_shared(c) ||
	       (i->serves.leg == leg && (c->serves == SERVES_LEG || i->serves.message == message));
}

/* NULL where it is still to be made. */
static struct instance *
find(const struct crew *c, uint32_t leg, const struct plan_message *message)
{
	struct instance *i = c->instances;

	while (i != NULL && !serves(c, i, leg, message))
		i = i->next;
	return i;
}

static void
instance_free(struct instance *i)
{
	if (i == NULL)
		return;
	driver_free(i->driver);
	place_free(i->place);
	free(i);
}

/* `serves`: the whole errand is copied. NULL and why. */
static struct instance *
add_instance(struct crew *c, const struct driver_errand *errand, struct why *why)
{
	struct instance *i = must_alloc(sizeof(*i));
	const struct driver_calls calls = {
	    on_ready, on_failed, on_fate, on_no_attempt, on_exited, on_log, on_stopped, i};
	struct driver_options options = {.client = c->options.client,
	    .turns = c->turns,
	    .serves = *errand,
	    .listen = PLACE_SHARED_ADDRESS,
	    .resolver = c->options.resolver,
	    .ca = c->options.ca,
	    .flaws = c->options.flaws,
	    .by_wire = c->options.by_wire,
	    .deadline_s = c->options.deadline_s};

	i->crew = c;
	i->serves = *errand;
	if (!crew_is_shared(c)) {
		i->place = place_new(&c->machine, c->options.client, c->n_instances + 1, why);
		if (i->place == NULL)
			goto failed;
		options.listen = place_address(i->place);
	}
	i->driver = driver_new(
	    c->base, i->place != NULL ? place_machine(i->place) : &c->machine, &options, &calls, why);
	if (i->driver == NULL)
		goto failed;
	*c->last = i;
	c->last = &i->next;
	c->n_instances++;
	return i;
failed:
	instance_free(i);
	return NULL;
}

/* The one that this errand is for, up or on its way up; NULL, and all has failed. */
static struct instance *
instance_for(struct crew *c, const struct driver_errand *errand)
{
	struct instance *i = find(c, errand->leg, errand->message);
	struct driver_errand serves = *errand;
	struct why why;

	if (c->serves == SERVES_LEG)
		serves.message = NULL;
	if (i == NULL)
		i = add_instance(c, &serves, &why);
	if (i == NULL)
		c->calls.failed(c->calls.ctx, why.text);
	else if (!crew_is_shared(c) && driver_is_down(i->driver))
		driver_start(i->driver);
	return i;
}

/* --- what is asked of it ------------------------------------------------------------------------ */

void
crew_start(struct crew *c)
{
	if (crew_is_shared(c))
		driver_start(c->instances->driver);
	else
		event_active(c->soon, 0, 0);
}

void
crew_send(struct crew *c, const struct driver_errand *errand)
{
	struct instance *i = instance_for(c, errand);

	if (i != NULL)
		driver_send(i->driver, errand);
}

bool
crew_retries_by_restart(const struct crew *c, const struct driver_errand *errand)
{
	const struct instance *i = find(c, errand->leg, errand->message);

	return i != NULL && driver_retries_by_restart(i->driver, errand);
}

void
crew_retry(struct crew *c, const struct driver_errand *errand)
{
	struct instance *i = instance_for(c, errand);

	if (i != NULL)
		driver_retry(i->driver, errand);
}

void
crew_abandon(struct crew *c, uint32_t leg)
{
	for (struct instance *i = c->instances; i != NULL; i = i->next)
		if (crew_is_shared(c) || i->serves.leg == leg)
			driver_abandon(i->driver, leg);
}

void
crew_restart(struct crew *c, uint32_t leg, const struct plan_message *message)
{
	bool any = false;

	for (struct instance *i = c->instances; i != NULL; i = i->next) {
		if (!crew_is_shared(c) &&
		    (i->serves.leg != leg || (message != NULL && !serves(c, i, leg, message))))
			continue;
		any = i->restarts = true;
		if (!crew_is_shared(c) && driver_is_down(i->driver))
			driver_start(i->driver);
		else
			driver_restart(i->driver);
	}
	if (!any) /* nothing was started yet, so nothing is to be forgotten */
		c->calls.ready(c->calls.ctx, leg);
}

void
crew_stop(struct crew *c)
{
	struct why why;

	if (c->is_stopping)
		return;
	c->is_stopping = true;
	c->machine.kill(c->machine.ctx, MACHINE_ALL, SIGKILL, &why);
	for (struct instance *i = c->instances; i != NULL; i = i->next)
		driver_stop(i->driver);
	look_for_the_end(c);
}

void
crew_exit(struct crew *c, pid_t pid, int status, int signal)
{
	for (struct instance *i = c->instances; i != NULL; i = i->next)
		if (driver_exit(i->driver, pid, status, signal))
			return;
	c->calls.exited(c->calls.ctx, FACT_NONE, "an orphan of the client's", status, signal);
}

/* --- life ----------------------------------------------------------------------------------------- */

static void
on_soon(evutil_socket_t fd, short what, void *ctx)
{
	struct crew *c = ctx;

	(void)fd;
	(void)what;
	if (c->is_stopping)
		c->calls.stopped(c->calls.ctx);
	else
		c->calls.ready(c->calls.ctx, FACT_NONE);
}

struct crew *
crew_new(struct event_base *base, const struct machine *machine, const struct crew_options *options,
    const struct crew_calls *calls, struct why *why)
{
	struct crew *c = must_alloc(sizeof(*c));
	const struct driver_errand all = {.leg = FACT_NONE};

	c->base = base;
	c->machine = *machine;
	c->options = *options;
	c->serves = options->client->serves;
	c->calls = *calls;
	c->turns = turns_new(base, options->jobs);
	c->last = &c->instances;
	c->soon = event_new(base, -1, 0, on_soon, c);
	must(c->soon != NULL);
	if (!crew_is_shared(c) || add_instance(c, &all, why) != NULL)
		return c;
	crew_free(c);
	return NULL;
}

void
crew_free(struct crew *c)
{
	if (c == NULL)
		return;
	while (c->instances != NULL) {
		struct instance *next = c->instances->next;

		instance_free(c->instances);
		c->instances = next;
	}
	turns_free(c->turns);
	event_free(c->soon);
	free(c);
}
