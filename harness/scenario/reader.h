/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - what the parts of the scenario reader share; internal to harness/scenario.
 *
 * A tree is checked against the tables first; the parts then read it and complain only of what a
 * table cannot know: names of hosts, of moves, of facts.
 */
#ifndef READER_H
#define READER_H

#include "harness/files/keys.h"
#include "harness/model/expectations.h"
#include "harness/model/scenario.h"

/* --- tables: they check, and they are the manual -------------------------------------------- */

extern const struct key world_keys[];  /* `world:` */
extern const struct key attack_keys[]; /* `attack:` */
extern const struct key expect_alternative_keys[];
extern const struct key file_keys[]; /* the top level of a file */
extern const struct key step_keys[];

/* --- world.c ------------------------------------------------------------------------------------ */

/* The tree with the default host in it, so that overlays find it. `at` lends its place when `world` is NULL.
 */
const struct node *world_complete(const struct node *world, const struct node *at, struct region *r);
const struct scenario_world *world_read(const struct node *world, struct region *r);
/* The hosts of a mapping from labels (`mx:`, `attack.hosts:`); `listed`: an MX record names them. */
struct scenario_host *
world_read_hosts(const struct node *hosts, bool listed, struct region *r, size_t *ret_n);
/* Text with \r \n \t \\ \xNN, to bytes; complains when an escape is malformed. */
struct bytes world_read_bytes(const struct node *text, struct region *r);

/* --- attack.c ----------------------------------------------------------------------------------- */

/* `world` is the one that the attack is made on, for the hosts that `at:` may name. `attack` may be NULL. */
const struct scenario_attack *
attack_read(const struct node *attack, const struct scenario_world *world, struct region *r);
/* Every move with its meaning. */
void attack_manual(struct manual *to);

/* --- expect.c ------------------------------------------------------------------------------------ */

/* What `expect:` says, for each floor. `labels`: hosts that `sni:` and `host:` may name. */
void expect_read(const struct node *expect, enum level level, const struct scenario_step *step,
    struct expectation by_floor[FLOORS], struct region *r);
/* `met:` of a step: names of moves, each of which it must make. */
void expect_read_met(
    const struct node *met, const struct scenario_attack *attack, struct expectation *e, struct region *r);
/* Must every alternative at this level, or a stricter one, be within the set? False where nothing is
 * expected. */
bool expect_is_within(const struct expectation *e, uint32_t outcomes);

/* --- file.c --------------------------------------------------------------------------------------- */

struct reading {
	struct complaints *complaints;
	struct region *region;
	const char *const *flaws;        /* NULL: any */
	const char *const *requirements; /* ids */
	size_t n_requirements;
	const struct scenario **scenarios;
	size_t n;
};

/* Adds the scenarios of one document; `name` is the file's, without suffix. */
void file_read(struct reading *reading, const struct document *document, const char *name);

#endif
