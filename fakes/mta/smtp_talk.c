/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_talk.c - see smtp_talk.h
 *
 * A table has one row per state: what its reply does, and what a lost connection means there.
 * enter() alone changes the state; finish() ends the talk once the result stands.
 */
#include "fakes/mta/smtp_talk.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/mta/kept_session.h"
#include "fakes/mta/peer_tls.h"
#include "harness/base/must.h"

#define LINGER_MS 100
#define QUIT_MS 2000 /* no longer than this for a farewell */

enum state {
	CONNECT,
	GREETING,
	EHLO,
	HELO,
	STARTTLS,
	LINGERING, /* of a flaw: what is injected may come in a segment of its own */
	HANDSHAKE,
	MAIL,
	RCPT,
	DATA,
	CONTENT,
	QUIT,
	OVER,
	STATES
};

struct smtp_talk {
	const struct settings *settings;
	struct smtp_order order;
	const struct smtp_talk_calls *calls;
	void *owner;
	enum state state;
	struct stream *stream;          /* NULL when over */
	const struct smtp_reply *reply; /* the one that is acted on */
	struct evbuffer *injected;      /* of the flaws about what is injected; else NULL */
	bool offers_size, offers_dsn;
	size_t at;      /* in order.recipients: the RCPT under way */
	bool *accepted; /* by order.recipients */
	struct smtp_attempt_result result;
};

/* --- how it ends --------------------------------------------------------------------------- */

static void
finish(struct smtp_talk *t)
{
	if (t->state == OVER)
		return;
	t->state = OVER;
	kept_session_keep(stream_ssl(t->stream), t->order.host, &t->settings->flaws);
	t->stream = NULL;
	t->calls->over(t->owner);
}

static void enter(struct smtp_talk *t, enum state state);

static void fail(struct smtp_talk *t, enum smtp_attempt_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the result; the caller then says whether politely (QUIT) or at once (finish). */
static void
fail(struct smtp_talk *t, enum smtp_attempt_end end, const char *format, ...)
{
	va_list args;

	t->result.end = end;
	va_start(args, format);
	vsnprintf(t->result.reason, sizeof(t->result.reason), format, args);
	va_end(args);
}

/* "451 4.7.1 try later": the reply in one line, for people. */
static const char *
said(const struct smtp_talk *t, char out[200])
{
	struct bytes text = smtp_reply_text(t->reply, 0);

	snprintf(out, 200, "%u%s%.*s", t->reply->code, text.len > 0 ? " " : "",
	    (int)(text.len < 160 ? text.len : 160), text.data);
	return out;
}

/* The host's answer is final for those recipients: all of the order, or those it has accepted. */
static void
decide(struct smtp_talk *t, bool accepted_only, enum letter_fate fate, const char *reason)
{
	for (size_t i = 0; i < t->order.n; i++) {
		struct letter_recipient *recipient = &t->order.letter->recipients[t->order.recipients[i]];

		if (recipient->fate == LETTER_UNDECIDED && (t->accepted[i] || !accepted_only))
			letter_decide(recipient, fate, reason);
	}
	t->result.end = SMTP_ATTEMPT_SPOKEN;
}

/* Of a flaw: any reply that is no refusal will do. */
static bool
is_any_good(const struct smtp_talk *t)
{
	return t->reply->code < 400 && flaw_in(t->settings->flaws, FLAW_ANY_GOOD_REPLY);
}

static enum letter_fate
fate_of_code(const struct smtp_talk *t)
{
	if (t->reply->code / 100 == 2 || is_any_good(t))
		return LETTER_DELIVERED;
	/* "Must issue STARTTLS first" is about the session, not about the letter. */
	if (t->reply->code == 530 && !stream_tls_is_up(t->stream))
		return LETTER_DEFERRED;
	return t->reply->code / 100 == 5 ? LETTER_BOUNCED : LETTER_DEFERRED;
}

/* --- TLS, or not --------------------------------------------------------------------------- */

static bool
is_demanded(const struct smtp_talk *t)
{
	return t->order.demand >= TLS_DEMAND_ENCRYPTED;
}

static bool
has_flaw(const struct smtp_talk *t, enum flaw flaw)
{
	return flaw_in(t->settings->flaws, flaw);
}

static bool
needs_proof(const struct smtp_talk *t)
{
	return t->order.demand == TLS_DEMAND_PROVED || has_flaw(t, FLAW_DEMANDS_PROOF);
}

/* What the policy, or who set us up, demands cannot be had here. */
static void
miss_policy(struct smtp_talk *t, const char *what, const char *detail)
{
	const char *domain = t->order.policy_domain;

	t->result.policy = true;
	fail(t, SMTP_ATTEMPT_FAILED, "TLS is required%s%s, but %s %s%s%s",
	    domain != NULL ? " by the policy of " : "", domain != NULL ? domain : "", t->order.host, what,
	    detail[0] ? ": " : "", detail);
}

/* The handshake, or the way to it, went wrong; this connection is of no use any more. */
static void
fail_tls(struct smtp_talk *t, const char *what, const char *detail)
{
	if ((is_demanded(t) || needs_proof(t)) && !has_flaw(t, FLAW_CLEAR_ON_TLS_FAILURE))
		miss_policy(t, what, detail);
	else
		fail(t, SMTP_ATTEMPT_TLS_FAILED, "%s %s%s%s", t->order.host, what, detail[0] ? ": " : "",
		    detail);
	finish(t);
}

static void
begin_handshake(struct smtp_talk *t)
{
	SSL *ssl = peer_tls_new(
	    t->settings->tls, t->order.host, t->order.policy, needs_proof(t), &t->settings->flaws);

	enter(t, HANDSHAKE);
	stream_start_tls(t->stream, ssl, false);
}

/* Whole lines go; what has no end yet stays. */
static void
drop_lines(struct evbuffer *in)
{
	char *line;

	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL)
		free(line);
}

