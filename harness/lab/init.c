/* SPDX-License-Identifier: Apache-2.0 */
/* init.c - see init.h; one poll loop over the requests, the lifeline, ended children and exits not yet sent.
 */
#include "harness/lab/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/base/outbox.h"
#include "harness/base/region.h"
#include "harness/lab/leaks.h"
#include "harness/lab/own.h"
#include "harness/lab/request.h"
#include "harness/lab/root.h"
#include "harness/lab/spawn.h"

#define EXITS_MAX (1 << 20) /* bytes of exits that wait for the front */

struct init {
	const struct lab_ends *ends;
	int children_fd; /* readable when a child ended */
	struct outbox *exits;
	pid_t *running; /* what was spawned and not reaped */
	size_t n_running, room;
	char buffer[REQUEST_MAX + 1];
};

static void
remember(struct init *init, pid_t pid)
{
	if (init->n_running == init->room) {
		init->room = init->room > 0 ? init->room * 2 : 64;
		init->running = must_realloc(init->running, init->room * sizeof(*init->running));
	}
	init->running[init->n_running++] = pid;
}

/* Where it stands among those running; n_running when it is not ours. */
static size_t
position_of(const struct init *init, pid_t pid)
{
	size_t i = 0;

	while (i < init->n_running && init->running[i] != pid)
		i++;
	return i;
}

/* --- the requests: each fills reply->value, and -1 with a sentence on trouble ------------- */

/* `n` strings one after the other from `*at`, NULL at the end; `*at` moves behind them. NULL when there are
 * fewer. */
static char **
take_strings(struct region *region, const char **at, const char *end, size_t n)
{
	char **strings;

	if (n > (size_t)(end - *at))
		return NULL;
	strings = region_alloc(region, (n + 1) * sizeof(*strings));
	for (size_t i = 0; i < n; i++) {
		if (*at >= end)
			return NULL;
		strings[i] = (char *)(uintptr_t)*at;
		*at += strlen(*at) + 1;
	}
	return strings;
}

/* Where each of them lies, and where it is to be seen. */
static const struct own_pair *
pair_own(struct region *region, const char *base, char **own, size_t n)
{
	struct own_pair *pairs = region_alloc(region, n * sizeof(*pairs));

	for (size_t i = 0; i < n; i++)
		pairs[i] = (struct own_pair){region_printf(region, "%s%s", base, own[i]), own[i]};
	return pairs;
}

static void
serve_spawn(struct init *init, const struct request *request, const char *at, const char *end, const int *fds,
    struct reply *reply)
{
	struct region *region = region_new();
	char **directory = take_strings(region, &at, end, 1);
	char **argv = take_strings(region, &at, end, request->n_argv);
	char **env = take_strings(region, &at, end, request->n_env);
	char **base = take_strings(region, &at, end, 1);
	char **own = take_strings(region, &at, end, request->n_own);
	struct spawn spawn = {.argv = argv, .env = env, .std = {-1, -1, -1}};
	size_t used = 0;

	must(directory != NULL && argv != NULL && argv[0] != NULL && env != NULL && base != NULL &&
	     own != NULL);
	spawn.own = pair_own(region, base[0], own, request->n_own);
	spawn.n_own = request->n_own;
	spawn.directory = directory[0];
	for (size_t i = 0; i < 3; i++)
		if (request->std[i])
			spawn.std[i] = fds[used++];
	reply->value = spawn_program(&spawn, &reply->why);
	if (reply->value > 0)
		remember(init, reply->value);
	region_free(region);
}

static void
serve_kill(struct init *init, const struct request *request, struct reply *reply)
{
	if (request->a == LAB_ALL)
		reply->value = kill(-1, request->b) < 0 && errno != ESRCH
				   ? why_errno(&reply->why, "cannot signal the client's machine")
				   : 0; /* from pid 1: everybody but itself */
	else if (position_of(init, request->a) == init->n_running)
		reply->value =
		    why_set(&reply->why, "process %d of the client's machine has ended", request->a);
	else if (kill(-request->a, request->b) < 0)
		reply->value =
		    why_errno(&reply->why, "cannot signal process %d of the client's machine", request->a);
}

static void
serve_own(const struct request *request, const char *at, const char *end, struct reply *reply)
{
	struct region *region = region_new();
	char **base = take_strings(region, &at, end, 1);
	char **own = take_strings(region, &at, end, request->n_own);

	must(base != NULL && own != NULL);
	reply->value = own_make(base[0], own, &reply->why);
	region_free(region);
}

/* Opened nonblocking, since a FIFO without a partner would hold us; then as it was asked for. */
static int
serve_open(const struct request *request, const char *path, struct reply *reply)
{
	int fd = open(path, request->a | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, (mode_t)request->b);

	if (fd < 0)
		reply->value = why_errno(&reply->why, "cannot open %s in the client's machine", path);
	else if ((request->a & O_NONBLOCK) == 0)
		fcntl(fd, F_SETFL, request->a & ~O_NONBLOCK);
	return fd;
}

