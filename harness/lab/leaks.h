/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaks.h - in a build with ASan, a process of the lab says what it leaked before it ends.
 *
 * World, witness and init end by _exit, and the front kills them; so the check that ASan makes at exit(3)
 * never sees them. In any other build nothing here does anything.
 */
#ifndef LAB_LEAKS_H
#define LAB_LEAKS_H

#include <stdbool.h>

bool leaks_are_told(void); /* this build has the check */
/* On stderr; ends the process when there is a leak. */
void leaks_tell(void);

#endif
