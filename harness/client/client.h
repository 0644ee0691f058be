/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - what is known of a client under test: its description, whole.
 *
 * Read from client.yaml by description.c, or made from a bare command line. Plain data,
 * owned by its region. See "The client under test" in the README.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/region.h"
#include "harness/base/why.h"
#include "harness/model/floor.h"

/* For whom one instance of a client that runs is started. */
enum client_serves { SERVES_RUN, SERVES_LEG, SERVES_MESSAGE };

enum client_send { SEND_COMMAND, SEND_SMTP, SEND_SUBMISSION };

enum fate_kind { FATE_DELIVERED, FATE_DEFERRED, FATE_BOUNCED, FATE_REASON, FATE_NO_ATTEMPT, FATE_ENDED, FATE_KINDS };

/* "delivered", "deferred", "bounced", "reason", "no-attempt", "ended" */
const char *fate_kind_name(enum fate_kind kind);

struct client_pattern {
	const char *text; /* PCRE2; named groups recipient, id, reason */
	unsigned line;    /* of client.yaml, for errors */
};

#define CLIENT_LISTEN "{listen}" /* for an address: the instance's own */

/* What its file system is made of. */
enum client_recipe_kind { RECIPE_HOST, RECIPE_DEBIAN, RECIPE_TAR };

struct client_recipe {
	enum client_recipe_kind kind;
	const char *suite; /* RECIPE_DEBIAN */
	const char *const *packages;
	size_t n_packages;
	const char *setup; /* a script on the host that is run once in the new root; NULL none */
	const char *tar;   /* RECIPE_TAR: its path on the host */
};

struct client {
	struct region *region;
	const char *name, *about;
	const char *directory; /* of client.yaml on the host; NULL for a bare command line */
	const char *const *claims;
	size_t n_claims;
	enum floor floor;
	struct client_recipe recipe;
	const char *root;            /* a folder on the host, made by the recipe; NULL: the host's own */
	const char *version_command; /* NULL: none */
	const char *start;           /* NULL: a one-shot client */
	enum client_serves serves;   /* SERVES_RUN where start is NULL */
	const char *const *own;      /* folders of which each instance has its own copy; absolute */
	size_t n_own;
	const char *ready_line;      /* PCRE2 pattern of a line on stdout; NULL */
	const char *ready_host;      /* a TCP port there that accepts; NULL: send_host */
	uint16_t ready_port;         /* 0: send_port */
	enum client_send send;
	const char *send_command; /* SEND_COMMAND: run by sh -c; NULL when argv is there */
	const char *const *argv;  /* a bare command line with {recipient} and the like; NULL-terminated */
	/* SEND_SMTP, SEND_SUBMISSION: dotted address in the client's machine, or CLIENT_LISTEN */
	const char *send_host;
	uint16_t send_port;
	const char *send_user, *send_password; /* SEND_SUBMISSION */
	bool log_syslog;                       /* it speaks to /dev/log */
	const char *const *log_files;          /* absolute, in its machine */
	size_t n_log_files;
	struct client_pattern *fates[FATE_KINDS];
	size_t n_fates[FATE_KINDS];
	const char *retry, *stop; /* commands; NULL none */
	uint32_t at_once;         /* scenarios on one machine; 0 any number */
	uint32_t patience_s;      /* how long it waits by itself for a silent peer; 0 not told */
};

void client_free(struct client *client);

/* A bare command line as a client; argv is copied. Claims are STARTTLS only until told otherwise. */
struct client *client_of_command(const char *const *argv, size_t n);

#endif
