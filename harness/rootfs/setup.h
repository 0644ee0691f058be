/* SPDX-License-Identifier: Apache-2.0 */
/* setup.h - steps into a new root to run its set-up script there, without network. */
#ifndef ROOTFS_SETUP_H
#define ROOTFS_SETUP_H

#include "harness/base/why.h"

#define SETUP_INSIDE "/dev/shm/mitmx-setup" /* where the script lies in there, for as long as it runs */

struct setup {
	const char *script, *root; /* paths on the host */
};

/* For struct tool: in a mount namespace of its own. `ctx` is a struct setup. */
int setup_enter(void *ctx, struct why *why);

#endif
