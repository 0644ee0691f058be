/* SPDX-License-Identifier: Apache-2.0 */
/* suite.c - see suite.h: walks the folder, reads requirements.tsv, keeps what is whole. */
#include "harness/scenario/suite.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/must.h"
#include "harness/scenario/reader.h"

#define SUFFIX ".yaml"
#define DEPTH_MAX 8
#define REQUIREMENTS_MAX (4 << 20)

/* The suite as we hold it; `public` is what is seen. */
struct holding {
	struct suite public;
	struct region *region;
	struct reading reading;
	struct document **documents; /* texts of scenarios live in them */
	size_t n_documents;
};

/* --- requirements.tsv ----------------------------------------------------------------------------- */

static char *
read_whole(struct region *r, const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat about;
	char *text = NULL;

	if (file == NULL)
		return NULL;
	if (fstat(fileno(file), &about) == 0 && about.st_size <= REQUIREMENTS_MAX) {
		text = region_alloc(r, (size_t)about.st_size + 1);
		text[fread(text, 1, (size_t)about.st_size, file)] = '\0';
	}
	fclose(file);
	return text;
}

static void
read_requirement(struct holding *h, char *line, size_t *n)
{
	/* id, rfc, section, level, actor, statement, observable, scenario_idea */
	const char *columns[8];
	struct requirement *rows, *new;

	for (size_t i = 0; i < 8; i++) {
		char *cell = strsep(&line, "\t");

		columns[i] = cell != NULL ? cell : "";
	}
	if (columns[0][0] == '\0' || text_equal(columns[0], "id"))
		return;
	memcpy(&rows, &h->public.requirements, sizeof(rows));
	new = region_push(h->region, &rows, n, sizeof(*new));
	*new = (struct requirement){
	    columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], columns[7]};
	h->public.requirements = rows;
}

static void
read_requirements(struct holding *h, const char *folder)
{
	char *text = folder != NULL
			 ? read_whole(h->region, region_printf(h->region, "%s/requirements.tsv", folder))
			 : NULL;
	size_t n = 0;
	const char **ids;

	while (text != NULL) {
		char *line = strsep(&text, "\n");

		read_requirement(h, line, &n);
	}
	h->public.n_requirements = n;
	ids = region_alloc(h->region, n * sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = h->public.requirements[i].id;
	h->reading.requirements = ids;
	h->reading.n_requirements = n;
}

const struct requirement *
suite_requirement(const struct suite *suite, const char *id)
{
	for (size_t i = 0; i < suite->n_requirements; i++)
		if (text_equal(suite->requirements[i].id, id))
			return &suite->requirements[i];
	return NULL;
}

const struct scenario *
suite_find(const struct suite *suite, const char *name)
{
	for (size_t i = 0; i < suite->n; i++)
		if (text_equal(suite->scenarios[i]->name, name))
			return suite->scenarios[i];
	return NULL;
}

/* --- files -------------------------------------------------------------------------------------------- */

static bool
ends_in_suffix(const char *name)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	return len > suffix && text_equal(name + len - suffix, SUFFIX);
}

