/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - one process on the client's machine, with what it says line by line.
 *
 * It is over when it was reaped; what it had written until then is read first. A child of its
 * that keeps the pipe open goes on being read until the process is freed.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <event2/event.h>

#include "harness/base/text.h"
#include "harness/client/machine.h"

struct process;

struct process_calls {
	void (*line)(void *ctx, struct process *p, struct bytes line);      /* without its end */
	void (*over)(void *ctx, struct process *p, int status, int signal); /* once; the owner frees it */
};

/* NULL and why when it cannot be started. argv, env: as in machine.h. Owned. */
struct process *process_start(struct event_base *base, const struct machine *machine, const char *const *argv,
    const char *const *env, const char *directory, const struct process_calls *calls, void *ctx,
    struct why *why);
/* Frees; a process that still runs is killed. */
void process_free(struct process *p);
pid_t process_pid(const struct process *p);
/* The machine reaped it: reads what is left, then calls over(). */
void process_reaped(struct process *p, int status, int signal);
/* The last line that was not empty; borrowed until the next. */
const char *process_last_line(const struct process *p);
void process_kill(struct process *p, int signal);

#endif
