/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - what the driver asks of the client's machine; the lab answers (see lab.h for each).
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <sys/socket.h>
#include <sys/types.h>

#include "harness/base/why.h"

struct machine_spawn {
	const char *const *argv, *const *env;
	const char *directory;
	int stdin_fd, stdout_fd, stderr_fd; /* borrowed; -1: /dev/null */
	const char *base;                   /* sees the copies of `own` that lie below it; NULL: none */
	const char *const *own;             /* NULL-terminated */
};

#define MACHINE_ALL ((pid_t)-1) /* for kill: every process of the machine but its init */

struct machine {
	pid_t (*spawn)(void *ctx, const struct machine_spawn *spawn, struct why *why);
	int (*kill)(void *ctx, pid_t pid, int signal, struct why *why);
	int (*open)(void *ctx, const char *path, int flags, unsigned mode, struct why *why);
	int (*connect)(void *ctx, const struct sockaddr *to, socklen_t len, struct why *why);
	int (*bind_log)(void *ctx, const char *path, struct why *why);
	int (*make_own)(void *ctx, const char *base, const char *const *own, struct why *why);
	void *ctx;
};

#endif
