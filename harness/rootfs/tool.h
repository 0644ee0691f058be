/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool.h - runs one of Debian's tools in a mount namespace of its own, and keeps its last words.
 *
 * What it mounts goes with it, whatever becomes of it.
 */
#ifndef ROOTFS_TOOL_H
#define ROOTFS_TOOL_H

#include <stdbool.h>

#include "harness/base/why.h"

struct tool {
	const char *const *argv; /* NULL-terminated; searched in PATH */
	const char *const *env;  /* NAME=VALUE besides our own environment; NULL-terminated; may be NULL */
	int (*enter)(void *ctx, struct why *why); /* in the child, before it becomes the tool; NULL none */
	void *ctx;
	bool plain; /* mounts nothing, so it needs no mount namespace */
};

/* 0 when it ended with 0. Else -1 and why: that it is missing, or its last lines. */
int tool_run(const struct tool *tool, struct why *why);

/* Is there such a program in PATH? */
int tool_is_there(const char *name);

#endif