/* After the 220: whatever else was sent in clear is injected (RFC 3207 s6). */
static void
take_go_ahead(struct smtp_talk *t, struct evbuffer *in)
{
	if (in != NULL && evbuffer_get_length(in) == 0 && has_flaw(t, FLAW_USES_INJECTED) && t->state != LINGERING) {
		enter(t, LINGERING);
	} else if (in == NULL || evbuffer_get_length(in) == 0) {
		begin_handshake(t);
	} else if (has_flaw(t, FLAW_USES_INJECTED) || has_flaw(t, FLAW_KEEPS_FRAGMENT)) {
		t->injected = evbuffer_new();
		must(t->injected != NULL);
		evbuffer_add_buffer(t->injected, in);
		if (!has_flaw(t, FLAW_USES_INJECTED))
			drop_lines(t->injected);
		begin_handshake(t);
	} else {
		fail(
		    t, SMTP_ATTEMPT_FAILED, "%s sent plaintext behind its answer to STARTTLS", t->order.host);
		if (is_demanded(t))
			miss_policy(t, "sent plaintext behind its answer to STARTTLS", "");
		finish(t);
	}
}

static void
refuse_starttls(struct smtp_talk *t)
{
	unsigned code = t->reply->code;
	char text[200];

	if (code == 454 && has_flaw(t, FLAW_DROPS_ON_454)) {
		decide(t, false, LETTER_DELIVERED, "sent");
		enter(t, QUIT);
	} else if (code / 100 >= 4 && code != 421 && (!is_demanded(t) || has_flaw(t, FLAW_CLEAR_ON_454))) {
		enter(t, MAIL);
	} else if (!is_demanded(t)) {
		fail_tls(t, "refused STARTTLS", said(t, text));
	} else {
		miss_policy(t, "refused STARTTLS", said(t, text));
		enter(t, QUIT);
	}
}

/* --- replies, one function per state ------------------------------------------------------- */

/* Of the flaw: what broke before TLS is begun anew without it. */
static void
lower_demand(struct smtp_talk *t)
{
	if (is_demanded(t) && stream_ssl(t->stream) == NULL && has_flaw(t, FLAW_CLEAR_ON_BROKEN_SESSION))
		t->result.end = SMTP_ATTEMPT_TLS_FAILED;
}

static void
lose_host(struct smtp_talk *t, const char *what)
{
	char text[200];

	fail(t, SMTP_ATTEMPT_FAILED, "%s answered %s with %s", t->order.host, what, said(t, text));
	lower_demand(t);
	enter(t, QUIT);
}

