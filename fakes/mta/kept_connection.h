/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept_connection.h - of a flaw: the connection of a message that was accepted, kept for the next one to that host.
 *
 * What the connection is worth is not looked at: that is the flaw. A host that says anything meanwhile, or goes,
 * ends it.
 */
#ifndef MTA_KEPT_CONNECTION_H
#define MTA_KEPT_CONNECTION_H

#include "fakes/tls/stream.h"

/* `stream` is taken. */
void kept_connection_put(struct stream *stream, const char *host);
/* Owned, with its calls still to be set; NULL when there is none. */
struct stream *kept_connection_take(const char *host);
/* All of them are freed; before the event base is. */
void kept_connection_drop_all(void);

#endif
