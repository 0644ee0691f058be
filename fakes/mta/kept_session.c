/* SPDX-License-Identifier: Apache-2.0 */
/* kept_session.c - see kept_session.h; the process's own, as the flaws are. */
#include "fakes/mta/kept_session.h"

#include <stdio.h>
#include <string.h>

#include "fakes/mta/host_name.h"
#include "harness/base/must.h"

#define KEPT_MAX 2000 /* more than a suite has hosts that give tickets */

struct kept {
	char key[HOST_NAME_SIZE];
	SSL_SESSION *session; /* owned */
};

static struct kept *all;
static size_t n_all;

static bool
keeps(const struct flaw_set *flaws)
{
	return flaw_in(*flaws, FLAW_RESUMES_UNPROVED) || flaw_in(*flaws, FLAW_SIBLING_TICKET);
}

/* The host, or, of the flaw that takes one host for another, what stands behind its first label. */
static const char *
key_of(const char *host, const struct flaw_set *flaws)
{
	const char *dot = strchr(host, '.');

	return flaw_in(*flaws, FLAW_SIBLING_TICKET) && dot != NULL ? dot + 1 : host;
}

static struct kept *
find(const char *key)
{
	for (size_t i = 0; i < n_all; i++)
		if (strcmp(all[i].key, key) == 0)
			return &all[i];
	return NULL;
}

void
kept_session_offer(SSL *ssl, const char *host, const struct flaw_set *flaws)
{
	struct kept *kept;

	if (!keeps(flaws))
		return;
	SSL_clear_options(ssl, SSL_OP_NO_TICKET);
	kept = find(key_of(host, flaws));
	if (kept != NULL)
		must(SSL_set_session(ssl, kept->session) == 1);
}

bool
kept_session_suffices(const SSL *ssl, const struct flaw_set *flaws)
{
	return keeps(flaws) && SSL_session_reused(ssl);
}

void
kept_session_keep(SSL *ssl, const char *host, const struct flaw_set *flaws)
{
	const char *key = key_of(host, flaws);
	SSL_SESSION *session = ssl != NULL && keeps(flaws) ? SSL_get1_session(ssl) : NULL;
	struct kept *kept = find(key);

	if (session == NULL || !SSL_SESSION_is_resumable(session) || (kept == NULL && n_all == KEPT_MAX)) {
		SSL_SESSION_free(session);
		return;
	}
	if (kept == NULL) {
		all = must_realloc(all, (n_all + 1) * sizeof(*all));
		kept = &all[n_all++];
		snprintf(kept->key, sizeof(kept->key), "%s", key);
	} else {
		SSL_SESSION_free(kept->session);
	}
	kept->session = session;
}
