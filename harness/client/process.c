/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - see process.h */
#include "harness/client/process.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"

#define LINE_LIMIT 8192
#define READ_AT_ONCE 65536

struct process {
	struct machine machine;
	struct process_calls calls;
	void *ctx;
	pid_t pid;
	bool reaped;
	int fd;
	struct event *readable;
	struct evbuffer *in;
	char last[512];
};

static void
say(struct process *p, const char *text, size_t len)
{
	if (len > 0) {
		size_t kept = len < sizeof(p->last) - 1 ? len : sizeof(p->last) - 1;

		memcpy(p->last, text, kept);
		p->last[kept] = '\0';
	}
	p->calls.line(p->ctx, p, (struct bytes){text, len});
}

/* Whole lines; what is longer than the limit is cut there, and what stands last is taken at the end. */
static void
split_lines(struct process *p, bool at_end)
{
	size_t len;
	char *line;

	while ((line = evbuffer_readln(p->in, &len, EVBUFFER_EOL_LF)) != NULL) {
		if (len > 0 && line[len - 1] == '\r')
			len--;
		say(p, line, len < LINE_LIMIT ? len : LINE_LIMIT);
		free(line);
	}
	len = evbuffer_get_length(p->in);
	if (len > LINE_LIMIT || (at_end && len > 0)) {
		if (len > LINE_LIMIT)
			len = LINE_LIMIT;
		say(p, (char *)evbuffer_pullup(p->in, (ev_ssize_t)len), len);
		evbuffer_drain(p->in, len);
	}
}

/* False when nothing more will come. */
static bool
read_some(struct process *p)
{
	int n = evbuffer_read(p->in, p->fd, READ_AT_ONCE);

	if (n > 0)
		split_lines(p, false);
	return n > 0;
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct process *p = ctx;

	(void)fd;
	(void)what;
	if (!read_some(p)) {
		split_lines(p, true);
		event_del(p->readable);
	}
}

struct process *
process_start(struct event_base *base, const struct machine *machine, const char *const *argv,
    const char *const *env, const char *directory, const struct process_calls *calls, void *ctx,
    struct why *why)
{
	struct machine_spawn spawn = {argv, env, directory, -1, -1, -1};
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
	p->in = evbuffer_new();
	p->readable = event_new(base, p->fd, EV_READ | EV_PERSIST, on_readable, p);
	must(p->in != NULL && p->readable != NULL);
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
	evbuffer_free(p->in);
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

void
process_reaped(struct process *p, int status, int signal)
{
	p->reaped = true;
	while (read_some(p))
		continue;
	split_lines(p, true);
	p->calls.over(p->ctx, p, status, signal);
}

const char *
process_last_line(const struct process *p)
{
	return p->last;
}
