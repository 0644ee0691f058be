/* SPDX-License-Identifier: Apache-2.0 */
/*
 * next.h - the next definition of a function behind ours: another preload's, a sanitizer's, libc's.
 *
 * dlsym(RTLD_NEXT) without libdl, which older releases have apart, and without its locks.
 */
#ifndef PRELOAD_NEXT_H
#define PRELOAD_NEXT_H

/* Name; what is called where this libc is too old to have it. */
#define NEXT_LIST                                       \
	X(pthread_cond_timedwait, absent_as_number)     \
	X(pthread_cond_clockwait, absent_as_number)     \
	X(pthread_mutex_timedlock, absent_as_number)    \
	X(pthread_mutex_clocklock, absent_as_number)    \
	X(pthread_rwlock_timedrdlock, absent_as_number) \
	X(pthread_rwlock_timedwrlock, absent_as_number) \
	X(pthread_rwlock_clockrdlock, absent_as_number) \
	X(pthread_rwlock_clockwrlock, absent_as_number) \
	X(pthread_timedjoin_np, absent_as_number)       \
	X(pthread_clockjoin_np, absent_as_number)       \
	X(clock_nanosleep, absent_as_number)            \
	X(sem_timedwait, absent_as_errno)               \
	X(sem_clockwait, absent_as_errno)               \
	X(mq_timedsend, absent_as_errno)                \
	X(mq_timedreceive, absent_as_errno)             \
	X(timer_settime, absent_as_errno)               \
	X(timerfd_settime, absent_as_errno)             \
	X(cnd_timedwait, absent_as_thread)              \
	X(mtx_timedlock, absent_as_thread)              \
	X(timespec_get, absent_as_zero)                 \
	X(setuid, absent_as_errno)                      \
	X(setgid, absent_as_errno)                      \
	X(seteuid, absent_as_errno)                     \
	X(setegid, absent_as_errno)                     \
	X(setreuid, absent_as_errno)                    \
	X(setregid, absent_as_errno)                    \
	X(setresuid, absent_as_errno)                   \
	X(setresgid, absent_as_errno)                   \
	X(setfsuid, absent_as_errno)                    \
	X(setfsgid, absent_as_errno)                    \
	X(setgroups, absent_as_errno)                   \
	X(initgroups, absent_as_errno)

#define X(name, absent) NEXT_##name,
enum next { NEXT_LIST N_NEXT };
#undef X

/* To be called as name(…) would be; never NULL. */
#define NEXT(name) ((__typeof__(&(name)))next_function(NEXT_##name))
void *next_function(enum next which);

/* Finds all of them, while there is one thread only. */
void next_find_all(void);

/* A function of any loaded object, the vDSO among them, or NULL. */
void *next_find_anywhere(const char *name);

#endif
