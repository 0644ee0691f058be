/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootfs.h - file systems for clients: built once from a recipe or unpacked from a tar, then cached.
 *
 * The cache is ${XDG_CACHE_HOME:-~/.cache}/mitmx/roots/, one folder a recipe and mode: the lab lays
 * an overlay on it and never writes it. Debian's tools build it (mmdebstrap, with the machine's own
 * apt configuration); nothing outside the cache changes. Knows neither clients nor labs.
 */
#ifndef ROOTFS_H
#define ROOTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/base/region.h"
#include "harness/base/why.h"

/* Whose the files in it are: as they should be (root), or all ours (a namespace with a single id). */
enum rootfs_mode { ROOTFS_ROOT, ROOTFS_SINGLE };

struct rootfs_recipe {
	const char *name; /* for words to the user */
	const char *tar;  /* a tar file, packed or not; NULL: Debian */
	const char *suite;
	const char *const *packages;
	size_t n_packages;
	const char *setup; /* a script on the host, run in the root without network; NULL none */
	enum rootfs_mode mode;
};

/*
 * The folder of that root, in `r`; it is built first where the cache has none, which takes half a
 * minute (a Debian recipe in ROOTFS_ROOT only) and is told in one line on `progress` (NULL: not at all). Two
 * runs that want the same root build it once. NULL and why (with the last words of the tool that failed);
 * nothing half-built is left then.
 */
const char *
rootfs_open(const struct rootfs_recipe *recipe, FILE *progress, struct region *r, struct why *why);

#endif
