/* SPDX-License-Identifier: Apache-2.0 */
/* moves.c - see moves.h: the functions of the moves, and the table that hangs them on their hooks. */
#include "fakes/interposer/moves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/interposer/hello_retry.h"
#include "fakes/interposer/inside.h"
#include "fakes/interposer/relay.h"
#include "harness/base/must.h"

/* --- tcp ---------------------------------------------------------------------------------- */

static void
tcp_reset(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	session_met(s, move);
	if (!move->neutral)
		session_reset(s, "world");
}

static void
tcp_close(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	session_met(s, move);
	if (!move->neutral)
		session_close(s, "world");
}

static void
tcp_stall(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	session_met(s, move);
	if (!move->neutral)
		s->phase = PHASE_HELD;
}

/* --- smtp --------------------------------------------------------------------------------- */

static void
drip(struct session *s, const struct plan_move *move, struct moment *moment)
{
	session_will_meet(&moment->exchange->moves, move);
	if (!move->neutral)
		stream_set_drip(s->client, true);
}

/* Takes STARTTLS out of the reply, or puts `word` in its place when that is not NULL. */
static void
change_ehlo(const struct plan_move *move, struct moment *moment, const struct bytes *word)
{
	int line = ehlo_find(moment->ehlo, "STARTTLS");

	if (line < 0)
		return;
	session_will_meet(&moment->exchange->moves, move);
	if (move->neutral)
		return;
	if (word)
		ehlo_replace(moment->ehlo, line, *word);
	else
		ehlo_remove(moment->ehlo, line);
}

static void
strip(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)s;
	change_ehlo(move, moment, NULL);
}

static void
mangle(struct session *s, const struct plan_move *move, struct moment *moment)
{
	struct bytes word = BYTES("XXXXXXXX");

	(void)s;
	change_ehlo(move, moment, &word);
}

static void
rewrite(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)s;
	change_ehlo(move, moment, &move->bytes);
}

static void
mangle_command(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)s;
	if (moment->exchange->verb != SMTP_STARTTLS)
		return;
	session_will_meet(&moment->exchange->moves, move);
	if (!move->neutral)
		moment->command = BYTES("XXXXXXXX\r\n");
}

static void
refuse_starttls(struct session *s, const struct plan_move *move, struct moment *moment)
{
	char line[64];

	(void)s;
	if (moment->exchange->verb != SMTP_STARTTLS)
		return;
	session_will_meet(&moment->exchange->moves, move);
	if (move->neutral)
		return;
	int n = move->code >= 400 ? snprintf(line, sizeof(line), "%03u %u.7.0 TLS is not available\r\n",
					move->code, move->code / 100)
				  : snprintf(line, sizeof(line), "%03u go on\r\n", move->code);
	must(n > 0 && (size_t)n < sizeof(line));
	relay_forge(moment->exchange, (struct bytes){line, (size_t)n});
}

/* Also hung on the greeting, whose verb is GREETING. */
static void
answer(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)s;
	if (!text_equal_nocase(move->verb, smtp_verb_name(moment->exchange->verb)))
		return;
	session_will_meet(&moment->exchange->moves, move);
	if (!move->neutral)
		relay_forge(moment->exchange, move->bytes);
}

static void
answer_and_close(struct session *s, const struct plan_move *move, struct moment *moment)
{
	answer(s, move, moment);
	if (moment->exchange->forged)
		moment->exchange->finishes = true;
}

static void
replace_ehlo(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)s;
	session_will_meet(&moment->exchange->moves, move);
	if (!move->neutral)
		ehlo_put(moment->ehlo, move->bytes);
}

static void
cut_ehlo(struct session *s, const struct plan_move *move, struct moment *moment)
{
	int line = ehlo_find(moment->ehlo, "STARTTLS");

	if (line < 0)
		return;
	session_will_meet(&moment->exchange->moves, move);
	if (move->neutral)
		return;
	free(s->ehlo_rest);
	s->ehlo_rest = ehlo_cut(moment->ehlo, line);
}

