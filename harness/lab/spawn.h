/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.h - starts a program in the client's machine, with a container's usual capabilities and no more.
 */
#ifndef LAB_SPAWN_H
#define LAB_SPAWN_H

#include <sys/types.h>

#include "harness/base/why.h"
#include "harness/lab/own.h"

struct spawn {
	char *const *argv; /* NULL-terminated, at least one */
	char *const *env;
	const char *directory;
	int std[3];                 /* -1: /dev/null; borrowed */
	const struct own_pair *own; /* what it sees otherwise than the rest of the machine */
	size_t n_own;
};

/* Returns when the program runs: its pid, which leads a session of its own; or -1 and why. */
pid_t spawn_program(const struct spawn *spawn, struct why *why);

#endif