static bool
is_good_name(const char *name)
{
	for (; *name != '\0'; name++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-/", *name) == NULL)
			return false;
	return true;
}

/* `name` is the path below the folder, with suffix. */
static void
read_one(struct holding *h, const char *path, const char *name)
{
	struct complaints *complaints = h->reading.complaints;
	struct document *document = document_open(path, complaints);
	size_t len = strlen(name);

	if (document == NULL)
		return;
	*(struct document **)region_push(h->region, &h->documents, &h->n_documents, sizeof(document)) =
	    document;
	if (!is_good_name(name))
		complaints_add(complaints, path, 0, 0, (struct bytes){0},
		    "names of scenarios are made of a-z, 0-9, '.', '-' and folders");
	file_read(&h->reading, document,
	    region_strndup(h->region, name, len - (ends_in_suffix(name) ? strlen(SUFFIX) : 0)));
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
walk(struct holding *h, const char *folder, const char *below, unsigned depth)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_visible, by_name);

	if (n < 0) {
		complaints_add(h->reading.complaints, folder, 0, 0, (struct bytes){0}, "cannot be read: %s",
		    strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		const char *path = region_printf(h->region, "%s/%s", folder, entries[i]->d_name);
		const char *name = region_printf(h->region, "%s%s", below, entries[i]->d_name);
		struct stat about;

		if (stat(path, &about) == 0 && S_ISDIR(about.st_mode) && depth < DEPTH_MAX)
			walk(h, path, region_printf(h->region, "%s/", name), depth + 1);
		else if (ends_in_suffix(name))
			read_one(h, path, name);
		free(entries[i]);
	}
	free(entries);
}

static struct holding *
begin(const char *folder, const char *const *flaws, struct complaints *complaints)
{
	struct region *r = region_new();
	struct holding *h = region_alloc(r, sizeof(*h));

	h->region = r;
	h->reading = (struct reading){.complaints = complaints, .region = r, .flaws = flaws};
	read_requirements(h, folder);
	return h;
}

static struct suite *
end(struct holding *h)
{
	h->public.scenarios = h->reading.scenarios;
	h->public.n = h->reading.n;
	return &h->public;
}

struct suite *
suite_read(const char *folder, const char *const *flaws, struct complaints *complaints)
{
	struct holding *h = begin(folder, flaws, complaints);

	walk(h, folder, "", 0);
	return end(h);
}

/* The path below the folder, or the last part of it. */
static const char *
name_below(const char *folder, const char *path, struct region *r)
{
	char *whole = realpath(path, NULL), *top = folder != NULL ? realpath(folder, NULL) : NULL;
	size_t len = top != NULL ? strlen(top) : 0;
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	if (whole != NULL && top != NULL && strncmp(whole, top, len) == 0 && whole[len] == '/')
		name = region_strdup(r, whole + len + 1);
	free(whole);
	free(top);
	return name;
}

struct suite *
suite_read_files(const char *folder, const char *const *paths, size_t n, const char *const *flaws,
    struct complaints *complaints)
{
	struct holding *h = begin(folder, flaws, complaints);

	for (size_t i = 0; i < n; i++)
		read_one(h, paths[i], name_below(folder, paths[i], h->region));
	return end(h);
}

void
suite_free(struct suite *suite)
{
	struct holding *h = (struct holding *)suite; /* `public` is its first member */

	if (h == NULL)
		return;
	for (size_t i = 0; i < h->n_documents; i++)
		document_free(h->documents[i]);
	region_free(h->region);
}

static void
facts_manual(struct manual *to)
{
	manual_begin(to);
	for (unsigned i = 0; i < FACT_KINDS; i++) {
		const struct fact_info *info = fact_info((enum fact_kind)i);
		char fields[256];
		size_t len = 0;

		for (size_t k = 0; k < info->n_fields; k++)
			len += (size_t)snprintf(fields + len, sizeof(fields) - len, "%s%s",
			    k == 0 ? "; " : ", ", info->fields[k].name);
		must(len < sizeof(fields));
		manual_entry(to, info->name, "%s%s", info->meaning, len > 0 ? fields : "");
	}
	manual_end(to);
}

static void
outcomes_manual(struct manual *to)
{
	manual_begin(to);
	for (unsigned i = 0; i < OUTCOMES; i++)
		manual_entry(to, outcome_name((enum outcome)i), "%s", outcome_meaning((enum outcome)i));
	manual_entry(to, "delivered", "protected or readable");
	manual_entry(to, "refused", "held or bounced");
	manual_entry(to, "exposed", "readable or stolen");
	manual_entry(to, "unexposed", "all but these two");
	manual_end(to);
}

void
suite_manual(struct manual *to)
{
	struct keys_shown shown = {0};

	manual_section(to, "A scenario file");
	keys_manual(to, file_keys, &shown);
	manual_section(to, "A step, when it is a mapping");
	keys_manual(to, step_keys, &shown);
	manual_section(to, "Names and texts");
	manual_text(to,
	    "Names are relative to the domain: \"@\" is the domain itself, mx1 is mx1.DOMAIN; one that ends "
	    "in a dot is whole. Texts may hold {domain}, {leg} (its first label), {LABEL} (a host's name), "
	    "{LABEL.address} and {id}. In a list, \"host{1..20}\" stands for twenty items.");
	manual_section(to, "What is expected");
	manual_text(to, "An outcome or a set of them; a mapping from level (must, should, may, info) or from "
			"floor (may, tls, verified); record; or a mapping:");
	keys_manual(to, expect_alternative_keys, &shown);
	manual_section(to, "Outcomes");
	outcomes_manual(to);
	manual_section(to, "Facts and their fields");
	facts_manual(to);
	manual_section(to, "Moves, by layer");
	attack_manual(to);
}
