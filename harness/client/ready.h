/* SPDX-License-Identifier: Apache-2.0 */
/* ready.h - waits until a client that was started says or shows that it takes messages. */
#ifndef READY_H
#define READY_H

#include <event2/event.h>

#include "harness/base/text.h"
#include "harness/client/client.h"
#include "harness/client/machine.h"

struct ready;

/* `listen`: what CLIENT_LISTEN stands for. done() comes once, from the loop. NULL and why when the pattern is
 * wrong. Owned. */
struct ready *ready_new(struct event_base *base, const struct machine *machine, const struct client *client,
    const char *listen, void (*done)(void *ctx), void *ctx, struct why *why);
void ready_free(struct ready *r);
void ready_line(struct ready *r, struct bytes line);

#endif
