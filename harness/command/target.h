/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - the client that a command line names: built-in, one of ours, a folder, or a command behind `--`.
 */
#ifndef TARGET_H
#define TARGET_H

#include "harness/client/client.h"
#include "harness/command/command.h"

/* EXIT_OK and an owned client, or an exit status after having said why. */
int target_open(struct client **ret, const struct command_line *line);

#endif
