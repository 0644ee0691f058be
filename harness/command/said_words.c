/* SPDX-License-Identifier: Apache-2.0 */
/* said_words.c - see said_words.h */
#include "harness/command/said_words.h"

#include <fnmatch.h>
#include <string.h>

#include "harness/base/text.h"

/* What explanation.c tells in sentences of its own; `*` also matches `/`. A key that is not here is told from its
 * table. */
static const char *const told[] = {"policy", "policy/mode", "policy/max_age", "policy/mx", "policy/raw",
    "policy-host", "policy-host/status", "policy-host/content-type", "policy-host/location",
    "policy-host/reach", "*/certificate", "*/certificate/fault", "*/certificate/names", "elsewhere",
    "elsewhere/status", "elsewhere/content-type", "elsewhere/location", "elsewhere/reach", "sts-record",
    "records", "dnssec", "mx", "mx/preference", "mx/starttls", "mx/esmtp", "mx/tls/max", "mx/reach",
    "mx/reject-rcpt", "mx/reject-data", "send", "send/count", "send/to", "send/requiretls", "restart",
    "after", "attack", "attack/*", "expect"};

static bool
is_told(const struct scenario_said *said)
{
	const char *path = said->path;
	char mx[128];

	/* The attacker's hosts are told as those of the world are. */
	if (strncmp(path, "hosts/", 6) == 0) {
		snprintf(mx, sizeof(mx), "mx/%s", path + 6);
		path = mx;
	}
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (fnmatch(told[i], path, 0) == 0)
			return true;
	/* "retry: now" is what the step does. */
	return text_equal(path, "retry") && text_equal(said->value, "now");
}

static void
put_whose(const struct scenario_said *said, FILE *to)
{
	static const struct {
		const char *prefix, *words;
	} owners[] = {
	    {"policy/", "Its policy: "},
	    {"policy-host/", "The policy host: "},
	    {"elsewhere/", "The second web server: "},
	};

	if (said->label != NULL)
		fprintf(to, "%s: ", said->label);
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (strncmp(said->path, owners[i].prefix, strlen(owners[i].prefix)) == 0)
			fputs(owners[i].words, to);
}

/* The meaning without what it says of other values: up to a default in brackets, or to a semicolon. */
static int
length_of_meaning(const char *meaning)
{
	const char *bracket = strstr(meaning, " ("), *semicolon = strchr(meaning, ';');
	size_t len = strlen(meaning);

	if (bracket != NULL)
		len = (size_t)(bracket - meaning);
	if (semicolon != NULL && (size_t)(semicolon - meaning) < len)
		len = (size_t)(semicolon - meaning);
	return (int)len;
}

void
said_words_put(const struct scenario_said *said, size_t n, const char *indent, FILE *to)
{
	for (size_t i = 0; i < n; i++) {
		const char *meaning = said[i].meaning, *value = said[i].value;

		if (is_told(&said[i]))
			continue;
		fputs(indent, to);
		put_whose(&said[i], to);
		if (text_equal(said[i].path, "retry"))
			fputs("What is held here is not tried again.\n", to);
		else if (text_equal(value, "yes"))
			fprintf(to, "%.*s.\n", length_of_meaning(meaning), meaning);
		else if (text_equal(value, "no"))
			fprintf(to, "not so: %.*s.\n", length_of_meaning(meaning), meaning);
		else
			fprintf(to, "%.*s: %s.\n", length_of_meaning(meaning), meaning,
			    value[0] != '\0' ? value : "nothing");
	}
}
