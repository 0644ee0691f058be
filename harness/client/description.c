/* SPDX-License-Identifier: Apache-2.0 */
/* description.c - see description.h */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "harness/client/description.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/client/place.h"
#include "harness/model/mechanism.h"

#define AT_ONCE_MAX 100000
#define PATIENCE_MAX_S 86400

static const char *const floor_words[] = {"may", "tls", "verified", NULL};
static const char *const serves_words[] = {"run", "leg", "message", NULL}; /* as enum client_serves */
static const char *const log_words[] = {"stdout", "syslog", NULL};

static const struct key root_keys[] = {
    {.name = "debian", .kind = KEY_TEXT, .required = true, .meaning = "the suite: bookworm, trixie, sid"},
    {.name = "packages", .kind = KEY_TEXTS, .meaning = "what is installed in it"},
    {.name = "setup",
	.kind = KEY_TEXT,
	.meaning = "a script of this folder, run once in the new root, without network"},
    {0},
};

static const struct key ready_keys[] = {
    {.name = "tcp",
	.kind = KEY_TEXT,
	.meaning = "it is ready when this address of its machine accepts: 127.0.0.1:PORT or {listen}:PORT"},
    {.name = "line",
	.kind = KEY_TEXT,
	.meaning = "it is ready when it writes a line that matches this pattern"},
    {0},
};

static const struct key fate_keys[] = {
    {.name = "delivered", .kind = KEY_TEXTS, .meaning = "patterns of a line that says: delivered"},
    {.name = "deferred",
	.kind = KEY_TEXTS,
	.meaning = "patterns of a line that says: kept, to be tried again"},
    {.name = "bounced", .kind = KEY_TEXTS, .meaning = "patterns of a line that says: given up for good"},
    {.name = "reason",
	.kind = KEY_TEXTS,
	.meaning = "patterns of a line whose words explain a later fate of the same id"},
    {.name = "ended",
	.kind = KEY_TEXTS,
	.meaning =
	    "patterns of a line that says: this try of an id is over; deferred, where nothing else was told"},
    {.name = "no-attempt", .kind = KEY_TEXTS, .meaning = "patterns of a line that says: not even tried"},
    {0},
};

const struct key description_keys[] = {
    {.name = "client", .kind = KEY_TEXT, .required = true, .meaning = "its name"},
    {.name = "about", .kind = KEY_TEXT, .meaning = "one line about it"},
    {.name = "claims",
	.kind = KEY_WORDS,
	.required = true,
	.words = mechanism_names,
	.meaning = "the mechanisms that it claims to support"},
    {.name = "floor",
	.kind = KEY_WORD,
	.words = floor_words,
	.meaning = "what it demands where no policy speaks"},
    {.name = "root",
	.kind = KEY_ANY,
	.keys = root_keys,
	.meaning = "its file system: host, a tar file, or a recipe that is built once"},
    {.name = "version", .kind = KEY_TEXT, .meaning = "command that prints its version"},
    {.name = "start",
	.kind = KEY_TEXT,
	.meaning = "command that starts it and stays; without it, one command a message"},
    {.name = "serves",
	.kind = KEY_WORD,
	.words = serves_words,
	.meaning =
	    "for whom one instance is started: for all of the run; for a leg, one side of one scenario, "
	    "whose {host} its start command knows; or for one message"},
    {.name = "own",
	.kind = KEY_TEXTS,
	.meaning =
	    "folders of which each instance has a copy of its own, where it serves a leg or a message; "
	    "its working folder, /tmp and /run always are"},
    {.name = "ready", .kind = KEY_MAP, .keys = ready_keys, .meaning = "how it shows that it takes messages"},
    {.name = "send",
	.kind = KEY_TEXT,
	.required = true,
	.meaning = "smtp://127.0.0.1:PORT, submission://USER:PASSWORD@127.0.0.1:PORT, or a command line; "
		   "{listen} may stand for the address"},
    {.name = "log",
	.kind = KEY_TEXTS,
	.meaning = "where its log is: stdout (and standard error), syslog, or paths of files on its machine"},
    {.name = "fate",
	.kind = KEY_MAP,
	.keys = fate_keys,
	.meaning = "how its log tells what became of a message; groups recipient, id, reason"},
    {.name = "retry", .kind = KEY_TEXT, .meaning = "command that has it try again what it holds"},
    {.name = "stop", .kind = KEY_TEXT, .meaning = "command that ends it; without it, SIGTERM"},
    {.name = "patience",
	.kind = KEY_DURATION,
	.least = 1,
	.most = PATIENCE_MAX_S,
	.meaning =
	    "how long it waits by itself for a peer that stays silent, where that is longer than --deadline: "
	    "what is silent until then is skipped"},
    {.name = "at-once",
	.kind = KEY_NUMBER,
	.least = 1,
	.most = AT_ONCE_MAX,
	.meaning =
	    "scenarios that one machine of it plays, where more would fill its queue; the rest have others"},
    {0},
};

