/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ground.h - the client's root file system as a list of pieces, and the files of ours put into it.
 *
 * First pieces are added and files are put where they will be seen (into an overlay's upper folder,
 * so that even a folder of another owner becomes ours); then everything is mounted. Paths are the
 * client's, absolute and without symbolic links once resolved; the host's own files are only read.
 */
#ifndef LAB_GROUND_H
#define LAB_GROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/base/region.h"
#include "harness/base/why.h"

enum piece_kind {
	PIECE_PLAIN,   /* a folder of the new root itself, filled by us */
	PIECE_OVERLAY, /* `lower` with an upper of ours */
	PIECE_FRESH,   /* a new, empty folder, whatever lies below */
	PIECE_FILE     /* a file of the host, read-only, for a plain folder */
};

struct piece {
	enum piece_kind kind;
	const char *path;   /* the client's; "" for the root */
	const char *lower;  /* the folder it shows, as seen before pivot_root; NULL none */
	const char *ground; /* where files of ours are laid */
	const char *work;   /* an overlay's work folder */
	bool used;          /* a file of ours was put here that must be seen */
};

struct ground {
	struct region *region; /* owned, as all below */
	const char *base;      /* a tmpfs of ours */
	const char *uppers;    /* where the uppers are; on the tmpfs or on disk */
	const char *root;      /* where the client's root is put together */
	bool optional;         /* what is put from now on may be missing where an overlay is refused */
	struct piece *pieces;
	size_t n;
};

/* `uppers` NULL: on `base`, an empty writable folder. */
int ground_init(struct ground *ground, const char *base, const char *uppers, struct why *why);
void ground_done(struct ground *ground);

/* Adds a piece; its parent must be there already. `mode` is for fresh ones, others take that of `lower`. */
int ground_add(struct ground *ground, enum piece_kind kind, const char *path, const char *lower, mode_t mode,
    struct why *why);

/* Follows symbolic links of the parents as the client would; with `whole` also the last component's.
 * Borrowed. */
const char *ground_resolve(struct ground *ground, const char *path, bool whole, struct why *why);

/* Opens for reading what the client's file of this path holds so far; -1 when there is none. */
int ground_open(struct ground *ground, const char *path);

/* Shows the host's file of the same path, which lies in a plain folder, read-only. `path` is resolved. */
int ground_show_file(struct ground *ground, const char *path, struct why *why);

/* Puts a file, replacing what is there; parents are made, as the lower ones are. */
int ground_put(
    struct ground *ground, const char *path, const void *data, size_t len, mode_t mode, struct why *why);
/* The same with what `from` still holds. */
int ground_put_fd(struct ground *ground, const char *path, int from, mode_t mode, struct why *why);
int ground_put_link(struct ground *ground, const char *path, const char *target, struct why *why);
int ground_make_folder(struct ground *ground, const char *path, struct why *why);
/* Copies files, folders and links below `from` (a folder's descriptor, borrowed) to `path`. */
int ground_copy_folder(struct ground *ground, int from, const char *path, struct why *why);

/* Mounts all pieces below ground->root. */
int ground_mount(struct ground *ground, struct why *why);

/* Where a path of the client lies now, before or after ground_mount. Borrowed. */
const char *ground_place(struct ground *ground, const char *path);

#endif
