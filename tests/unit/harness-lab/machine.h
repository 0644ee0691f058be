/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - what the tests of the lab share: a command in the client's machine, the test as an ordinary
 * user.
 *
 * Include it behind <cmocka.h>. A poll with a limit is for a hang, which then fails.
 */
#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/lab/lab.h"

#define HANG_MS 20000
#define ORDINARY_USER 65534

static inline void
await_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, HANG_MS), 1);
}

static const char *const plain_env[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=b", NULL};

/* Everything until the end of `fd`. */
static inline void
read_all(int fd, char *out, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		await_readable(fd);
		n = read(fd, out + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	out[len] = '\0';
}

static inline struct lab_exit
next_exit(struct lab *from)
{
	struct lab_exit ended;

	await_readable(lab_exit_fd(from));
	assert_int_equal(lab_next_exit(from, &ended), 1);
	return ended;
}

/* Runs a shell command in the client's machine; its output and end. */
static inline struct lab_exit
run_in(struct lab *in, const char *command, char *out, size_t size)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	struct lab_spawn spawn = {.argv = argv, .env = plain_env, .directory = "/", .stdin_fd = -1};
	struct lab_exit ended;
	struct why why = {""};
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	spawn.stdout_fd = spawn.stderr_fd = ends[1];
	pid = lab_spawn(in, &spawn, &why);
	if (pid < 0)
		fail_msg("%s: %s", command, why.text);
	close(ends[1]);
	read_all(ends[0], out, size);
	close(ends[0]);
	ended = next_exit(in);
	assert_int_equal(ended.pid, pid);
	return ended;
}

/* This program again with these arguments, as that user; its output. Fails where it fails. */
static inline void
run_as_ordinary_user(char **argv, char *out, size_t size)
{
	char *env[] = {"PATH=/usr/bin:/bin", NULL, NULL};
	int self = open("/proc/self/exe", O_RDONLY), ends[2], status;
	pid_t pid;

	if (getenv("MUST_RUN") != NULL)
		env[1] = strcmp(getenv("MUST_RUN"), "1") == 0 ? "MUST_RUN=1" : NULL;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		if (chdir("/") == 0 && setgroups(0, NULL) == 0 &&
		    setresgid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER) == 0 &&
		    setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER) == 0)
			fexecve(self, argv, env);
		_exit(126);
	}
	close(ends[1]);
	read_all(ends[0], out, size);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0) {
		printf("%s\n", out); /* more than a message can hold */
		fail_msg("status %x as uid %d, see above", (unsigned)status, ORDINARY_USER);
	}
	close(self);
	close(ends[0]);
}

#endif
