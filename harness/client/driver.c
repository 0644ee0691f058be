/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.c - see driver.h: the instance itself; its commands run in errands.c.
 */
#include "harness/client/driver.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/client/errands.h"
#include "harness/client/fate.h"
#include "harness/client/injector.h"
#include "harness/client/logs.h"
#include "harness/client/process.h"
#include "harness/client/ready.h"
#include "harness/client/words.h"
#include "harness/model/fact.h"

#define STOP_SECONDS 10

enum state { IDLE, STARTING, RUNNING, RESTARTING, STOPPING, STOPPED, FAILED };

struct driver {
	struct event_base *base;
	struct machine machine;
	struct driver_options options;
	const struct client *client;
	struct driver_calls calls;
	enum state state;
	struct process *daemon;
	struct ready *ready;
	struct logs *logs; /* once started, where its log is not its output alone */
	char last[512];    /* the last line of its log that was not empty */
	struct fate_reader *fates;
	struct injector *injector;
	bool *taken; /* by number of a message: the client took it from us */
	size_t n_taken;
	bool draining; /* RESTARTING, but messages are still being handed over */
	struct errands *errands;
	struct turns_ticket turn; /* while it starts */
	struct event *soon, *limit;
};

/* --- what the client says ---------------------------------------------------------------- */

static void
on_fate(void *ctx, struct bytes recipient, enum fate_kind kind, struct bytes reason)
{
	struct driver *d = ctx;

	if (kind == FATE_NO_ATTEMPT)
		d->calls.no_attempt(d->calls.ctx, recipient, reason);
	else
		d->calls.fate(d->calls.ctx, recipient, fate_kind_name(kind), reason);
}

static void
on_log(void *ctx, struct bytes line)
{
	struct driver *d = ctx;
	size_t kept = line.len < sizeof(d->last) - 1 ? line.len : sizeof(d->last) - 1;

	if (kept > 0) {
		memcpy(d->last, line.data, kept);
		d->last[kept] = '\0';
	}
	d->calls.log(d->calls.ctx, line);
	fate_reader_line(d->fates, line);
	if (d->ready != NULL)
		ready_line(d->ready, line);
}

static void
on_line(void *ctx, struct process *p, struct bytes line)
{
	(void)p;
	on_log(ctx, line);
}

static void
note_taken(struct driver *d, uint32_t number)
{
	if (number >= d->n_taken) {
		size_t n = 2 * ((size_t)number + 1);

		d->taken = must_realloc(d->taken, n * sizeof(*d->taken));
		memset(d->taken + d->n_taken, 0, (n - d->n_taken) * sizeof(*d->taken));
		d->n_taken = n;
	}
	d->taken[number] = true;
}

static bool
was_taken(const struct driver *d, uint32_t number)
{
	return number < d->n_taken && d->taken[number];
}

/*
 * A client that does not take a message leaves it with whoever handed it over. One that is not there (421,
 * RFC 5321 s3.8, or no connection) said nothing of the message: it is handed over once more.
 */
static void
on_answered(void *ctx, const struct plan_message *message, unsigned code, struct bytes reply)
{
	struct driver *d = ctx;
	struct bytes id = fate_queue_id(reply);

	if (code / 100 == 2)
		note_taken(d, message->number);
	if (d->draining && injector_is_idle(d->injector))
		event_active(d->soon, 0, 0);
	for (size_t i = 0; i < message->n_recipients; i++) {
		struct bytes recipient = bytes_of(message->recipients[i].address);

		if (code == 0 || code == 421)
			d->calls.no_attempt(d->calls.ctx, recipient, reply);
		else if (code / 100 != 2)
			d->calls.fate(d->calls.ctx, recipient, "refused", reply);
		else if (id.len > 0)
			fate_reader_tie(d->fates, id, recipient);
	}
}

/* --- start, restart, stop ---------------------------------------------------------------- */

static void
set_limit(struct driver *d, unsigned seconds)
{
	struct timeval t = {.tv_sec = seconds};

	if (seconds > 0)
		event_add(d->limit, &t);
	else
		event_del(d->limit);
}

static void
hold(struct driver *d)
{
	errands_hold(d->errands);
	if (d->injector != NULL)
		injector_hold(d->injector);
}

static void
fail(struct driver *d, const char *what)
{
	char sentence[2048];

	d->state = FAILED;
	set_limit(d, 0);
	turns_leave(d->options.turns, &d->turn);
	ready_free(d->ready);
	d->ready = NULL;
	if (d->daemon != NULL)
		process_kill(d->daemon, SIGKILL);
	hold(d);
	errands_forget(d->errands);
	if (d->injector != NULL)
		injector_forget(d->injector);
	snprintf(sentence, sizeof(sentence), "%s %s%s%s", d->client->name, what,
	    d->last[0] ? "; its last words: " : "", d->last);
	d->calls.failed(d->calls.ctx, sentence);
}

