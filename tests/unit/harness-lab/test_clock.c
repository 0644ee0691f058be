/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_clock.c - the client's wall clock jumps and nothing else does, and ids are what they were set to;
 * as whoever runs this and again as an ordinary user.
 *
 * The probe (probe_clock.c) runs in the machine. What it should find about ids is what the kernel says where
 * root runs this. Whether two clocks are the same is asked with a margin that is far below a jump.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "harness/base/text.h"
#include "harness/lab/lab.h"
#include "tests/unit/harness-lab/machine.h"

#define JUMP_S (30 * 86400)
#define MARGIN_S 60
#define PROBE "/mitmx/client/probe_clock"
#define PRELOAD_MAX 20480 /* bytes */

/* --- the lab under test -------------------------------------------------------------------- */

static struct lab *lab;
static struct why trouble;
static char folder[PATH_MAX]; /* of the host's, with the probes */
static uint64_t ahead_s;

static int
idle(void *ctx, const struct lab_child *child)
{
	struct pollfd fact = {.fd = child->fact_fd, .events = POLLIN};

	(void)ctx;
	poll(&fact, 1, -1);
	return 0;
}

static struct lab_options
options_for_test(void)
{
	return (struct lab_options){
	    .bind_from = folder, .bind_to = "/mitmx/client", .world = idle, .witness = idle};
}

static void
shell(const char *format, const char *a, const char *b)
{
	char command[3 * PATH_MAX];

	snprintf(command, sizeof(command), format, a, b);
	assert_int_equal(system(command), 0);
}

/* The probes are built beside this program, where an ordinary user may not look. */
static void
copy_probes(void)
{
	char self[PATH_MAX] = "";

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(folder, sizeof(folder), "/var/tmp/mitmx-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	shell("cp '%s'/probe_clock* '%s'", dirname(self), folder);
	shell("chmod -R a+rX '%s%s'", folder, "");
}

static int
start_lab(void **state)
{
	struct lab_options options = options_for_test();

	(void)state;
	lab = lab_start(&options, &trouble);
	return 0;
}

static int
stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

static void
need_lab(void)
{
	const char *must_run = getenv("MUST_RUN");

	if (lab != NULL)
		return;
	print_message("no lab here: %s\n", trouble.text);
	if (must_run != NULL && strcmp(must_run, "1") == 0)
		fail_msg("MUST_RUN=1: %s", trouble.text);
	skip();
}

static void
jump(void)
{
	ahead_s += JUMP_S;
	lab_set_clock(lab, ahead_s);
}

static bool
is_near(int64_t a, int64_t b)
{
	return a - b < MARGIN_S && b - a < MARGIN_S;
}

/* --- a program that goes on running --------------------------------------------------------- */

struct running {
	pid_t pid;
	int in, out;
};

static struct running
start_in(const char *command)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	struct lab_spawn spawn = {.argv = argv, .env = plain_env, .directory = "/"};
	struct running running;
	struct why why = {""};
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
	spawn.stdin_fd = in[0];
	spawn.stdout_fd = spawn.stderr_fd = out[1];
	running = (struct running){.pid = lab_spawn(lab, &spawn, &why), .in = in[1], .out = out[0]};
	if (running.pid < 0)
		fail_msg("%s: %s", command, why.text);
	close(in[0]);
	close(out[1]);
	return running;
}

static void
read_line(const struct running *running, char *ret, size_t size)
{
	size_t len = 0;

	do {
		await_readable(running->out);
		if (read(running->out, ret + len, 1) != 1)
			break;
	} while (ret[len++] != '\n' && len < size);
	ret[len > 0 ? len - 1 : 0] = '\0';
}

static void
ask_line(const struct running *running, char *ret, size_t size)
{
	assert_int_equal(write(running->in, "\n", 1), 1);
	read_line(running, ret, size);
}

static void
end(struct running *running)
{
	close(running->in);
	close(running->out);
	assert_int_equal(next_exit(lab).pid, running->pid);
}

/* --- the clock ------------------------------------------------------------------------------ */

/* What the probe printed: the monotonic clock true, all others as far ahead as they should be. */
static void
expect_times(const char *row, const char *line)
{
	int64_t times[8];
	struct timespec monotonic;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	if (sscanf(line,
		"%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
		" %" SCNd64,
		&times[0], &times[1], &times[2], &times[3], &times[4], &times[5], &times[6], &times[7]) != 8)
		fail_msg("row '%s': got: %s", row, line);
	if (!is_near(times[0], monotonic.tv_sec))
		fail_msg("row '%s': the monotonic clock moved: %s", row, line);
	for (size_t i = 1; i < 8; i++)
		if (!is_near(times[i], time(NULL) + (int64_t)ahead_s))
			fail_msg("row '%s': reader %zu is %" PRId64 " s ahead, not %" PRIu64 ": %s", row, i,
			    times[i] - time(NULL), ahead_s, line);
}

