/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suite.h - scenario files to scenarios: one per file, or one per row of its `each` list.
 *
 * A folder is walked in the order of names; there is no registry. One broken file never stops the
 * others from being read: every mistake is complained of, and only whole scenarios are in the suite.
 */
#ifndef SUITE_H
#define SUITE_H

#include "harness/files/complaints.h"
#include "harness/files/manual.h"
#include "harness/model/scenario.h"

struct requirement {
	const char *id, *rfc, *section, *level, *actor, *statement, *idea;
};

struct suite {
	const struct scenario **scenarios; /* sorted by file, then by row */
	size_t n;
	const struct requirement
	    *requirements; /* of requirements.tsv at the top of the folder, in its order */
	size_t n_requirements;
};

/*
 * Every *.yaml below `folder`; scenarios are named by their path in it. `flaws` are those that `catches`
 * may name (ends with NULL; NULL: any). `complaints` is borrowed and must outlive the suite.
 * Owned by the caller; never NULL.
 */
struct suite *suite_read(const char *folder, const char *const *flaws, struct complaints *complaints);
/* Only these files; `folder` (may be NULL) is where names begin and requirements.tsv lies. */
struct suite *suite_read_files(const char *folder, const char *const *paths, size_t n,
    const char *const *flaws, struct complaints *complaints);
void suite_free(struct suite *suite); /* NULL is fine */

/* By id; NULL when there is none. */
const struct requirement *suite_requirement(const struct suite *suite, const char *id);
/* By whole name; NULL when there is none. */
const struct scenario *suite_find(const struct suite *suite, const char *name);

/* The manual of scenario files: every key, in the order of the tables that check them. */
void suite_manual(struct manual *to);

#endif
