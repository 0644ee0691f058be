/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - see session.h */
#include "harness/command/session.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/pki/pki.h"
#include "fakes/world/world.h"
#include "harness/base/must.h"
#include "harness/client/words.h"
#include "harness/witness/witness.h"

#define VERSION_PATIENCE_MS 5000
#define TRUST_DIRECTORY "/etc/ssl/certs"
#define TRUST_BUNDLE TRUST_DIRECTORY "/ca-certificates.crt"

struct session {
	struct session_options options;
	struct front_options front_options;
	char resolver[64];
	struct pki *pki;
	struct lab *lab;
	struct front *front;
};

/* --- the two processes inside --------------------------------------------------------------- */

static int
set_reach(void *ctx, struct plan_address address, enum reach reach, struct why *why)
{
	return lab_set_reach(ctx, address, (int)reach, why);
}

static int
world_body(void *ctx, const struct lab_child *child)
{
	struct session *s = ctx;
	struct world_options o = {
	    .plan = s->options.plan,
	    .pki = s->pki,
	    .fact_fd = child->fact_fd,
	    .interface = child->interface,
	    .set_reach = set_reach,
	    .ctx = child->lab,
	};

	return world_main(&o);
}

static int
witness_body(void *ctx, const struct lab_child *child)
{
	struct session *s = ctx;
	struct witness_options o = {
	    .plan = s->options.plan,
	    .fact_fd = child->fact_fd,
	    .spool_fd = s->options.spool_fd,
	    .interfaces = {child->interface, child->refused_interface},
	};

	return witness_main(&o);
}

/* --- the machine, as the driver knows it ------------------------------------------------------ */

static pid_t
spawn(void *ctx, const struct machine_spawn *m, struct why *why)
{
	struct lab_spawn spawn = {
	    m->argv, m->env, m->directory, m->stdin_fd, m->stdout_fd, m->stderr_fd, m->base, m->own};

	return lab_spawn(ctx, &spawn, why);
}

static int
kill_process(void *ctx, pid_t pid, int signal, struct why *why)
{
	return lab_kill(ctx, pid, signal, why);
}

static int
open_file(void *ctx, const char *path, int flags, unsigned mode, struct why *why)
{
	return lab_open(ctx, path, flags, mode, why);
}

static int
begin_connect(void *ctx, const struct sockaddr *to, socklen_t len, struct why *why)
{
	return lab_connect(ctx, to, len, why);
}

static int
bind_log(void *ctx, const char *path, struct why *why)
{
	return lab_bind_log(ctx, path, why);
}

static int
make_own(void *ctx, const char *base, const char *const *own, struct why *why)
{
	return lab_make_own(ctx, base, own, why);
}

/* --- the files of the client's machine -------------------------------------------------------- */

static struct lab_file
file_of(const char *path, const char *text)
{
	return (struct lab_file){path, text, strlen(text), 0644};
}

/*
 * Whether OpenSSL in this root (NULL: the host's) is led to the trust store. Debian's package openssl has
 * the link, not its library: without that package no program on OpenSSL's defaults would trust the lab.
 */
static bool
leads_to_trust(const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", root != NULL ? root : "", X509_get_default_cert_dir());
	return lstat(path, &st) == 0;
}

static struct lab *
start_lab(struct session *s, struct why *why)
{
	const struct session_options *o = &s->options;
	char resolv_conf[256], link[128];
	const char *pem = pki_root_pem(s->pki);

	/* trust-ad: else glibc hides the AD bit from the client, and with it DANE. */
	snprintf(resolv_conf, sizeof(resolv_conf),
	    "nameserver %s\nsearch lan.example\noptions edns0 trust-ad timeout:2 attempts:2\n", s->resolver);
	snprintf(link, sizeof(link), TRUST_DIRECTORY "/%s", pki_root_link(s->pki));
	const struct lab_file files[] = {
	    file_of("/etc/resolv.conf", resolv_conf),
	    file_of("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 client.example client\n"),
	    file_of("/etc/hostname", "client.example\n"),
	    file_of("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files "
					  "dns\nservices: files\nprotocols: files\n"),
	};
	const struct lab_file trust[] = {
	    file_of(TRUST_BUNDLE, pem),
	    file_of(TRUST_DIRECTORY "/mitmx-lab.pem", pem),
	    file_of(link, pem),
	    file_of(X509_get_default_cert_file(), pem),
	};
	const struct lab_options lab = {
	    .plan = o->plan,
	    .files = files,
	    .n_files = sizeof(files) / sizeof(files[0]),
	    .trust_directory = TRUST_DIRECTORY,
	    .trust_files = trust,
	    .n_trust_files = sizeof(trust) / sizeof(trust[0]) - (leads_to_trust(o->client->root) ? 1 : 0),
	    .root = o->client->root,
	    .bind_from = o->client->directory,
	    .bind_to = o->client->directory != NULL ? WORDS_DIRECTORY : NULL,
	    .out = o->out,
	    .keep = &o->spool_fd,
	    .n_keep = 1,
	    .world = world_body,
	    .witness = witness_body,
	    .ctx = s,
	};

	return lab_start(&lab, why);
}

