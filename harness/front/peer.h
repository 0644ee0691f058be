/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - the world or the witness as the front sees it: takes orders, answers in facts.
 *
 * Orders wait in an outbox, so the front never blocks; a peer that ends, or sends what is no
 * fact, is told once.
 */
#ifndef PEER_H
#define PEER_H

#include <event2/event.h>

#include "harness/model/fact.h"
#include "harness/model/order.h"

struct peer;

struct peer_calls {
	void (*fact)(void *ctx, struct peer *peer, struct fact *f); /* text is valid during the call */
	void (*gone)(void *ctx, struct peer *peer, const char *how);
};

/* fd is borrowed, made nonblocking. Owned; never NULL. */
struct peer *peer_new(struct event_base *base, const char *name, enum fact_source source, int fd,
    const struct peer_calls *calls, void *ctx);
void peer_free(struct peer *p); /* NULL is fine */
const char *peer_name(const struct peer *p);
void peer_order(struct peer *p, enum order_kind kind, uint32_t leg, uint32_t step, uint32_t number);

#endif
