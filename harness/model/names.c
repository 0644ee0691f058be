/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - the names of the closed lists of the model, both ways. */
#include "harness/base/must.h"
#include "harness/model/judgment.h"
#include "harness/model/plan.h"

/* Index of `name` in `names`, or `n`. */
static size_t
index_of(struct bytes name, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && !bytes_equal(name, bytes_of(names[i])))
		i++;
	return i;
}

static const struct move_info moves[] = {
#define MOVE(LAYER, ID, name, PARAMETER, meaning, neutral) \
	{LAYER_##LAYER, name, MOVE_##PARAMETER, meaning, neutral},
#include "harness/model/moves.def"
#undef MOVE
};

static const char *const layers[] = {"dns", "policy-host", "tcp", "smtp", "tls", "certificate"};

static const struct {
	const char *name, *meaning;
} faults[] = {
#define FAULT(ID, name, meaning) {name, meaning},
#include "harness/model/certificate_faults.def"
#undef FAULT
};

static const struct {
	const char *name, *meaning;
} outcomes[] = {
#define OUTCOME(ID, name, meaning) {name, meaning},
#include "harness/model/outcomes.def"
#undef OUTCOME
};

static const struct {
	const char *name;
	uint32_t outcomes;
} sets[] = {
    {"delivered", OUTCOMES_DELIVERED},
    {"refused", OUTCOMES_REFUSED},
    {"exposed", OUTCOMES_EXPOSED},
    {"unexposed", OUTCOMES_UNEXPOSED},
};

static const char *const verdicts[] = {
#define VERDICT(ID, name, meaning) name,
#include "harness/model/verdicts.def"
#undef VERDICT
};

static const char *const levels[] = {"must", "should", "may", "info"};
static const char *const floors[] = {"may", "tls", "verified"};
static const char *const exposures[] = {"none", "envelope", "content", "credentials"};

const struct move_info *
move_info(enum move move)
{
	must((unsigned)move < MOVES);
	return &moves[move];
}

const char *
layer_name(enum plan_layer layer)
{
	must((unsigned)layer < LAYERS);
	return layers[layer];
}

const char *
fault_name(enum certificate_fault fault)
{
	must((unsigned)fault < FAULTS);
	return faults[fault].name;
}

const char *
fault_meaning(enum certificate_fault fault)
{
	must((unsigned)fault < FAULTS);
	return faults[fault].meaning;
}

enum certificate_fault
fault_of(struct bytes name)
{
	size_t i = 0;

	while (i < FAULTS && !bytes_equal(name, bytes_of(faults[i].name)))
		i++;
	return (enum certificate_fault)i;
}

const char *
outcome_name(enum outcome outcome)
{
	must((unsigned)outcome < OUTCOMES);
	return outcomes[outcome].name;
}

const char *
outcome_meaning(enum outcome outcome)
{
	must((unsigned)outcome < OUTCOMES);
	return outcomes[outcome].meaning;
}

uint32_t
outcomes_of(struct bytes name)
{
	for (unsigned i = 0; i < OUTCOMES; i++)
		if (bytes_equal(name, bytes_of(outcomes[i].name)))
			return 1u << i;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (bytes_equal(name, bytes_of(sets[i].name)))
			return sets[i].outcomes;
	return 0;
}

const char *
verdict_name(enum verdict verdict)
{
	must((unsigned)verdict < VERDICTS);
	return verdicts[verdict];
}

const char *
verdict_meaning(enum verdict verdict)
{
	static const char *const meanings[] = {
#define VERDICT(ID, name, meaning) meaning,
#include "harness/model/verdicts.def"
#undef VERDICT
	};

	must((unsigned)verdict < VERDICTS);
	return meanings[verdict];
}

const char *
level_name(enum level level)
{
	must((unsigned)level < LEVELS);
	return levels[level];
}

enum level
level_of(struct bytes name)
{
	return (enum level)index_of(name, levels, LEVELS);
}

const char *
floor_name(enum floor floor)
{
	must((unsigned)floor < FLOORS);
	return floors[floor];
}

enum floor
floor_of(struct bytes name)
{
	return (enum floor)index_of(name, floors, FLOORS);
}

const char *
exposure_name(enum exposure exposure)
{
	must((unsigned)exposure < EXPOSURES);
	return exposures[exposure];
}
