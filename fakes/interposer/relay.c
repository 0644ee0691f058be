/* SPDX-License-Identifier: Apache-2.0 */
/* relay.c - see relay.h. */
#include "fakes/interposer/relay.h"

#include <stdlib.h>
#include <string.h>

#include "fakes/interposer/inside.h"
#include "fakes/interposer/moves.h"
#include "fakes/smtp/smtp_reply.h"
#include "harness/base/must.h"

#define REPLY_MAX (64 * 1024) /* a longer reply is passed on in parts */

/* --- what is to be answered ---------------------------------------------------------------- */

static struct exchange *
open_exchange(struct session *s, enum smtp_verb verb)
{
	struct exchange *e = must_alloc(sizeof(*e));

	e->verb = verb;
	TAILQ_INSERT_TAIL(&s->exchanges, e, next);
	return e;
}

static void
drop_first(struct session *s)
{
	struct exchange *e = TAILQ_FIRST(&s->exchanges);

	TAILQ_REMOVE(&s->exchanges, e, next);
	free(e->moves.items);
	free(e->answer);
	free(e);
}

void
relay_begin(struct session *s)
{
	TAILQ_INIT(&s->exchanges);
	smtp_lines_init(&s->reply_lines, SMTP_LINE_MAX);
	open_exchange(s, SMTP_GREETING);
}

void
relay_done(struct session *s)
{
	while (!TAILQ_EMPTY(&s->exchanges))
		drop_first(s);
	smtp_lines_done(&s->reply_lines);
	free(s->reply);
}

bool
relay_is_idle(const struct session *s)
{
	return TAILQ_EMPTY(&s->exchanges) && s->reply_len == 0 && smtp_lines_is_empty(&s->reply_lines);
}

void
relay_forge(struct exchange *e, struct bytes answer)
{
	must(!e->forged);
	e->forged = true;
	e->answer_len = answer.len;
	e->answer = must_alloc(answer.len + 1);
	if (answer.len)
		memcpy(e->answer, answer.data, answer.len);
}

/* --- commands up ---------------------------------------------------------------------------- */

static void
pass_on(struct session *s, const struct smtp_line *line)
{
	session_to_upstream(s, line->text);
	session_to_upstream(s, smtp_ending_bytes(line->ending));
}

/* The MX is gone, by a move of ours, and the client goes on. */
static void
answer_alone(struct exchange *e)
{
	relay_forge(e, e->verb == SMTP_QUIT ? BYTES("221 2.0.0 bye\r\n") : BYTES("421 4.3.2 closing\r\n"));
	e->closes = true;
}

/* STARTTLS goes to the MX only when TLS is to be passed on unopened. */
static void
decide_starttls(struct session *s, struct exchange *e)
{
	if (s->tls_begun) {
		relay_forge(e, BYTES("503 5.5.1 TLS is up already\r\n"));
		e->unchanged = true;
		return;
	}
	if (!s->offered)
		return;
	free(s->interception.moves.items);
	free(s->interception.inside.items);
	s->interception = (struct interception){0};
	moves_act(s, HOOK_STARTTLS, &(struct moment){0});
	if (!s->interception.wanted)
		return;
	relay_forge(e, BYTES("220 2.0.0 go ahead\r\n"));
	e->unchanged = !s->interception.changes;
}

/* The rest of a reply that was cut short answers this; what the MX answers is for nobody. */
static void
give_rest(struct session *s, struct exchange *e, const struct smtp_said *said)
{
	relay_forge(e, bytes_of(s->ehlo_rest));
	free(s->ehlo_rest);
	s->ehlo_rest = NULL;
	pass_on(s, &said->line);
	if (s->upstream)
		open_exchange(s, said->verb)->swallowed = true;
}

