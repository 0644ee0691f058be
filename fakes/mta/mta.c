/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mta.c - see mta.h
 *
 * A letter is cut into jobs, one per domain; so many jobs run at once, the rest wait in order. A
 * letter without a running or waiting job is at rest: done (and gone), or held in the queue.
 */
#include "fakes/mta/mta.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/mta/bounce.h"
#include "fakes/mta/delivery.h"
#include "fakes/mta/host_name.h"
#include "fakes/mta/intake.h"
#include "fakes/mta/mail_queue.h"
#include "fakes/mta/sts.h"
#include "fakes/tls/tls_context.h"
#include "harness/base/must.h"

#define JOBS_MAX 128 /* more would only wait for the processor, and for each other's handshakes */
#define SOCKETS_PER_JOB 2
#define SOCKETS_SPARE 64
#define RETRY_LINE_MAX 512

struct job {
	TAILQ_ENTRY(job) next;
	struct mta *mta;
	struct holding *holding;
	char domain[LETTER_ADDRESS_MAX + 1];
	size_t *recipients, n;
	struct delivery *delivery; /* NULL: waits */
};

TAILQ_HEAD(jobs, job);

/* A letter that we have. */
struct holding {
	TAILQ_ENTRY(holding) next;
	struct letter *letter;
	unsigned jobs;
};

struct mta {
	const struct mta_options *options;
	struct settings settings;
	struct delivery_means means;
	char server[HOST_NAME_SIZE], helo[HOST_NAME_SIZE];
	struct sts_cache *cache;
	struct mail_queue *queue; /* NULL: one letter, in memory */
	struct intake *intake;
	TAILQ_HEAD(, holding) holdings;
	struct jobs waiting, running;
	unsigned n_running, max_running;
	bool stopping;
	enum letter_fate worst;
	/* The daemon's. */
	struct event *signals[3];
	int fifo;
	struct event *fifo_event;
	char line[RETRY_LINE_MAX];
	size_t line_len;
};

