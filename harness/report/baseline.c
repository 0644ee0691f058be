/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.c - see baseline.h; result.schema.json in this folder says what the file holds. */
#include "harness/report/baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/report/report.h"

/* One scenario of the earlier run. */
struct entry {
	const char *name;
	enum verdict verdict;
	enum level level;
};

struct baseline {
	struct region *region;
	const char *name;
	const char **claims; /* sorted, each once */
	size_t n_claims;
	struct entry *entries; /* sorted by name */
	size_t n_entries;
};

/* --- reading --------------------------------------------------------------------------------------- */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* A sorted copy without doubles. */
static const char **
sorted(struct region *r, const char *const *texts, size_t n, size_t *ret_n)
{
	const char **list = region_alloc(r, sizeof(*list) * (n + 1));
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		list[i] = texts[i];
	qsort(list, n, sizeof(*list), compare_texts);
	for (size_t i = 0; i < n; i++)
		if (left == 0 || !text_equal(list[left - 1], list[i]))
			list[left++] = list[i];
	*ret_n = left;
	return list;
}

static enum verdict
verdict_of(const char *name)
{
	enum verdict v = 0;

	while (v < VERDICTS && (name == NULL || !text_equal(name, verdict_name(v))))
		v++;
	return v;
}

static int
take_entry(struct baseline *b, size_t i, const json_t *json, struct why *why)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	struct entry e = {
	    .verdict = verdict_of(json_string_value(json_object_get(json, "verdict"))),
	    .level = level_of(bytes_of(json_string_value(json_object_get(json, "level")))),
	};

	if (name == NULL || e.verdict == VERDICTS || e.level == LEVELS)
		return why_set(why, "scenario %zu has no proper name, level and verdict", i + 1);
	e.name = region_strdup(b->region, name);
	*(struct entry *)region_push(b->region, &b->entries, &b->n_entries, sizeof(e)) = e;
	return 0;
}

static int
take_entries(struct baseline *b, const json_t *list, struct why *why)
{
	if (!json_is_array(list))
		return why_set(why, "it lists no scenarios, so it is no result of a run");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (take_entry(b, i, json_array_get(list, i), why) < 0)
			return -1;
	if (b->n_entries > 0)
		qsort(b->entries, b->n_entries, sizeof(*b->entries), compare_entries);
	for (size_t i = 1; i < b->n_entries; i++)
		if (text_equal(b->entries[i - 1].name, b->entries[i].name))
			return why_set(why, "scenario %.200s is listed twice", b->entries[i].name);
	return 0;
}

static int
take_claims(struct baseline *b, const json_t *list, struct why *why)
{
	const char **claims = NULL;
	size_t n = 0;

	if (!json_is_array(list))
		return why_set(why, "it does not tell the client's claims, so it is no result of a run");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *claim = json_string_value(json_array_get(list, i));

		if (claim == NULL)
			return why_set(why, "the client's claims are not all texts");
		*(const char **)region_push(b->region, &claims, &n, sizeof(*claims)) =
		    region_strdup(b->region, claim);
	}
	b->claims = sorted(b->region, claims, n, &b->n_claims);
	return 0;
}

static int
take_result(struct baseline *b, const json_t *json, struct why *why)
{
	const json_t *schema = json_object_get(json, "schema");

	if (!json_is_integer(schema))
		return why_set(why, "it has no schema, so it is no result of a run");
	if (json_integer_value(schema) != REPORT_SCHEMA)
		return why_set(why, "its schema is %lld; this mitmx reads schema %d",
		    (long long)json_integer_value(schema), REPORT_SCHEMA);
	if (take_claims(b, json_object_get(json_object_get(json, "client"), "claims"), why) < 0)
		return -1;
	return take_entries(b, json_object_get(json, "scenarios"), why);
}

struct baseline *
baseline_parse(struct bytes text, const char *name, struct why *why)
{
	struct baseline *b = must_alloc(sizeof(*b));
	json_error_t error;
	json_t *json = json_loadb(text.len > 0 ? text.data : "", text.len, JSON_REJECT_DUPLICATES, &error);
	int status = -1;

	b->region = region_new();
	b->name = region_strdup(b->region, name);
	if (json == NULL)
		why_set(why, "line %d, column %d: %s", error.line, error.column, error.text);
	else
		status = take_result(b, json, why);
	json_decref(json);
	if (status == 0)
		return b;
	why_prefix(why, "baseline %s", name);
	baseline_free(b);
	return NULL;
}