static void
take_command(struct session *s, const struct smtp_said *said)
{
	struct exchange *e = open_exchange(s, said->verb);
	struct moment moment = {.exchange = e};

	s->mute = false;
	if (s->ehlo_rest) {
		give_rest(s, e, said);
		return;
	}
	if (s->tls.up && s->interception.server) {
		inside_answer(s, e);
		return;
	}
	moves_act(s, HOOK_COMMAND, &moment);
	if (!e->forged && said->verb == SMTP_STARTTLS)
		decide_starttls(s, e);
	if (!e->forged && !s->upstream)
		answer_alone(e);
	if (e->forged)
		return;
	if (moment.command.data) {
		session_to_upstream(s, moment.command);
		conversation_rewrite(s->talk, moment.command, said->line.text);
	} else {
		pass_on(s, &said->line);
	}
}

/* Later pieces of an overlong line, and chunks, go where the command went. */
static void
take_more(struct session *s, const struct smtp_said *said)
{
	const struct exchange *last = TAILQ_LAST(&s->exchanges, exchange_list);

	if (!last || !last->forged)
		pass_on(s, &said->line);
}

static void
take_dot(struct session *s, const struct smtp_said *said)
{
	struct exchange *e = open_exchange(s, SMTP_CONTENT);

	moves_act(s, HOOK_COMMAND, &(struct moment){.exchange = e});
	if (s->mx_in_data && !e->forged) {
		pass_on(s, &said->line);
	} else if (s->mx_in_data) {
		session_drop_upstream(s); /* it must not take the message: there is no way back but to go */
	} else {
		if (!e->forged)
			relay_forge(e, BYTES("451 4.3.0 try again later\r\n"));
		session_to_upstream(s, BYTES("RSET\r\n"));
		if (s->upstream) {
			e = open_exchange(s, SMTP_RSET);
			e->swallowed = true;
			e->ours = true;
		}
	}
	s->mx_in_data = false;
}

static void
take_response(struct session *s, const struct smtp_said *said)
{
	struct exchange *e;

	if (said->awaits) {
		e = open_exchange(s, SMTP_RESPONSE);
		if (!s->mx_in_auth)
			relay_forge(e, BYTES("535 5.7.8 not accepted\r\n"));
	}
	take_more(s, said);
}

enum conversation_next
relay_said(void *session, const struct smtp_said *said)
{
	struct session *s = session;

	if (s->phase == PHASE_HELD)
		return CONVERSATION_READ;
	switch (said->kind) {
	case SMTP_SAID_COMMAND:
		if (said->awaits)
			take_command(s, said);
		else
			take_more(s, said);
		break;
	case SMTP_SAID_RESPONSE:
		take_response(s, said);
		break;
	case SMTP_SAID_CONTENT:
		if (s->mx_in_data)
			pass_on(s, &said->line);
		return CONVERSATION_READ;
	case SMTP_SAID_CHUNK:
		take_more(s, said);
		return CONVERSATION_READ;
	case SMTP_SAID_DOT:
		take_dot(s, said);
		break;
	}
	return s->over ? CONVERSATION_GONE : CONVERSATION_STOP;
}

/* --- answers down ----------------------------------------------------------------------------- */

static void
give_behind(struct session *s, struct bytes behind)
{
	if (!behind.len)
		return;
	session_to_client(s, behind);
	conversation_show(s->talk, behind, &conversation_unasked);
}

/* What the client sent behind STARTTLS without waiting, up to a line that begins TLS: no server takes it. */
static void
drop_early(struct session *s)
{
	size_t all = s->in ? evbuffer_get_length(s->in) : 0, n = 0;
	const char *data = all ? (const char *)evbuffer_pullup(s->in, (ev_ssize_t)all) : NULL;

	while (n < all && !records_may_begin((struct bytes){data + n, all - n})) {
		const char *lf = memchr(data + n, '\n', all - n);
		n = lf ? (size_t)(lf - data) + 1 : all;
	}
	if (!n)
		return;
	conversation_tell_early(s->talk, (struct bytes){data, n});
	evbuffer_drain(s->in, n);
}

