/* SPDX-License-Identifier: Apache-2.0 */
/* leaks.c - see leaks.h */
#include "harness/lab/leaks.h"

#include <stddef.h>

/* Of the sanitizer's run-time library (sanitizer/lsan_interface.h), where that is linked. */
void __lsan_do_leak_check(void) __attribute__((weak));

bool
leaks_are_told(void)
{
	return __lsan_do_leak_check != NULL;
}

void
leaks_tell(void)
{
	if (leaks_are_told())
		__lsan_do_leak_check();
}
