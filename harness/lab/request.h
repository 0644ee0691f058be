/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - what the front asks of init, and the answers: one message each way on a SOCK_SEQPACKET.
 *
 * Descriptors ride along (SCM_RIGHTS). Both ends are of the same program, so nothing is encoded.
 */
#ifndef LAB_REQUEST_H
#define LAB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/why.h"

enum request_kind {
	REQUEST_SPAWN,
	REQUEST_KILL,
	REQUEST_OPEN,
	REQUEST_CONNECT,
	REQUEST_BIND_LOG,
	REQUEST_OWN
};

#define REQUEST_MAX (160 * 1024) /* bytes of a message, its head included */
#define REQUEST_FDS_MAX 3

struct request {
	uint32_t kind;
	int32_t a, b;           /* KILL: pid, signal; OPEN: flags, mode */
	uint32_t n_argv, n_env; /* SPAWN: so many strings follow the directory's */
	uint32_t n_own;         /* OWN, SPAWN: so many paths follow the base's */
	bool std[3];            /* SPAWN: which of the three descriptors came along */
};
/* Behind it: SPAWN: directory, argv, env, base, paths as strings with NUL; OWN: base, paths; OPEN, BIND_LOG:
 * the path; CONNECT: the socket address. */

struct reply {
	int32_t value; /* a pid, or 0; -1: `why` says why */
	struct why why;
};

/* 0, or -1 and errno. `fds` are borrowed. */
int request_send(int fd, const void *data, size_t len, const int *fds, size_t n_fds);
/*
 * Bytes received, 0 at the end, -1 and errno. EMSGSIZE when the message was longer than `size`. Descriptors
 * that came along are owned by the caller; there are at most REQUEST_FDS_MAX.
 */
ssize_t request_receive(int fd, void *data, size_t size, int fds[REQUEST_FDS_MAX], size_t *ret_n_fds);

#endif
