/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.h - where the daemon takes mail: SMTP on one listening socket.
 *
 * The words are fakes/smtp's; this is sockets, the Received line and ETRN. Ref: RFC 5321, RFC 1985.
 */
#ifndef MTA_INTAKE_H
#define MTA_INTAKE_H

#include "fakes/mta/letter.h"
#include "fakes/mta/settings.h"
#include "harness/base/why.h"

#define INTAKE_CONTENT_MAX (10 * 1024 * 1024)
#define INTAKE_HOPS_MAX 50 /* Received lines: more is a loop (RFC 5321 s6.3) */

struct intake;

struct intake_calls {
	/* A letter with content, taken. 0 when it will not be lost any more; else the sender is told to try
	 * again. */
	int (*take)(void *ctx, struct letter *letter);
	/* ETRN: a letter's id, a domain or an address; how many recipients are tried now. */
	unsigned (*retry)(void *ctx, const char *what);
	void *ctx;
};

/* `listen`: "ADDRESS:PORT"; its address becomes ret_self. NULL and why when it cannot listen. Owned. */
struct intake *intake_new(const struct settings *settings, const char *listen,
    const struct intake_calls *calls, struct sockaddr_storage *ret_self, struct why *why);
void intake_free(struct intake *intake);

#endif
