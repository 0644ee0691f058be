/* SPDX-License-Identifier: Apache-2.0 */
/* debian.c - see debian.h */
#include "harness/rootfs/debian.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/base/text.h"
#include "harness/lab/preload.h"
#include "harness/rootfs/devices.h"

#define ARGUMENTS_MAX 40

/* What is left out: no client reads it, and a root is half as large without. */
static const char *const unread[] = {"doc", "man", "locale", "info", "lintian", "bug"};

/*
 * The folder is not empty, since /dev is mounted in it beforehand; mmdebstrap would mount a devpts for a
 * group that our ids may lack, and nobody needs /sys. To drop root's rights apt would need a second id.
 */
static const char *const fixed[] = {"mmdebstrap", "--mode=root", "--format=directory", "--variant=apt",
    "--components=main", "--skip=check/empty", "--skip=chroot/mount/dev", "--skip=chroot/mount/sys",
    "--aptopt=APT::Sandbox::User \"root\"", "--aptopt=APT::Install-Recommends \"false\""};

struct new_root {
	const char *folder;
	bool pretend; /* set*id and chown, where there is one id only */
};

static int
enter(void *ctx, struct why *why)
{
	const struct new_root *new = ctx;
	char dev[4096];

	snprintf(dev, sizeof(dev), "%s/dev", new->folder);
	if (mkdir(new->folder, 0755) < 0 || mkdir(dev, 0755) < 0)
		return why_errno(why, "cannot make %s", dev);
	if (new->pretend && preload_put(new->folder, why) < 0)
		return -1;
	return devices_mount(new->folder, why);
}

static int
leave(void *ctx, struct why *why)
{
	const struct new_root *new = ctx;

	if (!new->pretend)
		return 0;
	if (chroot(new->folder) < 0 || chdir("/") < 0)
		return why_errno(why, "cannot enter %s", new->folder);
	return preload_take("", why);
}

static const char *
list_packages(const struct rootfs_recipe *recipe, struct region *r)
{
	const char *include = "--include=ca-certificates";

	for (size_t i = 0; i < recipe->n_packages; i++)
		include = region_printf(r, "%s,%s", include, recipe->packages[i]);
	return include;
}

static void
make_arguments(const char **argv, const struct rootfs_recipe *recipe, const char *folder, struct region *r)
{
	size_t n = 0;

	for (; n < sizeof(fixed) / sizeof(fixed[0]); n++)
		argv[n] = fixed[n];
	if (text_equal(recipe->suite, "sid") || text_equal(recipe->suite, "unstable"))
		argv[n++] =
		    "--aptopt=Acquire::Check-Valid-Until \"false\""; /* snapshots of it age in a week */
	for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
		argv[n++] = region_printf(r, "--dpkgopt=path-exclude=/usr/share/%s/*", unread[i]);
	argv[n++] = list_packages(recipe, r);
	argv[n++] = recipe->suite;
	argv[n++] = folder;
	argv[n++] = NULL;
	must(n <= ARGUMENTS_MAX);
}

enum tool_result
debian_build(const struct rootfs_recipe *recipe, enum lab_mode mode, const char *folder, struct region *r,
    struct why *why)
{
	const char *argv[ARGUMENTS_MAX], *path = getenv("PATH");
	struct new_root new = {.folder = folder, .pretend = mode == LAB_USER_SINGLE};
	/* Of an ordinary user's PATH the folders of root's tools are not part. */
	const char *env[] = {"DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8",
	    region_printf(
		r, "PATH=%s:/usr/local/sbin:/usr/sbin:/sbin", path != NULL ? path : "/usr/bin:/bin"),
	    /* mmdebstrap unpacks by the host's tar, which pretends nothing. */
	    new.pretend ? "TAR_OPTIONS=--no-same-owner" : NULL, NULL};
	struct tool tool = {.name = "mmdebstrap",
	    .argv = argv,
	    .env = env,
	    .mode = mode,
	    .enter = enter,
	    .leave = leave,
	    .ctx = &new};
	enum tool_result result;

	if (!tool_is_there("mmdebstrap")) {
		why_set(why, "mmdebstrap is not installed; `scripts/setup clients` (or apt-get install "
			     "mmdebstrap) installs it, --root DIR does without");
		return TOOL_FAILED;
	}
	make_arguments(argv, recipe, folder, r);
	result = tool_run(&tool, why);
	/* apt's words, which it says in English alone: the variable is ours. */
	if (result == TOOL_FAILED && strstr(why->text, "E: Failed to fetch") != NULL)
		why_prefix(why, "packages could not be fetched, for which a mirror of Debian must be within "
				"reach this once");
	return result;
}
