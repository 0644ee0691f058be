/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own.h - folders of the client's machine that some of its processes have a copy of, for themselves.
 *
 * A copy lies below a base folder, under the path of what it is a copy of. Who enters sees it there,
 * in a mount namespace of his own; all who enter the same base share it.
 */
#ifndef LAB_OWN_H
#define LAB_OWN_H

#include <stddef.h>

#include "harness/base/why.h"

/*
 * Copies what stands at each path (absolute; NULL ends them) to below `base`, with owners, modes, links and
 * FIFOs; sockets and devices stay behind. A folder that is not there becomes an empty one, at both places.
 */
int own_make(const char *base, char *const *paths, struct why *why);

struct own_pair {
	const char *from, *to;
};

/*
 * Gives the calling process its own view: each `from` is seen at `to`. System calls only, for a child of
 * vfork. 0, or -1 and errno.
 */
int own_enter(const struct own_pair *pairs, size_t n);

#endif