/* "127.0.0.1:25": host in `r` and port; false when it is not of that form. */
static bool
split_address(struct region *r, const char *text, const char **ret_host, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	struct in_addr ignored;
	unsigned long port;
	char *end;

	if (colon == NULL)
		return false;
	*ret_host = region_strndup(r, text, (size_t)(colon - text));
	port = strtoul(colon + 1, &end, 10);
	*ret_port = (uint16_t)port;
	return end != colon + 1 && *end == '\0' && port > 0 && port < 65536 &&
	       (text_equal(*ret_host, CLIENT_LISTEN) || inet_pton(AF_INET, *ret_host, &ignored) == 1);
}

/* "USER:PASSWORD@" in front of an address; the rest behind it, or NULL when it is not of that form. */
static const char *
split_login(struct client *c, const char *text)
{
	const char *at = strrchr(text, '@'), *colon = strchr(text, ':');

	if (at == NULL || colon == NULL || colon > at || colon == text)
		return NULL;
	c->send_user = region_strndup(c->region, text, (size_t)(colon - text));
	c->send_password = region_strndup(c->region, colon + 1, (size_t)(at - colon - 1));
	return at + 1;
}

/* Of several instances, one alone could listen at an address that is the same for all. */
static void
check_address(const struct client *c, const struct node *at, const char *host)
{
	if (c->serves != SERVES_RUN && !text_equal(host, CLIENT_LISTEN))
		node_complain(at,
		    "not every instance can listen at %s: say {listen}, which is an address of its own",
		    host);
}

/* What each instance has for itself; only a client that runs has instances. */
static void
read_serves(struct client *c, const struct node *root)
{
	const struct node *at = node_get(root, "own");
	const char *const *texts, **own;

	c->serves = (enum client_serves)key_word(root, "serves", serves_words, SERVES_RUN);
	if (c->serves != SERVES_RUN && c->start == NULL)
		node_complain(node_get(root, "serves"),
		    "a client without 'start' is run once a message: nothing is left to say for whom");
	c->n_own = key_texts(root, "own", c->region, &texts);
	c->own = own = region_alloc(c->region, (c->n_own + 1) * sizeof(*own));
	if (c->n_own > 0 && c->serves == SERVES_RUN)
		node_complain(node_key(root, "own"),
		    "one instance serves the whole run, so all is its own: 'own' "
		    "goes with 'serves: leg' or 'serves: message'");
	for (size_t i = 0; i < c->n_own; i++) {
		const struct node *item = at->kind == NODE_LIST ? at->items[i] : at;

		own[i] = region_strdup(c->region, texts[i]);
		if (texts[i][0] != '/' || texts[i][1] == '\0' || strstr(texts[i], "/../") != NULL)
			node_complain(item, "'%s' is not the path of a folder below /", texts[i]);
		for (size_t other = 0; other < i; other++)
			if (text_equal(own[other], own[i]))
				node_complain(item, "'%s' is named twice", own[i]);
	}
}

