/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - see place.h */
#include "harness/client/place.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/client/words.h"

#define BASES "/mitmx-instances"
#define LOG_SOCKET "/dev/log"

static const char *const always_own[] = {WORDS_SCRATCH, "/run"};

struct place {
	struct region *region;
	struct machine outer, inner;
	const char *base, *address;
	const char *const *own; /* NULL-terminated */
};

static bool
is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static const char *const *
list_own(struct region *r, const struct client *c)
{
	size_t n_always = sizeof(always_own) / sizeof(always_own[0]), n = 0;
	const char **own = region_alloc(r, (n_always + c->n_own + 3) * sizeof(*own));

	for (size_t i = 0; i < n_always; i++)
		own[n++] = always_own[i];
	for (size_t i = 0; i < c->n_own; i++)
		own[n++] = c->own[i];
	if (c->directory != NULL)
		own[n++] = WORDS_DIRECTORY;
	if (c->log_syslog)
		own[n++] = LOG_SOCKET;
	return own;
}

bool
place_is_own(const struct client *client, const char *path)
{
	struct region *r = region_new();
	bool found = false;

	for (const char *const *own = list_own(r, client); *own != NULL; own++)
		found = found || is_below(path, *own);
	region_free(r);
	return found;
}

/* --- as a machine ---------------------------------------------------------------------------- */

/* Where the machine has what the instance sees there. */
static const char *
outer_path(const struct place *p, struct region *r, const char *path)
{
	for (const char *const *own = p->own; *own != NULL; own++)
		if (is_below(path, *own))
			return region_printf(r, "%s%s", p->base, path);
	return path;
}

static pid_t
spawn(void *ctx, const struct machine_spawn *spawn, struct why *why)
{
	struct place *p = ctx;
	struct machine_spawn there = *spawn;

	there.base = p->base;
	there.own = p->own;
	return p->outer.spawn(p->outer.ctx, &there, why);
}

static int
kill_process(void *ctx, pid_t pid, int signal, struct why *why)
{
	struct place *p = ctx;

	return p->outer.kill(p->outer.ctx, pid, signal, why);
}

static int
open_file(void *ctx, const char *path, int flags, unsigned mode, struct why *why)
{
	struct place *p = ctx;
	struct region *r = region_new();
	int fd = p->outer.open(p->outer.ctx, outer_path(p, r, path), flags, mode, why);

	region_free(r);
	return fd;
}

static int
begin_connect(void *ctx, const struct sockaddr *to, socklen_t len, struct why *why)
{
	struct place *p = ctx;

	return p->outer.connect(p->outer.ctx, to, len, why);
}

static int
bind_log(void *ctx, const char *path, struct why *why)
{
	struct place *p = ctx;
	struct region *r = region_new();
	int fd = p->outer.bind_log(p->outer.ctx, outer_path(p, r, path), why);

	region_free(r);
	return fd;
}

/* --- life -------------------------------------------------------------------------------------- */

/* A socket can be laid over a file only: there must be one. */
static int
make_log_point(const struct machine *machine, struct why *why)
{
	int fd = machine->open(machine->ctx, LOG_SOCKET, O_WRONLY | O_CREAT, 0600, why);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

struct place *
place_new(const struct machine *machine, const struct client *client, uint32_t number, struct why *why)
{
	struct region *r = region_new();
	struct place *p = region_alloc(r, sizeof(*p));

	must(number > 0 && number < 1u << 23);
	p->region = r;
	p->outer = *machine;
	p->inner = (struct machine){spawn, kill_process, open_file, begin_connect, bind_log, NULL, p};
	p->base = region_printf(r, BASES "/%u", number);
	p->address = region_printf(r, "127.%u.%u.%u", 1 + (number >> 16), number >> 8 & 255, number & 255);
	p->own = list_own(r, client);
	if ((!client->log_syslog || make_log_point(machine, why) == 0) &&
	    machine->make_own(machine->ctx, p->base, p->own, why) == 0)
		return p;
	place_free(p);
	return NULL;
}

void
place_free(struct place *p)
{
	if (p != NULL)
		region_free(p->region);
}

const struct machine *
place_machine(const struct place *p)
{
	return &p->inner;
}

const char *
place_address(const struct place *p)
{
	return p->address;
}
