/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allocations.c - runs a fuzz target over files, and each time lets another allocation fail.
 *
 * Every place that an input leads to an allocation at fails once, ours and those of libraries alike, each
 * time in a process of its own; a place is a stack of calls. The project's rule (harness/base/must.h): it
 * ends with "out of memory", or what came out is what comes out with enough memory. Anything else is told: a
 * crash, a leak, another result, a hang.
 *
 * Usage: TARGET FILE...; TARGET --only N FILE, for a debugger
 */
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/base/must.h"

#define INPUT_MAX (1024 * 1024)
#define PLACES_MAX 65536
#define DEPTH 24
#define SAID_MAX 4096
#define SECONDS_MAX 20
#define TOLD_MAX 5 /* a target */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
extern uint64_t fuzz_digest;

/* --- beneath the program's allocator: libc's, which may be told to fail --------------------------- */

/* The linker puts __wrap_ in the place of these (--wrap), and gives theirs the name __real_. */
void *__real___libc_malloc(size_t len);
void *__real___libc_calloc(size_t n, size_t len);
void *__real___libc_realloc(void *old, size_t len);
void *__wrap___libc_malloc(size_t len);
void *__wrap___libc_calloc(size_t n, size_t len);
void *__wrap___libc_realloc(void *old, size_t len);
void __libc_free(void *p);

static bool counting, noting;
static uint64_t n_calls, fails_at; /* the failing one, from 1; 0: none */
static int64_t n_live;

/* The calls that came from a place, by the stack above it, that none came from before. */
static uint64_t places[PLACES_MAX], to_fail[PLACES_MAX];
static size_t n_places, n_to_fail;

static void
note_place(void)
{
	void *frames[DEPTH];
	int n = backtrace(frames, DEPTH);
	uint64_t hash = 1;
	size_t at;

	for (int i = 1; i < n; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * 0x100000001b3u;
	for (at = hash % PLACES_MAX; places[at] != 0; at = (at + 1) % PLACES_MAX)
		if (places[at] == hash)
			return;
	must(++n_places < PLACES_MAX / 2);
	places[at] = hash;
	to_fail[n_to_fail++] = n_calls;
}

static bool
fails(void)
{
	if (!counting)
		return false;
	n_calls++;
	if (noting) {
		counting = false;
		note_place();
		counting = true;
	}
	return n_calls == fails_at;
}

static void *
handed_out(void *p)
{
	n_live += counting && p != NULL;
	return p;
}

void *
__wrap___libc_malloc(size_t len)
{
	return fails() ? NULL : handed_out(__real___libc_malloc(len));
}

void *
__wrap___libc_calloc(size_t n, size_t len)
{
	return fails() ? NULL : handed_out(__real___libc_calloc(n, len));
}

void *
__wrap___libc_realloc(void *old, size_t len)
{
	void *p;

	if (fails())
		return NULL;
	p = __real___libc_realloc(old, len);
	return old == NULL ? handed_out(p) : p;
}

void
free(void *p)
{
	n_live -= counting && p != NULL;
	__libc_free(p);
}

/* --- one run ------------------------------------------------------------------------------------- */

struct outcome {
	uint64_t digest, calls;
	int64_t live;
};

static struct outcome
run(const uint8_t *data, size_t len, uint64_t fail)
{
	fuzz_digest = 0;
	n_calls = 0;
	n_live = 0;
	fails_at = fail;
	counting = true;
	LLVMFuzzerTestOneInput(data, len);
	counting = false;
	return (struct outcome){fuzz_digest, n_calls, n_live};
}

static void
silence(int into)
{
	if (ftruncate(into, 0) < 0 || lseek(into, 0, SEEK_SET) < 0 || dup2(into, STDERR_FILENO) < 0)
		_exit(99);
}

/* The child's exit status says what was wrong. */
enum { SAME, ANOTHER_RESULT, LEAKS };

static _Noreturn void
be_child(const uint8_t *data, size_t len, uint64_t fail, const struct outcome *want, int said)
{
	struct outcome got;

	silence(said);
	alarm(SECONDS_MAX);
	got = run(data, len, fail);
	_exit(got.digest != want->digest ? ANOTHER_RESULT : got.live != want->live ? LEAKS : SAME);
}

/* NULL when it is as it must be. */
static const char *
judge(int status, int said)
{
	static char text[SAID_MAX + 64];
	char words[SAID_MAX] = "";

	if (WIFEXITED(status) && WEXITSTATUS(status) == SAME)
		return NULL;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == LEAKS ? "something leaks"
						    : "another result, and nobody said why";
	if (pread(said, words, sizeof(words) - 1, 0) < 0)
		words[0] = '\0';
	if (WTERMSIG(status) == SIGABRT && strstr(words, "mitmx: out of memory\n") != NULL)
		return NULL;
	snprintf(text, sizeof(text), "killed by signal %d (%s): %s", WTERMSIG(status),
	    strsignal(WTERMSIG(status)), words);
	return text;
}

/* --- all of them ---------------------------------------------------------------------------------- */

static uint64_t n_failed_calls, n_wrong;

static void
fail_each(const char *name, const uint8_t *data, size_t len, int said)
{
	struct outcome want;

	run(data, len, 0); /* what is made once and kept is made now */
	n_to_fail = 0;
	noting = true;
	want = run(data, len, 0);
	noting = false;
	if (want.live != 0) {
		printf("%s: %lld allocations leak, with enough memory\n", name, (long long)want.live);
		n_wrong++;
	}
	for (size_t i = 0; i < n_to_fail; i++) {
		const char *wrong;
		int status = 0;
		pid_t child;

		fflush(stdout);
		child = fork();
		if (child == 0)
			be_child(data, len, to_fail[i], &want, said);
		if (child < 0 || waitpid(child, &status, 0) < 0) {
			perror("fork");
			exit(2);
		}
		n_failed_calls++;
		wrong = judge(status, said);
		if (wrong != NULL && ++n_wrong <= TOLD_MAX)
			printf("%s: allocation %llu of %llu fails: %s\n", name,
			    (unsigned long long)to_fail[i], (unsigned long long)want.calls, wrong);
	}
}

int
main(int argc, char **argv)
{
	static uint8_t data[INPUT_MAX];
	const struct rlimit no_core = {0, 0};
	int said = memfd_create("said", MFD_CLOEXEC);
	void *frame;

	memory_is_vital();
	setrlimit(RLIMIT_CORE, &no_core);
	backtrace(&frame, 1);                              /* it loads what it needs at its first call */
	if (argc == 4 && strcmp(argv[1], "--only") == 0) { /* for a debugger: N FILE */
		int fd = open(argv[3], O_RDONLY | O_CLOEXEC);
		ssize_t len = fd < 0 ? -1 : read(fd, data, sizeof(data));

		if (len < 0)
			return 2;
		run(data, (size_t)len, 0);
		run(data, (size_t)len, strtoull(argv[2], NULL, 10));
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		ssize_t len = fd < 0 ? -1 : read(fd, data, sizeof(data));

		if (len < 0) {
			perror(argv[i]);
			return 2;
		}
		close(fd);
		fail_each(argv[i], data, (size_t)len, said);
	}
	printf("%llu allocations failed, %llu of them wrongly\n", (unsigned long long)n_failed_calls,
	    (unsigned long long)n_wrong);
	return n_wrong == 0 ? 0 : 1;
}
