/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.h - pretended users and groups, for a machine that has one id only.
 *
 * Which ids a process says that it has is kept by the kernel, in three soft limits without any effect: so a
 * process has them for all its threads, a child after fork, vfork or exec has its parent's, and it takes no
 * environment or descriptor, which a mail program would clean away. Supplementary groups are kept in memory
 * only and do not outlive an exec. Files belong to whom the kernel says, whatever chown was told.
 */
#ifndef PRELOAD_IDS_H
#define PRELOAD_IDS_H

#include <stdbool.h>

/* What the kernel does at execve(2): saved ids become the effective ones, set-id bits count. */
void ids_begin(void);
/* The system call `number`, where it is one that is pretended: what it returned, with errno set. */
bool ids_call(long number, long a, long b, long c, long *ret);

#endif
