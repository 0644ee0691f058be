/* SPDX-License-Identifier: Apache-2.0 */
/* data.c - see data.h */
#include "harness/command/data.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVELS_UP 2 /* build/mitmx and build/MODE/mitmx */

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

/* In the source tree, clients lie in scripts/. A tree without scenarios is not ours. */
static const char *
beside_the_build(const char *what, struct region *r)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return NULL;
	self[len] = '\0';
	go_up(self);
	for (int up = 0; up < LEVELS_UP && go_up(self); up++) {
		const char *plain = region_printf(r, "%s/%s", self, what);
		const char *script = region_printf(r, "%s/scripts/%s", self, what);

		if (!is_folder(region_printf(r, "%s/scenarios", self)))
			continue;
		if (is_folder(plain) || is_folder(script))
			return is_folder(plain) ? plain : script;
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
	found = beside_the_build(what, r);
	if (found == NULL)
		found = region_printf(r, "%s/share/mitmx/%s", MITMX_PREFIX, what);
	if (is_folder(found))
		return found;
	why_set(why,
	    "no folder '%s': neither beside the build folder nor at %s; MITMX_DATA may name another place",
	    what, found);
	return NULL;
}
