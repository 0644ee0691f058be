/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idmap.h - who is who in the lab's user namespace: writes the id maps of a fresh one.
 *
 * Ref: user_namespaces(7).
 */
#ifndef LAB_IDMAP_H
#define LAB_IDMAP_H

#include <sys/types.h>

#include "harness/base/why.h"
#include "harness/lab/lab.h"

/*
 * Called by the parent of `pid`, the first process of a new user namespace. Tries ids as they are (root),
 * then a range from /etc/subuid by newuidmap, then our own id as 0. -1 and why when none was allowed.
 */
int idmap_write(pid_t pid, enum lab_mode *ret_mode, struct why *why);

/*
 * Which of them a new namespace would get, found by making one. `ret_ids` is the map's text as the kernel
 * shows it: under another one the same file would be somebody else's.
 */
#define IDMAP_TEXT_MAX 4096
int idmap_find(enum lab_mode *ret_mode, char ret_ids[IDMAP_TEXT_MAX], struct why *why);

#endif
