/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_attempt.c - see smtp_attempt.h
 *
 * A table has one row per state: what its reply does, and what a lost connection means there.
 * enter() alone changes the state. finish() decides; the owner hears of it from the loop.
 */
#include "fakes/mta/smtp_attempt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/mta/peer_tls.h"
#include "fakes/smtp/smtp_lines.h"
#include "fakes/smtp/smtp_reply.h"
#include "fakes/tls/stream.h"
#include "harness/base/must.h"

#define QUIT_MS 2000 /* no longer than this for a farewell */

enum state {
	CONNECT,
	GREETING,
	EHLO,
	HELO,
	STARTTLS,
	HANDSHAKE,
	MAIL,
	RCPT,
	DATA,
	CONTENT,
	QUIT,
	OVER,
	STATES
};

struct smtp_attempt {
	const struct settings *settings;
	struct smtp_order order;
	void (*done)(void *ctx, const struct smtp_attempt_result *result);
	void *ctx;
	enum state state;
	struct stream *stream;
	struct smtp_lines lines;
	struct smtp_reply reply;
	struct event *patience, *over;
	struct evbuffer *injected; /* of the flaw uses-injected-replies; else NULL */
	bool offers_size, tls_offered;
	size_t at;      /* in order.recipients: the RCPT under way */
	bool *accepted; /* by order.recipients */
	struct smtp_attempt_result result;
};

/* --- how it ends --------------------------------------------------------------------------- */

static void
finish(struct smtp_attempt *a)
{
	if (a->state == OVER)
		return;
	a->state = OVER;
	event_del(a->patience);
	if (a->stream != NULL)
		stream_close(a->stream);
	a->stream = NULL;
	event_active(a->over, 0, 0);
}

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
	struct smtp_attempt *a = arg;

	(void)fd, (void)what;
	a->done(a->ctx, &a->result);
}

static void enter(struct smtp_attempt *a, enum state state);

