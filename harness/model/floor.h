/* SPDX-License-Identifier: Apache-2.0 */
/* floor.h - what a client demands of every session, where no policy speaks. */
#ifndef MODEL_FLOOR_H
#define MODEL_FLOOR_H

#include "harness/base/text.h"

enum floor { FLOOR_MAY, FLOOR_TLS, FLOOR_VERIFIED, FLOORS };

const char *floor_name(enum floor floor); /* "may", "tls", "verified" */
enum floor floor_of(struct bytes name);   /* FLOORS when there is none */

#endif
