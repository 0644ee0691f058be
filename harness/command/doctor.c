/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - `mitmx doctor`: what this machine allows, and what cures the rest. */
#include <stdbool.h>
#include <stdio.h>

#include "harness/command/command.h"
#include "harness/lab/lab.h"
#include "harness/rootfs/rootfs.h"

#define CHECKS_MAX 32

static void
print_rows(const struct lab_check *checks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		printf("%-4s  %s: %s\n", checks[i].ok ? "ok" : "NO", checks[i].what, checks[i].found);
		if (checks[i].cure[0] != '\0')
			printf("      cure: %s\n", checks[i].cure);
	}
}

/* The last row is the lab itself; what is missing above may be something it can do without. */
static bool
tell_lab(void)
{
	struct lab_check checks[CHECKS_MAX];
	size_t n = lab_doctor(checks, CHECKS_MAX);
	bool ok = n > 0 && checks[n - 1].ok;

	print_rows(checks, n);
	puts(ok ? "The lab runs here." : "The lab does not run here.");
	return ok;
}

static void
tell_roots(bool lab_runs)
{
	struct lab_check checks[CHECKS_MAX];
	size_t n = rootfs_doctor(checks, CHECKS_MAX);
	bool ok = lab_runs;

	puts("\nFile systems of real clients (mitmx run postfix):");
	print_rows(checks, n);
	for (size_t i = 0; i < n; i++)
		ok = ok && checks[i].ok;
	puts(ok ? "They are built here, once each, where a mirror of Debian is within reach."
		: "They are not built here; --root DIR or TAR takes one that you have.");
}

static int
remove_roots(void)
{
	struct region *r = region_new();
	const char *folder;
	size_t removed, busy;
	struct why why;
	int status = EXIT_OK;

	if (rootfs_remove_all(r, &folder, &removed, &busy, &why) < 0)
		status = command_fail(EXIT_LAB, "%s", why.text);
	else
		printf("removed from %s: %zu\n", folder, removed);
	if (status == EXIT_OK && busy > 0)
		status = command_fail(EXIT_LAB, "%zu are being built by another run, and stay", busy);
	region_free(r);
	return status;
}

static int
run(const struct command *self, const struct command_line *line)
{
	bool lab_runs;

	if (line->n_words > 0)
		return command_fail(
		    EXIT_USAGE, "'mitmx doctor' takes no words, but got '%s'", line->words[0]);
	if (command_count(self, line, "remove-roots") > 0)
		return remove_roots();
	lab_runs = tell_lab();
	tell_roots(lab_runs);
	return lab_runs ? EXIT_OK : EXIT_LAB;
}

static const struct command_option options[] = {
    {0, "remove-roots", NULL, "remove the file systems of real clients that were built, and check nothing",
	false},
    {0},
};

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "tries what the lab needs of this machine, and says what cures the rest",
    .options = options,
    .run = run,
};