static void fail(struct smtp_attempt *a, enum smtp_attempt_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the result; the caller then says whether politely (QUIT) or at once (finish). */
static void
fail(struct smtp_attempt *a, enum smtp_attempt_end end, const char *format, ...)
{
	va_list args;

	a->result.end = end;
	va_start(args, format);
	vsnprintf(a->result.reason, sizeof(a->result.reason), format, args);
	va_end(args);
}

/* "451 4.7.1 try later": the reply in one line, for people. */
static const char *
said(const struct smtp_attempt *a, char out[200])
{
	struct bytes text = smtp_reply_text(&a->reply, 0);

	snprintf(out, 200, "%u%s%.*s", a->reply.code, text.len > 0 ? " " : "",
	    (int)(text.len < 160 ? text.len : 160), text.data);
	return out;
}

/* The host's answer is final for those recipients: all of the order, or those it has accepted. */
static void
decide(struct smtp_attempt *a, bool accepted_only, enum letter_fate fate, const char *reason)
{
	for (size_t i = 0; i < a->order.n; i++) {
		struct letter_recipient *recipient = &a->order.letter->recipients[a->order.recipients[i]];

		if (recipient->fate == LETTER_UNDECIDED && (a->accepted[i] || !accepted_only))
			letter_decide(recipient, fate, reason);
	}
	a->result.end = SMTP_ATTEMPT_SPOKEN;
}

static enum letter_fate
fate_of_code(const struct smtp_attempt *a)
{
	if (a->reply.code / 100 == 2)
		return LETTER_DELIVERED;
	/* "Must issue STARTTLS first" is about the session, not about the letter. */
	if (a->reply.code == 530 && !stream_tls_is_up(a->stream))
		return LETTER_DEFERRED;
	return a->reply.code / 100 == 5 ? LETTER_BOUNCED : LETTER_DEFERRED;
}

/* --- TLS, or not --------------------------------------------------------------------------- */

static bool
is_demanded(const struct smtp_attempt *a)
{
	return a->order.demand == TLS_DEMAND_PROVED;
}

static bool
has_flaw(const struct smtp_attempt *a, enum flaw flaw)
{
	return flaw_in(a->settings->flaws, flaw);
}

/* What the policy demands cannot be had here. */
static void
miss_policy(struct smtp_attempt *a, const char *what, const char *detail)
{
	a->result.policy = true;
	fail(a, SMTP_ATTEMPT_FAILED, "TLS is required by the policy of %s, but %s %s%s%s",
	    a->order.policy_domain, a->order.host, what, detail[0] ? ": " : "", detail);
}

/* The handshake, or the way to it, went wrong; this connection is of no use any more. */
static void
fail_tls(struct smtp_attempt *a, const char *what, const char *detail)
{
	if (is_demanded(a) && !has_flaw(a, FLAW_CLEAR_ON_TLS_FAILURE))
		miss_policy(a, what, detail);
	else
		fail(a, SMTP_ATTEMPT_TLS_FAILED, "%s %s%s%s", a->order.host, what, detail[0] ? ": " : "",
		    detail);
	finish(a);
}

static void
begin_handshake(struct smtp_attempt *a)
{
	SSL *ssl = peer_tls_new(a->settings->tls, a->order.host, is_demanded(a), a->settings->flaws);

	enter(a, HANDSHAKE);
	stream_start_tls(a->stream, ssl, false);
}

/* After the 220: whatever else was sent in clear is injected (RFC 3207 s6). */
static void
take_go_ahead(struct smtp_attempt *a, struct evbuffer *in)
{
	if (evbuffer_get_length(in) == 0) {
		begin_handshake(a);
	} else if (has_flaw(a, FLAW_USES_INJECTED)) {
		a->injected = evbuffer_new();
		must(a->injected != NULL);
		evbuffer_add_buffer(a->injected, in);
		begin_handshake(a);
	} else {
		fail(
		    a, SMTP_ATTEMPT_FAILED, "%s sent plaintext behind its answer to STARTTLS", a->order.host);
		if (is_demanded(a))
			miss_policy(a, "sent plaintext behind its answer to STARTTLS", "");
		finish(a);
	}
}

static void
refuse_starttls(struct smtp_attempt *a)
{
	unsigned code = a->reply.code;
	char text[200];

	if (code == 454 && has_flaw(a, FLAW_DROPS_ON_454)) {
		decide(a, false, LETTER_DELIVERED, "sent");
		enter(a, QUIT);
	} else if (code / 100 >= 4 && code != 421 && (!is_demanded(a) || has_flaw(a, FLAW_CLEAR_ON_454))) {
		enter(a, MAIL);
	} else if (!is_demanded(a)) {
		fail_tls(a, "refused STARTTLS", said(a, text));
	} else {
		miss_policy(a, "refused STARTTLS", said(a, text));
		enter(a, QUIT);
	}
}

/* --- replies, one function per state ------------------------------------------------------- */

static void
lose_host(struct smtp_attempt *a, const char *what)
{
	char text[200];

	fail(a, SMTP_ATTEMPT_FAILED, "%s answered %s with %s", a->order.host, what, said(a, text));
	enter(a, QUIT);
}

static void
on_greeting(struct smtp_attempt *a, struct evbuffer *in)
{
	(void)in;
	if (a->reply.code == 220)
		enter(a, EHLO);
	else
		lose_host(a, "the connection");
}

static void
on_ehlo(struct smtp_attempt *a, struct evbuffer *in)
{
	bool tls = stream_tls_is_up(a->stream);

	(void)in;
	a->offers_size = smtp_reply_offers(&a->reply, "SIZE", NULL);
	a->tls_offered = smtp_reply_offers(&a->reply, "STARTTLS", NULL);
	if (a->reply.code / 100 == 2 && a->reply.code != 221) {
		if (tls || a->order.demand == TLS_DEMAND_CLEAR || (!a->tls_offered && !is_demanded(a)))
			enter(a, MAIL);
		else if (a->tls_offered)
			enter(a, STARTTLS);
		else if (has_flaw(a, FLAW_CLEAR_ON_STRIP))
			enter(a, MAIL);
		else {
			miss_policy(a, "did not offer STARTTLS", "");
			enter(a, QUIT);
		}
	} else if (a->reply.code / 100 == 5 && (tls || !is_demanded(a) || has_flaw(a, FLAW_CLEAR_ON_STRIP))) {
		enter(a, HELO); /* RFC 5321 s3.2 */
	} else if (a->reply.code / 100 == 5) {
		miss_policy(a, "does not know EHLO", "");
		enter(a, QUIT);
	} else {
		lose_host(a, "EHLO");
	}
}

static void
on_helo(struct smtp_attempt *a, struct evbuffer *in)
{
	(void)in;
	if (a->reply.code / 100 == 2 && a->reply.code != 221)
		enter(a, MAIL);
	else
		lose_host(a, "HELO");
}

static void
on_starttls(struct smtp_attempt *a, struct evbuffer *in)
{
	if (a->reply.code == 220)
		take_go_ahead(a, in);
	else
		refuse_starttls(a);
}

static void
on_mail(struct smtp_attempt *a, struct evbuffer *in)
{
	char reason[300], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered MAIL with %s", a->order.host, said(a, text));
	if (a->reply.code / 100 == 2 && a->reply.code != 221) {
		enter(a, RCPT);
	} else if (a->reply.code < 400 || a->reply.code == 421) {
		lose_host(a, "MAIL");
	} else {
		decide(a, false, fate_of_code(a), reason);
		enter(a, QUIT);
	}
}

static struct letter_recipient *
recipient_now(struct smtp_attempt *a)
{
	return &a->order.letter->recipients[a->order.recipients[a->at]];
}

/* The next that is undecided gets its RCPT; then DATA, if anybody was accepted. */
static void
go_on_with_recipients(struct smtp_attempt *a)
{
	bool any = false;

	while (a->at < a->order.n && recipient_now(a)->fate != LETTER_UNDECIDED)
		a->at++;
	for (size_t i = 0; i < a->order.n; i++)
		any |= a->accepted[i];
	if (a->at < a->order.n) {
		stream_print(a->stream, "RCPT TO:<%s>\r\n", recipient_now(a)->address);
	} else if (any) {
		enter(a, DATA);
	} else {
		a->result.end = SMTP_ATTEMPT_SPOKEN;
		enter(a, QUIT);
	}
}

static void
on_rcpt(struct smtp_attempt *a, struct evbuffer *in)
{
	char reason[300], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered RCPT with %s", a->order.host, said(a, text));
	if (a->reply.code == 421 || a->reply.code == 221 || a->reply.code / 100 == 3) {
		lose_host(a, "RCPT");
		return;
	}
	if (a->reply.code / 100 == 2)
		a->accepted[a->at] = true;
	else
		letter_decide(recipient_now(a), fate_of_code(a), reason);
	a->at++;
	go_on_with_recipients(a);
}

/* RFC 5321 s4.5.2: a line that begins with a dot gets another one. */
static void
send_content(struct smtp_attempt *a)
{
	struct evbuffer *out = evbuffer_new();
	const char *line = a->order.letter->content, *end = line + a->order.letter->content_len;

	must(out != NULL && line != NULL);
	while (line < end) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		size_t len = lf ? (size_t)(lf + 1 - line) : (size_t)(end - line);

		if (line[0] == '.')
			evbuffer_add(out, ".", 1);
		evbuffer_add(out, line, len);
		if (lf == NULL)
			evbuffer_add(out, "\r\n", 2);
		line += len;
	}
	evbuffer_add(out, ".\r\n", 3);
	stream_write_buffer(a->stream, out);
	evbuffer_free(out);
}

