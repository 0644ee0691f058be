/* SPDX-License-Identifier: Apache-2.0 */
/* logs.c - see logs.h */
#include "harness/client/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/client/lines.h"

#define SYSLOG_PATH "/dev/log"
#define DATAGRAM_MAX 8192
#define DATAGRAMS_AT_ONCE 64
#define CATCH_UP_MAX ((size_t)16 << 20) /* bytes that are read at the end of a process */

struct log_file {
	int fd;
	off_t at;
	struct lines *lines;
};

struct logs {
	void (*line)(void *ctx, struct bytes line);
	void *ctx;
	int syslog_fd, watch_fd;
	struct event *syslog, *grown, *more;
	struct log_file *files;
	size_t n_files;
};

/* --- syslog --------------------------------------------------------------------------------- */

/* "<22>" in front says facility and severity: not part of what it says. */
static struct bytes
without_priority(struct bytes b)
{
	size_t i = 1;

	if (b.len < 3 || b.data[0] != '<')
		return b;
	while (i < b.len && i < 5 && b.data[i] >= '0' && b.data[i] <= '9')
		i++;
	if (i == 1 || i == b.len || b.data[i] != '>')
		return b;
	return (struct bytes){b.data + i + 1, b.len - i - 1};
}

/* False when no datagram waits. */
static bool
take_datagram(struct logs *l)
{
	char buffer[DATAGRAM_MAX];
	ssize_t n = recv(l->syslog_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	struct bytes line;

	if (n < 0)
		return false;
	line = without_priority((struct bytes){buffer, (size_t)n});
	while (line.len > 0 && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\0'))
		line.len--;
	l->line(l->ctx, line);
	return true;
}

static void
on_syslog(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < DATAGRAMS_AT_ONCE && take_datagram(ctx); i++)
		continue;
}

/* --- files ---------------------------------------------------------------------------------- */

/* Bytes that were read; 0 at the end of the file as it is now. */
static size_t
read_file(struct log_file *f)
{
	struct stat about;
	long n;

	if (fstat(f->fd, &about) == 0 && about.st_size < f->at) {
		lines_end(f->lines);
		f->at = lseek(f->fd, 0, SEEK_SET);
	}
	n = lines_read(f->lines, f->fd, LINES_AT_ONCE);
	if (n <= 0)
		return 0;
	f->at += n;
	return (size_t)n;
}

static void
on_more(evutil_socket_t fd, short what, void *ctx)
{
	struct logs *l = ctx;
	size_t n = 0;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < l->n_files; i++)
		n += read_file(&l->files[i]);
	if (n > 0)
		event_active(l->more, 0, 0);
}

static void
on_grown(evutil_socket_t fd, short what, void *ctx)
{
	struct logs *l = ctx;
	char ignored[4096];

	(void)what;
	while (read(fd, ignored, sizeof(ignored)) > 0)
		continue;
	event_active(l->more, 0, 0);
}

/* The file lies in a mount namespace that we are not in: the watch goes by its descriptor. */
static int
follow(struct logs *l, const struct machine *machine, const char *path, struct why *why)
{
	struct log_file *f = &l->files[l->n_files];
	char by_descriptor[64];

	f->fd = machine->open(machine->ctx, path, O_RDONLY | O_CREAT, 0666, why);
	if (f->fd < 0)
		return -1;
	fchmod(f->fd, 0666); /* who writes it may be anybody; the mode above was cut by the umask */
	f->lines = lines_new(l->line, l->ctx);
	l->n_files++;
	snprintf(by_descriptor, sizeof(by_descriptor), "/proc/self/fd/%d", f->fd);
	if (inotify_add_watch(l->watch_fd, by_descriptor, IN_MODIFY) < 0)
		return why_errno(why, "cannot follow the client's log %s", path);
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------ */

static int
open_all(struct logs *l, struct event_base *base, const struct machine *machine, const struct client *client,
    struct why *why)
{
	if (client->log_syslog) {
		l->syslog_fd = machine->bind_log(machine->ctx, SYSLOG_PATH, why);
		if (l->syslog_fd < 0)
			return -1;
		l->syslog = event_new(base, l->syslog_fd, EV_READ | EV_PERSIST, on_syslog, l);
		must(l->syslog != NULL);
		event_add(l->syslog, NULL);
	}
	if (client->n_log_files == 0)
		return 0;
	l->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (l->watch_fd < 0)
		return why_errno(why, "cannot follow the client's log files");
	l->grown = event_new(base, l->watch_fd, EV_READ | EV_PERSIST, on_grown, l);
	must(l->grown != NULL);
	event_add(l->grown, NULL);
	for (size_t i = 0; i < client->n_log_files; i++)
		if (follow(l, machine, client->log_files[i], why) < 0)
			return -1;
	return 0;
}

struct logs *
logs_new(struct event_base *base, const struct machine *machine, const struct client *client,
    void (*line)(void *ctx, struct bytes line), void *ctx, struct why *why)
{
	struct logs *l = must_alloc(sizeof(*l));

	l->line = line;
	l->ctx = ctx;
	l->syslog_fd = l->watch_fd = -1;
	l->more = event_new(base, -1, 0, on_more, l);
	must(l->more != NULL);
	l->files = must_alloc((client->n_log_files + 1) * sizeof(*l->files));
	if (open_all(l, base, machine, client, why) == 0)
		return l;
	logs_free(l);
	return NULL;
}

void
logs_free(struct logs *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->n_files; i++) {
		lines_free(l->files[i].lines);
		close(l->files[i].fd);
	}
	free(l->files);
	if (l->syslog != NULL)
		event_free(l->syslog);
	if (l->grown != NULL)
		event_free(l->grown);
	event_free(l->more);
	if (l->syslog_fd >= 0)
		close(l->syslog_fd);
	if (l->watch_fd >= 0)
		close(l->watch_fd);
	free(l);
}

void
logs_catch_up(struct logs *l)
{
	size_t n = 0;

	for (int i = 0; l->syslog_fd >= 0 && i < DATAGRAMS_AT_ONCE && take_datagram(l); i++)
		continue;
	for (size_t i = 0; i < l->n_files; i++)
		for (size_t got; n < CATCH_UP_MAX && (got = read_file(&l->files[i])) > 0; n += got)
			continue;
}
