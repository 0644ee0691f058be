/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - a folder that the client keeps its files in. */
#ifndef MTA_FOLDER_H
#define MTA_FOLDER_H

#include "harness/base/why.h"

/* Made for us alone when missing. Its descriptor for openat and the like, owned; -1 and why. */
int folder_open(const char *path, struct why *why);

#endif