static void log_line(struct mta *mta, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
log_line(struct mta *mta, const char *format, ...)
{
	char line[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (mta->options->log != NULL)
		mta->options->log(mta->options->log_ctx, line);
}

static void
on_note(void *ctx, const char *line)
{
	log_line(ctx, "%s", line);
}

/* --- letters and jobs ---------------------------------------------------------------------- */

static void
free_job(struct job *job)
{
	delivery_free(job->delivery);
	free(job->recipients);
	free(job);
}

static bool
is_final(const struct letter_recipient *recipient)
{
	return recipient->fate == LETTER_DELIVERED || recipient->fate == LETTER_BOUNCED;
}

/* Its jobs are over: it goes, or it waits on the disk. */
static void
put_to_rest(struct mta *mta, struct holding *holding)
{
	struct letter *letter = holding->letter;
	bool done = true;

	for (size_t i = 0; i < letter->n; i++)
		done = done && is_final(&letter->recipients[i]);
	if (mta->queue != NULL) {
		free(letter->content);
		letter->content = NULL;
	}
	if (!done && mta->queue != NULL)
		return;
	if (mta->queue != NULL)
		mail_queue_remove(mta->queue, letter);
	TAILQ_REMOVE(&mta->holdings, holding, next);
	letter_free(letter);
	free(holding);
}

static void pump(struct mta *mta);
static int hold(struct mta *mta, struct letter *letter);
static unsigned try_letter(struct mta *mta, struct holding *holding, const char *what);

static void
tell(struct mta *mta, const struct job *job)
{
	static const int rank[] = {
	    [LETTER_DELIVERED] = 0, [LETTER_BOUNCED] = 1, [LETTER_DEFERRED] = 2, [LETTER_UNDECIDED] = 2};
	struct letter *letter = job->holding->letter;
	struct why why;

	for (size_t i = 0; i < job->n; i++) {
		struct letter_recipient *recipient = &letter->recipients[job->recipients[i]];

		must(recipient->fate != LETTER_UNDECIDED);
		if (rank[recipient->fate] > rank[mta->worst])
			mta->worst = recipient->fate;
		recipient->active = false;
		if (is_final(recipient) && mta->queue != NULL &&
		    mail_queue_note_done(mta->queue, letter, job->recipients[i], &why) < 0)
			log_line(mta, "%s", why.text);
	}
}

static void
log_fates(struct mta *mta, const struct job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		const struct letter_recipient *recipient =
		    &job->holding->letter->recipients[job->recipients[i]];

		log_line(mta, "%s: to=<%s>, status=%s (%s)", job->holding->letter->id, recipient->address,
		    letter_fate_name(recipient->fate), recipient->reason);
	}
}

static void
send_bounce(struct mta *mta, const struct job *job)
{
	struct letter *bounce = bounce_new(job->holding->letter, job->recipients, job->n, mta->settings.helo);

	if (bounce != NULL)
		hold(mta, bounce);
}

/* Every recipient of the job is decided. */
static void
end_job(struct job *job)
{
	struct mta *mta = job->mta;

	TAILQ_REMOVE(&mta->running, job, next);
	mta->n_running--;
	tell(mta, job);
	log_fates(mta, job);
	if (mta->queue != NULL)
		send_bounce(mta, job);
	if (--job->holding->jobs == 0)
		put_to_rest(mta, job->holding);
	free_job(job);
}

static void
on_delivery(void *ctx, struct delivery *delivery)
{
	struct mta *mta = ((struct job *)ctx)->mta;

	(void)delivery;
	end_job(ctx);
	pump(mta);
}

/* The file of a held letter is gone or unreadable: nothing can be tried. */
static bool
has_content(struct mta *mta, struct job *job)
{
	struct letter *letter = job->holding->letter;
	struct why why;

	if (letter->content != NULL || mail_queue_read_content(mta->queue, letter, &why) == 0)
		return true;
	for (size_t i = 0; i < job->n; i++)
		letter_decide(&letter->recipients[job->recipients[i]], LETTER_DEFERRED, why.text);
	return false;
}

static void
pump(struct mta *mta)
{
	struct job *job;

	while (!mta->stopping && mta->n_running < mta->max_running &&
	       (job = TAILQ_FIRST(&mta->waiting)) != NULL) {
		TAILQ_REMOVE(&mta->waiting, job, next);
		TAILQ_INSERT_TAIL(&mta->running, job, next);
		mta->n_running++;
		if (has_content(mta, job))
			job->delivery = delivery_new(&mta->means, job->holding->letter, job->domain,
			    job->recipients, job->n, on_delivery, job);
		else
			end_job(job);
	}
	if (mta->queue == NULL && mta->n_running == 0)
		event_base_loopbreak(mta->settings.base);
}

static struct job *
job_for(struct mta *mta, struct holding *holding, struct jobs *jobs, const char *domain)
{
	struct job *job;

	TAILQ_FOREACH(job, jobs, next)
	if (text_equal_nocase(job->domain, domain))
		return job;
	job = must_alloc(sizeof(*job));
	job->mta = mta;
	job->holding = holding;
	snprintf(job->domain, sizeof(job->domain), "%s", domain);
	job->recipients = must_alloc(holding->letter->n * sizeof(size_t));
	TAILQ_INSERT_TAIL(jobs, job, next);
	return job;
}

/* `what`: the letter's id, the recipient's domain or the address; NULL: whatever it is. */
static bool
is_meant(const struct letter *letter, const struct letter_recipient *recipient, const char *what)
{
	return what == NULL || text_equal(what, letter->id) || text_equal_nocase(what, recipient->address) ||
	       text_equal_nocase(what, letter_domain(recipient->address));
}

/* Cuts what waits in the letter into jobs; how many recipients. */
static unsigned
try_letter(struct mta *mta, struct holding *holding, const char *what)
{
	struct jobs jobs = TAILQ_HEAD_INITIALIZER(jobs);
	struct letter *letter = holding->letter;
	unsigned n = 0;
	struct job *job;

	for (size_t i = 0; i < letter->n; i++) {
		struct letter_recipient *recipient = &letter->recipients[i];

		if (recipient->active || is_final(recipient) || !is_meant(letter, recipient, what))
			continue;
		recipient->active = true;
		job = job_for(mta, holding, &jobs, letter_domain(recipient->address));
		job->recipients[job->n++] = i;
		n++;
	}
	while ((job = TAILQ_FIRST(&jobs)) != NULL) {
		TAILQ_REMOVE(&jobs, job, next);
		TAILQ_INSERT_TAIL(&mta->waiting, job, next);
		holding->jobs++;
	}
	return n;
}

static struct holding *
add_holding(struct mta *mta, struct letter *letter)
{
	struct holding *holding = must_alloc(sizeof(*holding));

	holding->letter = letter;
	TAILQ_INSERT_TAIL(&mta->holdings, holding, next);
	return holding;
}

/* A new letter, taken: on the disk first, then tried. */
static int
hold(struct mta *mta, struct letter *letter)
{
	struct why why;

	if (mta->queue != NULL && mail_queue_store(mta->queue, letter, &why) < 0) {
		log_line(mta, "%s", why.text);
		letter_free(letter);
		return -1;
	}
	try_letter(mta, add_holding(mta, letter), NULL);
	pump(mta);
	return 0;
}

static unsigned
retry(struct mta *mta, const char *what)
{
	struct holding *holding;
	unsigned n = 0;

	TAILQ_FOREACH(holding, &mta->holdings, next)
	n += try_letter(mta, holding, what);
	pump(mta);
	return n;
}

/* --- beginning and end --------------------------------------------------------------------- */

/* "HOST", "HOST:PORT" or "[V6]:PORT". */
static int
set_server(struct mta *mta, const char *text, struct why *why)
{
	const char *close = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *colon = strrchr(close != NULL ? close : text, ':');
	long port = SMTP_PORT;
	size_t len;
	char *end;

	if (colon != NULL && close == NULL && strchr(text, ':') != colon)
		colon = NULL; /* a bare IPv6 address */
	len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	if (colon != NULL) {
		port = strtol(colon + 1, &end, 10);
		if (*end != '\0' || end == colon + 1)
			port = 0;
	}
	if (len < 1 || len >= sizeof(mta->server) || port < 1 || port > 65535)
		return why_set(why, "'%s' is not a server", text);
	memcpy(mta->server, text, len);
	mta->server[len] = '\0';
	mta->means.server = mta->server;
	mta->means.port = (uint16_t)port;
	return 0;
}

static int
set_helo(struct mta *mta, struct why *why)
{
	char name[HOST_NAME_SIZE] = "";

	if (mta->options->helo != NULL && !host_name_set(mta->helo, bytes_of(mta->options->helo)))
		return why_set(why, "'%s' is not a host name", mta->options->helo);
	if (mta->options->helo == NULL &&
	    (gethostname(name, sizeof(name) - 1) < 0 || !host_name_set(mta->helo, bytes_of(name))))
		strcpy(mta->helo, "localhost");
	mta->settings.helo = mta->helo;
	return 0;
}

/* As many jobs as there can be sockets for. */
static void
set_limits(struct mta *mta)
{
	struct rlimit limit;

	mta->max_running = JOBS_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < JOBS_MAX * SOCKETS_PER_JOB + SOCKETS_SPARE)
		mta->max_running = limit.rlim_cur > SOCKETS_SPARE * 2
				       ? (unsigned)(limit.rlim_cur - SOCKETS_SPARE) / SOCKETS_PER_JOB
				       : 1;
}

