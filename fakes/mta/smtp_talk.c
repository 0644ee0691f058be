/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_talk.c - see smtp_talk.h
 *
 * A table has one row per state: what its reply does, and what a lost connection means there.
 * smtp_talk_enter() alone changes the state; smtp_talk_finish() ends the talk once the result stands.
 */
#include "fakes/mta/smtp_talk.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fakes/mta/kept_session.h"
#include "fakes/mta/smtp_handover.h"
#include "fakes/mta/smtp_opening.h"
#include "fakes/mta/smtp_talk_inner.h"
#include "harness/base/must.h"

#define LINGER_MS 100
#define QUIT_MS 2000 /* no longer than this for a farewell */

/* --- what its files ask ----------------------------------------------------------------------- */

const char *
smtp_talk_said(const struct smtp_talk *t, char out[SMTP_TALK_SAID])
{
	struct bytes text = smtp_reply_text(t->reply, 0);

	snprintf(out, SMTP_TALK_SAID, "%u%s%.*s", t->reply->code, text.len > 0 ? " " : "",
	    (int)(text.len < 160 ? text.len : 160), text.data);
	return out;
}

bool
smtp_talk_is_any_good(const struct smtp_talk *t)
{
	return t->reply->code < 400 && flaw_in(t->settings->flaws, FLAW_ANY_GOOD_REPLY);
}

bool
smtp_talk_is_good(const struct smtp_talk *t)
{
	return (t->reply->code / 100 == 2 && t->reply->code != 221) || smtp_talk_is_any_good(t);
}

bool
smtp_talk_demands(const struct smtp_talk *t)
{
	return t->order.demand >= TLS_DEMAND_ENCRYPTED;
}

bool
smtp_talk_has(const struct smtp_talk *t, enum flaw flaw)
{
	return flaw_in(t->settings->flaws, flaw);
}

/* --- how it ends ------------------------------------------------------------------------------ */

void
smtp_talk_finish(struct smtp_talk *t)
{
	if (t->state == TALK_OVER)
		return;
	t->state = TALK_OVER;
	kept_session_keep(stream_ssl(t->stream), t->order.host, &t->settings->flaws);
	t->stream = NULL;
	t->calls->over(t->owner);
}

void
smtp_talk_fail(struct smtp_talk *t, enum smtp_attempt_end end, const char *format, ...)
{
	va_list args;

	t->result.end = end;
	va_start(args, format);
	vsnprintf(t->result.reason, sizeof(t->result.reason), format, args);
	va_end(args);
}

/* Of the flaw: what broke before TLS is begun anew without it. */
static void
lower_demand(struct smtp_talk *t)
{
	if (smtp_talk_demands(t) && stream_ssl(t->stream) == NULL &&
	    smtp_talk_has(t, FLAW_CLEAR_ON_BROKEN_SESSION))
		t->result.end = SMTP_ATTEMPT_TLS_FAILED;
}

void
smtp_talk_lose_host(struct smtp_talk *t, const char *what)
{
	char text[SMTP_TALK_SAID];

	smtp_talk_fail(
	    t, SMTP_ATTEMPT_FAILED, "%s answered %s with %s", t->order.host, what, smtp_talk_said(t, text));
	lower_demand(t);
	smtp_talk_enter(t, TALK_QUIT);
}

void
smtp_talk_lost_host(struct smtp_talk *t, const char *how)
{
	static const char *const waiting_for[TALK_STATES] = {
	    [TALK_CONNECT] = "the connection",
	    [TALK_GREETING] = "its greeting",
	    [TALK_EHLO] = "its answer to EHLO",
	    [TALK_HELO] = "its answer to HELO",
	    [TALK_MAIL] = "its answer to MAIL",
	    [TALK_RCPT] = "its answer to RCPT",
	    [TALK_DATA] = "its answer to DATA",
	};

	must(waiting_for[t->state] != NULL);
	smtp_talk_fail(t, SMTP_ATTEMPT_FAILED, "%s %s during %s", t->order.host, how, waiting_for[t->state]);
	lower_demand(t);
	smtp_talk_finish(t);
}

static void
on_quit(struct smtp_talk *t, struct evbuffer *in)
{
	(void)in;
	smtp_talk_finish(t);
}

