/* SPDX-License-Identifier: Apache-2.0 */
/* errands.c - see errands.h; what is held, what waits for its turn, what runs. */
#include "harness/client/errands.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/client/process.h"
#include "harness/client/words.h"
#include "harness/model/fact.h"

#define EXIT_TEMPFAIL 75 /* sysexits: try again later */
#define EXIT_CANNOT 89   /* the client's wrapper says: this client cannot do that */

struct task {
	struct task *next;
	struct driver_errand errand; /* message NULL where it is about none, or not about one */
	const char *command;         /* NULL: the client's send command */
	bool is_about_all;
	bool is_stop;
	struct turns_ticket turn;
	struct process *process; /* NULL: waiting */
	bool ended_by_us;        /* its status says nothing of the message */
	struct errands *errands;
};

struct errands {
	struct event_base *base;
	struct machine machine;
	struct driver_options options;
	struct driver_calls calls;
	struct fate_reader *fates;
	struct task *waiting, **last, *running; /* waiting: for its turn, or held */
	bool is_held, is_closed;                /* closed: nothing is begun any more */
};

static void start(void *ctx);

struct errands *
errands_new(struct event_base *base, const struct machine *machine, const struct driver_options *options,
    const struct driver_calls *calls, struct fate_reader *fates)
{
	struct errands *e = must_alloc(sizeof(*e));

	e->base = base;
	e->machine = *machine;
	e->options = *options;
	e->calls = *calls;
	e->fates = fates;
	e->last = &e->waiting;
	return e;
}

static void
free_all(struct errands *e, struct task *t)
{
	while (t != NULL) {
		struct task *next = t->next;

		process_free(t->process);
		turns_leave(e->options.turns, &t->turn);
		free(t);
		t = next;
	}
}

void
errands_free(struct errands *e)
{
	if (e == NULL)
		return;
	errands_close(e);
	free_all(e, e->running);
	free(e);
}

static void
ask_for_turn(struct errands *e, struct task *t)
{
	if (t->turn.state == TURN_NONE && !e->is_closed && (!e->is_held || t->is_stop))
		turns_await(e->options.turns, &t->turn);
}

/* Errand NULL: about all that this instance has. */
static void
enqueue(struct errands *e, const char *command, const struct driver_errand *errand, bool is_stop)
{
	struct task *t = must_alloc(sizeof(*t));

	t->errands = e;
	t->command = command;
	t->errand = errand != NULL ? *errand : e->options.serves;
	t->is_about_all = errand == NULL;
	t->is_stop = is_stop;
	t->turn.come = start;
	t->turn.ctx = t;
	*e->last = t;
	e->last = &t->next;
	ask_for_turn(e, t);
}

void
errands_message(struct errands *e, const struct driver_errand *errand)
{
	enqueue(e, NULL, errand, false);
}

void
errands_about(struct errands *e, const char *command, const struct driver_errand *errand)
{
	enqueue(e, command, errand, false);
}

void
errands_command(struct errands *e, const char *command)
{
	for (struct task *t = e->waiting; t != NULL; t = t->next)
		if (t->is_about_all && !t->is_stop && text_equal(t->command, command))
			return;
	enqueue(e, command, NULL, false);
}

void
errands_stop(struct errands *e, const char *command)
{
	enqueue(e, command, NULL, true);
}

void
errands_hold(struct errands *e)
{
	e->is_held = true;
}

void
errands_release(struct errands *e)
{
	e->is_held = false;
	for (struct task *t = e->waiting; t != NULL; t = t->next)
		ask_for_turn(e, t);
}

static void
unlink_waiting(struct errands *e, struct task *t)
{
	struct task **at = &e->waiting;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (e->last == &t->next)
		e->last = at;
}

void
errands_forget(struct errands *e)
{
	while (e->waiting != NULL) {
		struct task *t = e->waiting;

		unlink_waiting(e, t);
		turns_leave(e->options.turns, &t->turn);
		free(t);
	}
}

/* --- the end of a command ----------------------------------------------------------------- */

static const char *
fate_of_status(const struct errands *e, int status, int signal)
{
	if (signal != 0)
		return "refused";
	if (status == 0)
		return e->options.by_wire ? "accepted" : "delivered";
	return status == EXIT_TEMPFAIL ? "deferred" : status == EXIT_CANNOT ? "cannot" : "refused";
}

/* With a log that tells fates, the exit status says only that the message was taken. */
static bool
status_is_fate(const struct errands *e, const struct task *t, int status)
{
	return t->command == NULL && !t->ended_by_us && !e->is_closed &&
	       (e->options.client->n_fates[FATE_DELIVERED] == 0 || status != 0);
}

static void
tell_fates(struct errands *e, const struct task *t, const char *fate, const char *reason)
{
	const struct plan_message *m = t->errand.message;

	for (size_t i = 0; i < m->n_recipients; i++)
		e->calls.fate(e->calls.ctx, bytes_of(m->recipients[i].address), fate, bytes_of(reason));
}

static void
unlink_running(struct errands *e, struct task *t)
{
	struct task **at = &e->running;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
}

