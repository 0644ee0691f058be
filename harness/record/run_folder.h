/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_folder.h - the folder that a run leaves: made at its start, so that trouble with the disk comes first.
 *
 * Holds facts.jsonl, result.json, wire/SCENARIO.pcapng and what others put there; knows none of their
 * contents.
 */
#ifndef RUN_FOLDER_H
#define RUN_FOLDER_H

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "harness/base/why.h"

struct run_folder {
	char path[PATH_MAX];
};

/*
 * Makes `out`, or where it is NULL mitmx-runs/CLIENT-TIME (a number is added if that exists), and wire/ in
 * it. A folder with an earlier run is used again; that run's captures are removed. -1 and why when it cannot
 * be made or written.
 */
int
run_folder_make(struct run_folder *ret, const char *out, const char *client, time_t started, struct why *why);

/* Path of a file in it; -1 and why when it is too long. */
int run_folder_path(const struct run_folder *f, const char *name, char ret[PATH_MAX], struct why *why);
/* A new file in it for writing (owned), or NULL and why. */
FILE *run_folder_open(const struct run_folder *f, const char *name, struct why *why);
/* wire/SCENARIO.pcapng, its folders made; -1 and why (a name that would leave the folder, too). */
int run_folder_wire(const struct run_folder *f, const char *scenario, char ret[PATH_MAX], struct why *why);
/*
 * Moves the named files of `f`, and wire/ as a whole, into the folder `inside` in it, so that another play
 * can take their place; a file that is not there is passed over. -1 and why when something cannot be moved.
 */
int run_folder_put_aside(struct run_folder *ret, const struct run_folder *f, const char *inside,
    const char *const *files, size_t n, struct why *why);
/* Where packets wait until captures are written: a file without a name (owned descriptor), or -1. */
int run_folder_spool(const struct run_folder *f, struct why *why);

#endif
