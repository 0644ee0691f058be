/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - the words a command of the client's is run with: environment and {placeholders}.
 *
 * Both say the same: {recipient} is MITMX_RECIPIENT, and so on.
 */
#ifndef WORDS_H
#define WORDS_H

#include "harness/base/region.h"
#include "harness/model/plan.h"

#define WORDS_DIRECTORY "/mitmx" /* the client's folder on its machine */
#define WORDS_SCRATCH "/tmp"
#define WORDS_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What a command may be told (`id`: what the client itself calls the message); NULL: not known here, its
 * variable is left out. */
struct words {
	const char *sender, *recipient, *message, *host, *port, *tls, *user, *password, *ca, *resolver,
	    *requiretls, *dir, *listen, *id;
	const char *flaws; /* MITMX_FLAW, for the built-in client */
};

/* The list of them, for the manual: "{recipient}", "MITMX_RECIPIENT", "the recipient's address". */
size_t words_count(void);
const char *words_placeholder(size_t i);
const char *words_variable(size_t i);
const char *words_meaning(size_t i);

/* A NULL-terminated environment in the region. */
const char *const *words_environment(struct region *r, const struct words *w);
/* The argument with every {name} replaced; unknown names stay as they are. */
const char *words_fill(struct region *r, const char *argument, const struct words *w);
/* What a message says: sender, recipient, the path of the file it shall be written to, requiretls. */
void words_of_message(struct words *w, struct region *r, const struct plan_message *m);
/* Does the text speak of the client's own id of a message ({id}, MITMX_ID)? */
bool words_name_an_id(const char *text);
/* Does the text speak of one message ({recipient}, MITMX_RECIPIENT, {message}, …)? */
bool words_name_a_message(const char *text);

#endif
