/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init.h - pid 1 of the client's machine: builds its root, serves the front's requests, reaps.
 *
 * It never changes its own ids or capabilities, and ends when the lifeline does; the kernel then ends
 * everything that runs under it.
 */
#ifndef LAB_INIT_H
#define LAB_INIT_H

#include "harness/lab/lab.h"
#include "harness/lab/state.h"

/*
 * Never returns. Says on `ends->requests`, as a struct reply with the clock page's descriptor, whether the
 * root stands, then answers requests.
 */
_Noreturn void init_main(const struct lab_options *options, const char *scratch, const struct lab_ends *ends);

#endif
