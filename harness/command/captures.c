/* SPDX-License-Identifier: Apache-2.0 */
/* captures.c - see captures.h; a packet belongs to the scenario that owns its host or its name. */
#include "harness/command/captures.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/record/pcapng.h"
#include "harness/record/wire_index.h"

/* The apex of a zone and whose it is. */
struct owned_zone {
	const char *apex; /* lower case, no trailing dot; in the region */
	uint32_t scenario;
};

struct owners {
	const struct plan *plan;
	struct region *region;
	void *zones; /* tsearch tree of struct owned_zone */
};

static int
compare_zones(const void *a, const void *b)
{
	return strcmp(((const struct owned_zone *)a)->apex, ((const struct owned_zone *)b)->apex);
}

static void
own_zones(struct owners *o, const struct plan_leg *leg)
{
	const struct plan_world *last = NULL;

	for (size_t s = 0; s < leg->n_steps; s++) {
		const struct plan_world *w = leg->steps[s].world;

		for (size_t z = 0; w != last && z < w->n_zones; z++) {
			struct owned_zone *zone = region_alloc(o->region, sizeof(*zone));

			zone->apex =
			    region_strndup(o->region, w->zones[z].apex, strlen(w->zones[z].apex) - 1);
			zone->scenario = leg->scenario;
			must(tsearch(zone, &o->zones, compare_zones) != NULL);
		}
		last = w;
	}
}

static uint32_t
scenario_of_host(void *ctx, uint32_t number)
{
	const struct owners *o = ctx;
	uint32_t leg = number < o->plan->n_hosts ? o->plan->leg_of_host[number] : FACT_NONE;

	return leg == FACT_NONE ? WIRE_NOBODY : o->plan->legs[leg].scenario;
}

/* The zone of the name, or the nearest above it. */
static uint32_t
scenario_of_name(void *ctx, const char *name)
{
	const struct owners *o = ctx;

	for (; name != NULL && *name != '\0';
	     name = strchr(name, '.') != NULL ? strchr(name, '.') + 1 : NULL) {
		struct owned_zone key = {.apex = name}, **found = tfind(&key, &o->zones, compare_zones);

		if (found != NULL)
			return (*found)->scenario;
	}
	return WIRE_NOBODY;
}

static void
nothing(void *p)
{
	(void)p;
}

/* The line of the key log that a fact holds; its scenario, or WIRE_NOBODY. */
static uint32_t
secret_in(const struct play *play, size_t i, struct bytes *ret)
{
	const struct fact *f = &play->store.facts[i];

	if (f->kind != FACT_TLS_SECRET || f->leg >= play->plan->n_legs)
		return WIRE_NOBODY;
	*ret = f->tls_secret.line;
	return play->plan->legs[f->leg].scenario;
}

/* The key log of each scenario, in the region. */
static struct bytes *
key_logs_new(const struct play *play, struct region *r)
{
	size_t n = play->plan->n_scenarios;
	struct bytes *logs = region_alloc(r, n * sizeof(*logs)), line;
	char **ends = region_alloc(r, n * sizeof(*ends));
	uint32_t owner;

	for (size_t i = 0; i < n; i++)
		logs[i] = (struct bytes){NULL, 0};
	for (size_t i = 0; i < play->store.n_facts; i++)
		if ((owner = secret_in(play, i, &line)) != WIRE_NOBODY)
			logs[owner].len += line.len + 1;
	for (size_t i = 0; i < n; i++)
		logs[i].data = ends[i] = region_alloc(r, logs[i].len + 1);
	for (size_t i = 0; i < play->store.n_facts; i++)
		if ((owner = secret_in(play, i, &line)) != WIRE_NOBODY) {
			memcpy(ends[owner], line.data, line.len);
			ends[owner][line.len] = '\n';
			ends[owner] += line.len + 1;
		}
	return logs;
}

static int
write_one(const struct play *play, const struct wire_index *index, const struct run_folder *folder,
    uint32_t scenario, struct bytes key_log, struct why *why)
{
	static const char *const interfaces[SPOOL_INTERFACES] = {"client's link", "link to refused hosts"};
	const struct brief *brief = &play->docket->briefs[scenario];
	struct region *r = region_new();
	char path[PATH_MAX];
	struct pcapng *p = NULL;
	int status = -1;

	if (run_folder_wire(folder, brief->name, path, why) == 0)
		p = pcapng_new(path, region_printf(r, "%s: %s", brief->name, brief->title), interfaces, why);
	if (p != NULL) {
		pcapng_secrets(p, key_log);
		status = wire_index_write(index, scenario, p, why);
		if (pcapng_end(p, status == 0 ? why : NULL) < 0)
			status = -1;
	}
	region_free(r);
	return status;
}

static bool
is_wanted(const struct play *play, size_t scenario, bool all)
{
	enum verdict v = play->judgments.items[scenario].verdict;

	return v != VERDICT_SKIPPED && (all || v != VERDICT_HONORED);
}

int
captures_write(const struct play *play, const struct run_folder *folder, bool all, struct why *why)
{
	struct owners owners = {.plan = play->plan, .region = region_new()};
	struct wire_groups groups = {
	    (uint32_t)play->plan->n_scenarios, scenario_of_host, scenario_of_name, &owners};
	const struct bytes *key_logs = key_logs_new(play, owners.region);
	struct wire_index *index;
	int status = -1;

	for (size_t leg = 0; leg < play->plan->n_legs; leg++)
		own_zones(&owners, &play->plan->legs[leg]);
	index = wire_index_new(play->spool_fd, &groups, why);
	if (index != NULL)
		status = 0;
	for (uint32_t i = 0; status == 0 && i < play->plan->n_scenarios; i++)
		if (is_wanted(play, i, all))
			status = write_one(play, index, folder, i, key_logs[i], why);
	wire_index_free(index);
	tdestroy(owners.zones, nothing);
	region_free(owners.region);
	return status;
}
