/* SPDX-License-Identifier: Apache-2.0 */
/* mechanism.c - see mechanism.h */
#include "harness/model/mechanism.h"

const char *const mechanism_names[] = {
#define MECHANISM(name, meaning) name,
#include "harness/model/mechanisms.def"
#undef MECHANISM
    NULL,
};

size_t
mechanism_count(void)
{
	return sizeof(mechanism_names) / sizeof(mechanism_names[0]) - 1;
}