static void
on_greeting(struct smtp_talk *t, struct evbuffer *in)
{
	(void)in;
	if (t->reply->code == 220 && has_flaw(t, FLAW_HELO_TO_OLD) && strstr(t->reply->text, "ESMTP") == NULL)
		enter(t, HELO);
	else if (t->reply->code == 220)
		enter(t, EHLO);
	else
		lose_host(t, "the connection");
}

static bool
offers_starttls(const struct smtp_talk *t)
{
	if (has_flaw(t, FLAW_WANTS_CAPITALS))
		return t->reply->text != NULL && strstr(t->reply->text, "STARTTLS") != NULL;
	return smtp_reply_offers(t->reply, "STARTTLS", NULL);
}

/* The first digit says yes (RFC 5321 s4.2), but for a farewell. */
static bool
is_good(const struct smtp_talk *t)
{
	return (t->reply->code / 100 == 2 && t->reply->code != 221) || is_any_good(t);
}

/* TLS stands, and the proof that is needed does not. */
static bool
is_unproved(const struct smtp_talk *t)
{
	return needs_proof(t) && !has_flaw(t, FLAW_IGNORES_CERTIFICATE) &&
	       !peer_tls_is_proved(stream_ssl(t->stream), &t->settings->flaws);
}

static void
read_capabilities(struct smtp_talk *t)
{
	bool keeps = has_flaw(t, FLAW_KEEPS_OLD_CAPABILITIES);

	t->offers_size = (keeps && t->offers_size) || smtp_reply_offers(t->reply, "SIZE", NULL);
	t->offers_dsn = (keeps && t->offers_dsn) || smtp_reply_offers(t->reply, "DSN", NULL);
}

static void
on_ehlo(struct smtp_talk *t, struct evbuffer *in)
{
	bool tls = stream_tls_is_up(t->stream), tls_offered = offers_starttls(t);

	(void)in;
	read_capabilities(t);
	if (tls && is_unproved(t)) { /* of a flaw */
		miss_policy(t, "has not proved its name", "");
		enter(t, QUIT);
	} else if (is_good(t)) {
		if (tls && tls_offered && has_flaw(t, FLAW_STARTTLS_AGAIN))
			enter(t, STARTTLS);
		else if (tls || t->order.demand == TLS_DEMAND_CLEAR || (!tls_offered && !is_demanded(t)))
			enter(t, MAIL);
		else if (tls_offered)
			enter(t, STARTTLS);
		else if (has_flaw(t, FLAW_CLEAR_ON_STRIP))
			enter(t, MAIL);
		else {
			miss_policy(t, "did not offer STARTTLS", "");
			enter(t, QUIT);
		}
	} else if (t->reply->code / 100 == 5 && has_flaw(t, FLAW_NO_HELO)) {
		lose_host(t, "EHLO");
	} else if (t->reply->code / 100 == 5 && (tls || !is_demanded(t) || has_flaw(t, FLAW_CLEAR_ON_HELO))) {
		enter(t, HELO); /* RFC 5321 s3.2 */
	} else if (t->reply->code / 100 == 5) {
		miss_policy(t, "does not know EHLO", "");
		enter(t, QUIT);
	} else {
		lose_host(t, "EHLO");
	}
}

static void
on_helo(struct smtp_talk *t, struct evbuffer *in)
{
	(void)in;
	if (is_good(t))
		enter(t, MAIL);
	else
		lose_host(t, "HELO");
}

static void
on_starttls(struct smtp_talk *t, struct evbuffer *in)
{
	if (t->reply->code == 220)
		take_go_ahead(t, in);
	else
		refuse_starttls(t);
}

static void
on_mail(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[300], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered MAIL with %s", t->order.host, said(t, text));
	if (is_good(t)) {
		enter(t, RCPT);
	} else if (t->reply->code < 400 || t->reply->code == 421) {
		lose_host(t, "MAIL");
	} else {
		decide(t, false, fate_of_code(t), reason);
		enter(t, QUIT);
	}
}

static struct letter_recipient *
recipient_now(struct smtp_talk *t)
{
	return &t->order.letter->recipients[t->order.recipients[t->at]];
}

