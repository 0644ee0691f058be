/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.c - `world:` of a scenario file: the receiving side, honest where nothing is said.
 */
#include <string.h>

#include "harness/base/must.h"
#include "harness/scenario/reader.h"
#include "harness/scenario/said.h"

#define MAX_AGE_DEFAULT 604800  /* a week */
#define MAX_AGE_MOST 9999999999 /* ten digits are all that RFC 8461 s3.2 allows */

static const char *const versions[] = {"1.0", "1.1", "1.2", "1.3", NULL};
static const char *const reaches[] = {"open", "refused", "blackholed", NULL};
static const char *const modes[] = {"enforce", "testing", "none", NULL};
static const char *const signings[] = {"unsigned", "signed", NULL};
static const char *const none[] = {"none", NULL};
static const char *const withdrawn[] = {"withdrawn", NULL};
static const char *const shapes[] = {"length", "close", "chunked", "too-long", "too-short", "endless", "gzip",
    "continue", "http-1.0", "raw", NULL};
static const char *const faults[] = {
#define FAULT(ID, name, meaning) name,
#include "harness/model/certificate_faults.def"
#undef FAULT
    NULL};

static const struct key tls_keys[] = {
    {"min", KEY_WORD, false, "the oldest version that it speaks", versions, NULL, 0, 0},
    {"max", KEY_WORD, false, "the newest", versions, NULL, 0, 0},
    {0},
};

static const struct key certificate_keys[] = {
    {"fault", KEY_WORD, false, "what is wrong with it", faults, NULL, 0, 0},
    {"names", KEY_TEXTS, false, "DNS names in it, in place of the host's own", NULL, NULL, 0, 0},
    {0},
};

static const struct key host_keys[] = {
    {"preference", KEY_NUMBER, false, "of its MX record; 10, 20, … in order; none: no record names it", none,
	NULL, 0, 65535},
    {"starttls", KEY_FLAG, false, "it offers STARTTLS (yes)", NULL, NULL, 0, 0},
    {"esmtp", KEY_FLAG, false, "it understands EHLO (yes)", NULL, NULL, 0, 0},
    {"starttls-inside", KEY_FLAG, false, "it offers STARTTLS inside TLS, too (no)", NULL, NULL, 0, 0},
    {"size", KEY_FLAG, false, "it offers SIZE (yes)", NULL, NULL, 0, 0},
    {"certificate", KEY_MAP, false, "a fault, or a mapping", faults, certificate_keys, 0, 0},
    {"tls", KEY_MAP, false, "versions", NULL, tls_keys, 0, 0},
    {"reach", KEY_WORD, false, "how TCP connections to it end", reaches, NULL, 0, 0},
    {"banner", KEY_TEXT, false, "text of the greeting", NULL, NULL, 0, 0},
    {"reject-rcpt", KEY_TEXT, false, "answer to every RCPT: \"450 4.2.1 busy\"", NULL, NULL, 0, 0},
    {"reject-data", KEY_TEXT, false, "answer to the end of data", NULL, NULL, 0, 0},
    {0},
};

static const struct key policy_keys[] = {
    {"mode", KEY_WORD, false, "of the policy (enforce)", modes, NULL, 0, 0},
    {"max_age", KEY_DURATION, false, "seconds, or 2h, 10d (1w)", NULL, NULL, 0, MAX_AGE_MOST},
    {"id", KEY_TEXT, false, "its id, in the record; else made from the policy", NULL, NULL, 0, 0},
    {"mx", KEY_TEXTS, false, "patterns, relative to the domain; else every host with an MX record", NULL,
	NULL, 0, 0},
    {"raw", KEY_BYTES, false, "the whole text to the byte; {domain} stands for the domain", NULL, NULL, 0, 0},
    {0},
};

