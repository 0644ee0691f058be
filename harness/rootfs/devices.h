/* SPDX-License-Identifier: Apache-2.0 */
/* devices.h - a /dev for a root that is being made; gone with the mount namespace. */
#ifndef ROOTFS_DEVICES_H
#define ROOTFS_DEVICES_H

#include "harness/base/why.h"

/* Mounts it over the folder dev of the root `root`: the machine's few devices that all programs need. */
int devices_mount(const char *root, struct why *why);

#endif
