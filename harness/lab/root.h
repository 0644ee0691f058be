/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root.h - the root file system of the client's machine: built, entered, the old one gone.
 *
 * Called by init in namespaces of its own. Nothing on the host changes.
 */
#ifndef LAB_ROOT_H
#define LAB_ROOT_H

#include "harness/base/why.h"
#include "harness/lab/lab.h"

#define ROOT_HOSTNAME "client.example"
#define ROOT_PROGRAM "/usr/local/bin/mitmx" /* this program, as the client's machine has it */

struct root_options {
	const struct lab_options *lab;
	const char *scratch; /* made below lab->out when the tmpfs cannot carry an overlay's attributes */
	bool force_scratch;  /* for tests: as if it could not */
};

/* `ret_page`: a descriptor (owned) of the page that says how late it is there, see preload.h. */
int root_enter(const struct root_options *options, int *ret_page, struct why *why);

#endif
