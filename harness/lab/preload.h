/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preload.h - the library that every program of the client's machine loads, and the page that it reads.
 *
 * The library is made of the folder preload/, embedded in this program, and laid into the machine with the
 * page beside it and its name in /etc/ld.so.preload. Nobody in the machine can change any of them.
 */
#ifndef LAB_PRELOAD_H
#define LAB_PRELOAD_H

#include <stdint.h>

#include "harness/base/why.h"
#include "harness/lab/ground.h"

/* As in preload/page.c. */
struct preload_page {
	int64_t offset_s; /* the machine's wall clock is so far ahead */
	int64_t fake_ids; /* its set*id and chown calls are pretended */
};

/* Adds the folder with all of it. What /etc/ld.so.preload names already is loaded behind ours. */
int preload_lay(struct ground *ground, struct why *why);
/* Once all is mounted: the page's descriptor for the front (owned); the folder is read-only from then on. */
int preload_close(struct ground *ground, int *ret_page, struct why *why);

/*
 * Lays all of it into a folder that is to become a root, with set*id and chown pretended: for the programs
 * that run in there while it is filled, where a namespace has one id only. preload_take takes it out again,
 * and what it replaced is back. Both follow the folder's links, so call them where these lead nowhere else:
 * in an empty folder, or with "" after chroot(2).
 */
int preload_put(const char *root, struct why *why);
int preload_take(const char *root, struct why *why);

/* The front's view of the page, for preload_unmap; NULL and why on trouble. `fd` stays the caller's. */
struct preload_page *preload_map(int fd, struct why *why);
void preload_unmap(struct preload_page *page); /* NULL is fine */

#endif
