/* SPDX-License-Identifier: Apache-2.0 */
/* reporting.c - see reporting.h */
#include "harness/command/reporting.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/command/command.h"
#include "harness/command/data.h"
#include "harness/command/explanation.h"

#define FORMATS_MAX 16

bool
reporting_colors(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') && !text_equal(term, "dumb");
}

unsigned
reporting_columns(void)
{
	struct winsize size = {0};

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
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

const char *
reporting_words(void *ctx, const char *scenario)
{
	struct reporting *r = ctx;
	const struct scenario *s = r->suite != NULL ? suite_find(r->suite, scenario) : NULL;
	size_t len;
	FILE *out;

	free(r->words);
	r->words = NULL;
	if (s == NULL)
		return NULL;
	out = open_memstream(&r->words, &len);
	must(out != NULL);
	explanation_put(s, NULL, out);
	must(fclose(out) == 0);
	return r->words;
}

void
reporting_done(struct reporting *r)
{
	free(r->words);
	r->words = NULL;
}

void
reporting_suite_open(struct reporting_suite *ret)
{
	const char *folder;

	ret->region = region_new();
	ret->complaints = complaints_new();
	folder = data_folder("scenarios", ret->region, NULL);
	ret->suite = folder != NULL ? suite_read(folder, NULL, ret->complaints) : NULL;
}

void
reporting_suite_close(struct reporting_suite *s)
{
	suite_free(s->suite);
	complaints_free(s->complaints);
	region_free(s->region);
}

int
reporting_format(const char *name, const struct report_format **ret)
{
	const char *known[FORMATS_MAX];
	size_t n = 0;

	*ret = report_format_of(name != NULL ? name : "text");
	if (*ret != NULL)
		return EXIT_OK;
	for (const struct report_format *f = report_formats; f->name != NULL && n < FORMATS_MAX; f++)
		known[n++] = f->name;
	return command_unknown("format", name, known, n);
}

FILE *
reporting_told(const struct report_format *format)
{
	return format->write == report_text ? stdout : stderr;
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