static void
on_ready(void *ctx)
{
	struct driver *d = ctx;

	ready_free(d->ready);
	d->ready = NULL;
	set_limit(d, 0);
	turns_leave(d->options.turns, &d->turn);
	d->state = RUNNING;
	errands_release(d->errands);
	if (d->injector != NULL)
		injector_release(d->injector);
	d->calls.ready(d->calls.ctx);
}

/* A start costs most: so many at once, and no more. */
static void
await_launch(struct driver *d)
{
	d->state = STARTING;
	turns_await(d->options.turns, &d->turn);
}

static void
on_daemon_over(void *ctx, struct process *p, int status, int signal)
{
	struct driver *d = ctx;
	enum state was = d->state;
	char what[128], words[TEXT_SIGNAL];

	d->calls.exited(d->calls.ctx, d->options.serves.leg, d->client->start, status, signal);
	d->daemon = NULL;
	if (was == STARTING || was == RUNNING) {
		if (was == STARTING && signal == 0 && status == 0)
			snprintf(what, sizeof(what),
			    "ended as soon as it was started (its start command must stay, not fork away)");
		else if (signal != 0)
			snprintf(what, sizeof(what), "was ended by %s", text_signal(signal, words));
		else
			snprintf(what, sizeof(what), "ended with status %d", status);
		fail(d, what);
	}
	process_free(p);
	if (was == RESTARTING)
		await_launch(d);
}

/* Its turn has come. */
static void
launch(void *ctx)
{
	static const struct process_calls calls = {on_line, on_daemon_over};
	struct driver *d = ctx;
	struct region *r = region_new();
	const char *argv[] = {"/bin/sh", "-c", NULL, NULL};
	struct words words;
	struct why why;

	set_limit(d, d->options.deadline_s);
	d->ready = ready_new(d->base, &d->machine, d->client, d->options.listen, on_ready, d, &why);
	if (d->ready != NULL && errands_words(d->errands, &d->options.serves, r, &words, &why) == 0) {
		argv[2] = words_fill(r, d->client->start, &words);
		d->daemon = process_start(d->base, &d->machine, argv, words_environment(r, &words),
		    d->client->directory != NULL ? WORDS_DIRECTORY : WORDS_SCRATCH, &calls, d, &why);
	}
	region_free(r);
	if (d->daemon == NULL)
		fail(d, why.text);
}

/* False, and it has failed, when a log cannot be opened. */
static bool
open_logs(struct driver *d)
{
	struct why why;

	if (d->logs == NULL)
		d->logs = logs_new(d->base, &d->machine, d->client, on_log, d, &why);
	if (d->logs == NULL)
		fail(d, why.text);
	return d->logs != NULL;
}

static void end_daemon(struct driver *d);

static void
on_soon(evutil_socket_t fd, short what, void *ctx)
{
	struct driver *d = ctx;

	(void)fd;
	(void)what;
	if (d->state == STOPPING) {
		d->state = STOPPED;
		d->calls.stopped(d->calls.ctx);
	} else if (d->draining) {
		d->draining = false;
		end_daemon(d);
	} else if (!open_logs(d)) {
		return;
	} else if (d->client->start != NULL) {
		await_launch(d);
	} else {
		d->state = RUNNING;
		d->calls.ready(d->calls.ctx);
	}
}

static void
on_limit(evutil_socket_t fd, short what, void *ctx)
{
	struct driver *d = ctx;
	char words[64];

	(void)fd;
	(void)what;
	snprintf(words, sizeof(words), "was not ready after %u seconds", d->options.deadline_s);
	if (d->state == STARTING)
		fail(d, words);
	else if (d->daemon != NULL)
		process_kill(d->daemon, SIGKILL);
}

void
driver_start(struct driver *d)
{
	must(driver_is_down(d));
	d->state = d->daemon != NULL ? RESTARTING : STARTING; /* one that hung is being killed still */
	if (d->daemon == NULL)
		event_active(d->soon, 0, 0);
}

bool
driver_is_down(const struct driver *d)
{
	return d->state == IDLE || d->state == FAILED;
}

/* Asks the daemon to end, by its own command where it has one. */
static void
end_daemon(struct driver *d)
{
	set_limit(d, STOP_SECONDS);
	if (d->client->stop != NULL)
		errands_stop(d->errands, d->client->stop);
	else
		process_kill(d->daemon, SIGTERM);
}

void
driver_restart(struct driver *d)
{
	if (d->state != RUNNING)
		return; /* it is on its way already, or gone */
	if (d->daemon == NULL) {
		d->state = STARTING;
		event_active(d->soon, 0, 0);
		return;
	}
	d->state = RESTARTING;
	hold(d);
	if (d->injector == NULL || injector_is_idle(d->injector))
		end_daemon(d);
	else
		d->draining = true;
}

