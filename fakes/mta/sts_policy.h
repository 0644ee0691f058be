/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts_policy.h - the text of an MTA-STS policy, and which MX hosts it lists.
 *
 * No I/O, no clock. Ref: RFC 8461 s3.2, s4.1.
 */
#ifndef MTA_STS_POLICY_H
#define MTA_STS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fakes/mta/flaw.h"
#include "harness/base/text.h"
#include "harness/base/why.h"

#define STS_POLICY_MAX 65536         /* bytes of text */
#define STS_POLICY_MAX_AGE 31557600u /* seconds; a longer life is cut to it */

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };

struct sts_policy {
	enum sts_mode mode;
	uint32_t max_age_s;
	char **mx; /* patterns, as they are written, without blanks */
	size_t n_mx;
	bool lists_all, lists_none; /* only with flaws: takes-star-for-any-host, is-spoiled-by-bad-pattern */
	char *text; /* as it came */
	size_t text_len;
	unsigned references;
};

/* Owned, with one reference; NULL and why when the text is no valid policy. `flaws`: see flaw.h. */
struct sts_policy *sts_policy_parse(struct bytes text, struct flaw_set flaws, struct why *why);
struct sts_policy *sts_policy_ref(struct sts_policy *policy);
void sts_policy_unref(struct sts_policy *policy); /* NULL is fine */

const char *sts_policy_mode_name(enum sts_mode mode);

/* Does a pattern cover the host? In any case; "*." stands for exactly one label. */
bool sts_policy_matches(const char *pattern, const char *host, struct flaw_set flaws);
bool sts_policy_lists(const struct sts_policy *policy, const char *host, struct flaw_set flaws);

#endif