static void
on_data_reply(struct smtp_attempt *a, struct evbuffer *in)
{
	char reason[300], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered DATA with %s", a->order.host, said(a, text));
	if (a->reply.code == 354) {
		enter(a, CONTENT);
	} else if (a->reply.code < 400 || a->reply.code == 421) {
		lose_host(a, "DATA");
	} else {
		decide(a, true, fate_of_code(a), reason);
		enter(a, QUIT);
	}
}

static const char *
channel(const struct smtp_attempt *a)
{
	SSL *ssl = stream_ssl(a->stream);

	if (!stream_tls_is_up(a->stream))
		return "in clear";
	return peer_tls_is_proved(ssl) ? "over TLS with proof" : "over TLS without proof";
}

static void
on_content(struct smtp_attempt *a, struct evbuffer *in)
{
	char reason[400], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s said %s, %s", a->order.host, said(a, text), channel(a));
	decide(a, true, fate_of_code(a), reason);
	enter(a, QUIT);
}

static void
on_quit(struct smtp_attempt *a, struct evbuffer *in)
{
	(void)in;
	finish(a);
}

/* --- the table ----------------------------------------------------------------------------- */

static void
lost_host(struct smtp_attempt *a, const char *how)
{
	static const char *const waiting_for[] = {"the connection", "its greeting", "its answer to EHLO",
	    "its answer to HELO", "its answer to STARTTLS", "the handshake", "its answer to MAIL",
	    "its answer to RCPT", "its answer to DATA"};

	must(a->state < sizeof(waiting_for) / sizeof(waiting_for[0]));
	fail(a, SMTP_ATTEMPT_FAILED, "%s %s during %s", a->order.host, how, waiting_for[a->state]);
	finish(a);
}

