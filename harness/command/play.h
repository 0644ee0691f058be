/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play.h - scenarios played against one client and judged: plan, session, facts, verdicts, files.
 */
#ifndef PLAY_H
#define PLAY_H

#include "harness/command/fact_store.h"
#include "harness/command/session.h"
#include "harness/model/judgment.h"
#include "harness/model/scenario.h"
#include "harness/record/facts_file.h"
#include "harness/record/run_folder.h"

struct play_options {
	const struct scenario *const *scenarios; /* borrowed */
	size_t n_scenarios;
	const struct client *client; /* borrowed */
	const char *const *claims;   /* of this run: the client's own, told, or found */
	size_t n_claims;
	enum floor floor;
	bool by_wire;
	const char *flaws; /* NULL none */
	uint8_t family;
	enum plan_plant plant;
	unsigned jobs, deadline_s;
	bool quiet;                      /* no live line */
	const char *again;               /* see again.h */
	const struct run_folder *folder; /* facts.jsonl, client.log and the spool go there */
	time_t started;
};

struct play {
	struct plan *plan;
	struct docket *docket;
	struct fact_store store;
	struct judgments judgments;
	enum lab_mode lab_mode;
	enum front_end end;
	struct why why;  /* of an end that is not FRONT_DONE */
	struct why disk; /* trouble with the files; empty when there was none */
	bool judged;     /* the lab stood, so there are judgments */
	int spool_fd;    /* -1 none */
	uint64_t duration_ns;
};

/* 0, or -1 and why when nothing was played at all. play_done in either case. */
int play_run(struct play *ret, const struct play_options *options, struct why *why);
void play_done(struct play *p);

#endif
