/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - see words.h */
#include "harness/client/words.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *placeholder, *variable, *meaning;
	size_t offset;
	bool of_message;
} names[] = {
    {"{sender}", "MITMX_SENDER", "the sender's address", offsetof(struct words, sender), true},
    {"{recipient}", "MITMX_RECIPIENT", "the recipient's address, or several with commas",
	offsetof(struct words, recipient), true},
    {"{message}", "MITMX_MESSAGE", "a file that holds the message", offsetof(struct words, message), true},
    {"{host}", "MITMX_HOST", "the first MX host of the recipient's domain", offsetof(struct words, host),
	true},
    {"{port}", "MITMX_PORT", "its port", offsetof(struct words, port), true},
    {"{tls}", "MITMX_TLS", "how TLS begins there: starttls or implicit", offsetof(struct words, tls), true},
    {"{user}", "MITMX_USER", "the login of a submission", offsetof(struct words, user), true},
    {"{password}", "MITMX_PASSWORD", "and its password", offsetof(struct words, password), true},
    {"{ca}", "MITMX_CA", "a file with the lab's CA", offsetof(struct words, ca), false},
    {"{resolver}", "MITMX_RESOLVER", "the address of the lab's name server", offsetof(struct words, resolver),
	false},
    {"{requiretls}", "MITMX_REQUIRETLS", "set when the message asks for REQUIRETLS",
	offsetof(struct words, requiretls), true},
    {"{dir}", "MITMX_DIR", "a scratch folder", offsetof(struct words, dir), false},
    {"{listen}", "MITMX_LISTEN",
	"an address of the client's machine to listen at, where each instance has one of its own",
	offsetof(struct words, listen), false},
    {"{id}", "MITMX_ID", "what the client itself calls the message", offsetof(struct words, id), true},
    {"{flaws}", "MITMX_FLAW", "the mistakes of the built-in client", offsetof(struct words, flaws), false},
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

size_t
words_count(void)
{
	return N_NAMES;
}

const char *
words_placeholder(size_t i)
{
	return names[i].placeholder;
}

const char *
words_variable(size_t i)
{
	return names[i].variable;
}

const char *
words_meaning(size_t i)
{
	return names[i].meaning;
}

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

void
words_of_message(struct words *w, struct region *r, const struct plan_message *m)
{
	w->sender = m->sender;
	w->recipient = m->recipients[0].address;
	for (size_t i = 1; i < m->n_recipients; i++)
		w->recipient = region_printf(r, "%s,%s", w->recipient, m->recipients[i].address);
	w->message = region_printf(r, WORDS_SCRATCH "/mitmx-%u.eml", m->number);
	w->requiretls = m->requiretls ? "1" : NULL;
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
