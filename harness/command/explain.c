/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - mitmx explain: one scenario in plain words, made from its file and the .def lists. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/command/selection.h"
#include "harness/judge/words.h"
#include "harness/model/expectations.h"

static const struct command_option options[] = {
    {0, "scenarios", "DIR", "scenarios of this folder, in place of ours", false},
    {0},
};

/* --- the world ------------------------------------------------------------------------------------ */

static void
explain_age(int64_t seconds)
{
	if (seconds >= 86400 && seconds % 86400 == 0)
		printf("%lld day%s", (long long)(seconds / 86400), seconds == 86400 ? "" : "s");
	else
		printf("%lld seconds", (long long)seconds);
}

/* Printable, indented, a line each. */
static void
explain_text(struct bytes text)
{
	while (text.len > 0) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.data) + 1 : text.len;
		char line[256];

		text_escape(line, sizeof(line), (struct bytes){text.data, len});
		printf("        %s\n", line);
		text.data += len;
		text.len -= len;
	}
}

static void
explain_policy(const struct scenario_world *w)
{
	const struct scenario_policy *p = &w->policy;

	if (!p->given) {
		puts("    The domain has no MTA-STS policy.");
		return;
	}
	if (p->raw) {
		puts("    Its policy is, to the byte:");
		explain_text(p->text);
		return;
	}
	printf("    Its policy: mode %s, valid for ", p->mode);
	explain_age(p->max_age_s);
	printf(", for %s", p->has_mx ? "" : "every MX host of the domain");
	for (size_t i = 0; i < p->n_mx; i++)
		printf("%s%s", i > 0 ? ", " : "", p->mx[i]);
	puts(".");
}

static void
explain_reach(bool refused, bool blackholed)
{
	if (refused)
		printf(", refuses connections");
	if (blackholed)
		printf(", answers nothing at all");
}

static void
explain_certificate(const struct plan_certificate *c)
{
	if (c->fault != FAULT_NONE)
		printf(", shows a certificate that is %s", fault_name(c->fault));
	for (size_t i = 0; i < c->n_names; i++)
		printf("%s%s", i == 0 ? ", with the names " : ", ", c->names[i]);
}

static bool
is_plain(const struct scenario_policy_host *h)
{
	return h->response.status == 200 && text_equal(h->response.content_type, "text/plain") &&
	       !h->refused && !h->blackholed && h->certificate.fault == FAULT_NONE &&
	       h->certificate.names == NULL;
}

static void
explain_web_server(const char *who, const struct scenario_policy_host *h)
{
	printf("    %s answers %u, ", who, h->response.status);
	printf(h->response.content_type != NULL ? "as %s" : "without a media type", h->response.content_type);
	if (h->response.location != NULL)
		printf(", and points to %s", h->response.location);
	explain_reach(h->refused, h->blackholed);
	explain_certificate(&h->certificate);
	puts(".");
}

static void
explain_policy_host(const struct scenario_world *w)
{
	if (w->policy.given && w->policy_host.withdrawn)
		puts("    Its policy host is gone.");
	else if (!w->policy_host.withdrawn && !is_plain(&w->policy_host))
		explain_web_server("The policy host", &w->policy_host);
	if (!w->elsewhere.withdrawn)
		explain_web_server("A second web server, elsewhere,", &w->elsewhere);
}

static void
explain_records(const struct scenario_world *w)
{
	for (size_t i = 0; i < w->n_sts_records; i++)
		printf("    _mta-sts TXT \"%s\"\n", w->sts_records[i]);
	if (w->has_sts_records && w->n_sts_records == 0)
		puts("    There is no record at _mta-sts.");
	for (size_t i = 0; i < w->n_records; i++)
		printf("    %s %s %s\n", w->records[i].owner, w->records[i].type, w->records[i].rdata);
	if (w->secure)
		puts("    Its zone is signed.");
}