/* The 220 of STARTTLS, with what a move puts behind it into the same segment. */
static void
act_on_go_ahead(struct session *s, struct exchange *e, struct bytes answer)
{
	struct moment moment = {.exchange = NULL};
	bool final = false;

	if (e->verb != SMTP_STARTTLS || smtp_reply_line_code(answer, &final) != 220)
		return;
	struct exchange behind = {0};
	moment.exchange = &behind;
	moves_act(s, HOOK_GO_AHEAD, &moment);
	give_behind(s, moment.behind);
	session_meet(s, &behind.moves);
	s->apart = moment.apart;
	drop_early(s);
}

void
relay_give_apart(struct session *s)
{
	struct bytes apart = s->apart;

	if (!s->apart_moves.n || s->over)
		return;
	s->apart = (struct bytes){NULL, 0};
	give_behind(s, apart);
	session_meet(s, &s->apart_moves);
}

static void
give_answer(struct session *s, struct exchange *e)
{
	struct bytes answer = {e->answer, e->answer_len};

	session_to_client(s, answer);
	s->mute = !conversation_answer(s->talk, answer, e->unchanged ? NULL : &conversation_unasked);
	if (s->interception.wanted)
		act_on_go_ahead(s, e, answer);
}

static void
finish_first(struct session *s)
{
	struct exchange *e = TAILQ_FIRST(&s->exchanges);
	bool closes = e->closes, finishes = e->finishes;

	session_meet(s, &e->moves);
	drop_first(s);
	if (closes)
		session_close(s, "world");
	else if (finishes)
		session_finish(s);
}

bool
relay_give_forged(struct session *s)
{
	struct exchange *e;

	while (!s->over && (e = TAILQ_FIRST(&s->exchanges)) && e->forged) {
		give_answer(s, e);
		finish_first(s);
	}
	return !s->over;
}

/* What has become of a reply of the MX's, each line beside the one it was. True when a whole reply was among
 * them. */
static bool
give_changed(struct session *s, const struct ehlo *reply,
    bool (*tell)(struct session *s, struct bytes line, struct bytes was))
{
	size_t said = 0;
	bool whole = false;

	for (size_t i = 0; i < reply->n; i++) {
		struct bytes line = {reply->lines[i].text, reply->lines[i].len}, was = conversation_unasked;
		if (reply->lines[i].from != EHLO_NOWHERE) {
			for (; said < reply->lines[i].from; said++)
				conversation_withhold(s->talk, reply->said[said]);
			was = reply->said[said++];
		}
		session_to_client(s, line);
		whole |= tell(s, line, was);
	}
	for (; said < reply->n_said; said++)
		conversation_withhold(s->talk, reply->said[said]);
	return whole;
}

static bool
tell_reply(struct session *s, struct bytes line, struct bytes was)
{
	conversation_reply(s->talk, line, &was);
	return true;
}

static bool
tell_greeting(struct session *s, struct bytes line, struct bytes was)
{
	return conversation_show(s->talk, line, &was);
}

/* Inside TLS the MX talks in clear, and does not know that STARTTLS is out of place. */
static void
give_ehlo_inside(struct session *s, struct ehlo *ehlo)
{
	int starttls = ehlo_find(ehlo, "STARTTLS");

	if (starttls >= 0)
		ehlo_remove(ehlo, starttls);
	for (size_t i = 0; i < ehlo->n; i++) {
		struct bytes line = {ehlo->lines[i].text, ehlo->lines[i].len};
		session_to_client(s, line);
		conversation_reply(s->talk, line, NULL);
	}
}

static void
give_ehlo(struct session *s, struct exchange *e, struct bytes reply)
{
	struct ehlo *ehlo = ehlo_new(reply);

	if (s->tls_begun) {
		give_ehlo_inside(s, ehlo);
	} else {
		s->offered = ehlo_find(ehlo, "STARTTLS") >= 0;
		moves_act(s, HOOK_EHLO, &(struct moment){.exchange = e, .ehlo = ehlo});
		give_changed(s, ehlo, tell_reply);
	}
	ehlo_free(ehlo);
}

