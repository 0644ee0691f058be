/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brief.h - what the judge is told before the facts: expectation and tokens, never the plan.
 *
 * One `struct brief` per scenario stands at the head of facts.jsonl; harness/record writes and
 * reads it back. All of it hangs on the region of its struct docket.
 */
#ifndef MODEL_BRIEF_H
#define MODEL_BRIEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/region.h"
#include "harness/base/text.h"
#include "harness/model/fact.h"
#include "harness/model/floor.h"

enum outcome {
#define OUTCOME(ID, name, meaning) OUTCOME_##ID,
#include "harness/model/outcomes.def"
#undef OUTCOME
	OUTCOMES
};

const char *outcome_name(enum outcome outcome);
const char *outcome_meaning(enum outcome outcome);

/* Sets of outcomes, one bit each: 1u << outcome. */
#define OUTCOME_BIT(ID) (1u << OUTCOME_##ID)
#define OUTCOMES_DELIVERED (OUTCOME_BIT(PROTECTED) | OUTCOME_BIT(READABLE))
#define OUTCOMES_REFUSED (OUTCOME_BIT(HELD) | OUTCOME_BIT(BOUNCED))
#define OUTCOMES_EXPOSED (OUTCOME_BIT(READABLE) | OUTCOME_BIT(STOLEN))
#define OUTCOMES_ALL ((1u << OUTCOMES) - 1)
#define OUTCOMES_UNEXPOSED (OUTCOMES_ALL & ~OUTCOMES_EXPOSED)

/* By outcome or set name ("held", "refused"); 0 when there is none. */
uint32_t outcomes_of(struct bytes name);

enum level { LEVEL_MUST, LEVEL_SHOULD, LEVEL_MAY, LEVEL_INFO, LEVELS };
const char *level_name(enum level level);
enum level level_of(struct bytes name); /* LEVELS when there is none */

/* --- what an expectation asks of the facts --------------------------------------------- */

struct fact_condition {
	const char *field; /* of the kind, or "channel" and the like */
	const char *value; /* number in decimal, or text: equal without case, `*` matches any run */
};

struct fact_pattern {
	enum fact_kind kind;
	struct fact_condition *conditions;
	size_t n_conditions;
};

enum ask_kind {
	ASK_SEEN,   /* the pattern matches a fact of the step */
	ASK_UNSEEN, /* it matches none */
	ASK_COUNT,  /* it matches at_least..at_most facts */
	ASK_ORDER,  /* patterns match facts of one source in this order */
	ASK_REASON, /* the client's words about the fate contain one of `words` */
	ASK_FATE    /* the client's fate is one of `words` */
};

struct fact_ask {
	enum ask_kind kind;
	struct fact_pattern *patterns; /* one, but for ASK_ORDER */
	size_t n_patterns;
	uint32_t at_least, at_most;
	const char *const *words;
	size_t n_words;
};

struct expected {
	uint32_t outcomes; /* a set; OUTCOMES_ALL when only facts are asked for */
	struct fact_ask *asks;
	size_t n_asks;
};

struct expectation {
	bool given;  /* false: a warm-up */
	bool record; /* never violated */
	/* by level; n == 0: nothing is expected at that level. One alternative must hold. */
	struct {
		struct expected *any_of;
		size_t n;
	} at[LEVELS];
	const char *const *must_meet; /* names of moves; one that found no occasion: skipped */
	size_t n_must_meet;
};

/* --- per scenario ----------------------------------------------------------------------- */

struct brief_message {
	uint32_t number;
	const char *sender; /* its local part is a token */
	const char *header_token, *body_token;
	const char *const *recipients; /* local parts are tokens */
	size_t n_recipients;
	uint32_t n_companions; /* the last so many recipients, whose copy of the message is not judged */
	bool spare; /* may or may not have been sent */
};

struct brief_step {
	/* By the client's floor: `may` is what stands unless the file says more (then `tls`, `verified`
	 * differ). */
	struct expectation expectation[FLOORS];
	bool warm_up;
	bool needs_policy; /* warm-up: a whole policy must have been served, if the client claims mta-sts */
	bool judges_held;  /* retry, restart, recovery: its messages are those held before */
	bool recovery;     /* the implicit last step: judged only when something was held */
	struct brief_message *messages;
	size_t n_messages;
};

struct brief_leg {
	uint32_t number; /* of the facts; FACT_NONE: no such leg */
	struct brief_step *steps;
	size_t n_steps;
};

struct brief {
	const char *name, *family, *title, *why, *file;
	enum level level;
	const char *const *covers;
	size_t n_covers;
	const char *const *needs;
	size_t n_needs;
	bool opposite_control; /* the control is expected to be refused; if not, skipped instead of unclear */
	struct brief_leg attack, control;
};

struct docket {
	struct region *region;
	const char *client, *client_version, *tool_version, *lab_mode;
	const char *again; /* words of the command line that play a scenario again, behind --select NAME */
	const char *const *claims;
	size_t n_claims;
	enum floor floor;
	bool by_wire;        /* the client's exit status 0 means only "accepted" */
	uint32_t deadline_s; /* after which a step was given up */
	uint32_t patience_s; /* how long the client itself may wait for a silent peer; 0 not told */
	struct brief *briefs;
	size_t n_briefs;
};

#endif
