/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept_session.h - of the flaws about tickets: TLS sessions that are kept, and gone on with where they prove nothing.
 *
 * The client without these flaws keeps no session: each is proved anew. Ref: RFC 8446 s2.2, s4.6.1.
 */
#ifndef MTA_KEPT_SESSION_H
#define MTA_KEPT_SESSION_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "fakes/mta/flaw.h"

/* The session offers the ticket of an earlier one, if the flaws say so and there is one. */
void kept_session_offer(SSL *ssl, const char *host, const struct flaw_set *flaws);
/* Does it count as proved that an earlier session goes on? */
bool kept_session_suffices(const SSL *ssl, const struct flaw_set *flaws);
/* At the end of a talk with the host: keeps what it gave. `ssl` may be NULL. */
void kept_session_keep(SSL *ssl, const char *host, const struct flaw_set *flaws);

#endif
