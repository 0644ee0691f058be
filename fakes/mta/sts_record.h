/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts_record.h - from the TXT records at _mta-sts.DOMAIN to the policy's id.
 *
 * Each text is one record with its strings joined already. No I/O. Ref: RFC 8461 s3.1.
 */
#ifndef MTA_STS_RECORD_H
#define MTA_STS_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "fakes/mta/flaw.h"
#include "harness/base/text.h"

#define STS_ID_SIZE 33

enum sts_record_state {
	STS_RECORD_NONE, /* no record begins with v=STSv1 */
	STS_RECORD_GOOD, /* exactly one, and it is well formed */
	STS_RECORD_MANY, /* more than one */
	STS_RECORD_BAD   /* one that breaks the grammar */
};

struct sts_record {
	enum sts_record_state state;
	char id[STS_ID_SIZE]; /* when good; opaque, compared for equality only */
};

struct sts_record sts_record_choose(const struct bytes *texts, size_t n, struct flaw_set flaws);

#endif