static void
give_greeting(struct session *s, struct exchange *e, struct bytes reply)
{
	struct ehlo *greeting;

	moves_act(s, HOOK_GREETING, &(struct moment){.exchange = e});
	if (!e->forged) {
		session_to_client(s, reply);
		conversation_show(s->talk, reply, NULL);
		return;
	}
	greeting = ehlo_new(reply);
	ehlo_put(greeting, (struct bytes){e->answer, e->answer_len});
	s->mute = !give_changed(s, greeting, tell_greeting);
	ehlo_free(greeting);
}

static void
give_reply(struct session *s, struct exchange *e, struct bytes reply, unsigned code)
{
	switch (e->verb) {
	case SMTP_GREETING:
		give_greeting(s, e, reply);
		return;
	case SMTP_EHLO:
		if (code == 250) {
			give_ehlo(s, e, reply);
			return;
		}
		break;
	case SMTP_DATA:
		s->mx_in_data = code == 354;
		break;
	case SMTP_AUTH:
	case SMTP_RESPONSE:
		s->mx_in_auth = code == 334;
		break;
	default:
		break;
	}
	session_to_client(s, reply);
	conversation_reply(s->talk, reply, NULL);
	act_on_go_ahead(s, e, reply);
}

/* A whole reply of the MX's stands in s->reply. */
static void
take_reply(struct session *s, unsigned code)
{
	struct exchange *e = TAILQ_FIRST(&s->exchanges);
	struct bytes reply = {s->reply, s->reply_len};

	s->reply_len = 0;
	if (!e) { /* nobody asked: a 421 */
		session_to_client(s, reply);
		conversation_reply(s->talk, reply, NULL);
		return;
	}
	if (!e->swallowed)
		give_reply(s, e, reply, code);
	else if (!e->ours)
		conversation_withhold(s->talk, reply);
	if (!s->over)
		finish_first(s);
}

static void
keep(struct session *s, struct bytes bytes)
{
	if (s->reply_len + bytes.len > s->reply_size) {
		s->reply_size = 2 * (s->reply_len + bytes.len);
		s->reply = must_realloc(s->reply, s->reply_size);
	}
	if (bytes.len)
		memcpy(s->reply + s->reply_len, bytes.data, bytes.len);
	s->reply_len += bytes.len;
}

/* What is no reply goes on as it is. */
static void
give_raw(struct session *s)
{
	struct bytes raw = {s->reply, s->reply_len};

	s->reply_len = 0;
	if (!raw.len)
		return;
	session_to_client(s, raw);
	conversation_show(s->talk, raw, NULL);
}

static void
take_line(struct session *s, const struct smtp_line *line)
{
	bool final = false;
	unsigned code = line->continued ? 0 : smtp_reply_line_code(line->text, &final);

	keep(s, line->text);
	keep(s, smtp_ending_bytes(line->ending));
	if (code && final)
		take_reply(s, code);
	else if (!code || s->reply_len > REPLY_MAX)
		give_raw(s);
}

void
relay_upstream(struct session *s, struct evbuffer *in)
{
	struct smtp_line line;
	size_t n;

	while (!s->over && (n = evbuffer_get_contiguous_space(in)) > 0) {
		struct bytes rest = {(const char *)evbuffer_pullup(in, (ev_ssize_t)n), n};
		while (!s->over && smtp_lines_next(&s->reply_lines, &rest, &line)) {
			take_line(s, &line);
			relay_give_forged(s);
		}
		if (s->upstream)
			evbuffer_drain(in, n);
		else
			return;
	}
}

void
relay_upstream_ended(struct session *s)
{
	struct smtp_line line;

	if (smtp_lines_rest(&s->reply_lines, &line))
		keep(s, line.text);
	give_raw(s);
}
