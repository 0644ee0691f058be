/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mta.c - from options to a client that works: one letter, or the daemon; see mta.h
 *
 * What is tried and when is workload.c's.
 */
#include "fakes/mta/mta.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/mta/delivery.h"
#include "fakes/mta/host_name.h"
#include "fakes/mta/intake.h"
#include "fakes/mta/kept_connection.h"
#include "fakes/mta/mail_queue.h"
#include "fakes/mta/sts.h"
#include "fakes/mta/workload.h"
#include "fakes/tls/tls_context.h"
#include "harness/base/must.h"

#define RETRY_LINE_MAX 512

struct mta {
	const struct mta_options *options;
	struct settings settings;
	struct delivery_means means;
	char server[HOST_NAME_SIZE], helo[HOST_NAME_SIZE];
	struct sts_cache *cache;
	struct mail_queue *queue; /* NULL: one letter, in memory */
	struct intake *intake;
	struct workload *workload;
	/* The daemon's. */
	struct event *signals[3];
	int fifo;
	struct event *fifo_event;
	char line[RETRY_LINE_MAX];
	size_t line_len;
};

static void
on_note(void *ctx, const char *line)
{
	const struct mta *mta = ctx;

	if (mta->options->log != NULL)
		mta->options->log(mta->options->log_ctx, line);
}

/* --- beginning and end --------------------------------------------------------------------- */

/* "HOST", "HOST:PORT" or "[V6]:PORT". */
static int
set_server(struct mta *mta, const char *text, struct why *why)
{
	const char *close = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strrchr(close != NULL ? close : text, ':');
	long port = SMTP_PORT;
	size_t len;
	char *end;

	if (colon != NULL && close == NULL && strchr(text, ':') != colon)
		colon = NULL; /* a bare IPv6 address */
	len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	if (colon != NULL) {
		port = strtol(colon + 1, &end, 10);
		if (*end != '\0' || end == colon + 1)
			port = 0;
	}
	if (len < 1 || len >= sizeof(mta->server) || port < 1 || port > 65535)
		return why_set(why, "'%s' is not a server", text);
	memcpy(mta->server, text, len);
	mta->server[len] = '\0';
	mta->means.server = mta->server;
	mta->means.port = (uint16_t)port;
	return 0;
}

static int
set_helo(struct mta *mta, struct why *why)
{
	char name[HOST_NAME_SIZE] = "";

	if (mta->options->helo != NULL && !host_name_set(mta->helo, bytes_of(mta->options->helo)))
		return why_set(why, "'%s' is not a host name", mta->options->helo);
	if (mta->options->helo == NULL &&
	    (gethostname(name, sizeof(name) - 1) < 0 || !host_name_set(mta->helo, bytes_of(name))))
		strcpy(mta->helo, "localhost");
	mta->settings.helo = mta->helo;
	return 0;
}

static void
done(struct mta *mta)
{
	workload_stop(mta->workload);
	resolver_free(mta->means.resolver); /* first: it may hold calls into all the others */
	workload_free(mta->workload);
	intake_free(mta->intake);
	sts_free(mta->means.sts);
	sts_cache_free(mta->cache);
	mail_queue_free(mta->queue);
	kept_connection_drop_all();
	SSL_CTX_free(mta->settings.tls);
	for (size_t i = 0; i < sizeof(mta->signals) / sizeof(mta->signals[0]); i++)
		if (mta->signals[i] != NULL)
			event_free(mta->signals[i]);
	if (mta->fifo_event != NULL)
		event_free(mta->fifo_event);
	if (mta->fifo >= 0)
		close(mta->fifo);
	if (mta->settings.base != NULL)
		event_base_free(mta->settings.base);
}

static int
init(struct mta *mta, const struct mta_options *options, struct why *why)
{
	*mta = (struct mta){.options = options, .fifo = -1};
	signal(SIGPIPE, SIG_IGN);
	mta->means = (struct delivery_means){.settings = &mta->settings, .port = SMTP_PORT};
	mta->settings = (struct settings){.timeout_ms = options->timeout_ms,
	    .demand = options->demand,
	    .flaws = options->flaws,
	    .note = on_note,
	    .note_ctx = mta};
	mta->settings.base = event_base_new();
	must(mta->settings.base != NULL);
	if (set_helo(mta, why) < 0 || (options->server != NULL && set_server(mta, options->server, why) < 0))
		return -1;
	tls_context_init();
	if ((mta->settings.tls = tls_context_client(options->ca_file, why)) == NULL)
		return -1;
	if ((mta->cache = sts_cache_new(options->cache, why)) == NULL)
		return -1;
	mta->means.resolver = resolver_new(mta->settings.base, options->resolver, options->timeout_ms,
	    options->flaws, why);
	if (mta->means.resolver == NULL)
		return -1;
	mta->means.sts = sts_new(&mta->settings, mta->means.resolver, mta->cache);
	return 0;
}

/* --- one letter ---------------------------------------------------------------------------- */

/* Lines end in CRLF from here on (RFC 5321 s2.3.8). */
static void
set_content(struct letter *letter, struct bytes in)
{
	letter->content = must_alloc(in.len * 2 + 1);
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] == '\n' && (i == 0 || in.data[i - 1] != '\r'))
			letter->content[letter->content_len++] = '\r';
		letter->content[letter->content_len++] = in.data[i];
	}
}

