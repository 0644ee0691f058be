/* SPDX-License-Identifier: Apache-2.0 */
/* explanation.c - see explanation.h */
#include "harness/command/explanation.h"

#include <inttypes.h>
#include <string.h>

#include "harness/command/said_words.h"
#include "harness/judge/words.h"
#include "harness/model/expectations.h"

/* --- the world ------------------------------------------------------------------------------------ */

static void
put_age(FILE *out, int64_t seconds)
{
	if (seconds >= 86400 && seconds % 86400 == 0)
		fprintf(out, "%lld day%s", (long long)(seconds / 86400), seconds == 86400 ? "" : "s");
	else
		fprintf(out, "%lld seconds", (long long)seconds);
}

/* Printable, indented, a line each. */
static void
put_text(FILE *out, struct bytes text)
{
	while (text.len > 0) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.data) + 1 : text.len;
		char line[256];

		text_escape(line, sizeof(line), (struct bytes){text.data, len});
		fprintf(out, "        %s\n", line);
		text.data += len;
		text.len -= len;
	}
}

static void
put_policy(FILE *out, const struct scenario_world *w)
{
	const struct scenario_policy *p = &w->policy;

	if (!p->given) {
		fputs("    The domain has no MTA-STS policy.\n", out);
		return;
	}
	if (p->raw) {
		fputs("    Its policy is, to the byte:\n", out);
		put_text(out, p->text);
		return;
	}
	fprintf(out, "    Its policy: mode %s, valid for ", p->mode);
	put_age(out, p->max_age_s);
	fprintf(out, ", for %s", p->has_mx ? "" : "every MX host of the domain");
	for (size_t i = 0; i < p->n_mx; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", p->mx[i]);
	fputs(".\n", out);
}

static void
put_reach(FILE *out, bool refused, bool blackholed)
{
	if (refused)
		fprintf(out, ", refuses connections");
	if (blackholed)
		fprintf(out, ", answers nothing at all");
}

static void
put_certificate(FILE *out, const struct plan_certificate *c)
{
	if (c->fault != FAULT_NONE)
		fprintf(out, ", shows a certificate that is %s (%s)", fault_name(c->fault),
		    fault_meaning(c->fault));
	for (size_t i = 0; i < c->n_names; i++)
		fprintf(out, "%s%s", i == 0 ? ", with the names " : ", ", c->names[i]);
}

static bool
is_plain(const struct scenario_policy_host *h)
{
	return h->response.status == 200 && text_equal(h->response.content_type, "text/plain") &&
	       h->response.location == NULL &&
	       !h->refused && !h->blackholed && h->certificate.fault == FAULT_NONE &&
	       h->certificate.names == NULL;
}

static void
put_web_server(FILE *out, const char *who, const struct scenario_policy_host *h)
{
	fprintf(out, "    %s answers %u, ", who, h->response.status);
	fprintf(out, h->response.content_type != NULL ? "as %s" : "without a media type",
	    h->response.content_type);
	if (h->response.location != NULL)
		fprintf(out, ", and points to %s", h->response.location);
	put_reach(out, h->refused, h->blackholed);
	put_certificate(out, &h->certificate);
	fputs(".\n", out);
}

static void
put_policy_host(FILE *out, const struct scenario_world *w)
{
	if (w->policy.given && w->policy_host.withdrawn)
		fputs("    Its policy host is gone.\n", out);
	else if (!w->policy_host.withdrawn && !is_plain(&w->policy_host))
		put_web_server(out, "The policy host", &w->policy_host);
	if (!w->elsewhere.withdrawn)
		put_web_server(out, "A second web server, elsewhere,", &w->elsewhere);
}

static void
put_records(FILE *out, const struct scenario_world *w)
{
	for (size_t i = 0; i < w->n_sts_records; i++)
		fprintf(out, "    _mta-sts TXT \"%s\"\n", w->sts_records[i]);
	if (w->has_sts_records && w->n_sts_records == 0)
		fputs("    There is no record at _mta-sts.\n", out);
	for (size_t i = 0; i < w->n_records; i++)
		fprintf(out, "    %s %s %s\n", w->records[i].owner, w->records[i].type, w->records[i].rdata);
	if (w->secure)
		fputs("    Its zone is signed.\n", out);
}

static void
put_host(FILE *out, const struct scenario_host *h, bool attackers)
{
	fprintf(out, attackers ? "       %s" : "    %s", h->label);
	if (attackers)
		fprintf(out, " is the attacker's own machine");
	else if (h->listed)
		fprintf(out, " is an MX host at preference %u", h->preference);
	else
		fprintf(out, " is a host that no MX record names");
	if (!h->smtp.esmtp)
		fprintf(out, ", knows HELO only");
	else if (!h->smtp.starttls)
		fprintf(out, ", offers no STARTTLS");
	if (h->smtp.starttls_inside)
		fprintf(out, ", offers STARTTLS inside TLS, too");
	if (h->smtp.esmtp && !h->smtp.size)
		fprintf(out, ", offers no SIZE");
	if (h->smtp.max_tls != TLS_DEFAULT)
		fprintf(out, ", speaks TLS 1.%d at most", (int)h->smtp.max_tls - 1);
	if (h->smtp.reject_rcpt != NULL)
		fprintf(out, ", answers RCPT with \"%s\"", h->smtp.reject_rcpt);
	if (h->smtp.reject_data != NULL)
		fprintf(out, ", answers the end of data with \"%s\"", h->smtp.reject_data);
	put_reach(out, h->refused, h->blackholed);
	put_certificate(out, &h->certificate);
	fputs(".\n", out);
}

static void
put_world(FILE *out, const struct scenario_world *w)
{
	put_policy(out, w);
	put_policy_host(out, w);
	put_records(out, w);
	for (size_t i = 0; i < w->n_hosts; i++)
		put_host(out, &w->hosts[i], false);
	said_words_put(w->said, w->n_said, "    ", out);
}

/* --- the timeline ------------------------------------------------------------------------------------ */

static void
put_aim(FILE *out, const struct plan_move *move)
{
	if (move->name != NULL)
		fprintf(out, " (%s%s%s)", move->name, move->type != NULL ? " " : "",
		    move->type != NULL ? move->type : "");
	if (move->host != NULL)
		fprintf(out, " (at %s)", move->host);
	if (move->family != 0)
		fprintf(out, " (over IPv%u)", move->family);
	if (move->port != 0)
		fprintf(out, " (at port %u)", move->port);
	if (move->connection > 0)
		fprintf(out, " (connection %u only)", move->connection);
	if (move->attempt > 0)
		fprintf(out, " (attempt %u only)", move->attempt);
	if (move->times > 0)
		fprintf(out, " (%u times)", move->times);
}

static void
put_move(FILE *out, const struct plan_move *move)
{
	const struct move_info *info = move_info(move->move);
	char bytes[160];

	fprintf(out, "       %s %s: %s", layer_name(info->layer), info->name, info->meaning);
	put_aim(out, move);
	if (info->parameter == MOVE_CODE)
		fprintf(out, ": %u", move->code);
	if (info->parameter == MOVE_FAULT)
		fprintf(out, ": %s, %s", fault_name(move->fault), fault_meaning(move->fault));
	if (info->parameter == MOVE_VERB)
		fprintf(out, ": %s", move->verb);
	if (info->parameter == MOVE_VERSION)
		fprintf(out, ": TLS 1.%d", (int)move->version - 1);
	if (move->bytes.len > 0) {
		text_escape(bytes, sizeof(bytes), move->bytes);
		fprintf(out, ": \"%s\"", bytes);
	}
	for (size_t i = 0; i < move->n_records; i++)
		fprintf(out, "%s%s", i == 0 ? ": " : ", ", move->records[i]);
	putc('\n', out);
}

static void
put_attack(FILE *out, const struct scenario *s, size_t i)
{
	const struct scenario_step *step = &s->steps[i];

	if (i > 0 && step->attack == s->steps[i - 1].attack) {
		if (step->attack->n_moves > 0)
			fputs("       The attack goes on.\n", out);
		return;
	}
	if (step->attack->n_moves > 0)
		fputs("       The man in the middle:\n", out);
	else if (i > 0 && s->steps[i - 1].attack->n_moves > 0)
		fputs("       The attack is over.\n", out);
	for (size_t k = 0; k < step->attack->n_moves; k++)
		put_move(out, &step->attack->moves[k]);
	for (size_t k = 0; k < step->attack->n_hosts; k++)
		put_host(out, &step->attack->hosts[k], true);
	said_words_put(step->attack->said, step->attack->n_said, "       ", out);
	if (step->world != s->world && (i == 0 || step->world != s->steps[i - 1].world)) {
		fputs("       The world is now:\n", out);
		put_world(out, step->world);
	}
}

static void
put_action(FILE *out, const struct scenario_step *step)
{
	if (step->action == ACTION_RETRY)
		fprintf(out, "What is held is tried again.");
	else if (step->action == ACTION_RESTART)
		fprintf(out, "The client is started anew.");
	else if (step->count == 1)
		fprintf(out, "A message is sent");
	else
		fprintf(out, "%u messages are sent", step->count);
	if (step->action == ACTION_SEND && step->recipients > 1)
		fprintf(out, ", to %u recipients each", step->recipients);
	if (step->action == ACTION_SEND && step->requiretls)
		fprintf(out, ", with REQUIRETLS");
	fputs(step->action == ACTION_SEND ? ".\n" : "\n", out);
}

/* When the client's clock stands elsewhere than in the step before. */
static void
put_time(FILE *out, const struct scenario *s, size_t i)
{
	uint64_t at = s->steps[i].after_s, days = at / 86400, hours = at % 86400 / 3600, rest = at % 3600;

	if (at == (i > 0 ? s->steps[i - 1].after_s : 0))
		return;
	fprintf(out, "The client's clock stands");
	if (days > 0)
		fprintf(out, " %" PRIu64 " day%s", days, days > 1 ? "s" : "");
	if (hours > 0)
		fprintf(out, " %" PRIu64 " hour%s", hours, hours > 1 ? "s" : "");
	if (rest > 0)
		fprintf(out, " %" PRIu64 " s", rest);
	fprintf(out, " after the start. ");
}

static void
put_facts_of(FILE *out, const struct fact_ask *ask, bool *told)
{
	for (size_t p = 0; p < ask->n_patterns; p++) {
		enum fact_kind kind = ask->patterns[p].kind;

		if (!told[kind])
			fprintf(out, "          (%s: %s)\n", fact_info(kind)->name, fact_info(kind)->meaning);
		told[kind] = true;
	}
}

/* What the kinds of facts are that it asks for, each once. */
static void
put_facts(FILE *out, const struct expectation *e)
{
	bool told[FACT_KINDS] = {false};

	for (unsigned level = 0; level < LEVELS; level++)
		for (size_t i = 0; i < e->at[level].n; i++)
			for (size_t k = 0; k < e->at[level].any_of[i].n_asks; k++)
				put_facts_of(out, &e->at[level].any_of[i].asks[k], told);
}

static void
put_expectation(FILE *out, const struct scenario *s, size_t i, struct region *r)
{
	const struct expectation *by_floor = s->expectations->steps[i].by_floor;
	static const char *const clients[] = {
	    "Right", "From a client that demands TLS", "From one that demands verified TLS"};

	if (s->steps[i].warm_up)
		fputs("       A warm-up: it must arrive.\n", out);
	for (unsigned floor = 0; floor < FLOORS && by_floor[FLOOR_MAY].given; floor++) {
		const char *words = words_expected(r, &by_floor[floor]);

		if (floor > 0 && text_equal(words, words_expected(r, &by_floor[floor - 1])))
			continue;
		fprintf(out, "       %s: %s.\n", clients[floor], words);
		put_facts(out, &by_floor[floor]);
	}
}

static void
put_steps(FILE *out, const struct scenario *s, struct region *r)
{
	fputs("\nWhat happens\n", out);
	for (size_t i = 0; i < s->n_steps; i++) {
		fprintf(out, "    %zu. ", i + 1);
		put_time(out, s, i);
		put_action(out, &s->steps[i]);
		said_words_put(s->steps[i].said, s->steps[i].n_said, "       ", out);
		put_attack(out, s, i);
		put_expectation(out, s, i, r);
	}
	if (s->recovers)
		fprintf(out, "    %zu. The attack is over. What was held is tried again, and must arrive.\n",
		    s->n_steps + 1);
}

/* --- the rest --------------------------------------------------------------------------------------------
 */

static void
put_control(FILE *out, const struct scenario *s)
{
	fputs("\nThe control\n", out);
	if (!s->has_control) {
		fputs("    None is needed: nothing is attacked.\n", out);
		return;
	}
	if (s->control_world == s->world) {
		fputs(
		    "    The same world, name for name, without the attack: there the message must arrive.\n",
		    out);
		fputs("    The lab goes the same way there, and changes nothing.\n", out);
		return;
	}
	if (s->opposite_control)
		fputs("    Another world suffers the same attack, and must not be delivered to; else the "
		      "client was\n"
		      "    not shown to enforce anything, and the scenario is skipped:\n",
		    out);
	else
		fputs("    Another world, without the attack; there the message must arrive:\n", out);
	put_world(out, s->control_world);
}

static void
put_requirements(FILE *out, const struct scenario *s, const struct suite *suite)
{
	if (s->n_covers > 0)
		fputs("\nRequirements\n", out);
	for (size_t i = 0; i < s->n_covers; i++) {
		const struct requirement *q = suite_requirement(suite, s->covers[i]);

		if (q == NULL)
			fprintf(out, "    %s\n", s->covers[i]);
		else
			fprintf(out, "    %s, section %s (%s, %s)\n        %s\n", q->rfc, q->section,
			    q->level, q->id, q->statement);
	}
}

static void
put_list(FILE *out, const char *head, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%s", i == 0 ? head : ", ", words[i]);
	if (n > 0)
		putc('\n', out);
}

void
explanation_put(const struct scenario *s, const struct suite *suite, FILE *out)
{
	struct region *r = region_new();

	fprintf(out, "%s (%s)\n\n%s\n", s->name, level_name(s->expectations->level), s->title);
	if (s->why[0] != '\0')
		fprintf(out, "%.*s\n", (int)bytes_trim(bytes_of(s->why)).len, s->why);
	fputs("\nThe world\n", out);
	put_world(out, s->world);
	put_steps(out, s, r);
	put_control(out, s);
	if (suite != NULL)
		put_requirements(out, s, suite);
	putc('\n', out);
	put_list(out, "Needs a client that claims: ", s->needs, s->n_needs);
	put_list(out, "Catches a client that: ", s->catches, s->n_catches);
	fprintf(out, "File: %s\n", s->file);
	region_free(r);
}
