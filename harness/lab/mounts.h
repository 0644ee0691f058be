/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts.h - the mounts that the client's machine is made of, each with its ready sentence.
 *
 * All of it happens in a mount namespace of our own; nothing here is seen by the host.
 */
#ifndef LAB_MOUNTS_H
#define LAB_MOUNTS_H

#include <stdbool.h>

#include "harness/base/why.h"

/* Nothing that is mounted from now on goes back to where this mount namespace came from. */
int mounts_make_private(struct why *why);
/* A tmpfs over the folder `at`. */
int mounts_tmpfs(const char *at, struct why *why);
/* Whether files in this folder can carry user extended attributes: an overlay there needs them (tmpfs:
 * Linux 6.6). */
bool mounts_has_user_attributes(const char *folder);

int mounts_bind(const char *from, const char *to, bool read_only, struct why *why);
int mounts_overlay(const char *lower, const char *upper, const char *work, const char *at, struct why *why);
/* A fresh one for our pid namespace; where that is forbidden (a masked /proc) the old one. */
int mounts_proc(const char *at, struct why *why);
/* What a container may not write there. */
void mounts_protect_proc(const char *at);
/* Read-only; where it is forbidden there is none. */
void mounts_sys(const char *at);
void mounts_pts(const char *at);

/* `at`, a mount point, becomes /; what was there is unmounted. */
int mounts_enter(const char *at, struct why *why);

/* --- what is mounted where -------------------------------------------------------------- */

struct mounts_list {
	char **points; /* unescaped, owned */
	bool *odd;     /* a kernel file system (proc, sysfs, …) or one that may hang (autofs) */
	unsigned n;
};

int mounts_list_read(struct mounts_list *list, struct why *why);
void mounts_list_done(struct mounts_list *list);
/* Whether something is mounted strictly below the folder `path`. */
bool mounts_list_below(const struct mounts_list *list, const char *path);
bool mounts_list_odd(const struct mounts_list *list, const char *path);

#endif