static const struct key policy_host_keys[] = {
    {"status", KEY_NUMBER, false, "of the response (200)", NULL, NULL, 100, 999},
    {"content-type", KEY_TEXT, false, "header (text/plain); none: no such header", NULL, NULL, 0, 0},
    {"location", KEY_TEXT, false, "header", NULL, NULL, 0, 0},
    {"headers", KEY_TEXTS, false, "more header lines", NULL, NULL, 0, 0},
    {"shape", KEY_WORD, false, "how the body is framed (length)", shapes, NULL, 0, 0},
    {"body", KEY_BYTES, false, "a body in place of the policy", NULL, NULL, 0, 0},
    {"raw", KEY_BYTES, false, "the whole response to the byte, head and all", NULL, NULL, 0, 0},
    {"pad-to", KEY_NUMBER, false, "fill the body up to so many bytes with unknown fields", NULL, NULL, 0,
	64 << 20},
    {"drip", KEY_FLAG, false, "one byte at a time (no)", NULL, NULL, 0, 0},
    {"certificate", KEY_MAP, false, "a fault, or a mapping", faults, certificate_keys, 0, 0},
    {"reach", KEY_WORD, false, "how TCP connections to it end", reaches, NULL, 0, 0},
    {0},
};

const struct key world_keys[] = {
    {"policy", KEY_MAP, false, "the MTA-STS policy (none, unless given)", none, policy_keys, 0, 0},
    {"policy-host", KEY_MAP, false, "how the policy is served", withdrawn, policy_host_keys, 0, 0},
    {"elsewhere", KEY_MAP, false,
	"a second web server, elsewhere.DOMAIN, with the same policy: a place to redirect to", withdrawn,
	policy_host_keys, 0, 0},
    {"sts-record", KEY_TEXTS, false, "TXT records at _mta-sts; {id} stands for the policy's id", NULL, NULL,
	0, 0},
    {"mx", KEY_NAMED, false, "MX hosts by label (mx1)", NULL, host_keys, 0, 0},
    {"records", KEY_TEXTS, false,
	"more records: \"OWNER TYPE DATA\", names relative to the domain, or with a dot at their end", NULL, NULL,
	0, 0},
    {"dnssec", KEY_WORD, false, "whether the domain's zone is (unsigned)", signings, NULL, 0, 0},
    {0},
};

/* --- small parts -------------------------------------------------------------------------------- */

struct bytes
world_read_bytes(const struct node *text, struct region *r)
{
	char *out;
	long len;

	if (text == NULL || text->kind != NODE_TEXT)
		return (struct bytes){NULL, 0};
	out = region_alloc(r, text->text.len + 1);
	len = text_unescape(out, text->text.len, text->text);
	if (len < 0) {
		node_complain(text, "a backslash must be followed by r, n, t, xNN or another backslash");
		return (struct bytes){out, 0};
	}
	return (struct bytes){out, (size_t)len};
}

static struct plan_certificate
read_certificate(const struct node *host, struct region *r)
{
	const struct node *node = node_get(host, "certificate");
	struct plan_certificate certificate = {.fault = FAULT_NONE};

	if (node == NULL)
		return certificate;
	certificate.fault = (enum certificate_fault)key_word(host, "certificate", faults, FAULT_NONE);
	if (node->kind != NODE_MAP)
		return certificate;
	certificate.fault = (enum certificate_fault)key_word(node, "fault", faults, FAULT_NONE);
	certificate.n_names = key_texts(node, "names", r, &certificate.names);
	return certificate;
}

static enum plan_tls_version
read_version(const struct node *tls, const char *key)
{
	return (enum plan_tls_version)(key_word(tls, key, versions, -1) + 1); /* TLS_DEFAULT is 0 */
}

/* An answer that a host gives in place of its own. */
static const char *
read_reply(const struct node *host, const char *key)
{
	const char *text = key_text(host, key, NULL);
	const struct node *node = node_get(host, key);

	if (text != NULL &&
	    (strlen(text) < 3 || strspn(text, "0123456789") != 3 || strpbrk(text, "\r\n") != NULL))
		node_complain(node, "must be one reply line that begins with a code of three digits");
	return text;
}

/* --- hosts ---------------------------------------------------------------------------------------- */

