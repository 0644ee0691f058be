/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - what a client that comes without a description looks up, demands and means by its exit status.
 *
 * Found out by playing the scenarios that carry the key `probe`, in a lab of their own: nothing is assumed.
 */
#ifndef PROBE_H
#define PROBE_H

#include "harness/command/play.h"
#include "harness/scenario/suite.h"

#define PROBE_CLAIMS_MAX 8

struct probe {
	const char *claims[PROBE_CLAIMS_MAX]; /* static */
	size_t n_claims;
	enum floor floor;
	bool by_wire; /* exit status 0 means only "accepted" */
};

/*
 * `like` is how the run itself will be played; its scenarios, claims and folder are not used. The
 * record is left in a folder "probe" inside `folder`. -1 and why when the client does not deliver even in
 * an honest world, or was stopped.
 */
int probe_client(struct probe *ret, const struct suite *suite, const struct play_options *like,
    const struct run_folder *folder, struct why *why);

/* "claims starttls; demands a proven name; its exit status tells the fate" */
void probe_print(const struct probe *p, FILE *to);

#endif
