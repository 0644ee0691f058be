/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the monotonic clock in nanoseconds: the one that facts are stamped with. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void);

#endif
