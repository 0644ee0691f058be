/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.c - see spawn.h
 *
 * By vfork: init is a copy of the front with all its plans, and copying its page tables for each
 * command would cost more than the command. So the child may make system calls and nothing else.
 */
#include "harness/lab/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/base/region.h"

/* What containers usually leave. Mail programs need the set*id ones, chroot and low ports. */
static const uint64_t usual_capabilities =
    1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_FOWNER | 1u << CAP_FSETID | 1u << CAP_KILL |
    1u << CAP_SETGID | 1u << CAP_SETUID | 1u << CAP_SETPCAP | 1u << CAP_NET_BIND_SERVICE | 1u << CAP_NET_RAW |
    1u << CAP_SYS_CHROOT | 1u << CAP_MKNOD | 1u << CAP_AUDIT_WRITE | 1ull << CAP_SETFCAP;

#define USUAL_FILES 1024

struct attempt {
	const struct spawn *spawn;
	char *const *paths;        /* where the program may be, in order */
	char *const *shell_argv;   /* for a script without #!; [1] is set to its path */
	const char *volatile what; /* the step that failed */
	volatile int error;
	const char *volatile path; /* the file that step was about */
};

static void
cut_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	for (unsigned i = 0; i < 64; i++)
		if ((usual_capabilities >> i & 1) == 0)
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* EINVAL: the kernel has no such one */
	data[0].permitted = data[0].effective = (uint32_t)usual_capabilities;
	data[1].permitted = data[1].effective = (uint32_t)(usual_capabilities >> 32);
	syscall(SYS_capset, &head, data);
}

/* Moves all three first out of the way of 0, 1 and 2, since they may be any of these. */
static int
set_descriptors(const int std[3], int null)
{
	int high[3];

	for (int i = 0; i < 3; i++) {
		high[i] = fcntl(std[i] >= 0 ? std[i] : null, F_DUPFD_CLOEXEC, 10);
		if (high[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(high[i], i) < 0)
			return -1;
	return 0;
}

static void
reset_signals(void)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
try_paths(struct attempt *attempt)
{
	int worst = ENOENT;

	for (char *const *path = attempt->paths; *path != NULL; path++) {
		attempt->path = *path;
		execve(*path, attempt->spawn->argv, attempt->spawn->env);
		if (errno == ENOEXEC && attempt->shell_argv != NULL) {
			((char **)(uintptr_t)attempt->shell_argv)[1] = *path;
			execve("/bin/sh", attempt->shell_argv, attempt->spawn->env);
			errno = ENOEXEC;
		}
		if (errno == EACCES)
			worst = EACCES; /* look further, as a shell does, but say this in the end */
		else if (errno != ENOENT && errno != ENOTDIR) {
			worst = errno;
			break;
		}
	}
	attempt->what = "run";
	attempt->error = worst;
}

_Noreturn static void
become(struct attempt *attempt, int null)
{
	/* One byte: no core on disk, and none for a collecting program of the host either, which 0 would
	 * allow. */
	struct rlimit core = {1, 1}, files;

	setsid();
	reset_signals();
	setrlimit(RLIMIT_CORE, &core);
	/* As a service has it, whatever our own limit was raised to: some programs close all that there may
	 * be. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > USUAL_FILES) {
		files.rlim_cur = USUAL_FILES;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	syscall(SYS_setgroups, 0, NULL); /* not the front's; refused where we are one id only */
	if (own_enter(attempt->spawn->own, attempt->spawn->n_own) < 0) {
		attempt->what = "give folders of its own to";
		attempt->error = errno;
		_exit(127);
	}
	cut_capabilities();
	if (set_descriptors(attempt->spawn->std, null) < 0) {
		attempt->what = "give descriptors to";
		attempt->error = errno;
	} else if (chdir(attempt->spawn->directory) < 0) {
		attempt->what = "enter the folder for";
		attempt->error = errno;
	} else {
		try_paths(attempt);
	}
	_exit(127);
}

static const char *
find_variable(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* The files that argv[0] may mean. */
static char *const *
list_paths(struct region *region, const struct spawn *spawn)
{
	const char *path = find_variable(spawn->env, "PATH"), *name = spawn->argv[0];
	char **paths = NULL;
	size_t n = 0;

	if (path == NULL)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	if (strchr(name, '/') != NULL) {
		*(char **)region_push(region, &paths, &n, sizeof(*paths)) = region_strdup(region, name);
	} else {
		for (const char *end; path != NULL && name[0] != '\0'; path = *end == ':' ? end + 1 : NULL) {
			end = path + strcspn(path, ":");
			*(char **)region_push(region, &paths, &n, sizeof(*paths)) = region_printf(
			    region, "%.*s%s%s", (int)(end - path), path, end > path ? "/" : "./", name);
		}
	}
	region_push(region, &paths, &n, sizeof(*paths));
	return paths;
}

/* sh, room for the script's path, and the other words. */
static char *const *
make_shell_argv(struct region *region, const struct spawn *spawn)
{
	size_t n = 0;
	char **argv;

	while (spawn->argv[n] != NULL)
		n++;
	argv = region_alloc(region, (n + 2) * sizeof(*argv));
	argv[0] = region_strdup(region, "sh");
	for (size_t i = 1; i < n; i++)
		argv[i + 1] = spawn->argv[i];
	return argv;
}

static pid_t
fork_shared(struct attempt *attempt, int null)
{
	pid_t pid = vfork();

	if (pid == 0)
		become(attempt, null);
	return pid;
}

static int
explain(const struct attempt *attempt, struct why *why)
{
	const char *name = attempt->spawn->argv[0];

	errno = attempt->error;
	if (errno == ENOENT && attempt->path != NULL && strchr(name, '/') != NULL &&
	    access(attempt->path, F_OK) == 0)
		return why_set(why,
		    "cannot run %s in the client's machine: the interpreter or loader that it names is "
		    "missing",
		    name);
	if (strcmp(attempt->what, "run") != 0)
		return why_errno(why, "cannot %s %s in the client's machine (%s)", attempt->what, name,
		    attempt->spawn->directory);
	return why_errno(why, "cannot run %s in the client's machine", name);
}

pid_t
spawn_program(const struct spawn *spawn, struct why *why)
{
	struct region *region = region_new();
	struct attempt attempt = {
	    .spawn = spawn, .paths = list_paths(region, spawn), .shell_argv = make_shell_argv(region, spawn)};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = null < 0 ? -1 : fork_shared(&attempt, null);

	must(spawn->argv[0] != NULL);
	if (pid < 0)
		why_errno(why, "cannot start a process in the client's machine");
	if (null >= 0)
		close(null);
	if (pid > 0 && attempt.error != 0) {
		explain(&attempt, why);
		pid = -1; /* init reaps it; nobody waits for it */
	}
	region_free(region);
	return pid;
}
