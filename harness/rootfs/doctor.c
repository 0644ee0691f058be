/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - whether this machine can build and keep file systems of clients.
 *
 * Whether a mirror of Debian answers is not tried: it is needed once, and nobody waits for it here.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/rootfs/cache.h"
#include "harness/rootfs/rootfs.h"
#include "harness/rootfs/tool.h"

#define SPACE_NEEDED (1ull << 30) /* one root has a quarter of it, and is unpacked twice while it is built \
				   */

enum row { ROW_TOOL, ROW_KEYS, ROW_CACHE, ROWS };

static void __attribute__((format(printf, 4, 5)))
tell(struct lab_check *check, bool ok, const char *cure, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(check->found, sizeof(check->found), format, arguments);
	va_end(arguments);
	check->ok = ok;
	snprintf(check->cure, sizeof(check->cure), "%s", ok ? "" : cure);
}

static void
check_keys(struct lab_check *check)
{
	bool there = access("/usr/share/keyrings/debian-archive-keyring.gpg", R_OK) == 0 ||
		     access("/usr/share/keyrings/debian-archive-keyring.pgp", R_OK) == 0;

	tell(check, there, "apt-get install debian-archive-keyring", there ? "there" : "missing");
}

/* In there programs of the new root are run. */
static void
check_cache(struct lab_check *check)
{
	static const char other[] = "set XDG_CACHE_HOME to a folder that is yours";
	struct region *region = region_new();
	struct why why = {""};
	struct statvfs about;
	const char *folder = cache_folder(region, &why);

	if (folder == NULL)
		tell(check, false, other, "%.250s", why.text);
	else if (statvfs(folder, &about) < 0)
		tell(check, false, other, "%.200s cannot be looked at", folder);
	else if ((about.f_flag & ST_NOEXEC) != 0)
		tell(check, false, "set XDG_CACHE_HOME to a folder that programs may be run from",
		    "%.200s is mounted noexec", folder);
	else if ((unsigned long long)about.f_bavail * about.f_frsize < SPACE_NEEDED)
		tell(check, false, "free a gigabyte there, or set XDG_CACHE_HOME to another folder",
		    "%.200s has less than a gigabyte left", folder);
	else
		tell(check, true, "", "%.200s", folder);
	region_free(region);
}

size_t
rootfs_doctor(struct lab_check *ret, size_t max)
{
	struct lab_check checks[ROWS] = {[ROW_TOOL] = {.what = "mmdebstrap, which builds them"},
	    [ROW_KEYS] = {.what = "keys of Debian's archive"},
	    [ROW_CACHE] = {.what = "a folder where they are kept"}};
	bool has_tool = tool_is_there("mmdebstrap");
	size_t n = max < ROWS ? max : ROWS;

	tell(&checks[ROW_TOOL], has_tool, "apt-get install mmdebstrap   (or scripts/setup clients)",
	    has_tool ? "installed" : "missing");
	check_keys(&checks[ROW_KEYS]);
	check_cache(&checks[ROW_CACHE]);
	for (size_t i = 0; i < n; i++)
		ret[i] = checks[i];
	return n;
}
