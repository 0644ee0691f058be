/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debian.h - a new root out of Debian packages, by mmdebstrap.
 *
 * mmdebstrap's own mode is always "root": in the tool's namespaces we are, by whatever map.
 */
#ifndef ROOTFS_DEBIAN_H
#define ROOTFS_DEBIAN_H

#include "harness/rootfs/rootfs.h"
#include "harness/rootfs/tool.h"

/* Fills `folder`, which must not be there yet. */
enum tool_result debian_build(const struct rootfs_recipe *recipe, enum lab_mode mode, const char *folder,
    struct region *r, struct why *why);

#endif
