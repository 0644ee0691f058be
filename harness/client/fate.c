/* SPDX-License-Identifier: Apache-2.0 */
/* fate.c - see fate.h */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "harness/client/fate.h"

#include <pcre2.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/must.h"

#define MATCH_LIMIT 100000 /* steps that one line may cost */
#define LINE_MAX_LEN 8192
#define RECIPIENTS_MAX 64 /* tied to one id */

struct pattern {
	enum fate_kind kind;
	pcre2_code *code;
};

/* What was told of a recipient: since the last try ended, or for good (delivered, bounced). */
enum told { TOLD_NOTHING, TOLD_A_FATE, TOLD_THE_LAST };

struct addressee {
	char *address;
	enum told told;
};

/* What is known of one queue id. */
struct ticket {
	char *id;
	struct addressee *recipients;
	size_t n_recipients;
	char *reason;
};

/* The way back: what a recipient's message is called. */
struct naming {
	char *recipient, *id;
	bool sure; /* by the reply to the message; else a pattern's word, which may mean a process */
};

struct fate_reader {
	struct fate_calls calls;
	struct pattern *patterns;
	size_t n_patterns;
	pcre2_match_data *match;
	pcre2_match_context *context;
	void *tickets; /* tsearch tree of struct ticket by id */
	void *namings; /* tsearch tree of struct naming by recipient */
};

const char *
fate_kind_name(enum fate_kind kind)
{
	static const char *const names[] = {
	    "delivered", "deferred", "bounced", "reason", "no-attempt", "ended"};

	must((unsigned)kind < FATE_KINDS);
	return names[kind];
}

static int
compile(struct pattern *ret, enum fate_kind kind, const struct client_pattern *p, const char *client,
    struct why *why)
{
	int error;
	PCRE2_SIZE offset;
	PCRE2_UCHAR message[128];

	ret->kind = kind;
	ret->code = pcre2_compile((PCRE2_SPTR)p->text, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
	if (ret->code != NULL) {
		pcre2_jit_compile(ret->code, PCRE2_JIT_COMPLETE);
		return 0;
	}
	pcre2_get_error_message(error, message, sizeof(message));
	return why_set(why, "client %s, line %u: the %s pattern is wrong at offset %zu: %s", client, p->line,
	    fate_kind_name(kind), (size_t)offset, (const char *)message);
}

struct fate_reader *
fate_reader_new(const struct client *client, const struct fate_calls *calls, struct why *why)
{
	struct fate_reader *r = must_alloc(sizeof(*r));
	size_t n = 0;

	r->calls = *calls;
	r->match = pcre2_match_data_create(16, NULL);
	r->context = pcre2_match_context_create(NULL);
	must(r->match != NULL && r->context != NULL);
	pcre2_set_match_limit(r->context, MATCH_LIMIT);
	for (int k = 0; k < FATE_KINDS; k++)
		n += client->n_fates[k];
	r->patterns = must_alloc(n * sizeof(*r->patterns));
	for (int k = 0; k < FATE_KINDS; k++) {
		for (size_t i = 0; i < client->n_fates[k]; i++) {
			struct pattern *p = &r->patterns[r->n_patterns];

			if (compile(p, (enum fate_kind)k, &client->fates[k][i], client->name, why) < 0) {
				fate_reader_free(r);
				return NULL;
			}
			r->n_patterns++;
		}
	}
	return r;
}

static void
free_ticket(void *p)
{
	struct ticket *t = p;

	for (size_t i = 0; i < t->n_recipients; i++)
		free(t->recipients[i].address);
	free(t->recipients);
	free(t->reason);
	free(t->id);
	free(t);
}

static void
free_naming(void *p)
{
	struct naming *n = p;

	free(n->recipient);
	free(n->id);
	free(n);
}

void
fate_reader_free(struct fate_reader *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_patterns; i++)
		pcre2_code_free(r->patterns[i].code);
	free(r->patterns);
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->context);
	tdestroy(r->tickets, free_ticket);
	tdestroy(r->namings, free_naming);
	free(r);
}

static int
compare_tickets(const void *a, const void *b)
{
	return strcmp(((const struct ticket *)a)->id, ((const struct ticket *)b)->id);
}

static char *
copy(struct bytes b)
{
	char *text = must_alloc(b.len + 1);

	if (b.len > 0)
		memcpy(text, b.data, b.len);
	return text;
}

static struct ticket *
ticket_of(struct fate_reader *r, struct bytes id)
{
	struct ticket *t = must_alloc(sizeof(*t));
	struct ticket **found;

	t->id = copy(id);
	found = tsearch(t, &r->tickets, compare_tickets);
	must(found != NULL);
	if (*found != t)
		free_ticket(t);
	return *found;
}

static int
compare_namings(const void *a, const void *b)
{
	return strcasecmp(((const struct naming *)a)->recipient, ((const struct naming *)b)->recipient);
}

static void
name(struct fate_reader *r, struct bytes id, struct bytes recipient, bool sure)
{
	struct naming *n = must_alloc(sizeof(*n)), **found;

	n->recipient = copy(recipient);
	found = tsearch(n, &r->namings, compare_namings);
	must(found != NULL);
	if (*found != n)
		free_naming(n);
	n = *found;
	if (n->sure && !sure)
		return;
	free(n->id);
	n->id = copy(id);
	n->sure = sure;
}

static void
tie(struct fate_reader *r, struct bytes id, struct bytes recipient, bool sure)
{
	struct ticket *t = ticket_of(r, id);

	name(r, id, recipient, sure);
	for (size_t i = 0; i < t->n_recipients; i++)
		if (bytes_equal_nocase(bytes_of(t->recipients[i].address), recipient))
			return;
	if (t->n_recipients == RECIPIENTS_MAX)
		return;
	t->recipients = must_realloc(t->recipients, (t->n_recipients + 1) * sizeof(*t->recipients));
	t->recipients[t->n_recipients++] = (struct addressee){copy(recipient), TOLD_NOTHING};
}

