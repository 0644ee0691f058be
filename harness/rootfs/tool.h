/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tool.h - runs one of Debian's tools in namespaces of its own, and keeps its last words.
 *
 * A user namespace whose ids are those of the lab's machines, so that an ordinary user may do what root
 * does; a mount namespace, so that what is mounted goes with it; a pid namespace, so that nothing of it
 * is left, whatever becomes of it or of us. It has the network of the caller.
 */
#ifndef ROOTFS_TOOL_H
#define ROOTFS_TOOL_H

#include <stdbool.h>

#include "harness/base/why.h"
#include "harness/lab/lab.h"

struct tool {
	const char *name;        /* for words to the user */
	const char *const *argv; /* NULL-terminated; searched in PATH; NULL: `enter` does it all */
	const char *const *env;  /* NAME=VALUE besides our own environment; NULL-terminated; may be NULL */
	enum lab_mode mode;      /* as idmap_find said */
	int (*enter)(void *ctx, struct why *why); /* before it becomes the tool; NULL none */
	int (*leave)(void *ctx, struct why *why); /* when the tool did its work; NULL none */
	void *ctx;
};

enum tool_result { TOOL_DONE, TOOL_FAILED, TOOL_INTERRUPTED };

/*
 * TOOL_DONE when it ended with 0. TOOL_FAILED and why: that it is missing, or its last lines.
 * TOOL_INTERRUPTED when a signal told us to end: then all of it was ended.
 */
enum tool_result tool_run(const struct tool *tool, struct why *why);

/* Is there such a program in PATH? */
bool tool_is_there(const char *name);

#endif
