/* SPDX-License-Identifier: Apache-2.0 */
/* tool.c - see tool.h */
#include "harness/rootfs/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/lab/idmap.h"
#include "harness/lab/mounts.h"
#include "harness/lab/process.h"

#define WORDS_KEPT 900 /* of what it said last: as much as a why holds */
#define PATH_LENGTH 4096
#define STATUS_MISSING 127

struct last_words {
	char text[WORDS_KEPT];
	size_t len;
};

bool
tool_is_there(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_LENGTH];

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

_Noreturn static void
give_up(const char *sentence)
{
	fprintf(stderr, "%s\n", sentence);
	fflush(NULL);
	_exit(1);
}

_Noreturn static void
become(const struct tool *tool)
{
	struct why why = {""};

	signal(SIGPIPE, SIG_DFL);
	if (tool->enter != NULL && tool->enter(tool->ctx, &why) < 0)
		give_up(why.text);
	if (tool->argv == NULL)
		_exit(0);
	for (size_t i = 0; tool->env != NULL && tool->env[i] != NULL; i++)
		putenv((char *)tool->env[i]);
	execvp(tool->argv[0], (char *const *)tool->argv);
	fprintf(stderr, "cannot run %s: %s\n", tool->argv[0], strerror(errno));
	_exit(STATUS_MISSING);
}

/* As pid 1 it is given all orphans, and when it ends, the kernel ends all that is left. */
static int
await(pid_t pid)
{
	int status = 0;
	pid_t ended;

	do
		ended = wait(&status);
	while (ended != pid && (ended > 0 || errno == EINTR));
	return ended == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

_Noreturn static void
be_first(const struct tool *tool, int go, int out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), status;
	struct why why = {""};
	char byte;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(1); /* the map could not be written, or our parent is dead already */
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	umask(022);
	if (mounts_make_private(&why) < 0)
		give_up(why.text);
	pid = fork();
	if (pid == 0)
		become(tool);
	status = pid > 0 ? await(pid) : 1;
	if (status == 0 && tool->leave != NULL && tool->leave(tool->ctx, &why) < 0)
		give_up(why.text);
	_exit(status);
}

/* Keeps the end of what comes. */
static void
listen_to(int fd, struct last_words *words)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR)) {
		const char *from = buffer;
		size_t got = n > 0 ? (size_t)n : 0, over;

		if (got > WORDS_KEPT) {
			from += got - WORDS_KEPT;
			got = WORDS_KEPT;
		}
		over = words->len + got > WORDS_KEPT ? words->len + got - WORDS_KEPT : 0;
		memmove(words->text, words->text + over, words->len - over);
		words->len -= over;
		memcpy(words->text + words->len, from, got);
		words->len += got;
	}
}

/* The last whole lines. */
static int
tell(const char *name, struct last_words *words, struct why *why)
{
	size_t from = 0;

	while (words->len > 0 && words->text[words->len - 1] == '\n')
		words->len--;
	if (words->len > WORDS_KEPT - 8) { /* it was cut: begin with a whole line */
		const char *eol = memchr(words->text, '\n', words->len);

		from = eol != NULL ? (size_t)(eol - words->text) + 1 : 0;
	}
	return why_set(
	    why, "%s failed; its last words:\n%.*s", name, (int)(words->len - from), words->text + from);
}

/* --- signals: a user who wants to stop is not kept waiting ------------------------------------- */

static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
#define N_STOPS (sizeof(stops) / sizeof(stops[0]))

static volatile pid_t running;
static volatile sig_atomic_t stopped;

static void
stop_tool(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	stopped = 1;
	if (running > 0)
		kill(running, SIGKILL);
	errno = saved;
}

static void
catch_stops(struct sigaction before[N_STOPS])
{
	struct sigaction stop = {.sa_handler = stop_tool};

	stopped = 0;
	for (size_t i = 0; i < N_STOPS; i++)
		sigaction(stops[i], &stop, &before[i]);
}

static void
leave_stops(const struct sigaction before[N_STOPS])
{
	for (size_t i = 0; i < N_STOPS; i++)
		sigaction(stops[i], &before[i], NULL);
}

/* --- all of it --------------------------------------------------------------------------------- */

static int
write_map(const struct tool *tool, pid_t pid, struct why *why)
{
	enum lab_mode mode;

	if (idmap_write(pid, &mode, why) < 0)
		return -1;
	if (mode != tool->mode)
		return why_set(why, "user namespaces came to have other ids meanwhile: %s, but before %s",
		    lab_mode_name(mode), lab_mode_name(tool->mode));
	return 0;
}

/* The child's end of `out` is closed here. */
static pid_t
start(const struct tool *tool, int go[2], int out[2], const struct sigaction before[N_STOPS], struct why *why)
{
	pid_t pid;

	fflush(NULL);
	pid = process_fork(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID);
	if (pid == 0) {
		leave_stops(before);
		close(go[1]);
		be_first(tool, go[0], out[1]);
	}
	if (pid < 0)
		why_errno(why, "cannot make a user namespace for %s (`mitmx doctor` says what cures it)",
		    tool->name);
	close(out[1]);
	return pid;
}

static enum tool_result
follow(const struct tool *tool, pid_t pid, int go[2], int out, struct why *why)
{
	struct last_words words = {.len = 0};
	bool begun = write_map(tool, pid, why) == 0;
	int status = 0;

	if (begun)
		must(write(go[1], "", 1) == 1); /* we read from it too, so it is never broken */
	close(go[0]);
	close(go[1]);
	listen_to(out, &words);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!begun)
		return TOOL_FAILED;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TOOL_DONE;
	tell(tool->name, &words, why);
	return TOOL_FAILED;
}

enum tool_result
tool_run(const struct tool *tool, struct why *why)
{
	enum tool_result result = TOOL_FAILED;
	struct sigaction before[N_STOPS];
	int go[2], out[2];

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) {
		why_errno(why, "no pipe to %s", tool->name);
		return TOOL_FAILED; /* out of descriptors, and with that at the end */
	}
	catch_stops(before);
	running = start(tool, go, out, before, why);
	if (stopped && running > 0)
		kill(running, SIGKILL); /* it came before there was anything to end */
	if (running < 0) {
		close(go[0]);
		close(go[1]);
	} else
		result = follow(tool, running, go, out[0], why);
	running = 0;
	close(out[0]);
	leave_stops(before);
	return stopped ? TOOL_INTERRUPTED : result;
}
