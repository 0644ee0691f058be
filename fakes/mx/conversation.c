/* SPDX-License-Identifier: Apache-2.0 */
/* conversation.c - see conversation.h. */
#include "fakes/mx/conversation.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/smtp/smtp_reply.h"
#include "fakes/smtp/smtp_server.h"
#include "harness/base/must.h"

#define CUT_TAIL 128 /* room for the note about what was cut off */

/* A MAIL that is not answered yet. */
struct asked {
	struct asked *next;
	char sender[];
};

struct conversation {
	struct scope *scope;
	const char *channel;
	struct smtp_observer *observer;
	char *sender; /* of the transaction, or of a MAIL that was refused without one; owned */
	struct asked *asked, **last_asked;
	bool agreed_tls, carried_mail;
};

/* --- facts ------------------------------------------------------------------------------ */

struct bytes
conversation_cut(struct bytes data, size_t total, char **ret_owned)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	size_t keep = FACT_TEXT_MAX - CUT_TAIL;

	*ret_owned = NULL;
	if (data.len <= keep && total == data.len)
		return data;
	if (data.len < keep)
		keep = data.len;
	must(EVP_Digest(data.data, data.len, digest, &digest_len, EVP_sha256(), NULL) == 1);
	for (unsigned i = 0; i < digest_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	*ret_owned = must_alloc(keep + CUT_TAIL);
	memcpy(*ret_owned, data.data, keep);
	int n = snprintf(*ret_owned + keep, CUT_TAIL, "...[%zu bytes, sha256 %s]", total, hex);
	must(n > 0 && n < CUT_TAIL);
	return (struct bytes){*ret_owned, keep + (size_t)n};
}

static void
on_command(void *owner, struct bytes line)
{
	struct conversation *c = owner;

	/* a MAIL belongs to the step in which it came, with all that follows it */
	if (smtp_verb_of(line, NULL) == SMTP_MAIL)
		scope_advance(c->scope);
	if (c->channel)
		SCOPE_EMIT(c->scope, .kind = FACT_COMMAND,
		    .command = {.line = line, .channel = bytes_of(c->channel)});
}

static void
on_mail(void *owner, struct bytes sender)
{
	struct conversation *c = owner;
	struct asked *asked = must_alloc(sizeof(*asked) + sender.len + 1);

	if (sender.len)
		memcpy(asked->sender, sender.data, sender.len);
	c->carried_mail = true;
	*c->last_asked = asked;
	c->last_asked = &asked->next;
	if (c->channel)
		SCOPE_EMIT(
		    c->scope, .kind = FACT_MAIL, .mail = {.sender = sender, .channel = bytes_of(c->channel)});
}

static void
set_sender(struct conversation *c, const char *sender)
{
	free(c->sender);
	c->sender = must_strdup(sender);
}

static struct asked *
take_asked(struct conversation *c)
{
	struct asked *first = c->asked;

	if (first == NULL)
		return NULL;
	c->asked = first->next;
	if (c->asked == NULL)
		c->last_asked = &c->asked;
	return first;
}

static void
on_mail_answered(void *owner, bool taken, bool transaction_stood)
{
	struct conversation *c = owner;
	struct asked *asked = take_asked(c);

	if (asked == NULL)
		return;
	if (taken || !transaction_stood)
		set_sender(c, asked->sender);
	free(asked);
}

static void
forget_asked(struct conversation *c)
{
	while (c->asked != NULL)
		free(take_asked(c));
}

/* Content that does not wait for the answers is of the MAIL that was named last. */
static const char *
sender_of_content(const struct conversation *c)
{
	const struct asked *last = c->asked;

	while (last != NULL && last->next != NULL)
		last = last->next;
	return last != NULL ? last->sender : c->sender;
}

static void
on_rcpt(void *owner, struct bytes recipient)
{
	struct conversation *c = owner;

	if (c->channel)
		SCOPE_EMIT(c->scope, .kind = FACT_RCPT,
		    .rcpt = {.recipient = recipient, .channel = bytes_of(c->channel)});
}

static void
on_content(void *owner, struct bytes data, size_t total, bool whole)
{
	struct conversation *c = owner;
	char *owned;

	if (!c->channel)
		return;
	struct bytes text = conversation_cut(data, total, &owned);
	SCOPE_EMIT(c->scope, .kind = FACT_CONTENT,
	    .content = {.sender = bytes_of(sender_of_content(c)),
		.data = text,
		.channel = bytes_of(c->channel),
		.whole = whole});
	free(owned);
}

static void
on_credentials(void *owner, struct bytes mechanism, struct bytes data)
{
	struct conversation *c = owner;

	if (c->channel)
		SCOPE_EMIT(c->scope, .kind = FACT_CREDENTIALS,
		    .credentials = {.mechanism = mechanism, .data = data, .channel = bytes_of(c->channel)});
}

static void
on_starttls_agreed(void *owner)
{
	struct conversation *c = owner;

	c->agreed_tls = true;
}

static const struct smtp_observer_calls observer_calls = {
    .command = on_command,
    .mail = on_mail,
    .mail_answered = on_mail_answered,
    .rcpt = on_rcpt,
    .content = on_content,
    .credentials = on_credentials,
    .starttls_agreed = on_starttls_agreed,
};

/* --- life ------------------------------------------------------------------------------- */

struct conversation *
conversation_new(struct scope *scope, const char *channel)
{
	struct conversation *c = must_alloc(sizeof(*c));

	c->scope = scope;
	c->channel = channel;
	c->last_asked = &c->asked;
	c->observer = smtp_observer_new(&observer_calls, c, SMTP_CONTENT_MAX);
	return c;
}

void
conversation_free(struct conversation *c)
{
	if (!c)
		return;
	smtp_observer_free(c->observer);
	forget_asked(c);
	free(c->sender);
	free(c);
}

