/* SPDX-License-Identifier: Apache-2.0 */
/* data.c - see data.h */
#include "harness/command/data.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVELS_UP 2 /* from build/MODE, and from bin */

static bool
is_folder(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The folder above this one, cut off in place; false at the top. */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return false;
	*slash = '\0';
	return true;
}

/*
 * Relative to the program, which may have been moved: beside the build folder (build/mitmx,
 * build/MODE/mitmx), where clients lie in scripts/, or PREFIX/share/mitmx of PREFIX/bin/mitmx. A tree without
 * scenarios is not ours.
 */
static const char *
near_the_program(const char *what, struct region *r)
{
	static const char *const trees[] = {"", "/share/mitmx"}, *const places[] = {"", "/scripts"};
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return NULL;
	self[len] = '\0';
	go_up(self);
	for (int up = 0; up < LEVELS_UP && go_up(self); up++)
		for (int t = 0; t < 2; t++)
			for (int p = 0; p < 2; p++) {
				const char *tree = region_printf(r, "%s%s", self, trees[t]);
				const char *found = region_printf(r, "%s%s/%s", tree, places[p], what);

				if (is_folder(region_printf(r, "%s/scenarios", tree)) && is_folder(found))
					return found;
			}
	return NULL;
}

const char *
data_folder(const char *what, struct region *r, struct why *why)
{
	const char *given = getenv("MITMX_DATA"), *found;

	if (given != NULL && given[0] != '\0') {
		found = region_printf(r, "%s/%s", given, what);
		if (!is_folder(found))
			found = region_printf(r, "%s/scripts/%s", given, what);
		if (is_folder(found))
			return found;
		why_set(why, "there is no folder '%s' in MITMX_DATA (%s)", what, given);
		return NULL;
	}
	found = near_the_program(what, r);
	if (found == NULL)
		why_set(why,
		    "no folder '%s': neither beside the build folder nor in share/mitmx of the program's "
		    "prefix; "
		    "MITMX_DATA may name another place",
		    what);
	return found;
}
