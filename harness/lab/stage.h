/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage.h - the short-lived first process of the lab's user namespace: makes links and processes, then is
 * gone.
 */
#ifndef LAB_STAGE_H
#define LAB_STAGE_H

#include "harness/lab/lab.h"
#include "harness/lab/state.h"

/* Never returns. Waits on `ends->stage` for one int, the mode, when the id maps are written. */
_Noreturn void stage_main(struct lab *lab, const struct lab_options *options, const struct lab_ends *ends);

#endif