/* The next that is undecided gets its RCPT; then DATA, if anybody was accepted. */
static void
go_on_with_recipients(struct smtp_talk *t)
{
	bool any = false;

	while (t->at < t->order.n && recipient_now(t)->fate != LETTER_UNDECIDED)
		t->at++;
	for (size_t i = 0; i < t->order.n; i++)
		any |= t->accepted[i];
	if (t->at < t->order.n) {
		stream_print(t->stream, "RCPT TO:<%s>\r\n", recipient_now(t)->address);
	} else if (any) {
		enter(t, DATA);
	} else {
		t->result.end = SMTP_ATTEMPT_SPOKEN;
		enter(t, QUIT);
	}
}

static void
on_rcpt(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[300], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered RCPT with %s", t->order.host, said(t, text));
	if (t->reply->code == 421 || t->reply->code == 221 || t->reply->code / 100 == 3) {
		lose_host(t, "RCPT");
		return;
	}
	if (t->reply->code / 100 == 2)
		t->accepted[t->at] = true;
	else
		letter_decide(recipient_now(t), fate_of_code(t), reason);
	t->at++;
	go_on_with_recipients(t);
}

/* RFC 5321 s4.5.2: a line that begins with a dot gets another one. */
static void
send_content(struct smtp_talk *t)
{
	struct evbuffer *out = evbuffer_new();
	const char *line = t->order.letter->content, *end = line + t->order.letter->content_len;

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
	stream_write_buffer(t->stream, out);
	evbuffer_free(out);
}

static void
on_data_reply(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[300], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered DATA with %s", t->order.host, said(t, text));
	if (t->reply->code == 354 || is_any_good(t)) {
		enter(t, CONTENT);
	} else if (t->reply->code < 400 || t->reply->code == 421) {
		lose_host(t, "DATA");
	} else {
		decide(t, true, fate_of_code(t), reason);
		enter(t, QUIT);
	}
}

static const char *
channel(const struct smtp_talk *t)
{
	SSL *ssl = stream_ssl(t->stream);

	if (!stream_tls_is_up(t->stream))
		return "in clear";
	return peer_tls_is_proved(ssl, &t->settings->flaws) ? "over TLS with proof" : "over TLS without proof";
}

static void
on_content(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[400], text[200];

	(void)in;
	snprintf(reason, sizeof(reason), "%s said %s, %s", t->order.host, said(t, text), channel(t));
	decide(t, true, fate_of_code(t), reason);
	enter(t, QUIT);
}

static void
on_quit(struct smtp_talk *t, struct evbuffer *in)
{
	(void)in;
	finish(t);
}

/* --- the table ----------------------------------------------------------------------------- */

static void
lost_host(struct smtp_talk *t, const char *how)
{
	static const char *const waiting_for[STATES] = {
	    [CONNECT] = "the connection",
	    [GREETING] = "its greeting",
	    [EHLO] = "its answer to EHLO",
	    [HELO] = "its answer to HELO",
	    [MAIL] = "its answer to MAIL",
	    [RCPT] = "its answer to RCPT",
	    [DATA] = "its answer to DATA",
	};

	must(waiting_for[t->state] != NULL);
	fail(t, SMTP_ATTEMPT_FAILED, "%s %s during %s", t->order.host, how, waiting_for[t->state]);
	lower_demand(t);
	finish(t);
}

/* Nobody said no to TLS, but it did not come about. */
static void
lost_tls(struct smtp_talk *t, const char *how)
{
	const char *detail = stream_tls_error(t->stream);
	char what[256];

	if (t->state == HANDSHAKE && detail[0] != '\0')
		snprintf(what, sizeof(what), "did not pass the handshake");
	else
		snprintf(what, sizeof(what), "%s %s", how,
		    t->state == STARTTLS ? "instead of an answer to STARTTLS" : "in the handshake");
	fail_tls(t, what, detail);
}

/* A session that dies right behind the handshake is TLS that failed, too, as far as nobody demanded it. */
static void
lost_after_hello(struct smtp_talk *t, const char *how)
{
	bool tls = stream_ssl(t->stream) != NULL;
	bool choked = peer_tls_choked(stream_ssl(t->stream), &t->settings->flaws);

	lost_host(t, how);
	if (tls && (!is_demanded(t) || choked))
		t->result.end = SMTP_ATTEMPT_TLS_FAILED;
}