/* The last of our processes is gone. */
static void
look_for_the_end(struct driver *d)
{
	if (d->state == STOPPING && d->daemon == NULL && errands_are_none(d->errands))
		event_active(d->soon, 0, 0);
}

void
driver_stop(struct driver *d)
{
	d->state = STOPPING;
	set_limit(d, 0);
	ready_free(d->ready); /* what it may still have said of that counts no more */
	d->ready = NULL;
	turns_leave(d->options.turns, &d->turn);
	errands_close(d->errands);
	look_for_the_end(d);
}

/* --- messages ---------------------------------------------------------------------------- */

void
driver_send(struct driver *d, const struct driver_errand *errand)
{
	must(d->options.serves.leg == FACT_NONE || d->options.serves.leg == errand->leg);
	if (d->client->send == SEND_COMMAND)
		errands_message(d->errands, errand);
	else
		injector_send(d->injector, errand->message);
}

/* Most queues are run at the start. */
bool
driver_retries_by_restart(const struct driver *d, const struct driver_errand *errand)
{
	return d->client->start != NULL && d->client->retry == NULL &&
	       (d->injector == NULL || was_taken(d, errand->message->number));
}

void
driver_retry(struct driver *d, const struct driver_errand *errand)
{
	const char *first = errand->message->recipients[0].address;

	must(!driver_retries_by_restart(d, errand));
	if (d->client->start == NULL && d->client->retry == NULL)
		errands_message(d->errands, errand); /* a one-shot client: its caller tries again */
	else if (d->injector != NULL && !was_taken(d, errand->message->number))
		driver_send(d, errand); /* it never had it */
	else if (d->client->retry != NULL && words_name_an_id(d->client->retry) &&
		 fate_reader_id(d->fates, first) == NULL)
		driver_send(d, errand);
	else if (d->client->retry != NULL && words_name_a_message(d->client->retry))
		errands_about(d->errands, d->client->retry, errand);
	else
		errands_command(d->errands, d->client->retry);
}

void
driver_abandon(struct driver *d, uint32_t leg)
{
	errands_abandon(d->errands, leg);
}

/* What it wrote to its log before it ended is read first. */
bool
driver_exit(struct driver *d, pid_t pid, int status, int signal)
{
	bool is_daemon = d->daemon != NULL && process_pid(d->daemon) == pid;

	if (!is_daemon && !errands_have(d->errands, pid))
		return false;
	if (d->logs != NULL)
		logs_catch_up(d->logs);
	if (is_daemon)
		process_reaped(d->daemon, status, signal);
	else
		errands_exit(d->errands, pid, status, signal);
	look_for_the_end(d);
	return true;
}

/* --- life -------------------------------------------------------------------------------- */

static struct injector *
make_injector(struct driver *d)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(d->client->send_port)};
	const char *host = d->client->send_host;
	struct injector_options options = {
	    .machine = &d->machine,
	    .to = (struct sockaddr *)&to,
	    .to_len = sizeof(to),
	    .user = d->client->send_user,
	    .password = d->client->send_password,
	    .patience_s = d->options.deadline_s,
	    .calls = {on_answered, d},
	};

	if (text_equal(host, CLIENT_LISTEN))
		host = d->options.listen;
	must(inet_pton(AF_INET, host, &to.sin_addr) == 1);
	return injector_new(d->base, &options);
}

struct driver *
driver_new(struct event_base *base, const struct machine *machine, const struct driver_options *options,
    const struct driver_calls *calls, struct why *why)
{
	struct driver *d = must_alloc(sizeof(*d));
	struct fate_calls fate_calls = {on_fate, d};

	d->base = base;
	d->machine = *machine;
	d->options = *options;
	d->client = options->client;
	d->calls = *calls;
	d->fates = fate_reader_new(d->client, &fate_calls, why);
	if (d->fates == NULL) {
		free(d);
		return NULL;
	}
	d->soon = event_new(base, -1, 0, on_soon, d);
	d->limit = event_new(base, -1, 0, on_limit, d);
	must(d->soon != NULL && d->limit != NULL);
	d->errands = errands_new(base, machine, options, calls, d->fates);
	if (d->client->send != SEND_COMMAND)
		d->injector = make_injector(d);
	d->turn = (struct turns_ticket){.come = launch, .ctx = d};
	if (d->client->start != NULL)
		hold(d);
	return d;
}

void
driver_free(struct driver *d)
{
	if (d == NULL)
		return;
	turns_leave(d->options.turns, &d->turn);
	injector_free(d->injector);
	errands_free(d->errands);
	process_free(d->daemon);
	logs_free(d->logs);
	ready_free(d->ready);
	fate_reader_free(d->fates);
	free(d->taken);
	event_free(d->soon);
	event_free(d->limit);
	free(d);
}