static void
inject(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)s;
	session_will_meet(&moment->exchange->moves, move);
	if (!move->neutral)
		moment->behind = move->bytes;
}

static void
inject_apart(struct session *s, const struct plan_move *move, struct moment *moment)
{
	session_will_meet(&s->apart_moves, move);
	if (!move->neutral)
		moment->apart = move->bytes;
}

/* --- tls: instead of an answer to the ClientHello ------------------------------------------ */

/* True when the move changes something: then the hello is told here, for nobody else will see it. */
static bool
takes_hello(struct session *s, const struct plan_move *move, struct moment *moment)
{
	if (!move->neutral)
		tls_facts_read_hello(&s->tls, s->owner->pki, moment->hello);
	session_met(s, move);
	return !move->neutral;
}

static void
drop_hello(struct session *s, const struct plan_move *move, struct moment *moment)
{
	if (!takes_hello(s, move, moment))
		return;
	s->phase = PHASE_HELD;
	session_drop_upstream(s);
}

static void
reset_hello(struct session *s, const struct plan_move *move, struct moment *moment)
{
	if (takes_hello(s, move, moment))
		session_reset(s, "world");
}

static void
alert(struct session *s, const struct plan_move *move, struct moment *moment)
{
	/* a record of type alert, version 3.1, two bytes: fatal, and which (RFC 5246 s7.2) */
	const char record[7] = {21, 3, 1, 0, 2, 2, (char)(uint8_t)move->code};

	if (!move->neutral)
		session_to_client(s, (struct bytes){record, sizeof(record)});
	if (takes_hello(s, move, moment))
		session_finish(s);
}

static void
garbage(struct session *s, const struct plan_move *move, struct moment *moment)
{
	if (!move->neutral)
		session_to_client(s, move->bytes);
	if (takes_hello(s, move, moment))
		session_finish(s);
}

static void
retry_twice(struct session *s, const struct plan_move *move, struct moment *moment)
{
	uint8_t request[HELLO_RETRY_MAX];
	size_t n = hello_retry_request(moment->hello, request);

	if (n == 0) /* nothing that can be asked for again */
		return;
	for (int i = 0; i < 2 && !move->neutral; i++)
		session_to_client(s, (struct bytes){(const char *)request, n});
	if (!takes_hello(s, move, moment))
		return;
	s->phase = PHASE_HELD;
	session_drop_upstream(s);
}

/* --- tls: on the way of the server's answer ------------------------------------------------- */

static void
precede(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	session_met(s, move);
	if (!move->neutral)
		session_to_client(s, move->bytes);
}

static void
reset_after_hello(struct session *s, const struct plan_move *move, struct moment *moment)
{
	session_met(s, move);
	if (move->neutral)
		return;
	session_to_client(s, (struct bytes){(const char *)moment->record, moment->record_len});
	s->phase = PHASE_HELD;
	s->resets_when_drained = true;
	session_drop_upstream(s);
}

static void
corrupt(struct session *s, const struct plan_move *move, struct moment *moment)
{
	session_met(s, move);
	if (!move->neutral)
		moment->record[moment->record_len - 1] ^= 1;
}

static void
close_inside(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	session_met(s, move);
	if (!move->neutral)
		session_finish(s);
}

static void
reset_inside(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	session_met(s, move);
	if (!move->neutral)
		session_reset(s, "world");
}

/* --- interception --------------------------------------------------------------------------- */

/* `move` (NULL: none) is met when the certificate is out. */
static void
intercept(struct session *s, const struct plan_move *move)
{
	struct interception *i = &s->interception;

	if (!i->wanted) {
		i->wanted = true;
		i->fault = i->named = i->unnamed = s->host->certificate.fault;
		i->max = s->host->smtp.max_tls;
		i->channel = s->host->attackers ? "attacker" : "genuine";
	}
	if (!move)
		return;
	i->changes |= !move->neutral;
	session_will_meet(&i->moves, move);
}

