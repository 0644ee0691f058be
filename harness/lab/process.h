/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - making the lab's processes: a fork with clone flags, and what each child does first.
 */
#ifndef LAB_PROCESS_H
#define LAB_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * fork() with namespace flags (CLONE_NEW..., CLONE_PARENT): 0 in the child, its pid in the caller, -1 and
 * errno. The caller must have one thread only. With CLONE_PARENT the child is the caller's sibling.
 */
pid_t process_fork(unsigned long flags);

/* Closes every descriptor from 3 on that is not among the `n` given ones; -1 entries are skipped. Reorders
 * `keep`. */
void process_keep_only(int *keep, size_t n);

/* All signals as a new program finds them, except SIGPIPE, which is ignored; none blocked. */
void process_reset_signals(void);

#endif
