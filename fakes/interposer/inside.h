/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside.h - what the interposer does inside the TLS that it ended itself, beside relaying: speaks first,
 * floods with messages of TLS 1.3, asks for another handshake, answers as another kind of server would.
 *
 * Which certificate is shown is not decided here. Ref: RFC 8446 s4.6.1, s4.6.3; RFC 5246 s7.4.1.1; RFC 9325 s3.8 (ALPACA).
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "fakes/interposer/session.h"

/* TLS stands: does at once what the interception says. */
void inside_begin(struct session *s);
/* The exchange is answered by the server that is not the MX; only where the interception names one. */
void inside_answer(struct session *s, struct exchange *e);
/* The server that a move of the kind "lead-to-..." leads to; static. */
const struct other_server *inside_server(enum move move);

#endif