static void
done(struct mta *mta)
{
	struct holding *holding;
	struct job *job;

	mta->stopping = true;
	resolver_free(mta->means.resolver); /* first: it may hold calls into all the others */
	while ((job = TAILQ_FIRST(&mta->waiting)) != NULL) {
		TAILQ_REMOVE(&mta->waiting, job, next);
		free_job(job);
	}
	while ((job = TAILQ_FIRST(&mta->running)) != NULL) {
		TAILQ_REMOVE(&mta->running, job, next);
		free_job(job);
	}
	while ((holding = TAILQ_FIRST(&mta->holdings)) != NULL) {
		TAILQ_REMOVE(&mta->holdings, holding, next);
		letter_free(holding->letter);
		free(holding);
	}
	intake_free(mta->intake);
	sts_free(mta->means.sts);
	sts_cache_free(mta->cache);
	mail_queue_free(mta->queue);
	SSL_CTX_free(mta->settings.tls);
	for (size_t i = 0; i < sizeof(mta->signals) / sizeof(mta->signals[0]); i++)
		if (mta->signals[i] != NULL)
			event_free(mta->signals[i]);
	if (mta->fifo_event != NULL)
		event_free(mta->fifo_event);
	if (mta->fifo >= 0)
		close(mta->fifo);
	if (mta->settings.base != NULL)
		event_base_free(mta->settings.base);
}

