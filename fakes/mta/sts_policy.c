/* SPDX-License-Identifier: Apache-2.0 */
/* sts_policy.c - see sts_policy.h; the first of a repeated key counts, unknown keys are passed over. */
#include "fakes/mta/sts_policy.h"

#include <stdlib.h>
#include <string.h>

#include "fakes/mta/host_name.h"
#include "fakes/mta/sts_words.h"
#include "harness/base/must.h"

struct reading {
	struct sts_policy *policy;
	bool version, mode, max_age;
	struct flaw_set flaws;
	struct why *why;
};

static struct bytes
trim_blanks(struct bytes b)
{
	while (b.len > 0 && sts_words_is_blank(b.data[0])) {
		b.data++;
		b.len--;
	}
	while (b.len > 0 && sts_words_is_blank(b.data[b.len - 1]))
		b.len--;
	return b;
}

/* The first of a repeated key counts (RFC 8461 s3.2). */
static bool
counts(const struct reading *r, bool had)
{
	return !had || flaw_in(r->flaws, FLAW_LAST_DUPLICATE);
}

static int
take_version(struct reading *r, struct bytes value)
{
	if (!counts(r, r->version))
		return 0;
	r->version = true;
	if (!bytes_equal(value, BYTES("STSv1")) && !flaw_in(r->flaws, FLAW_ANY_POLICY_VERSION))
		return why_set(r->why, "its version is not STSv1");
	return 0;
}

static int
take_mode(struct reading *r, struct bytes value)
{
	if (!counts(r, r->mode))
		return 0;
	r->mode = true;
	for (int mode = STS_MODE_NONE; mode <= STS_MODE_ENFORCE; mode++) {
		r->policy->mode = (enum sts_mode)mode;
		if (bytes_equal(value, bytes_of(sts_policy_mode_name((enum sts_mode)mode))))
			return 0;
	}
	return why_set(r->why, "its mode is none that is known");
}

static int
take_max_age(struct reading *r, struct bytes value)
{
	uint64_t seconds = 0;

	if (!counts(r, r->max_age))
		return 0;
	r->max_age = true;
	if (value.len < 1 || value.len > 10)
		return why_set(r->why, "its max_age is not a number of at most ten digits");
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return why_set(r->why, "its max_age is not a number");
		seconds = seconds * 10 + (uint64_t)(value.data[i] - '0');
	}
	r->policy->max_age_s = seconds > STS_POLICY_MAX_AGE ? STS_POLICY_MAX_AGE : (uint32_t)seconds;
	return 0;
}

/* A pattern that is none lists nobody, and does not spoil its neighbors. */
static int
pass_over(struct reading *r)
{
	r->policy->lists_none = flaw_in(r->flaws, FLAW_SPOILED_LIST);
	return 0;
}

static int
take_mx(struct reading *r, struct bytes value)
{
	struct sts_policy *policy = r->policy;
	size_t star = value.len > 2 && memcmp(value.data, "*.", 2) == 0 ? 2 : 0;
	char name[HOST_NAME_SIZE], *pattern;

	if (bytes_equal(value, BYTES("*")) && flaw_in(r->flaws, FLAW_STAR_FOR_ANY))
		policy->lists_all = true;
	if (value.len > 0 && value.data[value.len - 1] == '.')
		return pass_over(r);
	if (!host_name_set(name, (struct bytes){value.data + star, value.len - star}) ||
	    strchr(name, '_') != NULL)
		return pass_over(r);
	pattern = must_alloc(value.len + 1);
	memcpy(pattern, value.data, value.len);
	if ((policy->n_mx & (policy->n_mx - 1)) == 0)
		policy->mx = must_realloc(policy->mx, sizeof(char *) * (policy->n_mx ? policy->n_mx * 2 : 1));
	policy->mx[policy->n_mx++] = pattern;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct reading *r, struct bytes value);
} keys[] = {
    {"version", take_version},
    {"mode", take_mode},
    {"max_age", take_max_age},
    {"mx", take_mx},
};

static bool
has_control_bytes(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.data[i] < ' ' || value.data[i] == 0x7f)
			return true;
	return false;
}

static bool
is_key(const struct reading *r, struct bytes key, const char *name)
{
	return flaw_in(r->flaws, FLAW_ANY_CASE) ? bytes_equal_nocase(key, bytes_of(name))
						: bytes_equal(key, bytes_of(name));
}

static int
take_line(struct reading *r, struct bytes line)
{
	const char *colon = line.len > 0 ? memchr(line.data, ':', line.len) : NULL;
	struct bytes key, value;

	if (trim_blanks(line).len == 0)
		return 0; /* outside the grammar, but says nothing else than the policy does */
	if (colon == NULL)
		return why_set(r->why, "it has a line without a colon");
	key = (struct bytes){line.data, (size_t)(colon - line.data)};
	value = trim_blanks((struct bytes){colon + 1, line.len - key.len - 1});
	if (!sts_words_is_name(key))
		return why_set(r->why, "it has a line that does not begin with a key");
	if (has_control_bytes(value))
		return why_set(r->why, "it has control bytes in a value");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (is_key(r, key, keys[i].name))
			return keys[i].take(r, value);
	if (flaw_in(r->flaws, FLAW_NO_UNKNOWN_KEYS))
		return why_set(r->why, "it has an unknown key");
	return value.len > 0 ? 0 : why_set(r->why, "it has a key without a value");
}