/* The whole file into `*ret` (owned); a pipe would never end, so it must be a plain file. */
static int
read_file(const char *path, char **ret, size_t *ret_len, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = -1;
	struct stat st;
	ssize_t n = 1;

	*ret_len = 0;
	*ret = NULL;
	if (fd < 0 || fstat(fd, &st) < 0) {
		why_errno(why, "baseline %s cannot be read", path);
	} else if (!S_ISREG(st.st_mode)) {
		why_set(why, "baseline %s is no file", path);
	} else if (st.st_size > (off_t)BASELINE_BYTES_MAX) {
		why_set(why, "baseline %s is larger than %u MiB", path, BASELINE_BYTES_MAX / 1024 / 1024);
	} else {
		*ret = must_alloc((size_t)st.st_size + 1);
		while (*ret_len < (size_t)st.st_size && n > 0) {
			n = read(fd, *ret + *ret_len, (size_t)st.st_size - *ret_len);
			*ret_len += n > 0 ? (size_t)n : 0;
		}
		status = n < 0 ? why_errno(why, "baseline %s cannot be read", path) : 0;
	}
	if (fd >= 0)
		close(fd);
	return status;
}

struct baseline *
baseline_read(const char *path, struct why *why)
{
	struct baseline *b = NULL;
	char *text;
	size_t len;

	if (read_file(path, &text, &len, why) == 0)
		b = baseline_parse((struct bytes){text, len}, path, why);
	free(text);
	return b;
}

void
baseline_free(struct baseline *b)
{
	if (b == NULL)
		return;
	region_free(b->region);
	free(b);
}

/* --- comparing ------------------------------------------------------------------------------------- */

static const struct entry *
find(const struct baseline *b, const char *name)
{
	const struct entry key = {.name = name};

	if (b->n_entries == 0)
		return NULL;
	return bsearch(&key, b->entries, b->n_entries, sizeof(key), compare_entries);
}

/* LEVEL_MUST is the highest and the least in number. */
static bool
is_known(const struct entry *e, const struct judgment *j)
{
	if (e == NULL || e->verdict != j->verdict)
		return false;
	return j->verdict == VERDICT_UNCLEAR || (j->verdict == VERDICT_VIOLATED && e->level <= j->level);
}

static const char *
join(struct region *r, const char *const *words, size_t n)
{
	const char *text = n > 0 ? words[0] : "none";

	for (size_t i = 1; i < n; i++)
		text = region_printf(r, "%s, %s", text, words[i]);
	return text;
}

static const char *
other_claims(const struct baseline *b, const char *const *claims, size_t n_claims, struct region *r)
{
	size_t n;
	const char **now = sorted(r, claims, n_claims, &n);
	bool same = n == b->n_claims;

	for (size_t i = 0; same && i < n; i++)
		same = text_equal(now[i], b->claims[i]);
	if (same)
		return NULL;
	return region_printf(r, "it was taken with other claims: %s; this run's are: %s",
	    join(r, b->claims, b->n_claims), join(r, now, n));
}

const struct baseline_view *
baseline_view_of(const struct baseline *b, const char *const *claims, size_t n_claims,
    const struct judgments *judgments, struct region *r)
{
	struct baseline_view *v = region_alloc(r, sizeof(*v));
	bool *known = region_alloc(r, judgments->n_items + 1);

	for (size_t i = 0; i < b->n_entries; i++)
		v->n_unplayed += b->entries[i].verdict == VERDICT_VIOLATED;
	for (size_t i = 0; i < judgments->n_items; i++) {
		const struct judgment *j = &judgments->items[i];
		const struct entry *e = find(b, j->brief->name);
		bool was_violated = e != NULL && e->verdict == VERDICT_VIOLATED;

		known[i] = is_known(e, j);
		v->n_known[j->verdict] += known[i];
		v->n_unplayed -= was_violated;
		if (was_violated && j->verdict != VERDICT_VIOLATED && j->verdict != VERDICT_UNCLEAR)
			*(const struct judgment **)region_push(r, &v->gone, &v->n_gone, sizeof(j)) = j;
	}
	v->name = b->name;
	v->known = known;
	v->other_claims = other_claims(b, claims, n_claims, r);
	return v;
}