/* --- what version it is ------------------------------------------------------------------------ */

/* Reads until the end or the limit; a command that says nothing for too long is left alone. */
static size_t
read_all(int fd, char *out, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && poll(&p, 1, VERSION_PATIENCE_MS) == 1 &&
	       (n = read(fd, out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	return len;
}

void
session_version(struct session *s, char *ret, size_t size)
{
	const char *command = s->options.client->version_command;
	const struct words words = {0};
	struct region *r = region_new();
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	struct lab_spawn spawn = {
	    argv, words_environment(r, &words), WORDS_DIRECTORY, -1, -1, -1, NULL, NULL};
	struct lab_exit over = {0};
	struct why why;
	int ends[2];
	pid_t pid = -1;

	ret[0] = '\0';
	if (command != NULL && pipe2(ends, O_CLOEXEC) == 0) {
		spawn.stdout_fd = ends[1];
		pid = lab_spawn(s->lab, &spawn, &why);
		close(ends[1]);
		if (pid > 0)
			read_all(ends[0], ret, size);
		close(ends[0]);
	}
	region_free(r);
	if (pid <= 0)
		return;
	lab_kill(s->lab, pid, SIGKILL, &why);
	struct pollfd p = {.fd = lab_exit_fd(s->lab), .events = POLLIN};

	while (over.pid != pid && poll(&p, 1, VERSION_PATIENCE_MS) == 1 && lab_next_exit(s->lab, &over) >= 0)
		continue;
	ret[strcspn(ret, "\r\n")] = '\0';
}

/* --- the run ---------------------------------------------------------------------------------- */

/* What the front calls back with: its own lab, and the caller's functions. */
static int
next_exit(void *ctx, pid_t *ret_pid, int *ret_status, int *ret_signal)
{
	struct session *s = ctx;
	struct lab_exit e;
	int got = lab_next_exit(s->lab, &e);

	if (got != 1)
		return got;
	*ret_pid = e.pid;
	*ret_status = e.status;
	*ret_signal = e.signal;
	return 1;
}

static void
set_clock(void *ctx, uint64_t offset_s)
{
	struct session *s = ctx;

	lab_set_clock(s->lab, offset_s);
}

static void
take(void *ctx, const struct fact *f)
{
	struct session *s = ctx;

	s->options.take(s->options.ctx, f);
}

static void
client_log(void *ctx, struct bytes line)
{
	struct session *s = ctx;

	s->options.log(s->options.ctx, line);
}

static void
progress(void *ctx, uint32_t leg, const char *slowest)
{
	struct session *s = ctx;

	s->options.progress(s->options.ctx, leg, slowest);
}

static void
over(void *ctx)
{
	struct session *s = ctx;

	s->options.over(s->options.ctx);
}

static struct front_options
front_options_of(struct session *s)
{
	const struct session_options *o = &s->options;

	return (struct front_options){
	    .plan = o->plan,
	    .plays = o->plays,
	    .client = o->client,
	    .crew = {.jobs = o->jobs,
		.resolver = s->resolver,
		.ca = TRUST_BUNDLE,
		.flaws = o->flaws,
		.by_wire = o->by_wire,
		.deadline_s = o->deadline_s},
	    .machine = {spawn, kill_process, open_file, begin_connect, bind_log, make_own, s->lab},
	    .world_fd = lab_world_fd(s->lab),
	    .witness_fd = lab_witness_fd(s->lab),
	    .exit_fd = lab_exit_fd(s->lab),
	    .next_exit = next_exit,
	    .set_clock = set_clock,
	    .deadline_s = o->deadline_s,
	    .take = take,
	    .log = client_log,
	    .progress = progress,
	    .over = over,
	    .ctx = s,
	};
}

static void
session_free(struct session *s)
{
	lab_stop(s->lab);
	pki_free(s->pki);
	free(s);
}

struct session *
session_begin(const struct session_options *options, struct event_base *base, struct why *why)
{
	struct session *s = must_alloc(sizeof(*s));
	struct plan_address at = {.v6 = options->plan->family == 6, .number = PLAN_RESOLVER};

	*s = (struct session){.options = *options, .pki = pki_new()};
	plan_address_text(at, s->resolver);
	s->lab = start_lab(s, why);
	if (s->lab == NULL) {
		session_free(s);
		return NULL;
	}
	s->front_options = front_options_of(s);
	s->front = front_begin(&s->front_options, base, why);
	return s;
}

enum lab_mode
session_lab_mode(const struct session *s)
{
	return lab_mode(s->lab);
}

void
session_stop(struct session *s)
{
	front_stop(s->front);
}

enum front_end
session_end(struct session *s)
{
	enum front_end end = front_end(s->front);

	session_free(s);
	return end;
}
