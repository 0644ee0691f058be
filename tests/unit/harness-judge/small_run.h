/* SPDX-License-Identifier: Apache-2.0 */
/*
 * small_run.h - runs written by hand for the judge's tests, one fact a line.
 *
 *   SOURCE LEG.STEP[.CONNECTION] KIND field=value field='two words'
 *
 * `-` is no leg or no step. $a and $c are the legs of the scenario that the line is written for, $1..$9
 * its messages (three digits, so that no token begins with another). Numbers of facts are given here.
 *
 * The brief that goes with it: a warm-up, a refusal under attack, a recovery. Messages of the attack leg
 * are 1 (and 4, the spare) and 2; those of the control leg 5 (and 8) and 6.
 */
#ifndef SMALL_RUN_H
#define SMALL_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/judge/judge.h"

#define SMALL_RUN_FACTS 4096

struct small_run {
	struct region *region;
	struct docket docket;
	struct fact facts[SMALL_RUN_FACTS];
	struct record record;
};

#define RUN_LINES                                                                                            \
	"world -.- flushed order=0\n"                                                                        \
	"witness -.- flushed order=0\n"                                                                      \
	"witness -.- captured packets=10 dropped=0\n"

#define DELIVERED(leg, step, connection, message)                                                            \
	"world " leg "." step "." connection " accepted host=mx1 role=mx port=25\n"                          \
	"world " leg "." step "." connection " tls-up host=mx1 version=1.3 channel=genuine\n"                \
	"world " leg "." step "." connection " mail sender=mtmxs" message "@ret.example channel=genuine\n"   \
	"world " leg "." step "." connection " rcpt recipient=mtmxr" message "@to.example channel=genuine\n" \
	"world " leg "." step "." connection " content sender=mtmxs" message                                 \
	"@ret.example data='X: mtmxh" message " mtmxb" message "' channel=genuine whole=1\n"                 \
	"world " leg "." step "." connection " arrived host=mx1 genuine=1 recipient=mtmxr" message           \
	"@to.example\n"                                                                                      \
	"world " leg "." step "." connection " closed by=client how=fin\n"                                   \
	"front " leg "." step " fate message=" message " recipient=mtmxr" message "@to.example fate=delivered\n"

#define SENT(leg, step, message)                                                                             \
	"front " leg "." step " sent message=" message " sender=mtmxs" message                               \
	"@ret.example recipients=mtmxr" message "@to.example\n"

#define DEFERRED                                                                                             \
	"front $a.1 fate message=$2 recipient=mtmxr$2@to.example fate=deferred reason='TLS is required'\n"

#define WARM_UP(leg, connection, message)                                                                    \
	"world " leg ".0 step-begun\n" SENT(leg, "0", message)                                               \
	"world " leg ".0 dns-asked name=_mta-sts.to.example label=_mta-sts type=TXT\n"                       \
	"world " leg ".0 http-request host=mta-sts method=GET\n"                                             \
	"world " leg ".0 policy-served status=200 bytes=80 whole=1 genuine=1\n"                              \
	DELIVERED(leg, "0", connection, message) "front " leg ".0 step-ended by=facts\n"

#define GOOD_LINES                                                                                           \
	WARM_UP("$a", "1", "$1")                                                                             \
	WARM_UP("$c", "11", "$5")                                                                            \
	"world $a.1 step-begun armed=smtp:strip-starttls\n" SENT("$a", "1", "$2")                            \
	"world $a.1.2 accepted host=mx1 role=mx port=25\n"                                                   \
	"world $a.1.2 met layer=smtp move=strip-starttls host=mx1 neutral=0\n"                               \
	"world $a.1.2 closed by=client how=fin\n"                                                            \
	DEFERRED                                                                                             \
	"front $a.1 step-ended by=facts\n"                                                                   \
	"world $c.1 step-begun armed=smtp:strip-starttls\n" SENT("$c", "1", "$6")                            \
	"world $c.1.12 met layer=smtp move=strip-starttls host=mx1 neutral=1\n"                              \
	DELIVERED("$c", "1", "12", "$6")                                                                     \
	"front $c.1 step-ended by=facts\n"                                                                   \
	"world $a.2 step-begun\n"                                                                            \
	"front $a.2 retried attack=0\n"                                                                      \
	DELIVERED("$a", "2", "3", "$2")                                                                      \
	"front $a.2 step-ended by=facts\n"                                                                   \
	"world $c.2 step-begun\n"                                                                            \
	"front $c.2 step-ended by=facts\n"

