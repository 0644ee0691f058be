/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - see clock.h
 *
 * __clock_gettime and __gettimeofday stay as they are: with them older libraries of glibc itself make a
 * relative time of a deadline that was taken back already.
 */
#include "harness/lab/preload/clock.h"

#include <stdint.h>
#include <sys/types.h>

#include "harness/lab/preload/next.h"
#include "harness/lab/preload/page.h"
#include "harness/lab/preload/system.h"

bool
clock_is_wall(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI ||
	       clock == CLOCK_REALTIME_ALARM;
}

/* The vDSO's reader, which is much faster than the system call; that where there is none. */
typedef int reader(clockid_t clock, struct timespec *ret);

static int
read_by_call(clockid_t clock, struct timespec *ret)
{
	return (int)CALL3(SYS_clock_gettime, clock, ret, 0);
}

static reader *
get_reader(void)
{
	static reader *known;
	reader *it = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (it != NULL)
		return it;
	it = (reader *)next_find_anywhere(VDSO_CLOCK_GETTIME);
	it = it != NULL ? it : read_by_call;
	__atomic_store_n(&known, it, __ATOMIC_RELAXED);
	return it;
}

PUBLIC int
clock_gettime(clockid_t clock, struct timespec *ret)
{
	int result = get_reader()(clock, ret);

	if (result != 0)
		return (int)said(result);
	if (clock_is_wall(clock))
		ret->tv_sec += page_offset();
	return 0;
}

PUBLIC time_t
time(time_t *ret)
{
	struct timespec now;

	/* Coarse, as the kernel's own: never ahead of a file's time that was made before. */
	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0)
		return -1;
	if (ret != NULL)
		*ret = now.tv_sec;
	return now.tv_sec;
}

/* Not by <sys/time.h>, which forbids the NULL that the kernel allows. */
int gettimeofday(struct timeval *restrict ret, void *restrict zone);

PUBLIC int
gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now;

	if (zone != NULL)
		((int *)zone)[0] = ((int *)zone)[1] = 0;
	if (ret == NULL)
		return 0;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	ret->tv_sec = now.tv_sec;
	ret->tv_usec = now.tv_nsec / 1000;
	return 0;
}

PUBLIC int
timespec_get(struct timespec *ret, int base)
{
	if (base != TIME_UTC)
		return NEXT(timespec_get)(ret, base);
	return clock_gettime(CLOCK_REALTIME, ret) == 0 ? base : 0;
}

/* Gone from newer headers, but old programs call it. */
struct timeb {
	time_t time;
	unsigned short millitm;
	short timezone, dstflag;
};
int ftime(struct timeb *ret);

PUBLIC int
ftime(struct timeb *ret)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	*ret = (struct timeb){.time = now.tv_sec, .millitm = (unsigned short)(now.tv_nsec / 1000000)};
	return 0;
}
