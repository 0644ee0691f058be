/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judgment.h - what the judge says: a verdict per scenario, with the facts it rests on.
 */
#ifndef MODEL_JUDGMENT_H
#define MODEL_JUDGMENT_H

#include "harness/model/brief.h"

enum verdict {
#define VERDICT(ID, name, meaning) VERDICT_##ID,
#include "harness/model/verdicts.def"
#undef VERDICT
	VERDICTS
};

const char *verdict_name(enum verdict verdict);
const char *verdict_meaning(enum verdict verdict);

enum exposure { EXPOSURE_NONE, EXPOSURE_ENVELOPE, EXPOSURE_CONTENT, EXPOSURE_CREDENTIALS, EXPOSURES };
const char *exposure_name(enum exposure exposure);

/* One message and recipient in one step of one leg. */
struct measured {
	uint32_t message;
	const char *recipient;
	enum exposure exposure;
	const char *where; /* channel of the worst exposure: "clear", "intercepted", "attacker"; NULL none */
	bool arrived;
	struct bytes fate, reason; /* in the client's words; empty when it said nothing */
	enum outcome outcome;
	const struct fact *shown_by; /* the fact that decided exposure or arrival, or NULL; borrowed */
};

struct step_judgment {
	enum verdict verdict;
	enum level level;                  /* broken level when violated */
	const char *why;                   /* one sentence */
	const char *expected;              /* in the scenario's words: "refused (must), held (should)" */
	struct measured *attack, *control; /* one per message and recipient */
	size_t n_attack, n_control;
	const struct fact *shown_by; /* the fact to look at first, or NULL */
};

struct judgment {
	const struct brief *brief; /* borrowed */
	enum verdict verdict;
	enum level level; /* the highest that was broken; the scenario's own otherwise */
	const char *why;
	uint32_t worst_step;
	struct step_judgment *steps;
	size_t n_steps;
	uint64_t began_ns, ended_ns; /* of the facts of its legs */
};

struct judgments {
	struct region *region;
	struct judgment *items; /* one per brief, in order */
	size_t n_items;
	uint32_t count[VERDICTS];
	const char *doubt; /* why nothing of the run could be judged; NULL: it could */
};

#endif