static int
take_lines(struct reading *r, struct bytes text)
{
	while (text.len > 0) {
		const char *end = memchr(text.data, '\n', text.len);
		struct bytes line = {text.data, end ? (size_t)(end - text.data) : text.len};
		size_t used = line.len + (end != NULL);

		if (end != NULL && line.len > 0 && line.data[line.len - 1] == '\r' &&
		    !flaw_in(r->flaws, FLAW_CHOKES_ON_CRLF))
			line.len--;
		if (take_line(r, line) < 0)
			return -1;
		text.data += used;
		text.len -= used;
	}
	return 0;
}

static int
check_whole(struct reading *r)
{
	if (!r->version)
		return why_set(r->why, "it has no version");
	if (!r->mode)
		return why_set(r->why, "it has no mode");
	if (!r->max_age && flaw_in(r->flaws, FLAW_NO_MAX_AGE))
		r->policy->max_age_s = 604800;
	else if (!r->max_age)
		return why_set(r->why, "it has no max_age");
	if (r->policy->mode != STS_MODE_NONE && r->policy->n_mx == 0 && !r->policy->lists_all &&
	    !flaw_in(r->flaws, FLAW_DENIES_WITHOUT_MX))
		return why_set(r->why, "it lists no MX host");
	return 0;
}

struct sts_policy *
sts_policy_parse(struct bytes text, struct flaw_set flaws, struct why *why)
{
	struct reading r = {.why = why, .flaws = flaws};

	if (text.len > STS_POLICY_MAX) {
		why_set(why, "it is longer than 64 KiB");
		return NULL;
	}
	r.policy = must_alloc(sizeof(*r.policy));
	r.policy->references = 1;
	r.policy->text = must_alloc(text.len + 1);
	if (text.len > 0)
		memcpy(r.policy->text, text.data, text.len);
	r.policy->text_len = text.len;
	if (take_lines(&r, text) < 0 || check_whole(&r) < 0) {
		sts_policy_unref(r.policy);
		return NULL;
	}
	return r.policy;
}

struct sts_policy *
sts_policy_ref(struct sts_policy *policy)
{
	if (policy != NULL)
		policy->references++;
	return policy;
}

void
sts_policy_unref(struct sts_policy *policy)
{
	if (policy == NULL || --policy->references > 0)
		return;
	for (size_t i = 0; i < policy->n_mx; i++)
		free(policy->mx[i]);
	free(policy->mx);
	free(policy->text);
	free(policy);
}

const char *
sts_policy_mode_name(enum sts_mode mode)
{
	static const char *const names[] = {"none", "testing", "enforce"};

	must(mode <= STS_MODE_ENFORCE);
	return names[mode];
}

/* As an unanchored regular expression would. */
static bool
occurs_in(const char *name, const char *host)
{
	size_t len = strlen(name);

	for (; strlen(host) >= len; host++) {
		size_t i = 0;

		while (i < len && (name[i] == '.' || text_lower(name[i]) == text_lower(host[i])))
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static bool
is_same(const char *a, const char *b, struct flaw_set flaws)
{
	return flaw_in(flaws, FLAW_COMPARES_WITH_CASE) ? strcmp(a, b) == 0 : text_equal_nocase(a, b);
}

bool
sts_policy_matches(const char *pattern, const char *host, struct flaw_set flaws)
{
	size_t tail = strlen(pattern), len = strlen(host);
	const char *dot;

	if (strncmp(pattern, "*.", 2) != 0)
		return flaw_in(flaws, FLAW_POLICY_NAMES_AS_PATTERNS) ? occurs_in(pattern, host)
								     : is_same(pattern, host, flaws);
	if (flaw_in(flaws, FLAW_NO_POLICY_WILDCARDS))
		return false;
	tail--;
	if (flaw_in(flaws, FLAW_WILDCARD_TOO_WIDE))
		return len > tail && is_same(host + len - tail, pattern + 1, flaws);
	dot = strchr(host, '.');
	return dot != NULL && is_same(dot, pattern + 1, flaws);
}

bool
sts_policy_lists(const struct sts_policy *policy, const char *host, struct flaw_set flaws)
{
	size_t n = flaw_in(flaws, FLAW_FIRST_MX_LINE) && policy->n_mx > 1 ? 1 : policy->n_mx;

	if (policy->lists_none)
		return false;
	for (size_t i = 0; i < n; i++)
		if (sts_policy_matches(policy->mx[i], host, flaws))
			return true;
	return policy->lists_all;
}
