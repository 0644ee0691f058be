/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - see words.h */
#include "harness/client/words.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *placeholder, *variable;
	size_t offset;
	bool of_message;
} names[] = {
    {"{sender}", "MITMX_SENDER", offsetof(struct words, sender), true},
    {"{recipient}", "MITMX_RECIPIENT", offsetof(struct words, recipient), true},
    {"{message}", "MITMX_MESSAGE", offsetof(struct words, message), true},
    {"{host}", "MITMX_HOST", offsetof(struct words, host), true},
    {"{port}", "MITMX_PORT", offsetof(struct words, port), true},
    {"{tls}", "MITMX_TLS", offsetof(struct words, tls), true},
    {"{user}", "MITMX_USER", offsetof(struct words, user), true},
    {"{password}", "MITMX_PASSWORD", offsetof(struct words, password), true},
    {"{ca}", "MITMX_CA", offsetof(struct words, ca), false},
    {"{resolver}", "MITMX_RESOLVER", offsetof(struct words, resolver), false},
    {"{requiretls}", "MITMX_REQUIRETLS", offsetof(struct words, requiretls), true},
    {"{dir}", "MITMX_DIR", offsetof(struct words, dir), false},
    {"{id}", "MITMX_ID", offsetof(struct words, id), true},
    {"{flaws}", "MITMX_FLAW", offsetof(struct words, flaws), false},
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

static const char *
value_of(const struct words *w, size_t i)
{
	const char *value;

	memcpy(&value, (const char *)w + names[i].offset, sizeof(value));
	return value;
}

const char *const *
words_environment(struct region *r, const struct words *w)
{
	const char **env = region_alloc(r, (N_NAMES + 4) * sizeof(*env));
	size_t n = 0;

	env[n++] = "PATH=" WORDS_PATH;
	env[n++] = "HOME=/tmp";
	env[n++] = "LANG=C";
	for (size_t i = 0; i < N_NAMES; i++)
		if (value_of(w, i) != NULL)
			env[n++] = region_printf(r, "%s=%s", names[i].variable, value_of(w, i));
	return env;
}

/* Which placeholder begins here, or N_NAMES. */
static size_t
placeholder_at(const char *text)
{
	size_t i = 0;

	while (i < N_NAMES && strncmp(text, names[i].placeholder, strlen(names[i].placeholder)) != 0)
		i++;
	return i;
}

const char *
words_fill(struct region *r, const char *argument, const struct words *w)
{
	const char *out = "";

	while (*argument != '\0') {
		size_t plain = strcspn(argument, "{"), i;

		if (plain > 0) {
			out = region_printf(r, "%s%.*s", out, (int)plain, argument);
			argument += plain;
			continue;
		}
		i = placeholder_at(argument);
		if (i < N_NAMES && value_of(w, i) != NULL) {
			out = region_printf(r, "%s%s", out, value_of(w, i));
			argument += strlen(names[i].placeholder);
		} else {
			out = region_printf(r, "%s{", out);
			argument++;
		}
	}
	return out;
}

bool
words_name_an_id(const char *text)
{
	return strstr(text, "{id}") != NULL || strstr(text, "MITMX_ID") != NULL;
}

bool
words_name_a_message(const char *text)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (names[i].of_message &&
		    (strstr(text, names[i].placeholder) != NULL || strstr(text, names[i].variable) != NULL))
			return true;
	return false;
}
