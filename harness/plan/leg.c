/* SPDX-License-Identifier: Apache-2.0 */
/* leg.c - numbers, names and texts of one leg; see leg.h */
#include "harness/plan/leg.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/must.h"

const struct leg_host *
leg_host_of(const struct leg *leg, const char *label)
{
	for (size_t i = 0; i < leg->n_hosts; i++)
		if (text_equal(leg->hosts[i].label, label))
			return &leg->hosts[i];
	return NULL;
}

static void
number_host(struct leg *leg, const char *label, const char *domain, uint32_t *next)
{
	struct leg_host *new;

	if (leg_host_of(leg, label) != NULL)
		return;
	new = region_push(leg->region, &leg->hosts, &leg->n_hosts, sizeof(*new));
	*new = (struct leg_host){label, region_printf(leg->region, "%s.%s", label, domain), (*next)++};
}

static void
number_world(struct leg *leg, const struct scenario_world *world, uint32_t *next)
{
	for (size_t i = 0; i < world->n_hosts; i++)
		number_host(leg, world->hosts[i].label, leg->domain, next);
	if (!world->policy_host.withdrawn)
		number_host(leg, LEG_POLICY_HOST, leg->domain, next);
	if (!world->elsewhere.withdrawn)
		number_host(leg, LEG_ELSEWHERE, leg->domain, next);
}

void
leg_number_hosts(struct leg *leg, const struct scenario *scenario, uint32_t *next)
{
	number_world(leg, scenario->world, next);
	if (scenario->control_world != scenario->world)
		number_world(leg, scenario->control_world, next);
	for (size_t i = 0; i < scenario->n_steps; i++) {
		const struct scenario_step *step = &scenario->steps[i];

		if (step->world != scenario->world)
			number_world(leg, step->world, next);
		if (step->control_world != scenario->control_world)
			number_world(leg, step->control_world, next);
		for (size_t k = 0; k < step->attack->n_hosts; k++)
			number_host(leg, step->attack->hosts[k].label, leg->attackers_domain, next);
	}
}

/* --- names ------------------------------------------------------------------------------------ */

const char *
leg_name(const struct leg *leg, const char *relative)
{
	const struct leg_host *host = leg_host_of(leg, relative);
	size_t len = strlen(relative);

	if (host != NULL)
		return host->name;
	if (text_equal(relative, "@"))
		return leg->domain;
	if (len > 0 && relative[len - 1] == '.')
		return region_strndup(leg->region, relative, len - 1);
	return region_printf(leg->region, "%s.%s", relative, leg->domain);
}

const char *
leg_name_lower(const struct leg *leg, const char *relative)
{
	char *name = region_strdup(leg->region, leg_name(leg, relative));

	for (char *c = name; *c != '\0'; c++)
		*c = text_lower(*c);
	return name;
}

/* --- placeholders ----------------------------------------------------------------------------- */

/* What stands for the word between the braces, or NULL. */
static const char *
placeholder(const struct leg *leg, const char *word, size_t len, const char *id)
{
	if (len == 6 && memcmp(word, "domain", 6) == 0)
		return leg->domain;
	if (len == 2 && memcmp(word, "id", 2) == 0)
		return id;
	if (len == 3 && memcmp(word, "leg", 3) == 0)
		return region_strndup(leg->region, leg->domain, strcspn(leg->domain, "."));
	for (size_t i = 0; i < leg->n_hosts; i++) {
		size_t label = strlen(leg->hosts[i].label);

		if (label > len || memcmp(leg->hosts[i].label, word, label) != 0)
			continue;
		if (label == len)
			return leg->hosts[i].name;
		if (len - label == 8 && memcmp(word + label, ".address", 8) == 0)
			return leg_address(leg, leg->hosts[i].number);
	}
	return NULL;
}

/* Writes to `out` unless NULL; returns the length. */
static size_t
expand(const struct leg *leg, struct bytes text, const char *id, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len;) {
		const char *end = text.data[i] == '{' ? memchr(text.data + i, '}', text.len - i) : NULL;
		const char *value = NULL;
		size_t used = 1, len = 1;

		if (end != NULL)
			value = placeholder(leg, text.data + i + 1, (size_t)(end - text.data) - i - 1, id);
		if (value != NULL) {
			used = (size_t)(end - text.data) - i + 1;
			len = strlen(value);
		}
		if (out != NULL)
			memcpy(out + n, value != NULL ? value : text.data + i, len);
		n += len;
		i += used;
	}
	return n;
}

struct bytes
leg_expand(const struct leg *leg, struct bytes text, const char *id)
{
	size_t len;
	char *out;

	if (text.len == 0 || memchr(text.data, '{', text.len) == NULL)
		return text;
	len = expand(leg, text, id, NULL);
	out = region_alloc(leg->region, len + 1);
	expand(leg, text, id, out);
	return (struct bytes){out, len};
}

const char *
leg_expand_text(const struct leg *leg, const char *text, const char *id)
{
	return text != NULL ? leg_expand(leg, bytes_of(text), id).data : NULL;
}

/* --- record data ------------------------------------------------------------------------------ */

const char *
leg_address_type(const struct leg *leg)
{
	return leg->family == 6 ? "AAAA" : "A";
}

const char *
leg_address(const struct leg *leg, uint32_t number)
{
	char text[64];

	plan_address_text((struct plan_address){.v6 = leg->family == 6, .number = number}, text);
	return region_strdup(leg->region, text);
}

/* Which word of the data is a name, from 0; -1: none, or an address. */
static int
place_of_name(const char *type)
{
	static const struct {
		const char *type;
		int place;
	} types[] = {{"MX", 1}, {"CNAME", 0}, {"NS", 0}, {"PTR", 0}, {"DNAME", 0}, {"SRV", 3}, {"AFSDB", 1}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (text_equal(type, types[i].type))
			return types[i].place;
	return -1;
}

static const char *
address_of_label(const struct leg *leg, const char *type, const char *word)
{
	const struct leg_host *host = leg_host_of(leg, word);
	char text[64];

	if (host == NULL)
		return word;
	plan_address_text(
	    (struct plan_address){.v6 = text_equal(type, "AAAA"), .number = host->number}, text);
	return region_strdup(leg->region, text);
}

const char *
leg_rdata(const struct leg *leg, const char *type, const char *rdata)
{
	const char *text = leg_expand_text(leg, rdata, NULL), *word = text;
	int place = place_of_name(type);

	if (text_equal(type, "A") || text_equal(type, "AAAA"))
		return address_of_label(leg, type, text);
	if (place < 0)
		return text;
	for (; place > 0; place--) {
		word += strcspn(word, " \t");
		word += strspn(word, " \t");
	}
	if (word[0] == '\0' || text_equal(word, "."))
		return text;
	return region_printf(leg->region, "%.*s%s.", (int)(word - text), text, leg_name(leg, word));
}

const char *
leg_txt(const struct leg *leg, const char *text)
{
	size_t len = strlen(text), n = 0;
	char *out = region_alloc(leg->region, len * 4 + len / 255 * 3 + 3);

	out[n++] = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (i > 0 && i % 255 == 0) {
			memcpy(out + n, "\" \"", 3);
			n += 3;
		}
		if (c < 0x20 || c > 0x7e) {
			n += (size_t)snprintf(out + n, 5, "\\%03u", c);
			continue;
		}
		if (c == '"' || c == '\\')
			out[n++] = '\\';
		out[n++] = (char)c;
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
