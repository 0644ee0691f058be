/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounce.h - the letter that tells a sender that his letter could not be delivered.
 *
 * Returns the header only: what was said in confidence is not sent back on a road that may be worse.
 * Ref: RFC 5321 s6.1, RFC 3464, RFC 6522.
 */
#ifndef MTA_BOUNCE_H
#define MTA_BOUNCE_H

#include "fakes/mta/letter.h"

/*
 * About those of the given recipients that bounced. NULL when there are none, or nobody to tell: the null
 * sender. Owned, with content.
 */
struct letter *
bounce_new(const struct letter *letter, const size_t *recipients, size_t n, const char *our_name);

#endif