static void
explain_host(const struct scenario_host *h, bool attackers)
{
	printf(attackers ? "       %s" : "    %s", h->label);
	if (attackers)
		printf(" is the attacker's own machine");
	else if (h->listed)
		printf(" is an MX host at preference %u", h->preference);
	else
		printf(" is a host that no MX record names");
	if (!h->smtp.esmtp)
		printf(", knows HELO only");
	else if (!h->smtp.starttls)
		printf(", offers no STARTTLS");
	if (h->smtp.max_tls != TLS_DEFAULT)
		printf(", speaks TLS 1.%d at most", (int)h->smtp.max_tls - 1);
	if (h->smtp.reject_rcpt != NULL)
		printf(", answers RCPT with \"%s\"", h->smtp.reject_rcpt);
	if (h->smtp.reject_data != NULL)
		printf(", answers the end of data with \"%s\"", h->smtp.reject_data);
	explain_reach(h->refused, h->blackholed);
	explain_certificate(&h->certificate);
	puts(".");
}

static void
explain_world(const struct scenario_world *w)
{
	explain_policy(w);
	explain_policy_host(w);
	explain_records(w);
	for (size_t i = 0; i < w->n_hosts; i++)
		explain_host(&w->hosts[i], false);
}

/* --- the timeline ------------------------------------------------------------------------------------ */

static void
explain_aim(const struct plan_move *move)
{
	if (move->name != NULL)
		printf(" (%s%s%s)", move->name, move->type != NULL ? " " : "",
		    move->type != NULL ? move->type : "");
	if (move->host != NULL)
		printf(" (at %s)", move->host);
	if (move->connection > 0)
		printf(" (connection %u only)", move->connection);
	if (move->attempt > 0)
		printf(" (attempt %u only)", move->attempt);
	if (move->times > 0)
		printf(" (%u times)", move->times);
}

static void
explain_move(const struct plan_move *move)
{
	const struct move_info *info = move_info(move->move);
	char bytes[160];

	printf("       %s %s: %s", layer_name(info->layer), info->name, info->meaning);
	explain_aim(move);
	if (info->parameter == MOVE_CODE)
		printf(": %u", move->code);
	if (info->parameter == MOVE_FAULT)
		printf(": %s, %s", fault_name(move->fault), fault_meaning(move->fault));
	if (info->parameter == MOVE_VERB)
		printf(": %s", move->verb);
	if (info->parameter == MOVE_VERSION)
		printf(": TLS 1.%d", (int)move->version - 1);
	if (move->bytes.len > 0) {
		text_escape(bytes, sizeof(bytes), move->bytes);
		printf(": \"%s\"", bytes);
	}
	for (size_t i = 0; i < move->n_records; i++)
		printf("%s%s", i == 0 ? ": " : ", ", move->records[i]);
	putchar('\n');
}

static void
explain_attack(const struct scenario *s, size_t i)
{
	const struct scenario_step *step = &s->steps[i];

	if (i > 0 && step->attack == s->steps[i - 1].attack) {
		if (step->attack->n_moves > 0)
			puts("       The attack goes on.");
		return;
	}
	if (step->attack->n_moves > 0)
		puts("       The man in the middle:");
	else if (i > 0 && s->steps[i - 1].attack->n_moves > 0)
		puts("       The attack is over.");
	for (size_t k = 0; k < step->attack->n_moves; k++)
		explain_move(&step->attack->moves[k]);
	for (size_t k = 0; k < step->attack->n_hosts; k++)
		explain_host(&step->attack->hosts[k], true);
	if (step->world != s->world && (i == 0 || step->world != s->steps[i - 1].world)) {
		puts("       The world is now:");
		explain_world(step->world);
	}
}

static void
explain_action(const struct scenario_step *step)
{
	if (step->action == ACTION_RETRY)
		printf("What is held is tried again.");
	else if (step->action == ACTION_RESTART)
		printf("The client is started anew.");
	else if (step->count == 1)
		printf("A message is sent");
	else
		printf("%u messages are sent", step->count);
	if (step->action == ACTION_SEND && step->recipients > 1)
		printf(", to %u recipients each", step->recipients);
	if (step->action == ACTION_SEND && step->requiretls)
		printf(", with REQUIRETLS");
	puts(step->action == ACTION_SEND ? "." : "");
}

/* When the client's clock stands elsewhere than in the step before. */
static void
explain_time(const struct scenario *s, size_t i)
{
	uint64_t at = s->steps[i].after_s, days = at / 86400, hours = at % 86400 / 3600, rest = at % 3600;

	if (at == (i > 0 ? s->steps[i - 1].after_s : 0))
		return;
	printf("The client's clock stands");
	if (days > 0)
		printf(" %" PRIu64 " day%s", days, days > 1 ? "s" : "");
	if (hours > 0)
		printf(" %" PRIu64 " hour%s", hours, hours > 1 ? "s" : "");
	if (rest > 0)
		printf(" %" PRIu64 " s", rest);
	printf(" after the start. ");
}