/* --- lines to facts ---------------------------------------------------------------------- */

/* `$x` for scenario number k (from 0). */
static inline char *
small_run_expand(struct region *r, const char *line, size_t len, unsigned k)
{
	char *out = region_alloc(r, len * 4 + 1), *at = out;

	for (size_t i = 0; i < len; i++) {
		if (line[i] != '$' || i + 1 == len) {
			*at++ = line[i];
			continue;
		}
		i++;
		if (line[i] == 'a' || line[i] == 'c')
			at += sprintf(at, "%u", 2 * k + (line[i] == 'a' ? 1 : 2));
		else
			at += sprintf(at, "%03u", 10 * k + (unsigned)(line[i] - '0'));
	}
	return out;
}

static inline uint32_t
small_run_index(const char *word)
{
	return *word == '-' ? FACT_NONE : (uint32_t)strtoul(word, NULL, 10);
}

static inline void
small_run_field(struct fact *f, const char *name, const char *value)
{
	const struct fact_field *field = fact_field_of(f->kind, bytes_of(name));

	if (field == NULL)
		fail_msg("%s has no field %s", fact_info(f->kind)->name, name);
	else if (field->type == FACT_text)
		fact_set_text(f, field, bytes_of(value));
	else
		fact_set_number(f, field, strtoll(value, NULL, 10));
}

/* Cuts ` name=value` or ` name='va lue'` off the line; false at its end. */
static inline int
small_run_next(char **line, char **ret_name, char **ret_value)
{
	char *equals = strchr(*line, '='), *end;

	if (equals == NULL)
		return 0;
	*ret_name = *line + strspn(*line, " ");
	*equals = '\0';
	*ret_value = equals + 1;
	if (**ret_value == '\'')
		end = strchr(++*ret_value, '\'');
	else
		end = *ret_value + strcspn(*ret_value, " ");
	*line = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return 1;
}

static inline void
small_run_line(struct small_run *run, char *line)
{
	struct fact *f = &run->facts[run->record.n_facts++];
	char *source = strtok_r(line, " ", &line), *scope = strtok_r(NULL, " ", &line);
	char *kind = strtok_r(NULL, " ", &line), *part, *name, *value;

	assert_true(run->record.n_facts <= SMALL_RUN_FACTS);
	*f = (struct fact){.source = fact_source_of(bytes_of(source)), .kind = fact_kind_of(bytes_of(kind))};
	if (f->source == FACT_SOURCES || f->kind == FACT_KINDS)
		fail_msg("no such source or kind: %s %s", source, kind);
	f->leg = small_run_index(strtok_r(scope, ".", &scope));
	f->step = small_run_index(strtok_r(NULL, ".", &scope));
	part = strtok_r(NULL, ".", &scope);
	f->connection = part != NULL ? small_run_index(part) : 0;
	f->number = ++run->record.last_number[f->source];
	f->t_ns = 1000 + run->record.n_facts;
	while (line != NULL && small_run_next(&line, &name, &value)) {
		if (strcmp(name, "late") == 0) /* by so many ms; no field */
			f->t_ns += strtoull(value, NULL, 10) * 1000000;
		else
			small_run_field(f, name, value);
	}
}

/* Whether the line has one of the `|`-separated parts of `drop`. */
static inline int
small_run_drops(const char *line, const char *drop)
{
	char parts[512], *rest = parts, *part;

	snprintf(parts, sizeof(parts), "%s", drop != NULL ? drop : "");
	while ((part = strtok_r(rest, "|", &rest)) != NULL)
		if (strstr(line, part) != NULL)
			return 1;
	return 0;
}

/* Adds lines, but those that have a part of `drop` (both written with $). */
static inline void
small_run_add(struct small_run *run, unsigned k, const char *lines, const char *drop)
{
	char *dropped = drop != NULL ? small_run_expand(run->region, drop, strlen(drop), k) : NULL;

	while (lines != NULL && *lines != '\0') {
		size_t len = strcspn(lines, "\n");
		char *line = small_run_expand(run->region, lines, len, k);

		if (!small_run_drops(line, dropped))
			small_run_line(run, line);
		lines += len + (lines[len] == '\n');
	}
}

