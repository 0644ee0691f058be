/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_attempt.c - connects, reads replies line by line, keeps the time; see smtp_attempt.h
 *
 * What is said and decided is smtp_talk.c's. The owner hears of the end from the loop.
 */
#include "fakes/mta/smtp_attempt.h"

#include <stdio.h>
#include <stdlib.h>

#include "fakes/mta/host_name.h"
#include "fakes/mta/kept_connection.h"
#include "fakes/mta/smtp_talk.h"
#include "fakes/smtp/smtp_lines.h"
#include "fakes/smtp/smtp_reply.h"
#include "fakes/tls/stream.h"
#include "harness/base/must.h"

struct smtp_attempt {
	const struct settings *settings;
	void (*done)(void *ctx, const struct smtp_attempt_result *result);
	void *ctx;
	char host[HOST_NAME_SIZE];
	struct smtp_talk *talk;
	struct stream *stream; /* NULL when over */
	struct smtp_lines lines;
	struct smtp_reply reply;
	struct event *patience, *over;
};

/* --- what the talk tells ------------------------------------------------------------------- */

static void
on_waits(void *owner, unsigned ms)
{
	struct smtp_attempt *a = owner;
	struct timeval limit = settings_time(ms);

	event_add(a->patience, &limit);
}

static void
on_talk_over(void *owner)
{
	struct smtp_attempt *a = owner;
	struct timeval soon = {0, 0}; /* behind the loop's next look: what is left to say, an alert, goes first */

	event_del(a->patience);
	if (a->stream != NULL && smtp_talk_keeps(a->talk))
		kept_connection_put(a->stream, a->host);
	else if (a->stream != NULL)
		stream_close(a->stream);
	a->stream = NULL;
	event_add(a->over, &soon);
}

static const struct smtp_talk_calls talk_calls = {on_waits, on_talk_over};

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_attempt *a = arg;

	(void)fd, (void)what;
	a->done(a->ctx, smtp_talk_result(a->talk));
}

/* --- what the stream tells ----------------------------------------------------------------- */

/* One line; true when it was taken from the buffer. */
static bool
take_line(struct smtp_attempt *a, struct evbuffer *in)
{
	struct bytes left = {(const char *)evbuffer_pullup(in, -1), evbuffer_get_length(in)};
	size_t before = left.len;
	struct smtp_line line;
	bool found = before > 0 && smtp_lines_next(&a->lines, &left, &line);
	enum smtp_reply_progress progress = SMTP_REPLY_MORE;

	if (found)
		progress = smtp_reply_line(&a->reply, &line);
	if (progress == SMTP_REPLY_MORE && found && smtp_talk_takes_first_line(a->talk))
		progress = SMTP_REPLY_WHOLE;
	evbuffer_drain(in, before - left.len);
	if (progress == SMTP_REPLY_MALFORMED) {
		smtp_talk_garbage(a->talk, a->reply.fault);
	} else if (progress == SMTP_REPLY_WHOLE) {
		on_waits(a, a->settings->timeout_ms);
		smtp_talk_reply(a->talk, &a->reply, in);
	}
	return found;
}

static void
on_data(void *owner, struct evbuffer *in)
{
	struct smtp_attempt *a = owner;

	if (smtp_talk_lingers(a->talk))
		smtp_talk_injected(a->talk, in);
	while (smtp_talk_listens(a->talk) && take_line(a, in))
		;
}

static void
on_connected(void *owner)
{
	struct smtp_attempt *a = owner;

	smtp_talk_connected(a->talk);
}

static void
on_tls_up(void *owner)
{
	struct smtp_attempt *a = owner;
	struct evbuffer *injected;

	smtp_reply_reset(&a->reply);
	injected = smtp_talk_tls_up(a->talk);
	if (injected != NULL)
		on_data(a, injected);
}

static const char *
words_for(enum stream_end how)
{
	static const char *const words[] = {
	    [STREAM_EOF] = "closed the connection",
	    [STREAM_TRUNCATED] = "closed the connection",
	    [STREAM_RESET] = "reset the connection",
	    [STREAM_REFUSED] = "refused the connection",
	    [STREAM_UNREACHABLE] = "could not be reached",
	    [STREAM_TIMEOUT] = "did not answer in time",
	    [STREAM_TLS_FAILED] = "failed in TLS",
	};

	return words[how];
}

static void
on_ended(void *owner, enum stream_end how)
{
	struct smtp_attempt *a = owner;

	smtp_talk_lost(a->talk, words_for(how));
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_attempt *a = arg;

	(void)fd, (void)what;
	if (smtp_talk_lingers(a->talk))
		smtp_talk_injected(a->talk, NULL);
	else
		on_ended(a, STREAM_TIMEOUT);
}

static const struct stream_calls calls = {
    .connected = on_connected, .data = on_data, .tls_up = on_tls_up, .ended = on_ended};

/* --- beginning and end --------------------------------------------------------------------- */

/* Of a flaw: goes on where another attempt left a connection open. */
static bool
resume(struct smtp_attempt *a)
{
	a->stream = kept_connection_take(a->host);
	if (a->stream == NULL)
		return false;
	stream_set_owner(a->stream, &calls, a);
	smtp_talk_resume(a->talk, a->stream);
	return true;
}

struct smtp_attempt *
smtp_attempt_new(const struct settings *settings, const struct smtp_order *order,
    void (*done)(void *ctx, const struct smtp_attempt_result *result), void *ctx)
{
	struct smtp_attempt *a = must_alloc(sizeof(*a));

	a->settings = settings;
	a->done = done;
	a->ctx = ctx;
	a->talk = smtp_talk_new(settings, order, &talk_calls, a);
	smtp_lines_init(&a->lines, SMTP_LINE_MAX);
	smtp_reply_init(&a->reply);
	a->patience = evtimer_new(settings->base, on_patience, a);
	a->over = evtimer_new(settings->base, on_over, a);
	must(a->patience != NULL && a->over != NULL);
	snprintf(a->host, sizeof(a->host), "%s", order->host);
	if (resume(a))
		return a;
	a->stream = stream_connect(
	    settings->base, (const struct sockaddr *)&order->to.to, order->to.len, NULL, 0, &calls, a);
	smtp_talk_begin(a->talk, a->stream);
	return a;
}

void
smtp_attempt_free(struct smtp_attempt *a)
{
	if (a == NULL)
		return;
	stream_free(a->stream);
	event_free(a->patience);
	event_free(a->over);
	smtp_talk_free(a->talk);
	smtp_lines_done(&a->lines);
	smtp_reply_done(&a->reply);
	free(a);
}
