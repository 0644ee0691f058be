/* SPDX-License-Identifier: Apache-2.0 */
/* selection.c - see selection.h */
#include "harness/command/selection.h"

#include <fnmatch.h>

#include "harness/base/must.h"
#include "harness/command/data.h"

const char *const selection_flaws[] = {
#define FLAW(ID, name, meaning) name,
#include "fakes/mta/flaws.def"
#undef FLAW
    NULL};

static bool
is_chosen(const char *name, const char *const *globs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(globs[i], name, 0) == 0)
			return true;
	return n == 0;
}

static bool
matches_any(const struct suite *suite, const char *glob)
{
	for (size_t i = 0; i < suite->n; i++)
		if (is_chosen(suite->scenarios[i]->name, &glob, 1))
			return true;
	return false;
}

/* A glob that matches nothing is a slip: say which name is near. */
static int
check_globs(const struct selection *s, const char *const *globs, size_t n)
{
	const char **names = region_alloc(s->region, s->suite->n * sizeof(*names));

	for (size_t i = 0; i < s->suite->n; i++)
		names[i] = s->suite->scenarios[i]->name;
	for (size_t i = 0; i < n; i++)
		if (!matches_any(s->suite, globs[i]))
			return command_unknown("scenario", globs[i], names, s->suite->n);
	return EXIT_OK;
}

int
selection_open(struct selection *ret, const char *folder, const char *const *globs, size_t n_globs)
{
	struct why why;

	*ret = (struct selection){.region = region_new(), .complaints = complaints_new()};
	if (folder == NULL)
		folder = data_folder("scenarios", ret->region, &why);
	if (folder == NULL)
		return command_fail(EXIT_USAGE, "%s", why.text);
	ret->suite = suite_read(folder, selection_flaws, ret->complaints);
	if (complaints_count(ret->complaints) > 0) {
		complaints_print(ret->complaints, stderr);
		return command_fail(EXIT_USAGE, "mistakes in scenario files: %zu; nothing was run",
		    complaints_count(ret->complaints));
	}
	if (ret->suite->n == 0)
		return command_fail(EXIT_USAGE, "there are no scenarios in %s", folder);
	if (check_globs(ret, globs, n_globs) != EXIT_OK)
		return EXIT_USAGE;
	for (size_t i = 0; i < ret->suite->n; i++)
		if (is_chosen(ret->suite->scenarios[i]->name, globs, n_globs))
			*(const struct scenario **)region_push(ret->region, &ret->chosen, &ret->n,
			    sizeof(*ret->chosen)) = ret->suite->scenarios[i];
	return EXIT_OK;
}

int
selection_of_line(struct selection *ret, const struct command *self, const struct command_line *line)
{
	size_t i = 0;

	while (self->options[i].name != NULL && !text_equal(self->options[i].name, "select"))
		i++;
	return selection_open(ret, command_value(self, line, "scenarios"),
	    (const char *const *)line->values[i], line->count[i]);
}

void
selection_close(struct selection *s)
{
	suite_free(s->suite);
	complaints_free(s->complaints);
	region_free(s->region);
}