static void
on_over(void *ctx, struct process *p, int status, int signal)
{
	struct task *t = ctx;
	struct errands *e = t->errands;
	const char *command = t->command != NULL ? t->command : e->options.client->name;

	e->calls.exited(e->calls.ctx, t->errand.leg, command, status, signal);
	if (status_is_fate(e, t, signal != 0 ? -1 : status))
		tell_fates(e, t, fate_of_status(e, status, signal), process_last_line(p));
	unlink_running(e, t);
	process_free(p);
	turns_leave(e->options.turns, &t->turn);
	free(t);
}

static void
on_line(void *ctx, struct process *p, struct bytes line)
{
	struct task *t = ctx;

	(void)p;
	t->errands->calls.log(t->errands->calls.ctx, line);
	fate_reader_line(t->errands->fates, line);
}

/* --- its beginning ------------------------------------------------------------------------- */

static int
write_message(struct errands *e, const struct plan_message *m, const char *path, struct why *why)
{
	int fd = e->machine.open(e->machine.ctx, path, O_CREAT | O_TRUNC | O_WRONLY, 0644, why);
	const char *at = m->text.data;
	size_t left = m->text.len;

	while (fd >= 0 && left > 0) {
		ssize_t n = write(fd, at, left);

		if (n <= 0) {
			close(fd);
			return why_errno(why, "cannot write %s", path);
		}
		at += n;
		left -= (size_t)n;
	}
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int
errands_words(struct errands *e, const struct driver_errand *errand, struct region *r, struct words *ret,
    struct why *why)
{
	const struct plan_message *m = errand->message;

	*ret = (struct words){.ca = e->options.ca,
	    .resolver = e->options.resolver,
	    .dir = WORDS_SCRATCH,
	    .listen = e->options.listen,
	    .flaws = e->options.flaws};
	if (errand->host != NULL) {
		ret->host = errand->host;
		ret->port = region_printf(r, "%u", errand->port);
		ret->tls = "starttls";
	}
	if (m == NULL)
		return 0;
	words_of_message(ret, r, m);
	ret->id = fate_reader_id(e->fates, m->recipients[0].address);
	return write_message(e, m, ret->message, why);
}

static const char *const *
argv_of(struct errands *e, const struct task *t, struct region *r, const struct words *w)
{
	const struct client *c = e->options.client;
	const char *command = t->command != NULL ? t->command : c->send_command;
	const char **argv;
	size_t n = 0;

	if (t->command == NULL && c->argv != NULL) {
		while (c->argv[n] != NULL)
			n++;
		argv = region_alloc(r, (n + 1) * sizeof(*argv));
		for (size_t i = 0; i < n; i++)
			argv[i] = words_fill(r, c->argv[i], w);
		return argv;
	}
	argv = region_alloc(r, 4 * sizeof(*argv));
	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = words_fill(r, command, w);
	return argv;
}

/* Its turn has come. */
static void
start(void *ctx)
{
	static const struct process_calls calls = {on_line, on_over};
	struct task *t = ctx;
	struct errands *e = t->errands;
	struct region *r = region_new();
	struct words words;
	struct why why = {""};
	const char *directory = e->options.client->directory != NULL ? WORDS_DIRECTORY : WORDS_SCRATCH;

	unlink_waiting(e, t);
	t->next = NULL;
	if (errands_words(e, &t->errand, r, &words, &why) == 0)
		t->process = process_start(e->base, &e->machine, argv_of(e, t, r, &words),
		    words_environment(r, &words), directory, &calls, t, &why);
	region_free(r);
	if (t->process == NULL) {
		if (t->errand.message != NULL)
			tell_fates(e, t, "refused", why.text);
		e->calls.failed(e->calls.ctx, why.text);
		turns_leave(e->options.turns, &t->turn);
		free(t);
		return;
	}
	t->next = e->running;
	e->running = t;
}

static struct task *
running_as(const struct errands *e, pid_t pid)
{
	struct task *t = e->running;

	while (t != NULL && process_pid(t->process) != pid)
		t = t->next;
	return t;
}

bool
errands_have(const struct errands *e, pid_t pid)
{
	return running_as(e, pid) != NULL;
}

void
errands_exit(struct errands *e, pid_t pid, int status, int signal)
{
	process_reaped(running_as(e, pid)->process, status, signal);
}

void
errands_close(struct errands *e)
{
	e->is_closed = true;
	errands_forget(e);
}

void
errands_abandon(struct errands *e, uint32_t leg)
{
	struct task *next;

	for (struct task *t = e->running; t != NULL; t = t->next)
		if (t->errand.leg == leg && !t->is_stop) {
			t->ended_by_us = true;
			process_kill(t->process, SIGKILL);
		}
	for (struct task *t = e->waiting; t != NULL; t = next) {
		next = t->next;
		if (t->errand.leg != leg || t->is_stop)
			continue;
		unlink_waiting(e, t);
		turns_leave(e->options.turns, &t->turn);
		free(t);
	}
}

bool
errands_are_none(const struct errands *e)
{
	return e->running == NULL;
}
