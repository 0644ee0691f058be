/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.c - syscall(), with which some make their system calls by number: libstdc++ waits for a future so,
 * with a deadline of the wall clock.
 */
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/time.h>
#include <time.h>

#include "harness/lab/preload/clock.h"
#include "harness/lab/preload/deadline.h"
#include "harness/lab/preload/ids.h"
#include "harness/lab/preload/system.h"

static bool
has_wall_deadline(long operation)
{
	switch (operation & FUTEX_CMD_MASK) {
	case FUTEX_LOCK_PI:
		return true;
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		return (operation & FUTEX_CLOCK_REALTIME) != 0;
	}
	return false;
}

/* Variadic for its callers, which makes no difference to whole numbers. */
PUBLIC long numbered_call(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

PUBLIC long
numbered_call(long number, long a, long b, long c, long d, long e, long f)
{
	struct timespec copy;
	long result;

	if (ids_call(number, a, b, c, &result))
		return result;
	switch (number) {
	case SYS_clock_gettime:
		return clock_gettime((clockid_t)a, (struct timespec *)b);
	case SYS_gettimeofday:
		return gettimeofday((struct timeval *)a, (void *)b);
#ifdef SYS_time
	case SYS_time:
		return time((time_t *)a);
#endif
	case SYS_clock_nanosleep:
		if ((b & TIMER_ABSTIME) != 0 && clock_is_wall((clockid_t)a))
			c = (long)deadline_back((const struct timespec *)c, &copy);
		break;
	case SYS_futex:
		if (has_wall_deadline(b))
			d = (long)deadline_back((const struct timespec *)d, &copy);
		break;
	}
	return said(call(number, a, b, c, d, e, f));
}
