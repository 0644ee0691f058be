/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workload.h - the letters that we have, and which of their deliveries run, wait or rest.
 *
 * Takes letters and tries each at once; after that a delivery is tried again only when somebody asks.
 * Speaks no SMTP and writes no file itself. Ref: RFC 5321 s4.5.4.
 */
#ifndef MTA_WORKLOAD_H
#define MTA_WORKLOAD_H

#include "fakes/mta/delivery.h"
#include "fakes/mta/letter.h"
#include "fakes/mta/mail_queue.h"

struct workload;

struct workload_calls {
	/* A line for people and logs: what became of each recipient, and our own trouble. */
	void (*log)(void *ctx, const char *line);
	/* Nothing runs, nothing waits; may be NULL. */
	void (*idle)(void *ctx);
	void *ctx;
};

/*
 * `queue` NULL: letters are in memory only, tried once, and nobody is told of a bounce by mail. Means and
 * queue are borrowed, calls are copied. Raises the limit of open files as far as it may. Owned.
 */
struct workload *workload_new(
    const struct delivery_means *means, struct mail_queue *queue, const struct workload_calls *calls);
/* Begins nothing any more; before the resolver of the means is freed. NULL is fine. */
void workload_stop(struct workload *w);
/* After the resolver was freed. NULL is fine. */
void workload_free(struct workload *w);

/* A new letter with content, taken. It is tried now. -1: it could not be stored, and is gone. */
int workload_take(struct workload *w, struct letter *letter);
/* One that the queue held, taken. It waits until workload_run. */
void workload_hold(struct workload *w, struct letter *letter);
/* Begins as many of the deliveries that wait as may run at once. */
void workload_run(struct workload *w);
/* Tries what rests; `what` is a letter's id, a domain or an address, NULL: all. How many recipients. */
unsigned workload_retry(struct workload *w, const char *what);

/* Of all recipients so far: deferred before bounced before delivered. */
enum letter_fate workload_worst(const struct workload *w);

#endif