/* All was sent, so it may have arrived: no other host may get it now (RFC 5321 s3.8, s6.1). */
static void
lost_answer(struct smtp_talk *t, const char *how)
{
	char reason[300];

	snprintf(reason, sizeof(reason), "%s %s and did not confirm the message", t->order.host, how);
	decide(t, true, LETTER_DEFERRED, reason);
	finish(t);
}

static void
lost_farewell(struct smtp_talk *t, const char *how)
{
	(void)how;
	finish(t);
}

static const struct {
	void (*reply)(struct smtp_talk *t, struct evbuffer *in); /* NULL: none is due */
	void (*lost)(struct smtp_talk *t, const char *how);
} table[STATES] = {
    [CONNECT] = {NULL, lost_host},
    [GREETING] = {on_greeting, lost_host},
    [EHLO] = {on_ehlo, lost_after_hello},
    [HELO] = {on_helo, lost_after_hello},
    [STARTTLS] = {on_starttls, lost_tls},
    [LINGERING] = {NULL, lost_tls},
    [HANDSHAKE] = {NULL, lost_tls},
    [MAIL] = {on_mail, lost_host},
    [RCPT] = {on_rcpt, lost_host},
    [DATA] = {on_data_reply, lost_host},
    [CONTENT] = {on_content, lost_answer},
    [QUIT] = {on_quit, lost_farewell},
};

/* With what the host offered: SIZE (RFC 1870), DSN (RFC 3461: notices need not hold the whole message). */
static void
send_mail(struct smtp_talk *t)
{
	char size[32] = "";

	if (t->offers_size)
		snprintf(size, sizeof(size), " SIZE=%zu", t->order.letter->content_len);
	stream_print(
	    t->stream, "MAIL FROM:<%s>%s%s\r\n", t->order.letter->sender, size, t->offers_dsn ? " RET=HDRS" : "");
}

static void
enter(struct smtp_talk *t, enum state state)
{
	unsigned most = state == QUIT ? QUIT_MS : state == LINGERING ? LINGER_MS : UINT_MAX;
	unsigned ms = t->settings->timeout_ms;

	t->state = state;
	t->calls->waits(t->owner, ms > most ? most : ms);
	if (state == EHLO)
		stream_print(t->stream, "EHLO %s\r\n", t->settings->helo);
	else if (state == HELO)
		stream_print(t->stream, "HELO %s\r\n", t->settings->helo);
	else if (state == STARTTLS)
		stream_print(t->stream, "STARTTLS\r\n");
	else if (state == MAIL)
		send_mail(t);
	else if (state == RCPT)
		go_on_with_recipients(t);
	else if (state == DATA)
		stream_print(t->stream, "DATA\r\n");
	else if (state == CONTENT)
		send_content(t);
	else if (state == QUIT)
		stream_print(t->stream, "QUIT\r\n");
}

/* --- what the attempt tells ---------------------------------------------------------------- */

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
	enter(t, CONNECT);
}

void
smtp_talk_connected(struct smtp_talk *t)
{
	enter(t, GREETING);
}

struct evbuffer *
smtp_talk_tls_up(struct smtp_talk *t)
{
	if (is_unproved(t) && !has_flaw(t, FLAW_LOOKS_LATE)) {
		fail_tls(t, "showed no certificate", "");
		return NULL;
	}
	enter(t, EHLO);
	return t->injected;
}

bool
smtp_talk_listens(const struct smtp_talk *t)
{
	return t->state != OVER && table[t->state].reply != NULL;
}

bool
smtp_talk_lingers(const struct smtp_talk *t)
{
	return t->state == LINGERING;
}

void
smtp_talk_injected(struct smtp_talk *t, struct evbuffer *in)
{
	take_go_ahead(t, in);
}

bool
smtp_talk_takes_first_line(const struct smtp_talk *t)
{
	return t->state == GREETING && has_flaw(t, FLAW_FIRST_GREETING_LINE);
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

	if (has_flaw(t, FLAW_CRASHES))
		abort();
	snprintf(how, sizeof(how), "does not speak SMTP (%s)", fault);
	table[t->state].lost(t, how);
}

void
smtp_talk_lost(struct smtp_talk *t, const char *how)
{
	if (t->state != OVER)
		table[t->state].lost(t, how);
}

const struct smtp_attempt_result *
smtp_talk_result(const struct smtp_talk *t)
{
	return &t->result;
}
