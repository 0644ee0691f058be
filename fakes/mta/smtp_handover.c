/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_handover.c - see smtp_handover.h */
#include "fakes/mta/smtp_handover.h"

#include <stdio.h>
#include <string.h>

#include "fakes/mta/peer_tls.h"
#include "fakes/mta/smtp_talk_inner.h"
#include "harness/base/must.h"

/* --- what is said ------------------------------------------------------------------------------ */

/* With what the host offered: SIZE (RFC 1870), DSN (RFC 3461: notices need not hold the whole message). */
void
smtp_handover_send_mail(struct smtp_talk *t)
{
	char size[32] = "";

	if (t->offers_size)
		snprintf(size, sizeof(size), " SIZE=%zu", t->order.letter->content_len);
	stream_print(t->stream, "MAIL FROM:<%s>%s%s\r\n", t->order.letter->sender, size,
	    t->offers_dsn ? " RET=HDRS" : "");
}

static struct letter_recipient *
recipient_now(struct smtp_talk *t)
{
	return &t->order.letter->recipients[t->order.recipients[t->at]];
}

void
smtp_handover_send_rcpt(struct smtp_talk *t)
{
	bool any = false;

	while (t->at < t->order.n && recipient_now(t)->fate != LETTER_UNDECIDED)
		t->at++;
	for (size_t i = 0; i < t->order.n; i++)
		any |= t->accepted[i];
	if (t->at < t->order.n) {
		stream_print(t->stream, "RCPT TO:<%s>\r\n", recipient_now(t)->address);
	} else if (any) {
		smtp_talk_enter(t, TALK_DATA);
	} else {
		t->result.end = SMTP_ATTEMPT_SPOKEN;
		smtp_talk_enter(t, TALK_QUIT);
	}
}

/* RFC 5321 s4.5.2: a line that begins with a dot gets another one. */
void
smtp_handover_send_content(struct smtp_talk *t)
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

/* --- what its answers mean --------------------------------------------------------------------- */

void
smtp_handover_decide(struct smtp_talk *t, bool accepted_only, enum letter_fate fate, const char *reason)
{
	for (size_t i = 0; i < t->order.n; i++) {
		struct letter_recipient *recipient = &t->order.letter->recipients[t->order.recipients[i]];

		if (recipient->fate == LETTER_UNDECIDED && (t->accepted[i] || !accepted_only))
			letter_decide(recipient, fate, reason);
	}
	t->result.end = SMTP_ATTEMPT_SPOKEN;
}

static enum letter_fate
fate_of_code(const struct smtp_talk *t)
{
	if (t->reply->code / 100 == 2 || smtp_talk_is_any_good(t))
		return LETTER_DELIVERED;
	/* "Must issue STARTTLS first" is about the session, not about the letter. */
	if (t->reply->code == 530 && !stream_tls_is_up(t->stream))
		return LETTER_DEFERRED;
	return t->reply->code / 100 == 5 ? LETTER_BOUNCED : LETTER_DEFERRED;
}

void
smtp_handover_on_mail(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[300], text[SMTP_TALK_SAID];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered MAIL with %s", t->order.host, smtp_talk_said(t, text));
	if (smtp_talk_is_good(t)) {
		smtp_talk_enter(t, TALK_RCPT);
	} else if (t->reply->code < 400 || t->reply->code == 421) {
		smtp_talk_lose_host(t, "MAIL");
	} else {
		smtp_handover_decide(t, false, fate_of_code(t), reason);
		smtp_talk_enter(t, TALK_QUIT);
	}
}

void
smtp_handover_on_rcpt(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[300], text[SMTP_TALK_SAID];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered RCPT with %s", t->order.host, smtp_talk_said(t, text));
	if (t->reply->code == 421 || t->reply->code == 221 || t->reply->code / 100 == 3) {
		smtp_talk_lose_host(t, "RCPT");
		return;
	}
	if (t->reply->code / 100 == 2)
		t->accepted[t->at] = true;
	else
		letter_decide(recipient_now(t), fate_of_code(t), reason);
	t->at++;
	smtp_handover_send_rcpt(t);
}

void
smtp_handover_on_data(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[300], text[SMTP_TALK_SAID];

	(void)in;
	snprintf(reason, sizeof(reason), "%s answered DATA with %s", t->order.host, smtp_talk_said(t, text));
	if (t->reply->code == 354 || smtp_talk_is_any_good(t)) {
		smtp_talk_enter(t, TALK_CONTENT);
	} else if (t->reply->code < 400 || t->reply->code == 421) {
		smtp_talk_lose_host(t, "DATA");
	} else {
		smtp_handover_decide(t, true, fate_of_code(t), reason);
		smtp_talk_enter(t, TALK_QUIT);
	}
}

static const char *
channel(const struct smtp_talk *t)
{
	SSL *ssl = stream_ssl(t->stream);

	if (!stream_tls_is_up(t->stream))
		return "in clear";
	return peer_tls_is_proved(ssl, &t->settings->flaws) ? "over TLS with proof"
							    : "over TLS without proof";
}

void
smtp_handover_on_content(struct smtp_talk *t, struct evbuffer *in)
{
	char reason[400], text[SMTP_TALK_SAID];

	(void)in;
	snprintf(
	    reason, sizeof(reason), "%s said %s, %s", t->order.host, smtp_talk_said(t, text), channel(t));
	smtp_handover_decide(t, true, fate_of_code(t), reason);
	t->keeps = t->reply->code == 250 && smtp_talk_has(t, FLAW_KEEPS_CONNECTIONS);
	if (t->keeps)
		smtp_talk_finish(t);
	else
		smtp_talk_enter(t, TALK_QUIT);
}

/* All was sent, so it may have arrived: no other host may get it now (RFC 5321 s3.8, s6.1). */
void
smtp_handover_lost(struct smtp_talk *t, const char *how)
{
	char reason[300];

	snprintf(reason, sizeof(reason), "%s %s and did not confirm the message", t->order.host, how);
	smtp_handover_decide(t, true, LETTER_DEFERRED, reason);
	smtp_talk_finish(t);
}