static void
every_program_sees_a_jump_at_once(void **state)
{
	static const char *const rows[] = {
	    "exec " PROBE " watch",
	    "exec " PROBE "-asan watch",
	    "mkdir -p /tmp/empty; exec " PROBE " watch /tmp/empty",
	    /* set-id programs, which take nothing from the environment */
	    "cp " PROBE " /usr/local/bin/set-id; chown 0:2 /usr/local/bin/set-id; chmod 6755 "
	    "/usr/local/bin/set-id; exec setpriv --reuid 65534 --regid 65534 --clear-groups "
	    "/usr/local/bin/set-id watch",
	    "exec setpriv --reuid 65534 --regid 65534 --clear-groups env -i " PROBE " watch",
	};
	char line[512];

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct running running = start_in(rows[i]);

		for (int jumps = 0; jumps < 3; jumps++) {
			ask_line(&running, line, sizeof(line));
			expect_times(rows[i], line);
			jump();
		}
		end(&running);
	}
}

static void
the_shells_tools_see_it(void **state)
{
	static const char *const rows[] = {
	    "date +%s",
	    "! command -v bash > /dev/null && date +%s || bash -c 'echo $EPOCHSECONDS'",
	    "! command -v perl > /dev/null && date +%s || perl -e 'print time'",
	    "! test -x /usr/bin/python3 && date +%s || /usr/bin/python3 -c 'import time; "
	    "print(int(time.time()))'",
	    "! command -v openssl > /dev/null && date +%s ||"
	    " date -d \"$(openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=x -days 1 2> "
	    "/dev/null | openssl x509 -noout -startdate | cut -d= -f2)\" +%s",
	};
	char got[256];

	(void)state;
	need_lab();
	jump();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_in(lab, rows[i], got, sizeof(got));
		if (!is_near(atoll(got), time(NULL) + (int64_t)ahead_s))
			fail_msg("row '%s': got: %s", rows[i], got);
	}
}

static void
times_of_files_are_true(void **state)
{
	char got[256];
	long long made, changed;

	(void)state;
	need_lab();
	jump();
	run_in(lab, "echo x > /tmp/file; touch /tmp/touched; stat -c %Y /tmp/file /tmp/touched", got,
	    sizeof(got));
	assert_int_equal(sscanf(got, "%lld %lld", &made, &changed), 2);
	assert_true(is_near(made, time(NULL)));
	assert_true(is_near(changed, time(NULL)));
}

/* One that is awaited in shifted time would hang for as long as the clock is ahead, at least. */
static void
deadlines_of_either_clock_pass_in_time(void **state)
{
	static const char *const rows[] = {PROBE " wait", PROBE "-asan wait"};

	(void)state;
	need_lab();
	jump();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct running running = start_in(rows[i]);
		char line[256], before[256] = "";

		for (;; memcpy(before, line, sizeof(line))) {
			struct pollfd p = {.fd = running.out, .events = POLLIN};

			if (poll(&p, 1, HANG_MS) != 1)
				fail_msg("row '%s': hangs in %s", rows[i], before);
			read_line(&running, line, sizeof(line));
			if (line[0] == ' ')
				fail_msg("row '%s': %s: %s", rows[i], before, line);
			if (text_equal(line, "done") || line[0] == '\0')
				break;
		}
		assert_string_equal(line, "done");
		end(&running);
	}
}

static void
a_deadline_that_was_jumped_over_is_past(void **state)
{
	struct running running;
	char line[64];

	(void)state;
	need_lab();
	running = start_in("exec " PROBE " wait-for-the-past");
	read_line(&running, line, sizeof(line));
	assert_string_equal(line, "made");
	jump();
	ask_line(&running, line, sizeof(line));
	assert_string_equal(line, "over");
	end(&running);
}