/* Nobody said no to TLS, but it did not come about. */
static void
lost_tls(struct smtp_attempt *a, const char *how)
{
	const char *detail = stream_tls_error(a->stream);
	char what[256];

	if (a->state == HANDSHAKE && detail[0] != '\0')
		snprintf(what, sizeof(what), "did not pass the handshake");
	else
		snprintf(what, sizeof(what), "%s %s", how,
		    a->state == STARTTLS ? "instead of an answer to STARTTLS" : "in the handshake");
	fail_tls(a, what, detail);
}

/* A session that dies right behind the handshake is TLS that failed, too, as far as nobody demanded it. */
static void
lost_after_hello(struct smtp_attempt *a, const char *how)
{
	bool tls = stream_ssl(a->stream) != NULL;

	lost_host(a, how);
	if (tls && !is_demanded(a))
		a->result.end = SMTP_ATTEMPT_TLS_FAILED;
}

/* All was sent, so it may have arrived: no other host may get it now (RFC 5321 s3.8, s6.1). */
static void
lost_answer(struct smtp_attempt *a, const char *how)
{
	char reason[300];

	snprintf(reason, sizeof(reason), "%s %s and did not confirm the message", a->order.host, how);
	decide(a, true, LETTER_DEFERRED, reason);
	finish(a);
}

static void
lost_farewell(struct smtp_attempt *a, const char *how)
{
	(void)how;
	finish(a);
}

static const struct {
	void (*reply)(struct smtp_attempt *a, struct evbuffer *in); /* NULL: none is due */
	void (*lost)(struct smtp_attempt *a, const char *how);
} table[STATES] = {
    [CONNECT] = {NULL, lost_host},
    [GREETING] = {on_greeting, lost_host},
    [EHLO] = {on_ehlo, lost_after_hello},
    [HELO] = {on_helo, lost_after_hello},
    [STARTTLS] = {on_starttls, lost_tls},
    [HANDSHAKE] = {NULL, lost_tls},
    [MAIL] = {on_mail, lost_host},
    [RCPT] = {on_rcpt, lost_host},
    [DATA] = {on_data_reply, lost_host},
    [CONTENT] = {on_content, lost_answer},
    [QUIT] = {on_quit, lost_farewell},
};

