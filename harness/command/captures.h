/* SPDX-License-Identifier: Apache-2.0 */
/* captures.h - wire/SCENARIO.pcapng: the packets of a scenario's legs, with the secrets of their TLS. */
#ifndef CAPTURES_H
#define CAPTURES_H

#include "harness/command/play.h"

/* For each scenario that was not honored or skipped, or for all that were played. -1 and why at the first
 * trouble. */
int captures_write(const struct play *play, const struct run_folder *folder, bool all, struct why *why);

#endif