static int
init(struct mta *mta, const struct mta_options *options, struct why *why)
{
	*mta = (struct mta){.options = options, .fifo = -1, .worst = LETTER_DELIVERED};
	TAILQ_INIT(&mta->holdings);
	TAILQ_INIT(&mta->waiting);
	TAILQ_INIT(&mta->running);
	signal(SIGPIPE, SIG_IGN);
	set_limits(mta);
	mta->means = (struct delivery_means){.settings = &mta->settings, .port = SMTP_PORT};
	mta->settings = (struct settings){
	    .timeout_ms = options->timeout_ms, .flaws = options->flaws, .note = on_note, .note_ctx = mta};
	mta->settings.base = event_base_new();
	must(mta->settings.base != NULL);
	if (set_helo(mta, why) < 0 || (options->server != NULL && set_server(mta, options->server, why) < 0))
		return -1;
	tls_context_init();
	if ((mta->settings.tls = tls_context_client(options->ca_file, why)) == NULL)
		return -1;
	if ((mta->cache = sts_cache_new(options->cache, why)) == NULL)
		return -1;
	mta->means.resolver = resolver_new(mta->settings.base, options->resolver, options->timeout_ms, why);
	if (mta->means.resolver == NULL)
		return -1;
	mta->means.sts = sts_new(&mta->settings, mta->means.resolver, mta->cache);
	return 0;
}

/* --- one letter ---------------------------------------------------------------------------- */

/* Lines end in CRLF from here on (RFC 5321 s2.3.8). */
static void
set_content(struct letter *letter, struct bytes in)
{
	letter->content = must_alloc(in.len * 2 + 1);
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] == '\n' && (i == 0 || in.data[i - 1] != '\r'))
			letter->content[letter->content_len++] = '\r';
		letter->content[letter->content_len++] = in.data[i];
	}
}

static void
on_farewell(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(bool *)arg = true;
}

/* Connections that were closed may still have bytes to send, and a peer to wait for: a second at most. */
static void
say_farewell(struct event_base *base)
{
	struct timeval second = {1, 0};
	bool late = false;
	struct event *timer = evtimer_new(base, on_farewell, &late);

	must(timer != NULL);
	event_add(timer, &second);
	while (!late && event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_ACTIVE) > 1)
		event_base_loop(base, EVLOOP_ONCE);
	event_free(timer);
}

int
mta_send(const struct mta_options *options, const char *sender, const char *const *recipients, size_t n,
    struct bytes content, struct why *why)
{
	char id[LETTER_ID_SIZE];
	struct letter *letter;
	struct mta mta;
	int result = -1;

	if (init(&mta, options, why) < 0)
		goto out;
	letter_make_id(id);
	letter = letter_new(id, sender);
	for (size_t i = 0; i < n; i++)
		letter_add_recipient(letter, recipients[i]);
	set_content(letter, content);
	hold(&mta, letter);
	event_base_dispatch(mta.settings.base);
	say_farewell(mta.settings.base);
	result = (int)mta.worst;
out:
	done(&mta);
	return result;
}

