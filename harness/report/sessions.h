/* SPDX-License-Identifier: Apache-2.0 */
/* sessions.h - who could read the sessions of a run: counts of connections in which mail was named or sent.
 */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "harness/model/fact.h"

struct sessions {
	size_t all;
	size_t sealed;      /* only inside TLS that a genuine host ended */
	size_t intercepted; /* something inside TLS that the interposer, or an attacker's host, ended */
	size_t clear;       /* something in clear */
};

/* Each connection counts once, by its worst. */
struct sessions sessions_count(const struct fact *facts, size_t n);

#endif
