/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leniency.h - what a flawed client forgives in a chain that is not good; without a flaw, nothing.
 *
 * OpenSSL finds what is wrong; here it is waved through. Ref: what each flaw breaks, in flaws.def.
 */
#ifndef MTA_LENIENCY_H
#define MTA_LENIENCY_H

#include <openssl/ssl.h>

#include "fakes/mta/flaw.h"

/* Sets the session's verify callback. Uses the SSL's app data. */
void leniency_set(SSL *ssl, const struct flaw_set *flaws); /* borrowed until SSL_free */

#endif