static void
check_label(const struct node *label)
{
	bool good = label->text.len > 0 && label->text.len <= 63;

	for (size_t i = 0; i < label->text.len; i++) {
		char c = label->text.data[i];

		good = good && (c == '-' || (text_is_alnum(c) && c == text_lower(c)));
	}
	if (!good)
		node_complain(label, "a host's label is made of a-z, 0-9 and '-'");
	else if (node_is(label, "mta-sts") || node_is(label, "elsewhere") || node_is(label, "domain") ||
		 node_is(label, "id") || node_is(label, "leg"))
		node_complain(
		    label, "'%s' already means something else here; take another label", label->text.data);
}

static struct scenario_host
read_host(const struct pair *pair, size_t place, bool listed, struct region *r)
{
	const struct node *node = pair->value, *tls = node_get(node, "tls");
	struct scenario_host host = {.label = pair->key->text.data,
	    .listed = listed && !node_is(node_get(node, "preference"), "none"),
	    .preference = (uint16_t)key_number(node, "preference", (int64_t)(place + 1) * 10),
	    .certificate = read_certificate(node, r)};
	int reach = key_word(node, "reach", reaches, 0);

	host.refused = reach == 1;
	host.blackholed = reach == 2;
	host.smtp = (struct plan_smtp){.starttls = key_flag(node, "starttls", true),
	    .esmtp = key_flag(node, "esmtp", true),
	    .size = key_flag(node, "size", true),
	    .starttls_inside = key_flag(node, "starttls-inside", false),
	    .min_tls = read_version(tls, "min"),
	    .max_tls = read_version(tls, "max"),
	    .banner = key_text(node, "banner", NULL),
	    .reject_rcpt = read_reply(node, "reject-rcpt"),
	    .reject_data = read_reply(node, "reject-data")};
	if (host.smtp.min_tls != TLS_DEFAULT && host.smtp.max_tls != TLS_DEFAULT &&
	    host.smtp.min_tls > host.smtp.max_tls)
		node_complain(tls, "the oldest version is newer than the newest");
	return host;
}

struct scenario_host *
world_read_hosts(const struct node *hosts, bool listed, struct region *r, size_t *ret_n)
{
	struct scenario_host *read = NULL;

	*ret_n = 0;
	if (hosts == NULL || hosts->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < hosts->n; i++) {
		struct scenario_host *new = region_push(r, &read, ret_n, sizeof(*new));

		check_label(hosts->pairs[i].key);
		*new = read_host(&hosts->pairs[i], i, listed, r);
	}
	return read;
}

/* --- the policy and its host ------------------------------------------------------------------------ */

static struct scenario_policy
read_policy(const struct node *world, struct region *r)
{
	const struct node *node = node_get(world, "policy");
	struct scenario_policy policy = {.given = node != NULL && node->kind == NODE_MAP};

	if (!policy.given)
		return policy;
	policy.mode = key_text(node, "mode", "enforce");
	policy.max_age_s = key_seconds(node, "max_age", MAX_AGE_DEFAULT);
	policy.id = key_text(node, "id", NULL);
	policy.has_mx = node_get(node, "mx") != NULL;
	policy.n_mx = key_texts(node, "mx", r, &policy.mx);
	policy.raw = node_get(node, "raw") != NULL;
	policy.text = world_read_bytes(node_get(node, "raw"), r);
	return policy;
}

static const char *
joined_lines(const struct node *host, struct region *r)
{
	const char *const *lines;
	const char *joined = NULL;
	size_t n = key_texts(host, "headers", r, &lines);

	for (size_t i = 0; i < n; i++)
		joined = region_printf(r, "%s%s\r\n", joined ? joined : "", lines[i]);
	return joined;
}