static int
serve_connect(const char *address, size_t len, struct reply *reply)
{
	struct sockaddr_storage to = {0};
	int fd;

	memcpy(&to, address, len < sizeof(to) ? len : sizeof(to));
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (connect(fd, (struct sockaddr *)&to, (socklen_t)len) == 0 || errno == EINPROGRESS))
		return fd;
	reply->value = why_errno(&reply->why, "cannot connect from the client's machine");
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
serve_bind_log(const char *path, struct reply *reply)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		reply->value = why_set(&reply->why, "the socket path %s is too long", path);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	unlink(path);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && chmod(path, 0666) == 0)
		return fd;
	reply->value = why_errno(&reply->why, "cannot bind %s in the client's machine", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static void
serve(struct init *init, size_t len, int *fds, size_t n_fds)
{
	struct request request;
	struct reply reply = {0};
	const char *rest = init->buffer + sizeof(request);
	int fd = -1;

	must(len >= sizeof(request));
	memcpy(&request, init->buffer, sizeof(request));
	init->buffer[len] = '\0';
	switch ((enum request_kind)request.kind) {
	case REQUEST_SPAWN:
		serve_spawn(init, &request, rest, init->buffer + len, fds, &reply);
		break;
	case REQUEST_KILL:
		serve_kill(init, &request, &reply);
		break;
	case REQUEST_OPEN:
		fd = serve_open(&request, rest, &reply);
		break;
	case REQUEST_CONNECT:
		fd = serve_connect(rest, len - sizeof(request), &reply);
		break;
	case REQUEST_BIND_LOG:
		fd = serve_bind_log(rest, &reply);
		break;
	case REQUEST_OWN:
		serve_own(&request, rest, init->buffer + len, &reply);
		break;
	}
	if (request_send(init->ends->requests, &reply, sizeof(reply), &fd, fd >= 0 ? 1 : 0) < 0)
		_exit(1); /* the front is gone */
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

/* The front is gone, or wants the end. */
_Noreturn static void
end(void)
{
	leaks_tell();
	_exit(0);
}

static void
take_request(struct init *init)
{
	int fds[REQUEST_FDS_MAX];
	size_t n_fds;
	ssize_t n = request_receive(init->ends->requests, init->buffer, REQUEST_MAX, fds, &n_fds);

	if (n > 0) {
		serve(init, (size_t)n, fds, n_fds);
	} else if (n < 0 && errno == EMSGSIZE) {
		struct reply reply = {
		    .value = why_set(&reply.why, "the request is too long, or init has no descriptor left")};

		request_send(init->ends->requests, &reply, sizeof(reply), NULL, 0);
	} else {
		end();
	}
}

/* --- ended processes ----------------------------------------------------------------------- */

static void
tell_exit(struct init *init, pid_t pid, int status)
{
	struct lab_exit report = {.pid = pid, .status = -1};
	size_t at = position_of(init, pid);

	if (at == init->n_running)
		return; /* an orphan of the client's: nobody asked for it */
	init->running[at] = init->running[--init->n_running];
	if (WIFEXITED(status))
		report.status = WEXITSTATUS(status);
	else
		report.signal = WTERMSIG(status);
	if (outbox_put(init->exits, &report, sizeof(report)) < 0)
		_exit(1);
}

/* Exits that the front does not take stay with the kernel as zombies, not with us. */
static void
reap(struct init *init)
{
	int status;
	pid_t pid;

	while (!outbox_is_half_full(init->exits) && (pid = waitpid(-1, &status, WNOHANG)) > 0)
		tell_exit(init, pid, status);
}

static int
watch_children(void)
{
	sigset_t all, child;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn static void
loop(struct init *init)
{
	struct pollfd fds[] = {{.fd = init->ends->requests, .events = POLLIN},
	    {.fd = init->ends->lifeline, .events = POLLIN}, {.fd = init->children_fd, .events = POLLIN},
	    {.fd = init->ends->exits}};

	for (;;) {
		struct signalfd_siginfo signals[8];

		fds[3].events = outbox_is_empty(init->exits) ? 0 : POLLOUT;
		if (poll(fds, 4, -1) < 0)
			must(errno == EINTR);
		if (fds[1].revents != 0)
			end();
		if ((fds[3].revents & POLLOUT) != 0 && outbox_flush(init->exits) < 0)
			_exit(1);
		if ((fds[2].revents & POLLIN) != 0)
			while (read(init->children_fd, signals, sizeof(signals)) > 0)
				;
		reap(init);
		if (fds[0].revents != 0)
			take_request(init);
	}
}

/* 0 and 1 are nobody's here; 2 stays for must(). */
static void
detach_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, 0);
	dup2(null, 1);
	if (null > 2)
		close(null);
}

_Noreturn void
init_main(const struct lab_options *options, const char *scratch, const struct lab_ends *ends)
{
	struct root_options root = {
	    .lab = options, .scratch = scratch, .force_scratch = options->force_scratch};
	struct init *init = must_alloc(sizeof(*init));
	struct reply reply = {0};
	int page;

	reply.value = root_enter(&root, &page, &reply.why);
	detach_stdio();
	init->ends = ends;
	init->children_fd = watch_children();
	init->exits = outbox_new(ends->exits, EXITS_MAX);
	if (request_send(ends->requests, &reply, sizeof(reply), &page, page >= 0 ? 1 : 0) < 0 ||
	    reply.value < 0)
		_exit(1);
	close(page); /* the front alone sets the clock */
	loop(init);
}
