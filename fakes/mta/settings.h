/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what every part of the client is told: its name, its patience, its flaws. */
#ifndef MTA_SETTINGS_H
#define MTA_SETTINGS_H

#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <sys/socket.h>

#include "fakes/mta/flaw.h"
#include "fakes/mta/tls_demand.h"

#define SMTP_PORT 25
#define HTTPS_PORT 443

struct settings {
	struct event_base *base; /* borrowed */
	SSL_CTX *tls;            /* borrowed; a client's context with the trust store */
	const char *helo;        /* canonical host name, or any word that EHLO may say */
	unsigned timeout_ms;     /* each wait: connect, handshake, an SMTP reply */
	enum tls_demand demand;  /* where no policy speaks */
	struct flaw_set flaws;
	struct sockaddr_storage self; /* where we take mail; family 0: nowhere. Nothing is delivered there */
	/* A line for people about policies and the like; may be NULL. */
	void (*note)(void *ctx, const char *line);
	void *note_ctx;
};

static inline struct timeval
settings_time(unsigned ms)
{
	return (struct timeval){ms / 1000, (suseconds_t)(ms % 1000) * 1000};
}

#endif