static void
on_idle(void *ctx)
{
	struct mta *mta = ctx;

	event_base_loopbreak(mta->settings.base);
}

static void
on_farewell(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(bool *)arg = true;
}

/* Connections that were closed may still have bytes to send, and a peer to wait for: a second at most. */
static void
say_farewell(struct event_base *base)
{
	struct timeval second = {1, 0};
	bool late = false;
	struct event *timer = evtimer_new(base, on_farewell, &late);

	must(timer != NULL);
	event_add(timer, &second);
	while (!late && event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_ACTIVE) > 1)
		event_base_loop(base, EVLOOP_ONCE);
	event_free(timer);
}

int
mta_send(const struct mta_options *options, const char *sender, const char *const *recipients, size_t n,
    struct bytes content, struct why *why)
{
	char id[LETTER_ID_SIZE];
	struct letter *letter;
	struct mta mta;
	int result = -1;

	if (init(&mta, options, why) < 0)
		goto out;
	letter_make_id(id);
	letter = letter_new(id, sender);
	for (size_t i = 0; i < n; i++)
		letter_add_recipient(letter, recipients[i]);
	set_content(letter, content);
	mta.workload = workload_new(&mta.means, NULL, &(struct workload_calls){on_note, on_idle, &mta});
	workload_take(mta.workload, letter);
	event_base_dispatch(mta.settings.base);
	say_farewell(mta.settings.base);
	result = (int)workload_worst(mta.workload);
out:
	done(&mta);
	return result;
}

/* --- the daemon ---------------------------------------------------------------------------- */

static int
on_take(void *ctx, struct letter *letter)
{
	struct mta *mta = ctx;

	return workload_take(mta->workload, letter);
}

static unsigned
on_etrn(void *ctx, const char *what)
{
	struct mta *mta = ctx;

	return workload_retry(mta->workload, what);
}

static void
on_found(void *ctx, struct letter *letter)
{
	struct mta *mta = ctx;

	workload_hold(mta->workload, letter);
}

static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	struct mta *mta = arg;

	(void)number, (void)what;
	event_base_loopbreak(mta->settings.base);
}

static void
on_flush(evutil_socket_t number, short what, void *arg)
{
	struct mta *mta = arg;

	(void)number, (void)what;
	workload_retry(mta->workload, NULL);
}

static void
on_fifo(evutil_socket_t fd, short what, void *arg)
{
	struct mta *mta = arg;
	char chunk[RETRY_LINE_MAX];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	(void)what;
	for (ssize_t i = 0; i < n; i++) {
		if (chunk[i] != '\n') {
			if (mta->line_len < sizeof(mta->line) - 1)
				mta->line[mta->line_len++] = chunk[i];
			continue;
		}
		mta->line[mta->line_len] = '\0';
		for (char *rest = mta->line, *one; (one = strsep(&rest, ",")) != NULL;)
			if (one[0] != '\0')
				workload_retry(mta->workload, strcmp(one, "*") == 0 ? NULL : one);
		mta->line_len = 0;
	}
}

static struct event *
watch_signal(struct mta *mta, int number, event_callback_fn call)
{
	struct event *event = evsignal_new(mta->settings.base, number, call, mta);

	must(event != NULL);
	event_add(event, NULL);
	return event;
}

static int
open_fifo(struct mta *mta, struct why *why)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/retry", mta->options->queue);
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return why_errno(why, "cannot make %s", path);
	mta->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (mta->fifo < 0)
		return why_errno(why, "cannot open %s", path);
	mta->fifo_event = event_new(mta->settings.base, mta->fifo, EV_READ | EV_PERSIST, on_fifo, mta);
	must(mta->fifo_event != NULL);
	event_add(mta->fifo_event, NULL);
	return 0;
}

static int
write_pid(const struct mta *mta, struct why *why)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/pid", mta->options->queue);
	file = fopen(path, "we");
	if (file == NULL)
		return why_errno(why, "cannot write %s", path);
	fprintf(file, "%ld\n", (long)getpid());
	return fclose(file) == 0 ? 0 : why_errno(why, "cannot write %s", path);
}

static int
open_up(struct mta *mta, struct why *why)
{
	const struct mta_options *options = mta->options;
	struct intake_calls calls = {on_take, on_etrn, mta};

	mta->signals[0] = watch_signal(mta, SIGTERM, on_stop);
	mta->signals[1] = watch_signal(mta, SIGINT, on_stop);
	mta->signals[2] = watch_signal(mta, SIGUSR1, on_flush);
	if ((mta->queue = mail_queue_new(options->queue, options->sync, why)) == NULL)
		return -1;
	mta->workload = workload_new(&mta->means, mta->queue, &(struct workload_calls){on_note, NULL, mta});
	if (open_fifo(mta, why) < 0)
		return -1;
	mta->intake = intake_new(&mta->settings, options->listen, &calls, &mta->settings.self, why);
	if (mta->intake == NULL || write_pid(mta, why) < 0)
		return -1;
	on_note(mta, "ready");
	return mail_queue_load(mta->queue, on_found, on_note, mta, why);
}

int
mta_serve(const struct mta_options *options, struct why *why)
{
	struct mta mta;
	int result = -1;

	must(options->queue != NULL && options->listen != NULL);
	if (init(&mta, options, why) == 0 && open_up(&mta, why) == 0) {
		workload_run(mta.workload);
		event_base_dispatch(mta.settings.base);
		result = 0;
	}
	done(&mta);
	return result;
}
