/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workload.c - see workload.h
 *
 * A letter is cut into jobs, one per domain; so many jobs run at once, the rest wait in order. A
 * letter without a running or waiting job is at rest: done (and gone), or held in the queue.
 */
#include "fakes/mta/workload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>

#include "fakes/mta/bounce.h"
#include "harness/base/must.h"
#include "harness/base/text.h"

#define JOBS_MAX 64 /* more would only wait for the processor, each so much the longer for its answers */
#define SOCKETS_PER_JOB 2
#define SOCKETS_SPARE 64

struct job {
	TAILQ_ENTRY(job) next;
	struct workload *workload;
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

struct workload {
	const struct delivery_means *means;
	struct mail_queue *queue; /* NULL: letters are in memory only */
	struct workload_calls calls;
	TAILQ_HEAD(, holding) holdings;
	struct jobs waiting, running;
	unsigned n_running, max_running;
	bool stopping;
	enum letter_fate worst;
};

static void log_line(struct workload *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
log_line(struct workload *w, const char *format, ...)
{
	char line[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	w->calls.log(w->calls.ctx, line);
}

/* --- jobs ---------------------------------------------------------------------------------- */

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
put_to_rest(struct workload *w, struct holding *holding)
{
	struct letter *letter = holding->letter;
	bool done = true;

	for (size_t i = 0; i < letter->n; i++)
		done = done && is_final(&letter->recipients[i]);
	if (w->queue != NULL) {
		free(letter->content);
		letter->content = NULL;
	}
	if (!done && w->queue != NULL)
		return;
	if (w->queue != NULL)
		mail_queue_remove(w->queue, letter);
	TAILQ_REMOVE(&w->holdings, holding, next);
	letter_free(letter);
	free(holding);
}

static void
tell(struct workload *w, const struct job *job)
{
	static const int rank[] = {
	    [LETTER_DELIVERED] = 0, [LETTER_BOUNCED] = 1, [LETTER_DEFERRED] = 2, [LETTER_UNDECIDED] = 2};
	struct letter *letter = job->holding->letter;
	struct why why;

	for (size_t i = 0; i < job->n; i++) {
		struct letter_recipient *recipient = &letter->recipients[job->recipients[i]];

		must(recipient->fate != LETTER_UNDECIDED);
		if (rank[recipient->fate] > rank[w->worst])
			w->worst = recipient->fate;
		recipient->active = false;
		if (is_final(recipient) && w->queue != NULL &&
		    mail_queue_note_done(w->queue, letter, job->recipients[i], &why) < 0)
			log_line(w, "%s", why.text);
	}
}

static void
log_fates(struct workload *w, const struct job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		const struct letter_recipient *recipient =
		    &job->holding->letter->recipients[job->recipients[i]];

		log_line(w, "%s: to=<%s>, status=%s (%s)", job->holding->letter->id, recipient->address,
		    letter_fate_name(recipient->fate), recipient->reason);
	}
}

static void
send_bounce(struct workload *w, const struct job *job)
{
	struct letter *bounce =
	    bounce_new(job->holding->letter, job->recipients, job->n, w->means->settings->helo);

	if (bounce != NULL)
		workload_take(w, bounce);
}

/* Every recipient of the job is decided. */
static void
end_job(struct job *job)
{
	struct workload *w = job->workload;

	TAILQ_REMOVE(&w->running, job, next);
	w->n_running--;
	tell(w, job);
	log_fates(w, job);
	if (w->queue != NULL)
		send_bounce(w, job);
	if (--job->holding->jobs == 0)
		put_to_rest(w, job->holding);
	free_job(job);
}

static void
on_delivery(void *ctx, struct delivery *delivery)
{
	struct workload *w = ((struct job *)ctx)->workload;

	(void)delivery;
	end_job(ctx);
	workload_run(w);
}

/* The file of a held letter is gone or unreadable: nothing can be tried. */
static bool
has_content(struct workload *w, struct job *job)
{
	struct letter *letter = job->holding->letter;
	struct why why;

	if (letter->content != NULL || mail_queue_read_content(w->queue, letter, &why) == 0)
		return true;
	for (size_t i = 0; i < job->n; i++)
		letter_decide(&letter->recipients[job->recipients[i]], LETTER_DEFERRED, why.text);
	return false;
}

void
workload_run(struct workload *w)
{
	struct job *job;

	while (!w->stopping && w->n_running < w->max_running && (job = TAILQ_FIRST(&w->waiting)) != NULL) {
		TAILQ_REMOVE(&w->waiting, job, next);
		TAILQ_INSERT_TAIL(&w->running, job, next);
		w->n_running++;
		if (has_content(w, job))
			job->delivery = delivery_new(w->means, job->holding->letter, job->domain,
			    job->recipients, job->n, on_delivery, job);
		else
			end_job(job);
	}
	if (w->calls.idle != NULL && w->n_running == 0)
		w->calls.idle(w->calls.ctx);
}

static struct job *
job_for(struct workload *w, struct holding *holding, struct jobs *jobs, const char *domain)
{
	struct job *job;

	TAILQ_FOREACH(job, jobs, next)
	if (text_equal_nocase(job->domain, domain) ||
	    flaw_in(w->means->settings->flaws, FLAW_MIXES_DOMAINS))
		return job;
	job = must_alloc(sizeof(*job));
	job->workload = w;
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
try_letter(struct workload *w, struct holding *holding, const char *what)
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
		job = job_for(w, holding, &jobs, letter_domain(recipient->address));
		job->recipients[job->n++] = i;
		n++;
	}
	while ((job = TAILQ_FIRST(&jobs)) != NULL) {
		TAILQ_REMOVE(&jobs, job, next);
		TAILQ_INSERT_TAIL(&w->waiting, job, next);
		holding->jobs++;
	}
	return n;
}

static struct holding *
add_holding(struct workload *w, struct letter *letter)
{
	struct holding *holding = must_alloc(sizeof(*holding));

	holding->letter = letter;
	TAILQ_INSERT_TAIL(&w->holdings, holding, next);
	return holding;
}

/* --- letters ------------------------------------------------------------------------------- */

int
workload_take(struct workload *w, struct letter *letter)
{
	struct why why;

	if (w->queue != NULL && mail_queue_store(w->queue, letter, &why) < 0) {
		log_line(w, "%s", why.text);
		letter_free(letter);
		return -1;
	}
	try_letter(w, add_holding(w, letter), NULL);
	workload_run(w);
	return 0;
}

void
workload_hold(struct workload *w, struct letter *letter)
{
	struct holding *holding = add_holding(w, letter);

	if (try_letter(w, holding, NULL) == 0)
		put_to_rest(w, holding); /* we were stopped between the last word and the removal */
}

unsigned
workload_retry(struct workload *w, const char *what)
{
	struct holding *holding;
	unsigned n = 0;

	TAILQ_FOREACH(holding, &w->holdings, next)
	n += try_letter(w, holding, what);
	workload_run(w);
	return n;
}

enum letter_fate
workload_worst(const struct workload *w)
{
	return w->worst;
}

/* --- beginning and end --------------------------------------------------------------------- */

/* As many jobs as there can be sockets for. */
static void
set_limits(struct workload *w)
{
	struct rlimit limit;

	w->max_running = JOBS_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < JOBS_MAX * SOCKETS_PER_JOB + SOCKETS_SPARE)
		w->max_running = limit.rlim_cur > SOCKETS_SPARE * 2
				     ? (unsigned)(limit.rlim_cur - SOCKETS_SPARE) / SOCKETS_PER_JOB
				     : 1;
}

struct workload *
workload_new(const struct delivery_means *means, struct mail_queue *queue, const struct workload_calls *calls)
{
	struct workload *w = must_alloc(sizeof(*w));

	w->means = means;
	w->queue = queue;
	w->calls = *calls;
	w->worst = LETTER_DELIVERED;
	TAILQ_INIT(&w->holdings);
	TAILQ_INIT(&w->waiting);
	TAILQ_INIT(&w->running);
	set_limits(w);
	return w;
}

void
workload_stop(struct workload *w)
{
	if (w != NULL)
		w->stopping = true;
}

static void
free_jobs(struct jobs *jobs)
{
	struct job *job;

	while ((job = TAILQ_FIRST(jobs)) != NULL) {
		TAILQ_REMOVE(jobs, job, next);
		free_job(job);
	}
}

void
workload_free(struct workload *w)
{
	struct holding *holding;

	if (w == NULL)
		return;
	free_jobs(&w->waiting);
	free_jobs(&w->running);
	while ((holding = TAILQ_FIRST(&w->holdings)) != NULL) {
		TAILQ_REMOVE(&w->holdings, holding, next);
		letter_free(holding->letter);
		free(holding);
	}
	free(w);
}
