/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_flaws.h - what a flawed client forgives in a bad chain, or holds against a good one; without a flaw, nothing.
 *
 * What is truly wrong is OpenSSL's to find. Ref: what each flaw breaks, in flaws.def.
 */
#ifndef MTA_CHAIN_FLAWS_H
#define MTA_CHAIN_FLAWS_H

#include <openssl/ssl.h>

#include "fakes/mta/flaw.h"

/* Sets the session's verify callback. Uses the SSL's app data. */
void chain_flaws_set(SSL *ssl, const struct flaw_set *flaws); /* borrowed until SSL_free */

#endif
