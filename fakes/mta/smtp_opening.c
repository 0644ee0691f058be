/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_opening.c - see smtp_opening.h */
#include "fakes/mta/smtp_opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/mta/peer_tls.h"
#include "fakes/mta/smtp_handover.h"
#include "fakes/mta/smtp_talk_inner.h"
#include "harness/base/must.h"

/* --- TLS, or not ------------------------------------------------------------------------------ */

static bool
needs_proof(const struct smtp_talk *t)
{
	return t->order.demand == TLS_DEMAND_PROVED || smtp_talk_has(t, FLAW_DEMANDS_PROOF);
}

bool
smtp_opening_is_unproved(const struct smtp_talk *t)
{
	return needs_proof(t) && !smtp_talk_has(t, FLAW_IGNORES_CERTIFICATE) &&
	       !peer_tls_is_proved(stream_ssl(t->stream), &t->settings->flaws);
}

/* What the policy, or who set us up, demands cannot be had here. */
static void
miss_policy(struct smtp_talk *t, const char *what, const char *detail)
{
	const char *domain = t->order.policy_domain;

	t->result.policy = true;
	smtp_talk_fail(t, SMTP_ATTEMPT_FAILED, "TLS is required%s%s, but %s %s%s%s",
	    domain != NULL ? " by the policy of " : "", domain != NULL ? domain : "", t->order.host, what,
	    detail[0] ? ": " : "", detail);
}

void
smtp_opening_fail(struct smtp_talk *t, const char *what, const char *detail)
{
	if ((smtp_talk_demands(t) || needs_proof(t)) && !smtp_talk_has(t, FLAW_CLEAR_ON_TLS_FAILURE))
		miss_policy(t, what, detail);
	else
		smtp_talk_fail(t, SMTP_ATTEMPT_TLS_FAILED, "%s %s%s%s", t->order.host, what,
		    detail[0] ? ": " : "", detail);
	smtp_talk_finish(t);
}

