/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - see probe.h; what is looked at are outcomes and questions, never the client's name. */
#include "harness/command/probe.h"

#include <string.h>

/* What the probes measured: one message each, or NULL where none was. */
struct findings {
	const struct play *play;
	const struct measured *of[PROBES];
};

static size_t
choose_probes(const struct suite *suite, const struct scenario **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < suite->n && n < PROBES; i++)
		if (suite->scenarios[i]->probe != PROBE_NONE)
			ret[n++] = suite->scenarios[i];
	return n;
}

static void
look_at(struct findings *f, const struct play *play, const struct scenario *const *scenarios, size_t n)
{
	f->play = play;
	for (size_t i = 0; i < n; i++) {
		const struct judgment *j = &play->judgments.items[i];

		if (j->n_steps > 0 && j->steps[0].n_attack > 0)
			f->of[scenarios[i]->probe] = &j->steps[0].attack[0];
	}
}

static bool
arrived(const struct findings *f, enum scenario_probe probe)
{
	return f->of[probe] != NULL && f->of[probe]->arrived;
}

static bool
asked_for(const struct play *play, const char *label)
{
	for (size_t i = 0; i < play->store.n_facts; i++) {
		const struct fact *f = &play->store.facts[i];

		if (f->kind == FACT_DNS_ASKED && (bytes_begin_nocase(f->dns_asked.label, label) ||
						     bytes_begin_nocase(f->dns_asked.name, label)))
			return true;
	}
	return false;
}

static bool
asked_for_type(const struct play *play, const char *type)
{
	for (size_t i = 0; i < play->store.n_facts; i++) {
		const struct fact *f = &play->store.facts[i];

		if (f->kind == FACT_DNS_ASKED && bytes_equal(f->dns_asked.type, bytes_of(type)))
			return true;
	}
	return false;
}

static void
claim(struct probe *p, bool found, const char *mechanism)
{
	if (found)
		p->claims[p->n_claims++] = mechanism;
}

/* A client that goes on in clear demands nothing; one that takes any certificate demands TLS alone. */
static enum floor
floor_of_client(const struct findings *f)
{
	if (arrived(f, PROBE_STRIPPED))
		return FLOOR_MAY;
	return arrived(f, PROBE_UNPROVED) ? FLOOR_TLS : FLOOR_VERIFIED;
}

static const struct fact *
crash_in(const struct play *play)
{
	for (size_t i = 0; i < play->store.n_facts; i++)
		if (play->store.facts[i].kind == FACT_EXITED && play->store.facts[i].exited.crash)
			return &play->store.facts[i];
	return NULL;
}

/* What the client did in the honest world, in words. */
static int
tell_failure(const struct findings *f, const struct measured *honest, struct why *why)
{
	const struct fact *crash = crash_in(f->play);
	struct bytes said = honest != NULL ? honest->reason : (struct bytes){NULL, 0};
	char signal[TEXT_SIGNAL];

	if (crash != NULL)
		return why_set(why,
		    "the honest control failed: in a world without any attack the client crashed: %.*s died "
		    "of %s%s%.*s",
		    (int)crash->exited.command.len, crash->exited.command.data,
		    text_signal(crash->exited.signal, signal), said.len > 0 ? "; its last words: " : "",
		    (int)said.len, said.data);
	return why_set(why,
	    "the honest control failed: in a world without any attack the message was %s%s%.*s",
	    honest != NULL ? outcome_name(honest->outcome) : "not sent",
	    said.len > 0 ? "; the client said: " : "", (int)said.len, said.data);
}

static int
conclude(struct probe *ret, const struct findings *f, struct why *why)
{
	const struct measured *honest = f->of[PROBE_HONEST], *busy = f->of[PROBE_BUSY];

	if (honest == NULL || !honest->arrived)
		return tell_failure(f, honest, why);
	*ret = (struct probe){.floor = floor_of_client(f)};
	ret->by_wire = busy != NULL && bytes_equal(busy->fate, BYTES("delivered"));
	claim(ret, honest->outcome == OUTCOME_PROTECTED, "starttls");
	claim(ret, asked_for_type(f->play, "MX"), "mx-lookup");
	claim(ret, asked_for(f->play, "_mta-sts"), "mta-sts");
	claim(ret, asked_for(f->play, "_25._tcp"), "dane");
	return 0;
}

int
probe_client(struct probe *ret, const struct suite *suite, const struct play_options *like,
    const struct run_folder *folder, struct why *why)
{
	const struct scenario *scenarios[PROBES];
	struct play_options o = *like;
	struct run_folder inside;
	struct findings findings = {0};
	struct play play;
	char path[PATH_MAX];
	int status = -1;

	o.scenarios = scenarios;
	o.n_scenarios = choose_probes(suite, scenarios);
	o.n_claims = 0;
	o.plant = PLANT_NOTHING;
	o.folder = &inside;
	if (run_folder_path(folder, "probe", path, why) < 0 ||
	    run_folder_make(&inside, path, o.client->name, o.started, why) < 0)
		return -1;
	if (play_run(&play, &o, why) == 0) {
		look_at(&findings, &play, scenarios, o.n_scenarios);
		*why = play.why;
		if (play.end == FRONT_DONE)
			status = conclude(ret, &findings, why);
	}
	play_done(&play);
	return status;
}

void
probe_print(const struct probe *p, FILE *to)
{
	static const char *const demands[] = {"nothing", "TLS", "TLS and a proven name"};

	fputs("probe: uses", to);
	for (size_t i = 0; i < p->n_claims; i++)
		fprintf(to, "%s %s", i > 0 ? "," : "", p->claims[i]);
	fprintf(to, "%s; demands %s; its exit status %s\n", p->n_claims == 0 ? " no TLS" : "",
	    demands[p->floor], p->by_wire ? "says only that it took the message" : "tells the fate");
}