void
fate_reader_tie(struct fate_reader *r, struct bytes id, struct bytes recipient)
{
	tie(r, id, recipient, true);
}

const char *
fate_reader_id(const struct fate_reader *r, const char *recipient)
{
	struct naming key = {.recipient = (char *)(uintptr_t)recipient}, **found;

	found = tfind(&key, &r->namings, compare_namings);
	return found != NULL ? (*found)->id : NULL;
}

struct bytes
fate_queue_id(struct bytes reply)
{
	static const char *const marks[] = {"queued as ", "id="};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t from = bytes_find_nocase(reply, bytes_of(marks[i])), to;

		if (from == SIZE_MAX)
			continue;
		for (to = from += strlen(marks[i]); to < reply.len; to++)
			if (!text_is_alnum(reply.data[to]) && strchr("-_.", reply.data[to]) == NULL)
				break;
		return (struct bytes){reply.data + from, to - from};
	}
	return (struct bytes){NULL, 0};
}

/* The named group of the last match; empty when the pattern lacks it or it did not take part. */
static struct bytes
group(struct fate_reader *r, const struct pattern *p, const char *name, struct bytes line)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->match);
	int n = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR)name);

	if (n < 0 || (uint32_t)n >= pcre2_get_ovector_count(r->match) || at[2 * n] == PCRE2_UNSET)
		return (struct bytes){NULL, 0};
	return (struct bytes){line.data + at[2 * n], at[2 * n + 1] - at[2 * n]};
}

/* What the line says, and behind it what an earlier line of the same id explained; used up by that. */
static char *
take_reason(struct bytes said, struct ticket *t)
{
	size_t more = t != NULL && t->reason != NULL ? strlen(t->reason) : 0;
	char *all = must_alloc(said.len + 2 + more + 1);

	if (said.len > 0)
		memcpy(all, said.data, said.len);
	if (more > 0) {
		strcat(all, said.len > 0 ? "; " : "");
		strcat(all, t->reason);
		free(t->reason);
		t->reason = NULL;
	}
	return all;
}

static void
note_told(struct ticket *t, struct bytes recipient, enum fate_kind kind)
{
	enum told told = kind == FATE_DELIVERED || kind == FATE_BOUNCED ? TOLD_THE_LAST : TOLD_A_FATE;

	for (size_t i = 0; t != NULL && i < t->n_recipients; i++)
		if (recipient.len == 0 || bytes_equal_nocase(bytes_of(t->recipients[i].address), recipient))
			t->recipients[i].told = told;
}

static void
tell(struct fate_reader *r, const struct pattern *p, struct bytes recipient, struct ticket *t,
    struct bytes said)
{
	char *all = take_reason(said, t);
	struct bytes reason = bytes_of(all);

	if (recipient.len > 0)
		r->calls.fate(r->calls.ctx, recipient, p->kind, reason);
	for (size_t i = 0; recipient.len == 0 && t != NULL && i < t->n_recipients; i++)
		r->calls.fate(r->calls.ctx, bytes_of(t->recipients[i].address), p->kind, reason);
	note_told(t, recipient, p->kind);
	free(all);
}

/* Of whom nothing was told in this try, the client still has the mail. */
static void
end_try(struct fate_reader *r, struct ticket *t, struct bytes said)
{
	char *all = take_reason(said, t);

	for (size_t i = 0; t != NULL && i < t->n_recipients; i++) {
		if (t->recipients[i].told == TOLD_NOTHING)
			r->calls.fate(r->calls.ctx, bytes_of(t->recipients[i].address), FATE_DEFERRED, bytes_of(all));
		if (t->recipients[i].told == TOLD_A_FATE)
			t->recipients[i].told = TOLD_NOTHING;
	}
	free(all);
}

static void
matched(struct fate_reader *r, const struct pattern *p, struct bytes line)
{
	struct bytes recipient = group(r, p, "recipient", line), id = group(r, p, "id", line);
	struct bytes reason = group(r, p, "reason", line);
	struct ticket *t = id.len > 0 ? ticket_of(r, id) : NULL;

	if (t != NULL && recipient.len > 0)
		tie(r, id, recipient, false);
	if (p->kind == FATE_ENDED) {
		end_try(r, t, reason);
	} else if (p->kind != FATE_REASON) {
		tell(r, p, recipient, t, reason);
	} else if (t != NULL && reason.len > 0) {
		free(t->reason);
		t->reason = copy(reason);
	}
}

/*
 * The first fate wins, and "did not try" before any fate: its line often looks like a
 * deferral. A line may also carry a reason or a tie.
 */
void
fate_reader_line(struct fate_reader *r, struct bytes line)
{
	static const enum fate_kind order[] = {
	    FATE_REASON, FATE_NO_ATTEMPT, FATE_DELIVERED, FATE_DEFERRED, FATE_BOUNCED, FATE_ENDED};

	if (line.len == 0)
		return;
	if (line.len > LINE_MAX_LEN)
		line.len = LINE_MAX_LEN;
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (size_t i = 0; i < r->n_patterns; i++) {
			const struct pattern *p = &r->patterns[i];

			if (p->kind != order[k] || pcre2_match(p->code, (PCRE2_SPTR)line.data, line.len, 0, 0,
						       r->match, r->context) < 0)
				continue;
			matched(r, p, line);
			if (p->kind != FATE_REASON)
				return;
		}
	}
}
