/* SPDX-License-Identifier: Apache-2.0 */
/* deadline.c - see deadline.h; every function of libc that takes one. */
#include "harness/lab/preload/deadline.h"

#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/timerfd.h>
#include <threads.h>

#include "harness/lab/preload/clock.h"
#include "harness/lab/preload/next.h"
#include "harness/lab/preload/page.h"
#include "harness/lab/preload/system.h"

/*
 * Wall clock or not is often the object's property, which glibc keeps in places that move from release to
 * release. But the number tells: as a wall clock this was in 2001, as a machine's uptime it is 31 years.
 */
#define SURELY_WALL_CLOCK 1000000000

__attribute__((noinline)) const struct timespec *
deadline_back(const struct timespec *deadline, struct timespec *copy)
{
	if (deadline == NULL || deadline->tv_sec < SURELY_WALL_CLOCK)
		return deadline;
	copy->tv_sec = deadline->tv_sec - page_offset();
	copy->tv_nsec = deadline->tv_nsec;
	return copy;
}

static const struct timespec *
back_if(bool wall_clock, const struct timespec *deadline, struct timespec *copy)
{
	return wall_clock ? deadline_back(deadline, copy) : deadline;
}

static const struct itimerspec *
back_timer(bool absolute, const struct itimerspec *timer, struct itimerspec *copy)
{
	if (!absolute || timer == NULL)
		return timer;
	copy->it_interval = timer->it_interval;
	copy->it_value = timer->it_value;
	if (copy->it_value.tv_sec >= SURELY_WALL_CLOCK)
		copy->it_value.tv_sec -= page_offset();
	return copy;
}

PUBLIC int
pthread_cond_timedwait(
    pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(pthread_cond_timedwait)(cond, mutex, deadline_back(deadline, &copy));
}

PUBLIC int
pthread_cond_clockwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, clockid_t clock,
    const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(pthread_cond_clockwait)(
	    cond, mutex, clock, back_if(clock_is_wall(clock), deadline, &copy));
}

PUBLIC int
pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(pthread_mutex_timedlock)(mutex, deadline_back(deadline, &copy));
}

PUBLIC int
pthread_mutex_clocklock(
    pthread_mutex_t *restrict mutex, clockid_t clock, const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(pthread_mutex_clocklock)(mutex, clock, back_if(clock_is_wall(clock), deadline, &copy));
}

#define RWLOCK(kind)                                                                                    \
	PUBLIC int pthread_rwlock_timed##kind(                                                          \
	    pthread_rwlock_t *restrict lock, const struct timespec *restrict deadline)                  \
	{                                                                                               \
		struct timespec copy;                                                                   \
                                                                                                        \
		return NEXT(pthread_rwlock_timed##kind)(lock, deadline_back(deadline, &copy));          \
	}                                                                                               \
	PUBLIC int pthread_rwlock_clock##kind(                                                          \
	    pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict deadline) \
	{                                                                                               \
		struct timespec copy;                                                                   \
                                                                                                        \
		return NEXT(pthread_rwlock_clock##kind)(                                                \
		    lock, clock, back_if(clock_is_wall(clock), deadline, &copy));                       \
	}
RWLOCK(rdlock)
RWLOCK(wrlock)

PUBLIC int
pthread_timedjoin_np(pthread_t thread, void **ret, const struct timespec *deadline)
{
	struct timespec copy;

	return NEXT(pthread_timedjoin_np)(thread, ret, deadline_back(deadline, &copy));
}

PUBLIC int
pthread_clockjoin_np(pthread_t thread, void **ret, clockid_t clock, const struct timespec *deadline)
{
	struct timespec copy;

	return NEXT(pthread_clockjoin_np)(thread, ret, clock, back_if(clock_is_wall(clock), deadline, &copy));
}

PUBLIC int
sem_timedwait(sem_t *restrict sem, const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(sem_timedwait)(sem, deadline_back(deadline, &copy));
}

PUBLIC int
sem_clockwait(sem_t *restrict sem, clockid_t clock, const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(sem_clockwait)(sem, clock, back_if(clock_is_wall(clock), deadline, &copy));
}

PUBLIC int
mq_timedsend(mqd_t queue, const char *data, size_t len, unsigned priority, const struct timespec *deadline)
{
	struct timespec copy;

	return NEXT(mq_timedsend)(queue, data, len, priority, deadline_back(deadline, &copy));
}

PUBLIC ssize_t
mq_timedreceive(mqd_t queue, char *restrict data, size_t len, unsigned *restrict ret_priority,
    const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(mq_timedreceive)(queue, data, len, ret_priority, deadline_back(deadline, &copy));
}

PUBLIC int
cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex, const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(cnd_timedwait)(cond, mutex, deadline_back(deadline, &copy));
}

PUBLIC int
mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict deadline)
{
	struct timespec copy;

	return NEXT(mtx_timedlock)(mutex, deadline_back(deadline, &copy));
}

PUBLIC int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *ret_left)
{
	struct timespec copy;

	return NEXT(clock_nanosleep)(clock, flags,
	    back_if((flags & TIMER_ABSTIME) != 0 && clock_is_wall(clock), wanted, &copy), ret_left);
}

PUBLIC int
timer_settime(
    timer_t timer, int flags, const struct itimerspec *restrict wanted, struct itimerspec *restrict ret_old)
{
	struct itimerspec copy;

	return NEXT(timer_settime)(
	    timer, flags, back_timer((flags & TIMER_ABSTIME) != 0, wanted, &copy), ret_old);
}

PUBLIC int
timerfd_settime(int fd, int flags, const struct itimerspec *wanted, struct itimerspec *ret_old)
{
	struct itimerspec copy;

	return NEXT(timerfd_settime)(
	    fd, flags, back_timer((flags & TFD_TIMER_ABSTIME) != 0, wanted, &copy), ret_old);
}
