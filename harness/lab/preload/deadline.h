/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline.h - absolute deadlines of the shifted wall clock as the kernel's clock has them.
 *
 * One that already waits when the clock jumps is not woken by the jump.
 */
#ifndef PRELOAD_DEADLINE_H
#define PRELOAD_DEADLINE_H

#include <time.h>

/* Either `deadline` itself, which may be NULL, or `*copy`. */
const struct timespec *deadline_back(const struct timespec *deadline, struct timespec *copy);

#endif