/* --- the daemon ---------------------------------------------------------------------------- */

static int
on_take(void *ctx, struct letter *letter)
{
	return hold(ctx, letter);
}

static unsigned
on_etrn(void *ctx, const char *what)
{
	return retry(ctx, what);
}

static void
on_found(void *ctx, struct letter *letter)
{
	struct holding *holding = add_holding(ctx, letter);

	if (try_letter(ctx, holding, NULL) == 0)
		put_to_rest(ctx, holding); /* we were stopped between the last word and the removal */
}

static void
on_trouble(void *ctx, const char *sentence)
{
	log_line(ctx, "%s", sentence);
}

static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	struct mta *mta = arg;

	(void)number, (void)what;
	event_base_loopbreak(mta->settings.base);
}

static void
on_flush(evutil_socket_t number, short what, void *arg)
{
	(void)number, (void)what;
	retry(arg, NULL);
}

static void
on_fifo(evutil_socket_t fd, short what, void *arg)
{
	struct mta *mta = arg;
	char chunk[RETRY_LINE_MAX];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	(void)what;
	for (ssize_t i = 0; i < n; i++) {
		if (chunk[i] != '\n') {
			if (mta->line_len < sizeof(mta->line) - 1)
				mta->line[mta->line_len++] = chunk[i];
			continue;
		}
		mta->line[mta->line_len] = '\0';
		if (mta->line_len > 0)
			retry(mta, strcmp(mta->line, "*") == 0 ? NULL : mta->line);
		mta->line_len = 0;
	}
}

static struct event *
watch_signal(struct mta *mta, int number, event_callback_fn call)
{
	struct event *event = evsignal_new(mta->settings.base, number, call, mta);

	must(event != NULL);
	event_add(event, NULL);
	return event;
}

static int
open_fifo(struct mta *mta, struct why *why)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/retry", mta->options->queue);
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return why_errno(why, "cannot make %s", path);
	mta->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (mta->fifo < 0)
		return why_errno(why, "cannot open %s", path);
	mta->fifo_event = event_new(mta->settings.base, mta->fifo, EV_READ | EV_PERSIST, on_fifo, mta);
	must(mta->fifo_event != NULL);
	event_add(mta->fifo_event, NULL);
	return 0;
}

static int
write_pid(const struct mta *mta, struct why *why)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/pid", mta->options->queue);
	file = fopen(path, "we");
	if (file == NULL)
		return why_errno(why, "cannot write %s", path);
	fprintf(file, "%ld\n", (long)getpid());
	return fclose(file) == 0 ? 0 : why_errno(why, "cannot write %s", path);
}

static int
open_up(struct mta *mta, struct why *why)
{
	const struct mta_options *options = mta->options;
	struct intake_calls calls = {on_take, on_etrn, mta};

	mta->signals[0] = watch_signal(mta, SIGTERM, on_stop);
	mta->signals[1] = watch_signal(mta, SIGINT, on_stop);
	mta->signals[2] = watch_signal(mta, SIGUSR1, on_flush);
	if ((mta->queue = mail_queue_new(options->queue, options->sync, why)) == NULL ||
	    open_fifo(mta, why) < 0)
		return -1;
	mta->intake = intake_new(&mta->settings, options->listen, &calls, &mta->settings.self, why);
	if (mta->intake == NULL || write_pid(mta, why) < 0)
		return -1;
	log_line(mta, "ready");
	return mail_queue_load(mta->queue, on_found, on_trouble, mta, why);
}

int
mta_serve(const struct mta_options *options, struct why *why)
{
	struct mta mta;
	int result = -1;

	must(options->queue != NULL && options->listen != NULL);
	if (init(&mta, options, why) == 0 && open_up(&mta, why) == 0) {
		pump(&mta);
		event_base_dispatch(mta.settings.base);
		result = 0;
	}
	done(&mta);
	return result;
}