static void
explain_expectation(const struct scenario *s, size_t i, struct region *r)
{
	const struct expectation *by_floor = s->expectations->steps[i].by_floor;
	static const char *const clients[] = {
	    "Right", "From a client that demands TLS", "From one that demands verified TLS"};

	if (s->steps[i].warm_up)
		puts("       A warm-up: it must arrive.");
	for (unsigned floor = 0; floor < FLOORS && by_floor[FLOOR_MAY].given; floor++) {
		const char *words = words_expected(r, &by_floor[floor]);

		if (floor == 0 || !text_equal(words, words_expected(r, &by_floor[floor - 1])))
			printf("       %s: %s.\n", clients[floor], words);
	}
}

static void
explain_steps(const struct scenario *s, struct region *r)
{
	puts("\nWhat happens");
	for (size_t i = 0; i < s->n_steps; i++) {
		printf("    %zu. ", i + 1);
		explain_time(s, i);
		explain_action(&s->steps[i]);
		explain_attack(s, i);
		explain_expectation(s, i, r);
	}
	if (s->recovers)
		printf("    %zu. The attack is over. What was held is tried again, and must arrive.\n",
		    s->n_steps + 1);
}

/* --- the rest --------------------------------------------------------------------------------------------
 */

static void
explain_control(const struct scenario *s)
{
	puts("\nThe control");
	if (!s->has_control) {
		puts("    None is needed: nothing is attacked.");
		return;
	}
	if (s->control_world == s->world) {
		puts("    The same world, name for name, without the attack: there the message must arrive.");
		puts("    The lab goes the same way there, and changes nothing.");
		return;
	}
	if (s->opposite_control)
		puts("    Another world suffers the same attack, and must not be delivered to; else the "
		     "client was\n"
		     "    not shown to enforce anything, and the scenario is skipped:");
	else
		puts("    Another world, without the attack; there the message must arrive:");
	explain_world(s->control_world);
}

static void
explain_requirements(const struct scenario *s, const struct suite *suite)
{
	if (s->n_covers > 0)
		puts("\nRequirements");
	for (size_t i = 0; i < s->n_covers; i++) {
		const struct requirement *q = suite_requirement(suite, s->covers[i]);

		if (q == NULL)
			printf("    %s\n", s->covers[i]);
		else
			printf("    %s, section %s (%s, %s)\n        %s\n", q->rfc, q->section, q->level,
			    q->id, q->statement);
	}
}

static void
explain_list(const char *head, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i == 0 ? head : ", ", words[i]);
	if (n > 0)
		putchar('\n');
}

static void
explain_one(const struct scenario *s, const struct suite *suite)
{
	struct region *r = region_new();

	printf("%s (%s)\n\n%s\n", s->name, level_name(s->expectations->level), s->title);
	if (s->why[0] != '\0')
		printf("%.*s\n", (int)bytes_trim(bytes_of(s->why)).len, s->why);
	puts("\nThe world");
	explain_world(s->world);
	explain_steps(s, r);
	explain_control(s);
	explain_requirements(s, suite);
	putchar('\n');
	explain_list("Needs a client that claims: ", s->needs, s->n_needs);
	explain_list("Catches a client that: ", s->catches, s->n_catches);
	printf("File: %s\n", s->file);
	region_free(r);
}

static int
explain(const struct command *self, const struct command_line *line)
{
	struct selection s;
	int status;

	if (line->n_words == 0)
		return command_fail(EXIT_USAGE, "which scenario? 'mitmx list' shows them all");
	status = selection_open(&s, command_value(self, line, "scenarios"), (const char *const *)line->words,
	    (size_t)line->n_words);
	for (size_t i = 0; status == EXIT_OK && i < s.n; i++) {
		if (i > 0)
			puts("\n----------------------------------------------------------------\n");
		explain_one(s.chosen[i], s.suite);
	}
	selection_close(&s);
	return status;
}

const struct command command_explain = {"explain", "GLOB...", "one scenario in plain words", options, explain};
