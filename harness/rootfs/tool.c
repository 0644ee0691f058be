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
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_KEPT 900 /* of what it said last: as much as a why holds */
#define PATH_LENGTH 4096
#define STATUS_MISSING 127

struct last_words {
	char text[WORDS_KEPT];
	size_t len;
};

int
tool_is_there(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_LENGTH];

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (access(file, X_OK) == 0)
			return 1;
		path += len + (path[len] == ':');
	}
	return 0;
}

_Noreturn static void
become(const struct tool *tool, int out)
{
	struct why why = {""};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (!tool->plain &&
	    (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)) {
		fprintf(stderr, "no mount namespace of its own: %s\n", strerror(errno));
		_exit(1);
	}
	if (tool->enter != NULL && tool->enter(tool->ctx, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		_exit(1);
	}
	for (size_t i = 0; tool->env != NULL && tool->env[i] != NULL; i++)
		putenv((char *)tool->env[i]);
	execvp(tool->argv[0], (char *const *)tool->argv);
	fprintf(stderr, "cannot run %s: %s\n", tool->argv[0], strerror(errno));
	_exit(STATUS_MISSING);
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

int
tool_run(const struct tool *tool, struct why *why)
{
	struct last_words words = {.len = 0};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return why_errno(why, "no pipe to %s", tool->argv[0]);
	fflush(NULL);
	sigaction(SIGINT, &ignore, &before); /* the tool gets it too, and cleans up */
	pid = fork();
	if (pid == 0) {
		sigaction(SIGINT, &before, NULL);
		become(tool, ends[1]);
	}
	close(ends[1]);
	if (pid > 0) {
		listen_to(ends[0], &words);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	sigaction(SIGINT, &before, NULL);
	close(ends[0]);
	if (pid < 0)
		return why_errno(why, "cannot start %s", tool->argv[0]);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : tell(tool->argv[0], &words, why);
}