static void
read_send(struct client *c, const struct node *root)
{
	static const char smtp[] = "smtp://", submission[] = "submission://";
	const struct node *at = node_get(root, "send");
	const char *text = key_text(root, "send", ""), *rest = NULL;

	if (strncmp(text, smtp, strlen(smtp)) == 0) {
		c->send = SEND_SMTP;
		rest = text + strlen(smtp);
	} else if (strncmp(text, submission, strlen(submission)) == 0) {
		c->send = SEND_SUBMISSION;
		rest = split_login(c, text + strlen(submission));
	} else {
		c->send = SEND_COMMAND;
		c->send_command = region_strdup(c->region, text);
		return;
	}
	if (rest == NULL || !split_address(c->region, rest, &c->send_host, &c->send_port))
		node_complain(at, "'%s' is not of the form %s", text,
		    c->send == SEND_SMTP ? "smtp://127.0.0.1:25"
					 : "submission://USER:PASSWORD@127.0.0.1:587");
	else
		check_address(c, at, c->send_host);
	if (c->start == NULL)
		node_complain(at, "a client that takes SMTP must be started: the key 'start' is missing");
}

static void
read_log(struct client *c, const struct node *root)
{
	const struct node *at = node_get(root, "log");
	const char *const *texts;
	size_t n = key_texts(root, "log", c->region, &texts);
	const char **files = region_alloc(c->region, n * sizeof(*files));

	c->log_files = files;
	for (size_t i = 0; i < n; i++) {
		const struct node *item = at->kind == NODE_LIST ? at->items[i] : at;

		if (texts[i][0] == '/' && c->serves != SERVES_RUN && !place_is_own(c, texts[i]))
			node_complain(
			    item, "all instances would write to %s: name its folder under 'own'", texts[i]);
		else if (texts[i][0] == '/')
			files[c->n_log_files++] = region_strdup(c->region, texts[i]);
		else if (text_equal(texts[i], "syslog"))
			c->log_syslog = true;
		else if (!text_equal(texts[i], "stdout"))
			node_complain_unknown(item, "log (a file begins with '/')", log_words, 2);
	}
}

/* Suites and packages become words of a command, and of a folder's name. */
static bool
is_package_word(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && text_is_alnum(text[0]) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-:=~") == len;
}

bool
description_is_suite(const char *text)
{
	return is_package_word(text) && strpbrk(text, "+:=~") == NULL;
}

static const char *
beside(struct client *c, const char *path)
{
	return path[0] == '/' ? region_strdup(c->region, path)
			      : region_printf(c->region, "%s/%s", c->directory, path);
}

static void
read_recipe(struct client *c, const struct node *at)
{
	struct client_recipe *r = &c->recipe;
	const char *const *packages, **copy, *setup;

	if (!keys_check(at, root_keys, "'root'"))
		return;
	r->kind = RECIPE_DEBIAN;
	r->suite = region_strdup(c->region, key_text(at, "debian", ""));
	if (!description_is_suite(r->suite))
		node_complain(node_get(at, "debian"), "'%s' is no name of a Debian suite", r->suite);
	r->n_packages = key_texts(at, "packages", c->region, &packages);
	r->packages = copy = region_alloc(c->region, (r->n_packages + 1) * sizeof(*copy));
	for (size_t i = 0; i < r->n_packages; i++) {
		copy[i] = region_strdup(c->region, packages[i]);
		if (!is_package_word(copy[i]))
			node_complain(node_get(at, "packages"), "'%s' is no name of a package", copy[i]);
	}
	setup = key_text(at, "setup", NULL);
	if (setup == NULL)
		return;
	r->setup = beside(c, setup);
	if (access(r->setup, R_OK) != 0)
		node_complain(node_get(at, "setup"), "there is no %s that can be read", r->setup);
}

static void
read_root(struct client *c, const struct node *root)
{
	const struct node *at = node_get(root, "root");

	if (at == NULL || node_is(at, "host"))
		return;
	if (at->kind == NODE_MAP) {
		read_recipe(c, at);
	} else if (at->kind == NODE_TEXT && strstr(at->text.data, ".tar") != NULL) {
		c->recipe.kind = RECIPE_TAR;
		c->recipe.tar = beside(c, at->text.data);
	} else {
		node_complain(at, "'root' is host, a tar file (NAME.tar, NAME.tar.gz, …), or a recipe: "
				  "{debian: SUITE, packages: [...], setup: SCRIPT}");
	}
}

static void
check_pattern(const struct node *at, const char *text)
{
	PCRE2_SIZE offset;
	PCRE2_UCHAR message[128];
	int error;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);

	if (code == NULL) {
		pcre2_get_error_message(error, message, sizeof(message));
		node_complain(at, "the pattern is wrong at its character %zu: %s", (size_t)offset + 1,
		    (const char *)message);
	}
	pcre2_code_free(code);
}

