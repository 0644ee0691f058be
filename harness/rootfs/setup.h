/* SPDX-License-Identifier: Apache-2.0 */
/* setup.h - steps into a new root to run its set-up script there, without network. */
#ifndef ROOTFS_SETUP_H
#define ROOTFS_SETUP_H

#include <stdbool.h>

#include "harness/base/why.h"

#define SETUP_INSIDE "/dev/shm/mitmx-setup" /* where the script lies in there, for as long as it runs */

struct setup {
	const char *script, *root; /* paths on the host */
	bool pretend;              /* set*id and chown, where there is one id only */
};

/* For struct tool. `ctx` is a struct setup. */
int setup_enter(void *ctx, struct why *why);
int setup_leave(void *ctx, struct why *why);

#endif
