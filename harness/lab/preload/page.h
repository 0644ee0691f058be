/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - the page that the front writes and every program of the client's machine sees.
 */
#ifndef PRELOAD_PAGE_H
#define PRELOAD_PAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds that the wall clock is ahead; 0 where there is no page. */
int64_t page_offset(void);
/* Whether set*id and chown are pretended. */
bool page_ids_are_faked(void);

#endif
