/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - see process.h */
#include "harness/client/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/client/lines.h"

struct process {
	struct machine machine;
	struct process_calls calls;
	void *ctx;
	pid_t pid;
	bool reaped;
	int fd;
	struct event *readable;
	struct lines *lines;
	char last[512];
};

static void
say(void *ctx, struct bytes line)
{
	struct process *p = ctx;

	if (line.len > 0) {
		size_t kept = line.len < sizeof(p->last) - 1 ? line.len : sizeof(p->last) - 1;

		memcpy(p->last, line.data, kept);
		p->last[kept] = '\0';
	}
	p->calls.line(p->ctx, p, line);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct process *p = ctx;

	(void)what;
	if (lines_read(p->lines, fd, LINES_AT_ONCE) <= 0) {
		lines_end(p->lines);
		event_del(p->readable);
	}
}

struct process *
process_start(struct event_base *base, const struct machine *machine, const char *const *argv,
    const char *const *env, const char *directory, const struct process_calls *calls, void *ctx,
    struct why *why)
{
	struct machine_spawn spawn = {argv, env, directory, -1, -1, -1, NULL, NULL};
	struct process *p;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		why_errno(why, "no pipe for the output of %s", argv[0]);
		return NULL;
	}
	spawn.stdout_fd = spawn.stderr_fd = ends[1];
	pid = machine->spawn(machine->ctx, &spawn, why);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return NULL;
	}
	p = must_alloc(sizeof(*p));
	p->machine = *machine;
	p->calls = *calls;
	p->ctx = ctx;
	p->pid = pid;
	p->fd = ends[0];
	evutil_make_socket_nonblocking(p->fd);
	p->lines = lines_new(say, p);
	p->readable = event_new(base, p->fd, EV_READ | EV_PERSIST, on_readable, p);
	must(p->readable != NULL);
	event_add(p->readable, NULL);
	return p;
}

void
process_free(struct process *p)
{
	if (p == NULL)
		return;
	if (!p->reaped)
		process_kill(p, SIGKILL);
	event_free(p->readable);
	lines_free(p->lines);
	close(p->fd);
	free(p);
}

pid_t
process_pid(const struct process *p)
{
	return p->pid;
}

void
process_kill(struct process *p, int signal)
{
	struct why why;

	if (!p->reaped)
		p->machine.kill(p->machine.ctx, p->pid, signal, &why);
}

/* What stands in the pipe by now; a child that lives on may write for ever. */
static void
read_rest(struct process *p)
{
	int waiting = 0;

	if (ioctl(p->fd, FIONREAD, &waiting) < 0)
		waiting = 0;
	while (waiting > 0) {
		long n = lines_read(p->lines, p->fd, (size_t)waiting);

		if (n <= 0)
			break;
		waiting -= (int)n;
	}
	lines_end(p->lines);
}

void
process_reaped(struct process *p, int status, int signal)
{
	p->reaped = true;
	read_rest(p);
	p->calls.over(p->ctx, p, status, signal);
}

const char *
process_last_line(const struct process *p)
{
	return p->last;
}
