/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootfs.h - file systems for clients: built once from a recipe or unpacked from a tar, then cached.
 *
 * The cache is ${XDG_CACHE_HOME:-~/.cache}/mitmx/roots/, one folder a recipe and mode: the lab lays
 * an overlay on it and never writes it. Debian's tools build it (mmdebstrap, with the machine's own
 * apt configuration) in a user namespace like that of the lab, where its files have the same owners as in
 * the client's machine; nothing outside the cache changes. Knows no clients.
 */
#ifndef ROOTFS_H
#define ROOTFS_H

#include <stddef.h>
#include <stdio.h>

#include "harness/base/region.h"
#include "harness/base/why.h"
#include "harness/lab/lab.h"

struct rootfs_recipe {
	const char *name; /* for words to the user */
	const char *tar;  /* a tar file, packed or not; NULL: Debian */
	const char *suite;
	const char *const *packages;
	size_t n_packages;
	const char *setup; /* a script on the host, run in the root without network; NULL none */
};

enum rootfs_result { ROOTFS_READY, ROOTFS_FAILED, ROOTFS_INTERRUPTED };

/*
 * The folder of that root, in `r`; it is built first where the cache has none, which takes half a
 * minute and is told in one line on `progress` (NULL: not at all). Two runs that want the same root build
 * it once. ROOTFS_FAILED and why (with the last words of the tool that failed), ROOTFS_INTERRUPTED when a
 * signal ended it: nothing half-built is left then, and what a killed run left is never used.
 */
enum rootfs_result rootfs_open(const struct rootfs_recipe *recipe, FILE *progress, struct region *r,
    const char **ret_folder, struct why *why);

/*
 * Removes all roots that were built, whoever owns their files. `ret_removed` of them are gone, `ret_busy` are being
 * built just now and stay; the folder's path in `r`. -1 and why when something cannot be removed.
 */
int rootfs_remove_all(struct region *r, const char **ret_folder, size_t *ret_removed, size_t *ret_busy,
    struct why *why);

/* Whether this machine can build and keep them. Fills up to `max` rows; returns how many. */
size_t rootfs_doctor(struct lab_check *ret, size_t max);

#endif