static void
read_ready(struct client *c, const struct node *root)
{
	const struct node *ready = node_get(root, "ready");
	const char *tcp = key_text(ready, "tcp", NULL), *line = key_text(ready, "line", NULL);

	if (tcp != NULL && !split_address(c->region, tcp, &c->ready_host, &c->ready_port))
		node_complain(node_get(ready, "tcp"), "'%s' is not of the form 127.0.0.1:PORT", tcp);
	else if (tcp != NULL)
		check_address(c, node_get(ready, "tcp"), c->ready_host);
	if (line != NULL) {
		c->ready_line = region_strdup(c->region, line);
		check_pattern(node_get(ready, "line"), line);
	}
	if (c->start != NULL && tcp == NULL && line == NULL && c->send == SEND_COMMAND)
		node_complain(
		    node_key(root, "start"), "nothing says when it is ready: the key 'ready' is missing");
}

static void
read_fates(struct client *c, const struct node *root)
{
	const struct node *fate = node_get(root, "fate");

	for (int k = 0; k < FATE_KINDS; k++) {
		const char *name = fate_kind_name((enum fate_kind)k), *const * texts;
		const struct node *at = node_get(fate, name);
		size_t n = key_texts(fate, name, c->region, &texts);

		c->fates[k] = region_alloc(c->region, n * sizeof(*c->fates[k]));
		c->n_fates[k] = n;
		for (size_t i = 0; i < n; i++) {
			const struct node *item = at->kind == NODE_LIST ? at->items[i] : at;

			c->fates[k][i] =
			    (struct client_pattern){region_strdup(c->region, texts[i]), item->line};
			check_pattern(item, texts[i]);
		}
	}
	if (c->send != SEND_COMMAND && (c->n_fates[FATE_DELIVERED] == 0 || c->n_fates[FATE_DEFERRED] == 0))
		node_complain(root, "nothing tells fates: 'fate' needs patterns for delivered and deferred");
}

static const char *
optional(struct client *c, const struct node *root, const char *key)
{
	const char *text = key_text(root, key, NULL);

	return text != NULL ? region_strdup(c->region, text) : NULL;
}

static void
read_client(struct client *c, const struct node *root)
{
	const char *const *claims;
	size_t n = key_texts(root, "claims", c->region, &claims);
	const char **copy = region_alloc(c->region, (n + 1) * sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = region_strdup(c->region, claims[i]);
	c->claims = copy;
	c->n_claims = n;
	c->name = optional(c, root, "client");
	c->about = optional(c, root, "about");
	c->floor = (enum floor)key_word(root, "floor", floor_words, FLOOR_MAY);
	c->version_command = optional(c, root, "version");
	c->start = optional(c, root, "start");
	c->retry = optional(c, root, "retry");
	c->stop = optional(c, root, "stop");
	c->patience_s = (uint32_t)key_seconds(root, "patience", 0);
	c->at_once = (uint32_t)key_number(root, "at-once", 0);
	read_root(c, root);
	read_serves(c, root);
	read_send(c, root);
	read_log(c, root);
	read_ready(c, root);
	read_fates(c, root);
}

/* `d` is taken; NULL: it could not be read. */
static struct client *
read_document(const char *directory, struct document *d, struct complaints *complaints)
{
	struct region *r = region_new();
	struct client *c = region_alloc(r, sizeof(*c));
	size_t before = complaints_made(complaints);

	c->region = r;
	c->directory = region_strdup(r, directory);
	if (d != NULL && keys_check(document_root(d), description_keys, "the client's description"))
		read_client(c, document_root(d));
	if (d == NULL || complaints_made(complaints) > before) {
		client_free(c);
		c = NULL;
	}
	document_free(d);
	return c;
}

struct client *
description_read(const char *directory, struct complaints *complaints)
{
	struct region *r = region_new();
	struct document *d = document_open(region_printf(r, "%s/client.yaml", directory), complaints);

	region_free(r);
	return read_document(directory, d, complaints);
}

struct client *
description_parse(const char *directory, struct bytes text, struct complaints *complaints)
{
	return read_document(directory, document_parse("client.yaml", text, complaints), complaints);
}