static struct scenario_policy_host
read_policy_host(const struct node *node, bool withdrawn_by_default, struct region *r)
{
	const struct node *type = node_get(node, "content-type");
	struct scenario_policy_host host = {0};
	int reach = key_word(node, "reach", reaches, 0);

	host.withdrawn = node == NULL ? withdrawn_by_default : node_is(node, "withdrawn");
	host.refused = reach == 1;
	host.blackholed = reach == 2;
	host.certificate = read_certificate(node, r);
	host.has_body = node_get(node, "body") != NULL;
	host.response = (struct plan_response){.status = (unsigned)key_number(node, "status", 200),
	    .content_type = node_is(type, "none") ? NULL : key_text(node, "content-type", "text/plain"),
	    .location = key_text(node, "location", NULL),
	    .headers = joined_lines(node, r),
	    .body = world_read_bytes(node_get(node, "body"), r),
	    .pad_to = (size_t)key_number(node, "pad-to", 0),
	    .shape = (enum http_shape)key_word(node, "shape", shapes, HTTP_LENGTH),
	    .drip = key_flag(node, "drip", false),
	    .raw = world_read_bytes(node_get(node, "raw"), r)};
	if (host.response.raw.data != NULL)
		host.response.shape = HTTP_RAW;
	else if (host.response.shape == HTTP_RAW)
		node_complain(node, "'shape: raw' needs the response itself under 'raw'");
	return host;
}

/* --- records ------------------------------------------------------------------------------------------ */

/* Cuts the next word off, in place; NULL when none is left. */
static const char *
next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	size_t len = strcspn(word, " \t");

	if (len == 0)
		return NULL;
	*rest = word + len;
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

static void
read_record(const struct node *text, struct scenario_world *world, struct region *r)
{
	char *rest = region_strdup(r, text->text.data), *type;
	struct scenario_record record = {0};

	record.owner = next_word(&rest);
	record.type = next_word(&rest);
	if (record.owner == NULL || record.type == NULL || rest[strspn(rest, " \t")] == '\0') {
		node_complain(text, "a record is OWNER TYPE DATA, as in '@ MX 10 mx9'");
		return;
	}
	if (record.owner[strlen(record.owner) - 1] == '.' && strchr(record.owner, '{') == NULL) {
		node_complain(text,
		    "'%s' is outside the domain, and would be every scenario's; {domain}, {leg} or a host's "
		    "address in it makes it this one's",
		    record.owner);
		return;
	}
	type = region_strdup(r, record.type);
	for (char *c = type; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	record.type = type;
	record.rdata = rest + strspn(rest, " \t");
	*(struct scenario_record *)region_push(r, &world->records, &world->n_records, sizeof(record)) =
	    record;
}

static void
read_records(const struct node *node, struct scenario_world *world, struct region *r)
{
	if (node == NULL)
		return;
	if (node->kind == NODE_TEXT)
		read_record(node, world, r);
	for (size_t i = 0; node->kind == NODE_LIST && i < node->n; i++)
		if (node->items[i]->kind == NODE_TEXT)
			read_record(node->items[i], world, r);
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static struct node *
empty_map(const struct node *at, struct region *r)
{
	struct node *map = region_memdup(r, at, sizeof(*at));

	map->kind = NODE_MAP;
	map->n = 0;
	map->pairs = NULL;
	return map;
}

const struct node *
world_complete(const struct node *world, const struct node *at, struct region *r)
{
	if (world == NULL || world->kind != NODE_MAP)
		world = empty_map(at, r);
	if (node_get(world, "mx") != NULL)
		return world;
	return node_with(world, "mx", node_with(empty_map(at, r), "mx1", empty_map(at, r), r), r);
}

const struct scenario_world *
world_read(const struct node *node, struct region *r)
{
	struct scenario_world *world = region_alloc(r, sizeof(*world));
	const struct node *record = node_get(node, "sts-record");

	world->policy = read_policy(node, r);
	world->policy_host = read_policy_host(node_get(node, "policy-host"), !world->policy.given, r);
	world->elsewhere = read_policy_host(node_get(node, "elsewhere"), true, r);
	world->has_sts_records = record != NULL;
	if (!node_is(record, "none"))
		world->n_sts_records = key_texts(node, "sts-record", r, &world->sts_records);
	world->hosts = world_read_hosts(node_get(node, "mx"), true, r, &world->n_hosts);
	read_records(node_get(node, "records"), world, r);
	world->secure = key_word(node, "dnssec", signings, 0) == 1;
	said_read(node, world_keys, &world->said, &world->n_said, r);
	return world;
}
