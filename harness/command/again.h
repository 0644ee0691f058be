/* SPDX-License-Identifier: Apache-2.0 */
/* again.h - the words of a run's command line that play one of its scenarios again. */
#ifndef AGAIN_H
#define AGAIN_H

#include "harness/base/region.h"
#include "harness/command/command.h"

/*
 * What stands behind "mitmx run --select NAME": the options as they were given, but for those that choose
 * scenarios or only say where and how to tell, then the client. Quoted for a shell; owned by the region.
 */
const char *again_words(const struct command *self, const struct command_line *line, struct region *r);

#endif
