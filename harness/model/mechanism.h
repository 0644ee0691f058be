/* SPDX-License-Identifier: Apache-2.0 */
/* mechanism.h - the names of mechanisms.def, for tables of words. */
#ifndef MODEL_MECHANISM_H
#define MODEL_MECHANISM_H

#include <stddef.h>

extern const char *const mechanism_names[]; /* ends with NULL */
size_t mechanism_count(void);

#endif