void
conversation_restart(struct conversation *c, const char *channel)
{
	c->channel = channel;
	c->agreed_tls = false;
	smtp_observer_forget(c->observer);
	forget_asked(c);
}

const char *
conversation_channel(const struct conversation *c)
{
	return c->channel;
}

const struct smtp_observer *
conversation_observer(const struct conversation *c)
{
	return c->observer;
}

bool
conversation_carried_mail(const struct conversation *c)
{
	return c->carried_mail;
}

bool
conversation_agreed_tls(const struct conversation *c)
{
	return c->agreed_tls;
}

/* --- the client ------------------------------------------------------------------------- */

bool
conversation_read(struct conversation *c, struct evbuffer *in,
    enum conversation_next (*said)(void *owner, const struct smtp_said *said), void *owner)
{
	size_t n;

	while ((n = evbuffer_get_contiguous_space(in)) > 0) {
		struct bytes chunk = {(const char *)evbuffer_pullup(in, (ev_ssize_t)n), n};
		struct bytes rest = chunk;
		struct smtp_said item;
		bool is_something = smtp_observer_client(c->observer, &rest, &item);
		enum conversation_next next = is_something ? said(owner, &item) : CONVERSATION_READ;

		if (next == CONVERSATION_GONE)
			return false;
		evbuffer_drain(in, n - rest.len);
		if (next == CONVERSATION_STOP || (!is_something && rest.len))
			return true;
	}
	return true;
}

void
conversation_settle(struct conversation *c)
{
	smtp_observer_settle(c->observer);
}

void
conversation_tell_early(struct conversation *c, struct bytes early)
{
	struct smtp_observer *aside = smtp_observer_new(&observer_calls, c, SMTP_CONTENT_MAX);
	struct smtp_said said;

	while (smtp_observer_client(aside, &early, &said))
		;
	smtp_observer_end(aside, early);
	smtp_observer_free(aside);
	forget_asked(c); /* nothing of it will be answered */
}

void
conversation_end(struct conversation *c, struct evbuffer *in)
{
	size_t n = in ? evbuffer_get_length(in) : 0;
	struct bytes left = {n ? (const char *)evbuffer_pullup(in, -1) : "", n};

	smtp_observer_end(c->observer, left);
	forget_asked(c);
}

/* --- the server ------------------------------------------------------------------------- */

const struct bytes conversation_unasked = {NULL, 0};

/* Without what is behind its end; a line that was joined of several is told by its first. */
static struct bytes
first_line(struct bytes text)
{
	const char *lf = text.len ? memchr(text.data, '\n', text.len) : NULL;

	if (lf)
		text.len = (size_t)(lf - text.data);
	if (lf && text.len && text.data[text.len - 1] == '\r')
		text.len--;
	if (text.len > SMTP_LINE_MAX)
		text.len = SMTP_LINE_MAX;
	return text;
}

static void
show_line(const struct conversation *c, struct bytes line, const struct bytes *was)
{
	struct bytes before = was ? first_line(*was) : line;
	bool changed = was && (before.len == 0 || !bytes_equal(line, before));

	if (c->channel)
		SCOPE_EMIT(c->scope, .kind = FACT_REPLY,
		    .reply = {.line = line,
			.channel = bytes_of(c->channel),
			.changed = changed,
			.was = changed ? before : conversation_unasked});
}

enum heard { FOR_CLIENT_ONLY, FOR_OBSERVER };

/* Each line as a fact, then to the observer if it is to hear it. True when a whole reply was among them. */
static bool
show_lines(
    struct conversation *c, struct bytes text, const struct bytes *was, enum heard heard, bool *ret_popped)
{
	struct smtp_lines lines;
	struct smtp_line line;
	bool whole = false, final;

	smtp_lines_init(&lines, SMTP_LINE_MAX);
	while (smtp_lines_next(&lines, &text, &line) || smtp_lines_rest(&lines, &line)) {
		final = false;
		show_line(c, line.text, was);
		if (was)
			was = &conversation_unasked;
		whole |= smtp_reply_line_code(line.text, &final) != 0 && final;
		if (heard == FOR_OBSERVER)
			*ret_popped |= smtp_observer_server(c->observer, &line);
	}
	smtp_lines_done(&lines);
	return whole;
}

void
conversation_reply(struct conversation *c, struct bytes reply, const struct bytes *was)
{
	bool popped = false;

	show_lines(c, reply, was, FOR_OBSERVER, &popped);
}

bool
conversation_answer(struct conversation *c, struct bytes answer, const struct bytes *was)
{
	bool popped = false;
	bool whole = show_lines(c, answer, was, FOR_OBSERVER, &popped);

	if (!popped)
		smtp_observer_drop(c->observer);
	return whole;
}

bool
conversation_show(struct conversation *c, struct bytes lines, const struct bytes *was)
{
	return show_lines(c, lines, was, FOR_CLIENT_ONLY, NULL);
}

void
conversation_withhold(struct conversation *c, struct bytes text)
{
	struct smtp_lines lines;
	struct smtp_line line;

	smtp_lines_init(&lines, SMTP_LINE_MAX);
	while (smtp_lines_next(&lines, &text, &line) || smtp_lines_rest(&lines, &line))
		if (c->channel)
			SCOPE_EMIT(c->scope, .kind = FACT_WITHHELD, .withheld = {.line = line.text});
	smtp_lines_done(&lines);
}

void
conversation_rewrite(struct conversation *c, struct bytes line, struct bytes was)
{
	if (c->channel)
		SCOPE_EMIT(c->scope, .kind = FACT_REWRITTEN,
		    .rewritten = {.line = first_line(line), .was = first_line(was)});
}