static void
present(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	if (move->neutral)
		return;
	s->interception.fault = move->fault;
	s->interception.channel = "intercepted";
}

static void
max_tls(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	if (!move->neutral)
		s->interception.max = move->version;
}

/* Without a certificate anybody can be at this end: what is said here, the attacker hears. */
static void
anonymous(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	if (move->neutral)
		return;
	s->interception.max = TLS_1_2;
	s->interception.ciphers = "aNULL:!eNULL";
	s->interception.channel = "intercepted";
}

/* Signed by the genuine host, and readable by everybody. */
static void
null_cipher(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	if (move->neutral)
		return;
	s->interception.max = TLS_1_2;
	s->interception.ciphers = "eNULL:!aNULL";
	s->interception.channel = "clear";
}

/* A group that clients know and hardly one sends a share of. */
static void
hello_retry(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	if (!move->neutral)
		s->interception.groups = "P-384";
}

static void
present_named(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	if (move->neutral)
		return;
	s->interception.by_name = true;
	s->interception.named = move->fault;
}

static void
present_unnamed(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	if (move->neutral)
		return;
	s->interception.by_name = true;
	s->interception.unnamed = move->fault;
}

static void
ask_certificate(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	s->interception.asks_certificate |= !move->neutral;
}

static void
demand_certificate(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	s->interception.demands_certificate |= !move->neutral;
}

static void
session_tickets(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	intercept(s, move);
	s->interception.gives_tickets |= !move->neutral;
}

/* --- interception, and what is done inside ----------------------------------------------------- */

/* True when the move is to change something. */
static bool
intercept_inside(struct session *s, const struct plan_move *move)
{
	intercept(s, NULL);
	s->interception.changes |= !move->neutral;
	session_will_meet(&s->interception.inside, move);
	return !move->neutral;
}

static void
speak_first(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	if (intercept_inside(s, move))
		s->interception.first = move->bytes;
}

static void
key_updates(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	if (intercept_inside(s, move))
		s->interception.key_updates = move->code;
}

static void
many_tickets(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	if (intercept_inside(s, move))
		s->interception.tickets = move->code;
}

static void
renegotiate(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	s->interception.renegotiates = intercept_inside(s, move);
	s->interception.max = TLS_1_2; /* also in neutral form: TLS 1.3 has no such thing */
	s->interception.anew = move->fault;
}

static void
lead_to(struct session *s, const struct plan_move *move, struct moment *moment)
{
	(void)moment;
	if (intercept_inside(s, move))
		s->interception.server = inside_server(move->move);
}

/* --- the table ------------------------------------------------------------------------------- */

