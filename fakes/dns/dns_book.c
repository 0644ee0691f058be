/* SPDX-License-Identifier: Apache-2.0 */
/* dns_book.c - a hash of apexes in lower-case wire form, and the zones made so far; see dns_book.h. */
#include "fakes/dns/dns_book.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

struct apex {
	struct apex *next; /* in its bucket; legs before the base */
	const char *text;  /* text, borrowed from the plan */
	uint32_t leg;
	size_t len;
	uint8_t wire[];
};

struct built {
	const struct plan_zone *plan; /* the key: zones of distinct worlds have distinct addresses */
	struct dns_zone *zone;
};

struct dns_book {
	struct scene *scene;
	struct apex **buckets;
	size_t n_buckets; /* a power of two */
	void *built;      /* a tree of struct built, see tsearch(3) */
};

static const struct plan_zone bare_root = {.apex = ".", .secure = true};

static uint64_t
hash_of(const uint8_t *wire, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ wire[i]) * 0x100000001b3u;
	return hash;
}

/* Lower-case wire form; the length octets (at most 63) stand below the letters. */
static size_t
wire_of(const ldns_rdf *name, uint8_t out[LDNS_MAX_DOMAINLEN])
{
	size_t len = ldns_rdf_size(name);

	must(len > 0 && len <= LDNS_MAX_DOMAINLEN);
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)text_lower((char)ldns_rdf_data(name)[i]);
	return len;
}

static struct apex **
bucket_of(const struct dns_book *book, const uint8_t *wire, size_t len)
{
	return &book->buckets[hash_of(wire, len) & (book->n_buckets - 1)];
}

static bool
is_apex(const struct apex *e, const uint8_t *wire, size_t len)
{
	return e->len == len && memcmp(e->wire, wire, len) == 0;
}

static void
add_apex(struct dns_book *book, const char *apex, uint32_t leg)
{
	ldns_rdf *name = ldns_dname_new_frm_str(apex);
	uint8_t wire[LDNS_MAX_DOMAINLEN];
	struct apex **bucket, *e;
	size_t len;

	must(name != NULL);
	len = wire_of(name, wire);
	ldns_rdf_deep_free(name);
	bucket = bucket_of(book, wire, len);
	for (e = *bucket; e != NULL; e = e->next)
		if (e->leg == leg && is_apex(e, wire, len))
			return;
	e = must_alloc(sizeof(*e) + len);
	e->text = apex;
	e->leg = leg;
	e->len = len;
	memcpy(e->wire, wire, len);
	e->next = *bucket;
	*bucket = e;
}

static void
add_world(struct dns_book *book, const struct plan_world *world, uint32_t leg)
{
	for (size_t i = 0; i < world->n_zones; i++)
		add_apex(book, world->zones[i].apex, leg);
}

struct dns_book *
dns_book_new(struct scene *scene)
{
	const struct plan *plan = scene_plan(scene);
	struct dns_book *book = must_alloc(sizeof(*book));

	book->scene = scene;
	for (book->n_buckets = 64; book->n_buckets < 4 * plan->n_legs;)
		book->n_buckets *= 2;
	book->buckets = must_alloc(book->n_buckets * sizeof(*book->buckets));
	add_world(book, &plan->base, FACT_NONE); /* first in, so last in its bucket */
	for (uint32_t leg = 0; leg < plan->n_legs; leg++)
		for (size_t i = 0; i < plan->legs[leg].n_steps; i++)
			if (i == 0 || plan->legs[leg].steps[i].world != plan->legs[leg].steps[i - 1].world)
				add_world(book, plan->legs[leg].steps[i].world, leg);
	return book;
}

static void
free_built(void *node)
{
	struct built *built = node;

	dns_zone_free(built->zone);
	free(built);
}

void
dns_book_free(struct dns_book *book)
{
	if (book == NULL)
		return;
	for (size_t i = 0; i < book->n_buckets; i++)
		while (book->buckets[i] != NULL) {
			struct apex *e = book->buckets[i];

			book->buckets[i] = e->next;
			free(e);
		}
	free(book->buckets);
	tdestroy(book->built, free_built);
	free(book);
}

struct scene *
dns_book_scene(const struct dns_book *book)
{
	return book->scene;
}

static int
compare_built(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct built *)a)->plan,
		  y = (uintptr_t)((const struct built *)b)->plan;

	return x < y ? -1 : x > y;
}

static void
complain(void *ctx, const char *what)
{
	SCOPE_EMIT((const struct scope *)ctx, .kind = FACT_LAB_FAULT,
	    .lab_fault = {.part = BYTES("dns"), .what = bytes_of(what)});
}

static const struct dns_zone *
zone_of(struct dns_book *book, const struct plan_zone *plan, uint32_t leg)
{
	struct built *const *known = tfind(&(struct built){.plan = plan}, &book->built, compare_built);
	struct scope scope = scope_of(book->scene, leg);
	struct built *built;

	if (known != NULL)
		return (*known)->zone;
	built = must_alloc(sizeof(*built));
	built->plan = plan;
	built->zone = dns_zone_new(plan, complain, &scope);
	must(tsearch(built, &book->built, compare_built) != NULL);
	return built->zone;
}

/* The zone of this apex that the leg shows now, or NULL. */
static const struct plan_zone *
present_zone(const struct dns_book *book, const struct apex *e)
{
	const struct plan_world *world = scene_world(book->scene, e->leg);

	for (size_t i = 0; i < world->n_zones; i++)
		if (text_equal_nocase(world->zones[i].apex, e->text))
			return &world->zones[i];
	return NULL;
}

/*
 * Longest suffix first. A name belongs to the leg of the longest apex that the leg ever shows, though
 * that zone may be absent from its present world.
 */
struct dns_place
dns_book_find(struct dns_book *book, const ldns_rdf *name)
{
	uint8_t wire[LDNS_MAX_DOMAINLEN];
	size_t len = wire_of(name, wire);
	const struct plan_zone *found = NULL;
	uint32_t leg = FACT_NONE;

	for (size_t at = 0; found == NULL && at < len; at += 1u + wire[at])
		for (struct apex *e = *bucket_of(book, wire + at, len - at); found == NULL && e != NULL;
		     e = e->next) {
			if (!is_apex(e, wire + at, len - at))
				continue;
			if (leg == FACT_NONE)
				leg = e->leg;
			if (e->leg == leg || e->leg == FACT_NONE)
				found = present_zone(book, e);
		}
	if (found == NULL)
		found = &bare_root;
	return (struct dns_place){zone_of(book, found, leg), leg};
}
