/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c - `mitmx doctor`: what this machine allows, and what cures the rest. */
#include <stdio.h>

#include "harness/command/command.h"
#include "harness/lab/lab.h"

#define CHECKS_MAX 32

static int
run(const struct command *self, const struct command_line *line)
{
	struct lab_check checks[CHECKS_MAX];
	size_t n;

	(void)self;
	if (line->n_words > 0)
		return command_fail(
		    EXIT_USAGE, "'mitmx doctor' takes no words, but got '%s'", line->words[0]);
	n = lab_doctor(checks, CHECKS_MAX);
	for (size_t i = 0; i < n; i++) {
		printf("%-4s  %s: %s\n", checks[i].ok ? "ok" : "NO", checks[i].what, checks[i].found);
		if (checks[i].cure[0] != '\0')
			printf("      cure: %s\n", checks[i].cure);
	}
	/* The last row is the lab itself; what is missing above may be something it can do without. */
	if (n > 0 && checks[n - 1].ok) {
		puts("The lab runs here.");
		return EXIT_OK;
	}
	puts("The lab does not run here.");
	return EXIT_LAB;
}

static const struct command_option options[] = {{0}};

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "tries what the lab needs of this machine, and says what cures the rest",
    .options = options,
    .run = run,
};