/* --- the brief --------------------------------------------------------------------------- */

static inline struct expected *
small_run_expected(struct region *r, uint32_t outcomes)
{
	struct expected *x = region_alloc(r, sizeof(*x));

	x->outcomes = outcomes;
	return x;
}

/* Expects these outcomes at the level, for clients of every floor. */
static inline void
small_run_expect(struct region *r, struct brief_step *step, enum level level, uint32_t outcomes)
{
	for (unsigned floor = 0; floor < FLOORS; floor++) {
		step->expectation[floor].given = true;
		step->expectation[floor].at[level].any_of = small_run_expected(r, outcomes);
		step->expectation[floor].at[level].n = 1;
	}
}

static inline void
small_run_message(struct region *r, struct brief_message *m, unsigned number, bool spare)
{
	const char **recipients = region_alloc(r, sizeof(*recipients));

	recipients[0] = region_printf(r, "mtmxr%03u@to.example", number);
	*m = (struct brief_message){.number = number,
	    .sender = region_printf(r, "mtmxs%03u@ret.example", number),
	    .header_token = region_printf(r, "mtmxh%03u", number),
	    .body_token = region_printf(r, "mtmxb%03u", number),
	    .recipients = recipients,
	    .n_recipients = 1,
	    .spare = spare};
}

static inline void
small_run_leg(struct region *r, struct brief_leg *leg, uint32_t number, unsigned first_message)
{
	*leg = (struct brief_leg){
	    .number = number, .steps = region_alloc(r, 3 * sizeof(struct brief_step)), .n_steps = 3};
	for (unsigned s = 0; s < 2; s++) {
		leg->steps[s].messages = region_alloc(r, 2 * sizeof(struct brief_message));
		leg->steps[s].n_messages = s == 0 ? 2 : 1;
		small_run_message(r, &leg->steps[s].messages[0], first_message + s, false);
	}
	small_run_message(r, &leg->steps[0].messages[1], first_message + 3, true);
	leg->steps[0].warm_up = leg->steps[0].needs_policy = true;
	leg->steps[2].judges_held = leg->steps[2].recovery = true;
	small_run_expect(r, &leg->steps[2], LEVEL_MUST, OUTCOMES_DELIVERED);
}

static inline void
small_run_brief(struct region *r, struct brief *b, unsigned k)
{
	static const char *const needs[] = {"mta-sts"};

	*b = (struct brief){
	    .name = region_printf(r, "mta-sts/strip/%u", k), .level = LEVEL_MUST, .needs = needs, .n_needs = 1};
	small_run_leg(r, &b->attack, 2 * k + 1, 10 * k + 1);
	small_run_leg(r, &b->control, 2 * k + 2, 10 * k + 5);
	small_run_expect(r, &b->attack.steps[1], LEVEL_MUST, OUTCOMES_REFUSED);
	small_run_expect(r, &b->attack.steps[1], LEVEL_SHOULD, OUTCOME_BIT(HELD));
	small_run_expect(r, &b->control.steps[1], LEVEL_MUST, OUTCOMES_DELIVERED);
}

/* --- a run ------------------------------------------------------------------------------- */

/* A docket of n scenarios and the lines of the run itself; the scenarios' own lines are still to be added. */
static inline struct small_run *
small_run_new(size_t n_briefs)
{
	static const char *const claims[] = {"starttls", "mta-sts"};
	struct small_run *run = calloc(1, sizeof(*run));

	run->region = region_new();
	run->record.facts = run->facts;
	run->record.closed = true;
	run->docket = (struct docket){.region = run->region, .client = "test", .claims = claims, .n_claims = 2};
	run->docket.n_briefs = n_briefs;
	run->docket.briefs = region_alloc(run->region, (n_briefs + 1) * sizeof(struct brief));
	for (unsigned k = 0; k < n_briefs; k++)
		small_run_brief(run->region, &run->docket.briefs[k], k);
	small_run_add(run, 0, RUN_LINES, NULL);
	return run;
}

static inline void
small_run_free(struct small_run *run)
{
	region_free(run->region);
	free(run);
}

#endif
