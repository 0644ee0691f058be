/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mta.h - the built-in client: a small MTA of its own, which knows nothing of the lab.
 *
 * One loop, two uses: one letter that is tried once, or a daemon with a queue. Tells what became of each
 * recipient, one line per attempt. Retries only when told to.
 */
#ifndef MTA_MTA_H
#define MTA_MTA_H

#include "fakes/mta/flaw.h"
#include "fakes/mta/letter.h"
#include "fakes/mta/tls_demand.h"
#include "harness/base/text.h"
#include "harness/base/why.h"

struct mta_options {
	const char *helo;       /* NULL: the host's name */
	const char *server;     /* a smart host: "HOST", "HOST:PORT", "[V6]:PORT"; NULL: MX hosts */
	const char *resolver;   /* "ADDRESS[:PORT]"; NULL: /etc/resolv.conf */
	const char *ca_file;    /* NULL: the system's trust store */
	const char *cache;      /* folder for MTA-STS policies; NULL: in memory */
	const char *queue;      /* folder; the daemon's */
	const char *listen;     /* "ADDRESS:PORT"; the daemon's */
	bool sync;              /* the queue is on the disk before a letter is acknowledged */
	enum tls_demand demand; /* where no policy speaks */
	unsigned timeout_ms;    /* each wait */
	struct flaw_set flaws;
	/*
	 * Whole lines for people and for logs, e.g. "ID: to=<ADDRESS>, status=deferred (REASON)"; notes about
	 * policies have no "status=". The daemon's first is "ready".
	 */
	void (*log)(void *ctx, const char *line);
	void *log_ctx;
};

/*
 * Tries one letter once. `content` lines may end in LF or CRLF. Returns the worst fate: deferred before
 * bounced before delivered; -1 and why when nothing was tried.
 */
int mta_send(const struct mta_options *options, const char *sender, const char *const *recipients, size_t n,
    struct bytes content, struct why *why);

/*
 * Takes mail and delivers it until SIGTERM or SIGINT; then 0. -1 and why when it cannot begin. Held letters
 * are tried again: all on SIGUSR1; by id, domain or address through ETRN ("#ID" for an id), or as a line
 * written to the FIFO "retry" in the queue folder, where "*" means all and commas part several. Its process id stands in the file
 * "pid" there. What the queue held is tried at the start.
 */
int mta_serve(const struct mta_options *options, struct why *why);

#endif
