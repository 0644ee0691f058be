/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox.h - messages waiting for a SOCK_SEQPACKET that must never block us.
 *
 * World and witness send their facts through one. When it is more than half full
 * the owner stops reading from clients; so facts are never lost and no side waits.
 */
#ifndef BASE_OUTBOX_H
#define BASE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

struct outbox;

struct outbox *outbox_new(int fd, size_t max_bytes); /* owned; fd borrowed, must be nonblocking */
void outbox_free(struct outbox *box);

/* Queues one message, for the next flush; -1 and ENOBUFS when there is no room. */
int outbox_add(struct outbox *box, const void *data, size_t len);
/* The same, and flushes. -1 also when the socket is dead (errno says why). */
int outbox_put(struct outbox *box, const void *data, size_t len);
/* Sends what the socket takes: 1 when messages are left (wait for POLLOUT), 0 when empty, -1 dead. */
int outbox_flush(struct outbox *box);
bool outbox_is_empty(const struct outbox *box);
bool outbox_is_half_full(const struct outbox *box);

#endif