static void
the_clock_never_goes_back(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	need_lab();
	jump();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		close(2); /* what must() says is expected */
		lab_set_clock(lab, ahead_s - 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

/* --- how it gets there ---------------------------------------------------------------------- */

static void
nobody_in_the_machine_can_change_it(void **state)
{
	static const struct {
		const char *command, *want;
	} rows[] = {
	    {"ls /usr/lib/mitmx; stat -c %a /usr/lib/mitmx/clock",
		"clock\npreload-before-libasan.so\npreload.so\n444\n"},
	    {"{ echo x > /usr/lib/mitmx/clock; } 2> /dev/null || echo no", "no\n"},
	    {"rm -rf /usr/lib/mitmx 2> /dev/null; rm -f /usr/lib/mitmx/clock 2> /dev/null; ls /usr/lib/mitmx "
	     "| wc "
	     "-l",
		"3\n"},
	    {"cat /etc/ld.so.preload", "/usr/lib/mitmx/preload-before-libasan.so\n"},
	};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[512];

		run_in(lab, rows[i].command, got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("row %zu: %s\n got: %s\nwant: %s", i, rows[i].command, got, rows[i].want);
	}
	assert_int_equal(access("/usr/lib/mitmx", F_OK), -1); /* nothing on the host */
}

static void
the_library_is_small(void **state)
{
	char got[64];

	(void)state;
	need_lab();
	run_in(lab, "stat -c %s /usr/lib/mitmx/preload.so", got, sizeof(got));
	assert_in_range(atoi(got), 1, PRELOAD_MAX);
}

static void
a_root_may_have_a_preload_of_its_own(void **state)
{
	struct lab_options options = options_for_test();
	char root[] = "/var/tmp/mitmx-root-XXXXXX", got[512];
	struct why why = {""};
	struct lab *other;

	(void)state;
	need_lab();
	assert_non_null(mkdtemp(root));
	shell("cd %s%s && for f in /bin/sh /bin/cat /bin/date $(ldd /bin/sh /bin/cat /bin/date | grep -o "
	      "'/[^ ]*[^ "
	      ":]'); do cp -L --parents \"$f\" .; done && mkdir etc && echo '# of the root' > "
	      "etc/ld.so.preload",
	    root, "");
	options.root = root;
	other = lab_start(&options, &why);
	if (other == NULL)
		fail_msg("%s", why.text);
	lab_set_clock(other, JUMP_S);
	run_in(other, "cat /etc/ld.so.preload; date +%s", got, sizeof(got));
	lab_stop(other);
	shell("rm -rf '%s%s'", root, "");
	assert_non_null(strstr(got, "libasan.so\n# of the root\n"));
	assert_true(is_near(atoll(strrchr(got, 't') + 1), time(NULL) + JUMP_S));
}

/* --- ids ------------------------------------------------------------------------------------ */

static const char ids_wanted[] =
    "begun: done, users 0 0 0, groups 0 0 0 +\n"
    "setgroups: done, users 0 0 0, groups 0 0 0 + 20 21\n"
    "setgid: done, users 0 0 0, groups 10 10 10 + 20 21\n"
    "setuid: done, users 11 11 11, groups 10 10 10 + 20 21\n"
    "setuid back: Operation not permitted, users 11 11 11, groups 10 10 10 + 20 21\n"
    "seteuid back: Operation not permitted, users 11 11 11, groups 10 10 10 + 20 21\n"
    "setgid then: Operation not permitted, users 11 11 11, groups 10 10 10 + 20 21\n"
    "setgroups then: Operation not permitted, users 11 11 11, groups 10 10 10 + 20 21\n"
    "setresuid to oneself: done, users 11 11 11, groups 10 10 10 + 20 21\n"
    "setegid: done, users 0 0 0, groups 0 10 0 +\n"
    "seteuid: done, users 0 11 0, groups 0 10 0 +\n"
    "seteuid back: done, users 0 0 0, groups 0 10 0 +\n"
    "setreuid: done, users 12 13 13, groups 0 10 0 +\n"
    "setreuid turned: done, users 13 12 12, groups 0 10 0 +\n"
    "setreuid beyond: Operation not permitted, users 13 12 12, groups 0 10 0 +\n"
    "seteuid to the saved: done, users 13 13 12, groups 0 10 0 +\n"
    "setresgid: done, users 0 0 0, groups 1 2 3 +\n"
    "setresuid: done, users 4 5 6, groups 1 2 3 +\n"
    "setuid to the saved: done, users 4 6 6, groups 1 2 3 +\n"
    "setuid to the real: done, users 4 4 6, groups 1 2 3 +\n"
    "setuid to another: Operation not permitted, users 4 4 6, groups 1 2 3 +\n"
    "setregid: Operation not permitted, users 4 4 6, groups 1 2 3 +\n"
    "setgid to nobody: Invalid argument, users 4 4 6, groups 1 2 3 +\n"
    "syscall(SYS_setresgid): done, users 0 0 0, groups 1 2 3 +\n"
    "syscall(SYS_setresuid): done, users 4 5 6, groups 1 2 3 +\n"
    "syscall(SYS_setuid): Operation not permitted, users 4 5 6, groups 1 2 3 +\n"
    "after a child of vfork: done, users 0 0 0, groups 0 0 0 +\n"
    "parent: done, users 0 0 0, groups 0 0 0 +\n"
    "after exec: done, users 4 5 5, groups 1 2 2 +\n";

static void
ids_are_what_they_were_set_to(void **state)
{
	static const struct {
		const char *command, *want;
	} rows[] = {
	    {PROBE " ids", ids_wanted},
	    {"setpriv --reuid 33 --regid 34 --clear-groups sh -c 'id -u; id -g; id -ru; id -G'",
		"33\n34\n33\n34\n"},
	    {"setpriv --reuid 33 --regid 34 --clear-groups setpriv --reuid 0 true 2> /dev/null || echo kept",
		"kept\n"},
	    {"cp /bin/true /usr/local/bin/true-twin; cp $(command -v id) /usr/local/bin/id-twin;"
	     " chmod 4755 /usr/local/bin/id-twin; setpriv --reuid 33 --regid 33 --clear-groups "
	     "/usr/local/bin/id-twin -u; id -u",
		"0\n0\n"},
	    {"touch /tmp/f; ln -s f /tmp/l; chown 33:34 /tmp/f && chown -h 33 /tmp/l && chgrp 35 /tmp/f && "
	     "echo done",
		"done\n"},
	    {"chown 33 /no/such 2> /dev/null || echo no", "no\n"},
	    {"! test -x /usr/bin/python3 && echo '33 [34, 35]' || /usr/bin/python3 -c 'import os;"
	     " os.setgroups([34, 35]); os.setuid(33); print(os.getuid(), os.getgroups())'",
		"33 [34, 35]\n"},
	    {"! test -x /usr/bin/python3 && echo 33 0 || /usr/bin/python3 -c 'import subprocess, os;"
	     " print(subprocess.check_output([\"id\", \"-u\"], user=33).decode().strip(), os.getuid())'",
		"33 0\n"},
	    {"! command -v perl > /dev/null && echo 33 33 || perl -e '$) = \"34 34\"; $> = $< = 33; print "
	     "\"$< "
	     "$>\\n\"'",
		"33 33\n"},
	};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static char got[1 << 14];

		run_in(lab, rows[i].command, got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0) {
			printf(" got: %s\nwant: %s\n", got, rows[i].want); /* more than a message can hold */
			fail_msg("row %zu: %s, see above", i, rows[i].command);
		}
	}
}

static void
ids_are_pretended_only_where_there_is_one(void **state)
{
	bool single;
	char got[256];

	(void)state;
	need_lab();
	single = lab_mode(lab) == LAB_USER_SINGLE;
	run_in(lab, "setpriv --reuid 33 grep Uid /proc/self/status | cut -f3", got, sizeof(got));
	assert_string_equal(got, single ? "0\n" : "33\n");
}

/* --- as an ordinary user ------------------------------------------------------------------- */

static void
all_of_it_holds_for_an_ordinary_user(void **state)
{
	char *argv[] = {"test_clock", "--as-it-is", folder, NULL};
	static char got[1 << 16];

	(void)state;
	if (geteuid() == 0)
		run_as_ordinary_user(argv, got, sizeof(got));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_program_sees_a_jump_at_once),
	    cmocka_unit_test(the_shells_tools_see_it),
	    cmocka_unit_test(times_of_files_are_true),
	    cmocka_unit_test(deadlines_of_either_clock_pass_in_time),
	    cmocka_unit_test(a_deadline_that_was_jumped_over_is_past),
	    cmocka_unit_test(the_clock_never_goes_back),
	    cmocka_unit_test(nobody_in_the_machine_can_change_it),
	    cmocka_unit_test(the_library_is_small),
	    cmocka_unit_test(a_root_may_have_a_preload_of_its_own),
	    cmocka_unit_test(ids_are_what_they_were_set_to),
	    cmocka_unit_test(ids_are_pretended_only_where_there_is_one),
	};
	const struct CMUnitTest again[] = {cmocka_unit_test(all_of_it_holds_for_an_ordinary_user)};
	bool as_it_is = argc > 2 && text_equal(argv[1], "--as-it-is");
	int failed;

	if (as_it_is)
		snprintf(folder, sizeof(folder), "%s", argv[2]);
	else
		copy_probes();
	failed = cmocka_run_group_tests_name("clock", tests, start_lab, stop_lab);
	if (as_it_is)
		return failed;
	failed += cmocka_run_group_tests_name("clock, as an ordinary user", again, NULL, NULL);
	shell("rm -rf '%s%s'", folder, "");
	return failed;
}
