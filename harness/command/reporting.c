/* SPDX-License-Identifier: Apache-2.0 */
/* reporting.c - see reporting.h */
#include "harness/command/reporting.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
reporting_colors(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') && !text_equal(term, "dumb");
}

bool
reporting_source(void *ctx, const char *id, struct report_source *ret)
{
	const struct reporting *r = ctx;
	const struct requirement *row = r->suite != NULL ? suite_requirement(r->suite, id) : NULL;

	if (row != NULL)
		*ret = (struct report_source){row->rfc, row->section, row->statement};
	return row != NULL;
}

const char *
reporting_capture(void *ctx, const char *scenario)
{
	struct reporting *r = ctx;

	if (r->folder == NULL || strstr(scenario, "..") != NULL ||
	    snprintf(r->path, sizeof(r->path), "%s/wire/%s.pcapng", r->folder, scenario) >=
		(int)sizeof(r->path))
		return NULL;
	return access(r->path, R_OK) == 0 ? r->path : NULL;
}

int
reporting_files(const struct report *r, const struct run_folder *folder, struct why *why)
{
	for (const struct report_format *f = report_formats; f->name != NULL; f++) {
		FILE *out;
		int status;

		if (f->file == NULL)
			continue;
		out = run_folder_open(folder, f->file, why);
		if (out == NULL)
			return -1;
		status = f->write(r, out, why);
		if (fclose(out) != 0 && status == 0)
			status = why_errno(why, "cannot write %s", f->file);
		if (status < 0)
			return -1;
	}
	return 0;
}