static void
enter(struct smtp_attempt *a, enum state state)
{
	unsigned ms = a->settings->timeout_ms;
	struct timeval limit = settings_time(state == QUIT && ms > QUIT_MS ? QUIT_MS : ms);

	a->state = state;
	event_add(a->patience, &limit);
	if (state == EHLO)
		stream_print(a->stream, "EHLO %s\r\n", a->settings->helo);
	else if (state == HELO)
		stream_print(a->stream, "HELO %s\r\n", a->settings->helo);
	else if (state == STARTTLS)
		stream_print(a->stream, "STARTTLS\r\n");
	else if (state == MAIL && a->offers_size)
		stream_print(a->stream, "MAIL FROM:<%s> SIZE=%zu\r\n", a->order.letter->sender,
		    a->order.letter->content_len);
	else if (state == MAIL)
		stream_print(a->stream, "MAIL FROM:<%s>\r\n", a->order.letter->sender);
	else if (state == RCPT)
		go_on_with_recipients(a);
	else if (state == DATA)
		stream_print(a->stream, "DATA\r\n");
	else if (state == CONTENT)
		send_content(a);
	else if (state == QUIT)
		stream_print(a->stream, "QUIT\r\n");
}

/* --- what the stream tells ----------------------------------------------------------------- */

static void
take_garbage(struct smtp_attempt *a)
{
	char how[160];

	if (has_flaw(a, FLAW_CRASHES))
		abort();
	snprintf(how, sizeof(how), "does not speak SMTP (%s)", a->reply.fault);
	table[a->state].lost(a, how);
}

/* One line; true when it was taken from the buffer. */
static bool
take_line(struct smtp_attempt *a, struct evbuffer *in)
{
	struct bytes left = {(const char *)evbuffer_pullup(in, -1), evbuffer_get_length(in)};
	size_t before = left.len;
	struct smtp_line line;
	bool found = before > 0 && smtp_lines_next(&a->lines, &left, &line);
	enum smtp_reply_progress progress = SMTP_REPLY_MORE;
	struct timeval limit = settings_time(a->settings->timeout_ms);

	if (found)
		progress = smtp_reply_line(&a->reply, &line);
	evbuffer_drain(in, before - left.len);
	if (progress == SMTP_REPLY_MALFORMED) {
		take_garbage(a);
	} else if (progress == SMTP_REPLY_WHOLE) {
		event_add(a->patience, &limit);
		table[a->state].reply(a, in);
	}
	return found;
}

static void
on_data(void *owner, struct evbuffer *in)
{
	struct smtp_attempt *a = owner;

	while (a->state != OVER && table[a->state].reply != NULL && take_line(a, in))
		;
}

static void
on_connected(void *owner)
{
	enter(owner, GREETING);
}

static void
on_tls_up(void *owner)
{
	struct smtp_attempt *a = owner;

	if (is_demanded(a) && !has_flaw(a, FLAW_IGNORES_CERTIFICATE) &&
	    !peer_tls_is_proved(stream_ssl(a->stream))) {
		fail_tls(a, "showed no certificate", "");
		return;
	}
	smtp_reply_reset(&a->reply);
	enter(a, EHLO);
	if (a->injected != NULL)
		on_data(a, a->injected);
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

	if (a->state != OVER)
		table[a->state].lost(a, words_for(how));
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	on_ended(arg, STREAM_TIMEOUT);
}

static const struct stream_calls calls = {
    .connected = on_connected, .data = on_data, .tls_up = on_tls_up, .ended = on_ended};

struct smtp_attempt *
smtp_attempt_new(const struct settings *settings, const struct smtp_order *order,
    void (*done)(void *ctx, const struct smtp_attempt_result *result), void *ctx)
{
	struct smtp_attempt *a = must_alloc(sizeof(*a));

	a->settings = settings;
	a->order = *order;
	a->done = done;
	a->ctx = ctx;
	a->accepted = must_alloc(order->n * sizeof(a->accepted[0]) + 1);
	smtp_lines_init(&a->lines, SMTP_LINE_MAX);
	smtp_reply_init(&a->reply);
	a->patience = evtimer_new(settings->base, on_patience, a);
	a->over = evtimer_new(settings->base, on_over, a);
	must(a->patience != NULL && a->over != NULL);
	a->stream = stream_connect(
	    settings->base, (const struct sockaddr *)&a->order.to.to, order->to.len, NULL, 0, &calls, a);
	enter(a, CONNECT);
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
	if (a->injected != NULL)
		evbuffer_free(a->injected);
	smtp_lines_done(&a->lines);
	smtp_reply_done(&a->reply);
	free(a->accepted);
	free(a);
}