/* In the order in which they act at their hook. */
static const struct move_row {
	enum move move;
	enum hook hook;
	void (*act)(struct session *s, const struct plan_move *move, struct moment *moment);
} rows[] = {
    {MOVE_TCP_RESET, HOOK_ACCEPT, tcp_reset},
    {MOVE_TCP_CLOSE, HOOK_ACCEPT, tcp_close},
    {MOVE_TCP_STALL, HOOK_ACCEPT, tcp_stall},
    {MOVE_SMTP_DRIP, HOOK_GREETING, drip},
    {MOVE_SMTP_ANSWER, HOOK_GREETING, answer},
    {MOVE_SMTP_ANSWER_AND_CLOSE, HOOK_GREETING, answer_and_close},
    {MOVE_SMTP_STRIP, HOOK_EHLO, strip},
    {MOVE_SMTP_MANGLE, HOOK_EHLO, mangle},
    {MOVE_SMTP_REWRITE, HOOK_EHLO, rewrite},
    {MOVE_SMTP_CUT_EHLO, HOOK_EHLO, cut_ehlo},
    {MOVE_SMTP_REPLACE_EHLO, HOOK_EHLO, replace_ehlo},
    {MOVE_SMTP_ANSWER, HOOK_COMMAND, answer},
    {MOVE_SMTP_ANSWER_AND_CLOSE, HOOK_COMMAND, answer_and_close},
    {MOVE_SMTP_REFUSE_STARTTLS, HOOK_COMMAND, refuse_starttls},
    {MOVE_SMTP_MANGLE_COMMAND, HOOK_COMMAND, mangle_command},
    {MOVE_CERTIFICATE_PRESENT, HOOK_STARTTLS, present},
    {MOVE_TLS_MAX_VERSION, HOOK_STARTTLS, max_tls},
    {MOVE_TLS_ANONYMOUS, HOOK_STARTTLS, anonymous},
    {MOVE_TLS_NULL_CIPHER, HOOK_STARTTLS, null_cipher},
    {MOVE_TLS_HELLO_RETRY, HOOK_STARTTLS, hello_retry},
    {MOVE_CERTIFICATE_NAMED, HOOK_STARTTLS, present_named},
    {MOVE_CERTIFICATE_UNNAMED, HOOK_STARTTLS, present_unnamed},
    {MOVE_TLS_ASK_CERTIFICATE, HOOK_STARTTLS, ask_certificate},
    {MOVE_TLS_DEMAND_CERTIFICATE, HOOK_STARTTLS, demand_certificate},
    {MOVE_TLS_SESSION_TICKETS, HOOK_STARTTLS, session_tickets},
    {MOVE_TLS_SPEAK_FIRST, HOOK_STARTTLS, speak_first},
    {MOVE_TLS_KEY_UPDATES, HOOK_STARTTLS, key_updates},
    {MOVE_TLS_MANY_TICKETS, HOOK_STARTTLS, many_tickets},
    {MOVE_TLS_RENEGOTIATE, HOOK_STARTTLS, renegotiate},
    {MOVE_TLS_LEAD_TO_HTTPS, HOOK_STARTTLS, lead_to},
    {MOVE_TLS_LEAD_TO_FTP, HOOK_STARTTLS, lead_to},
    {MOVE_TLS_LEAD_TO_IMAP, HOOK_STARTTLS, lead_to},
    {MOVE_SMTP_INJECT, HOOK_GO_AHEAD, inject},
    {MOVE_SMTP_INJECT_APART, HOOK_GO_AHEAD, inject_apart},
    {MOVE_TLS_DROP_HELLO, HOOK_HELLO, drop_hello},
    {MOVE_TLS_RESET_HELLO, HOOK_HELLO, reset_hello},
    {MOVE_TLS_ALERT, HOOK_HELLO, alert},
    {MOVE_TLS_GARBAGE, HOOK_HELLO, garbage},
    {MOVE_TLS_RETRY_TWICE, HOOK_HELLO, retry_twice},
    {MOVE_TLS_PRECEDE, HOOK_ANSWERED, precede},
    {MOVE_TLS_RESET_AFTER_HELLO, HOOK_ANSWERED, reset_after_hello},
    {MOVE_TLS_CORRUPT, HOOK_BEHIND, corrupt},
    {MOVE_TLS_RESET_INSIDE, HOOK_INSIDE, reset_inside},
    {MOVE_TLS_CLOSE_INSIDE, HOOK_INSIDE, close_inside},
};

/* Our own answer is final: no later move of the row may give another. */
static bool
is_settled(const struct session *s, const struct moment *moment)
{
	return s->over || s->phase == PHASE_HELD || (moment->exchange && moment->exchange->forged);
}

bool
moves_act(struct session *s, enum hook hook, struct moment *moment)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct plan_move *move = NULL;
		if (rows[i].hook != hook)
			continue;
		while (!is_settled(s, moment) &&
		       (move = scene_move_after(s->owner->scene, &s->scope, &s->aim, rows[i].move, move)))
			rows[i].act(s, move, moment);
	}
	return !s->over && s->phase != PHASE_HELD;
}
