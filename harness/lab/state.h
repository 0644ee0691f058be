/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - struct lab: what the front holds of the others, and what it hands to them.
 */
#ifndef LAB_STATE_H
#define LAB_STATE_H

#include "harness/lab/lab.h"

enum { LAB_WORLD, LAB_WITNESS, LAB_INIT, LAB_PROCESSES };

struct lab_process {
	pid_t pid; /* -1: not there */
	int pidfd; /* so that nobody else is signaled when the pid was reaped and given away */
};

struct lab {
	enum lab_mode mode;
	pid_t stage; /* also the process group of all */
	struct lab_process processes[LAB_PROCESSES];
	int facts[2];                      /* LAB_WORLD, LAB_WITNESS */
	int requests;                      /* to init */
	int exits;                         /* from init */
	int lifeline;                      /* nobody else has this end */
	struct preload_page *page;         /* owned; NULL outside the front */
	int world_netlink, client_netlink; /* in the world process only */
	const char *out;                   /* borrowed until lab_start returns */
	char scratch[64];
	char *scratch_path; /* owned; NULL none */
};

/* The other ends, made by the front before the first fork; each child keeps its own of them. */
struct lab_ends {
	int stage; /* both ways between stage and front */
	int facts[2];
	int requests, exits;
	int lifeline;
};

/* From the stage, one for each process, or one with the trouble. */
struct stage_report {
	int which; /* LAB_WORLD, …; -1: `why` says what went wrong */
	pid_t pid;
	struct why why;
};

#endif