static void
lost_farewell(struct smtp_talk *t, const char *how)
{
	(void)how;
	smtp_talk_finish(t);
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct {
	void (*reply)(struct smtp_talk *t, struct evbuffer *in); /* NULL: none is due */
	void (*lost)(struct smtp_talk *t, const char *how);
} table[TALK_STATES] = {
    [TALK_CONNECT] = {NULL, smtp_talk_lost_host},
    [TALK_GREETING] = {smtp_opening_on_greeting, smtp_talk_lost_host},
    [TALK_EHLO] = {smtp_opening_on_ehlo, smtp_opening_lost},
    [TALK_HELO] = {smtp_opening_on_helo, smtp_opening_lost},
    [TALK_STARTTLS] = {smtp_opening_on_starttls, smtp_opening_lost_tls},
    [TALK_LINGERING] = {NULL, smtp_opening_lost_tls},
    [TALK_HANDSHAKE] = {NULL, smtp_opening_lost_tls},
    [TALK_MAIL] = {smtp_handover_on_mail, smtp_talk_lost_host},
    [TALK_RCPT] = {smtp_handover_on_rcpt, smtp_talk_lost_host},
    [TALK_DATA] = {smtp_handover_on_data, smtp_talk_lost_host},
    [TALK_CONTENT] = {smtp_handover_on_content, smtp_handover_lost},
    [TALK_QUIT] = {on_quit, lost_farewell},
};

void
smtp_talk_enter(struct smtp_talk *t, enum talk_state state)
{
	unsigned most = state == TALK_QUIT ? QUIT_MS : state == TALK_LINGERING ? LINGER_MS : UINT_MAX;
	unsigned ms = t->settings->timeout_ms;

	t->state = state;
	t->calls->waits(t->owner, ms > most ? most : ms);
	if (state == TALK_EHLO)
		stream_print(t->stream, "EHLO %s\r\n", t->settings->helo);
	else if (state == TALK_HELO)
		stream_print(t->stream, "HELO %s\r\n", t->settings->helo);
	else if (state == TALK_STARTTLS)
		stream_print(t->stream, "STARTTLS\r\n");
	else if (state == TALK_MAIL)
		smtp_handover_send_mail(t);
	else if (state == TALK_RCPT)
		smtp_handover_send_rcpt(t);
	else if (state == TALK_DATA)
		stream_print(t->stream, "DATA\r\n");
	else if (state == TALK_CONTENT)
		smtp_handover_send_content(t);
	else if (state == TALK_QUIT)
		stream_print(t->stream, "QUIT\r\n");
}

/* --- what the attempt tells ------------------------------------------------------------------- */

struct smtp_talk *
smtp_talk_new(const struct settings *settings, const struct smtp_order *order,
    const struct smtp_talk_calls *calls, void *owner)
{
	struct smtp_talk *t = must_alloc(sizeof(*t));

	t->settings = settings;
	t->order = *order;
	t->calls = calls;
	t->owner = owner;
	t->accepted = must_alloc(order->n * sizeof(t->accepted[0]) + 1);
	return t;
}

void
smtp_talk_free(struct smtp_talk *t)
{
	if (t == NULL)
		return;
	if (t->injected != NULL)
		evbuffer_free(t->injected);
	free(t->accepted);
	free(t);
}

void
smtp_talk_begin(struct smtp_talk *t, struct stream *stream)
{
	t->stream = stream;
	smtp_talk_enter(t, TALK_CONNECT);
}

void
smtp_talk_resume(struct smtp_talk *t, struct stream *stream)
{
	t->stream = stream;
	smtp_talk_enter(t, TALK_MAIL);
}

bool
smtp_talk_keeps(const struct smtp_talk *t)
{
	return t->keeps;
}

void
smtp_talk_connected(struct smtp_talk *t)
{
	smtp_talk_enter(t, TALK_GREETING);
}

struct evbuffer *
smtp_talk_tls_up(struct smtp_talk *t)
{
	if (smtp_opening_is_unproved(t) && !smtp_talk_has(t, FLAW_LOOKS_LATE)) {
		smtp_opening_fail(t, "showed no certificate", "");
		return NULL;
	}
	smtp_talk_enter(t, TALK_EHLO);
	return t->injected;
}

bool
smtp_talk_listens(const struct smtp_talk *t)
{
	return t->state != TALK_OVER && table[t->state].reply != NULL;
}

bool
smtp_talk_lingers(const struct smtp_talk *t)
{
	return t->state == TALK_LINGERING;
}

void
smtp_talk_injected(struct smtp_talk *t, struct evbuffer *in)
{
	smtp_opening_go_ahead(t, in);
}

bool
smtp_talk_takes_first_line(const struct smtp_talk *t)
{
	return t->state == TALK_GREETING && smtp_talk_has(t, FLAW_FIRST_GREETING_LINE);
}

void
smtp_talk_reply(struct smtp_talk *t, const struct smtp_reply *reply, struct evbuffer *in)
{
	t->reply = reply;
	table[t->state].reply(t, in);
}

void
smtp_talk_garbage(struct smtp_talk *t, const char *fault)
{
	char how[160];

	if (smtp_talk_has(t, FLAW_CRASHES))
		abort();
	snprintf(how, sizeof(how), "does not speak SMTP (%s)", fault);
	table[t->state].lost(t, how);
}

void
smtp_talk_lost(struct smtp_talk *t, const char *how)
{
	if (t->state != TALK_OVER)
		table[t->state].lost(t, how);
}

const struct smtp_attempt_result *
smtp_talk_result(const struct smtp_talk *t)
{
	return &t->result;
}
