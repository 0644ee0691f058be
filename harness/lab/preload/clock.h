/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the wall clock as the client's machine has it.
 *
 * Added where a program reads it, taken off where it hands an absolute deadline back (deadline.h). File
 * times, the monotonic clock and sleeps stay true.
 */
#ifndef PRELOAD_CLOCK_H
#define PRELOAD_CLOCK_H

#include <stdbool.h>
#include <time.h>

bool clock_is_wall(clockid_t clock);

#endif