static void
begin_handshake(struct smtp_talk *t)
{
	SSL *ssl = peer_tls_new(
	    t->settings->tls, t->order.host, t->order.policy, needs_proof(t), &t->settings->flaws);

	smtp_talk_enter(t, TALK_HANDSHAKE);
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
void
smtp_opening_go_ahead(struct smtp_talk *t, struct evbuffer *in)
{
	if (in != NULL && evbuffer_get_length(in) == 0 && smtp_talk_has(t, FLAW_USES_INJECTED) &&
	    t->state != TALK_LINGERING) {
		smtp_talk_enter(t, TALK_LINGERING);
	} else if (in == NULL || evbuffer_get_length(in) == 0) {
		begin_handshake(t);
	} else if (smtp_talk_has(t, FLAW_USES_INJECTED) || smtp_talk_has(t, FLAW_KEEPS_FRAGMENT)) {
		t->injected = evbuffer_new();
		must(t->injected != NULL);
		evbuffer_add_buffer(t->injected, in);
		if (!smtp_talk_has(t, FLAW_USES_INJECTED))
			drop_lines(t->injected);
		begin_handshake(t);
	} else {
		smtp_talk_fail(
		    t, SMTP_ATTEMPT_FAILED, "%s sent plaintext behind its answer to STARTTLS", t->order.host);
		if (smtp_talk_demands(t))
			miss_policy(t, "sent plaintext behind its answer to STARTTLS", "");
		smtp_talk_finish(t);
	}
}

static void
refuse_starttls(struct smtp_talk *t)
{
	unsigned code = t->reply->code;
	char text[SMTP_TALK_SAID];

	if (code == 454 && smtp_talk_has(t, FLAW_DROPS_ON_454)) {
		smtp_handover_decide(t, false, LETTER_DELIVERED, "sent");
		smtp_talk_enter(t, TALK_QUIT);
	} else if (code / 100 >= 4 && code != 421 &&
		   (!smtp_talk_demands(t) || smtp_talk_has(t, FLAW_CLEAR_ON_454))) {
		smtp_talk_enter(t, TALK_MAIL);
	} else if (!smtp_talk_demands(t)) {
		smtp_opening_fail(t, "refused STARTTLS", smtp_talk_said(t, text));
	} else {
		miss_policy(t, "refused STARTTLS", smtp_talk_said(t, text));
		smtp_talk_enter(t, TALK_QUIT);
	}
}

/* --- replies ---------------------------------------------------------------------------------- */

void
smtp_opening_on_greeting(struct smtp_talk *t, struct evbuffer *in)
{
	(void)in;
	if (t->reply->code == 220 && smtp_talk_has(t, FLAW_HELO_TO_OLD) &&
	    strstr(t->reply->text, "ESMTP") == NULL)
		smtp_talk_enter(t, TALK_HELO);
	else if (t->reply->code == 220)
		smtp_talk_enter(t, TALK_EHLO);
	else
		smtp_talk_lose_host(t, "the connection");
}

static bool
offers_starttls(const struct smtp_talk *t)
{
	if (smtp_talk_has(t, FLAW_WANTS_CAPITALS))
		return t->reply->text != NULL && strstr(t->reply->text, "STARTTLS") != NULL;
	return smtp_reply_offers(t->reply, "STARTTLS", NULL);
}

static void
read_capabilities(struct smtp_talk *t)
{
	bool keeps = smtp_talk_has(t, FLAW_KEEPS_OLD_CAPABILITIES);

	t->offers_size = (keeps && t->offers_size) || smtp_reply_offers(t->reply, "SIZE", NULL);
	t->offers_dsn = (keeps && t->offers_dsn) || smtp_reply_offers(t->reply, "DSN", NULL);
}

void
smtp_opening_on_ehlo(struct smtp_talk *t, struct evbuffer *in)
{
	bool tls = stream_tls_is_up(t->stream), tls_offered = offers_starttls(t);

	(void)in;
	read_capabilities(t);
	if (tls && smtp_opening_is_unproved(t)) { /* of a flaw */
		miss_policy(t, "has not proved its name", "");
		smtp_talk_enter(t, TALK_QUIT);
	} else if (smtp_talk_is_good(t)) {
		if (tls && tls_offered && smtp_talk_has(t, FLAW_STARTTLS_AGAIN))
			smtp_talk_enter(t, TALK_STARTTLS);
		else if (tls || t->order.demand == TLS_DEMAND_CLEAR ||
			 (!tls_offered && !smtp_talk_demands(t)))
			smtp_talk_enter(t, TALK_MAIL);
		else if (tls_offered)
			smtp_talk_enter(t, TALK_STARTTLS);
		else if (smtp_talk_has(t, FLAW_CLEAR_ON_STRIP))
			smtp_talk_enter(t, TALK_MAIL);
		else {
			miss_policy(t, "did not offer STARTTLS", "");
			smtp_talk_enter(t, TALK_QUIT);
		}
	} else if (t->reply->code / 100 == 5 && smtp_talk_has(t, FLAW_NO_HELO)) {
		smtp_talk_lose_host(t, "EHLO");
	} else if (t->reply->code / 100 == 5 &&
		   (tls || !smtp_talk_demands(t) || smtp_talk_has(t, FLAW_CLEAR_ON_HELO))) {
		smtp_talk_enter(t, TALK_HELO); /* RFC 5321 s3.2 */
	} else if (t->reply->code / 100 == 5) {
		miss_policy(t, "does not know EHLO", "");
		smtp_talk_enter(t, TALK_QUIT);
	} else {
		smtp_talk_lose_host(t, "EHLO");
	}
}

void
smtp_opening_on_helo(struct smtp_talk *t, struct evbuffer *in)
{
	(void)in;
	if (smtp_talk_is_good(t))
		smtp_talk_enter(t, TALK_MAIL);
	else
		smtp_talk_lose_host(t, "HELO");
}

void
smtp_opening_on_starttls(struct smtp_talk *t, struct evbuffer *in)
{
	if (t->reply->code == 220)
		smtp_opening_go_ahead(t, in);
	else
		refuse_starttls(t);
}

/* --- lost connections -------------------------------------------------------------------------- */

/* Nobody said no to TLS, but it did not come about. */
void
smtp_opening_lost_tls(struct smtp_talk *t, const char *how)
{
	const char *detail = stream_tls_error(t->stream);
	char what[256];

	if (t->state == TALK_HANDSHAKE && detail[0] != '\0')
		snprintf(what, sizeof(what), "did not pass the handshake");
	else
		snprintf(what, sizeof(what), "%s %s", how,
		    t->state == TALK_STARTTLS ? "instead of an answer to STARTTLS" : "in the handshake");
	smtp_opening_fail(t, what, detail);
}

/* A session that dies right behind the handshake is TLS that failed, too, as far as nobody demanded it. */
void
smtp_opening_lost(struct smtp_talk *t, const char *how)
{
	bool tls = stream_ssl(t->stream) != NULL;
	bool choked = peer_tls_choked(stream_ssl(t->stream), &t->settings->flaws);

	smtp_talk_lost_host(t, how);
	if (tls && (!smtp_talk_demands(t) || choked))
		t->result.end = SMTP_ATTEMPT_TLS_FAILED;
}
