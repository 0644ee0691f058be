/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_lab.c - a lab is really started, as whoever runs this and again as an ordinary user (uid 65534).
 *
 * Its world is a small one: it answers each connection with the address that was dialed, and does what
 * an order says. Nothing here waits for a while; a poll with a limit is for a hang, which then fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/lab/lab.h"
#include "tests/unit/harness-lab/machine.h"

/* --- the small world ----------------------------------------------------------------------- */

enum order_kind { ORDER_REACH, ORDER_COUNT_DESCRIPTORS };

struct test_order {
	enum order_kind kind;
	struct plan_address address;
	int reach;
};

struct test_answer {
	int value;
	struct why why;
};

static int
listen_all(int family, const char *interface)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(25)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(25)};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1);
	if (bind(fd, family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		family == AF_INET ? sizeof(v4) : sizeof(v6)) < 0 ||
	    listen(fd, 64) < 0)
		return -1;
	return fd;
}

/* Tells the caller which address it dialed. */
static void
answer_client(int listener)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	char text[INET6_ADDRSTRLEN] = "";
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	getsockname(fd, (struct sockaddr *)&own, &len);
	if (own.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&own)->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&own)->sin6_addr, text, sizeof(text));
	if (write(fd, text, strlen(text)) < 0)
		perror("write");
	close(fd);
}

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -3; /* ".", ".." and the folder's own */

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static int
small_world(void *ctx, const struct lab_child *child)
{
	struct pollfd fds[3] = {{.fd = child->fact_fd, .events = POLLIN},
	    {.fd = listen_all(AF_INET, child->interface), .events = POLLIN},
	    {.fd = listen_all(AF_INET6, child->interface), .events = POLLIN}};

	(void)ctx;
	for (;;) {
		struct test_order order;
		struct test_answer answer = {0};

		poll(fds, 3, -1);
		for (int i = 1; i < 3; i++)
			if (fds[i].revents & POLLIN)
				answer_client(fds[i].fd);
		if (fds[0].revents == 0)
			continue;
		if (recv(child->fact_fd, &order, sizeof(order), 0) != (ssize_t)sizeof(order))
			return 0;
		if (order.kind == ORDER_REACH)
			answer.value = lab_set_reach(child->lab, order.address, order.reach, &answer.why);
		else
			answer.value = count_descriptors();
		send(child->fact_fd, &answer, sizeof(answer), MSG_NOSIGNAL);
	}
}

static int
small_witness(void *ctx, const struct lab_child *child)
{
	struct pollfd fact = {.fd = child->fact_fd, .events = POLLIN};

	(void)ctx;
	poll(&fact, 1, -1);
	return 0;
}

/* --- the lab under test -------------------------------------------------------------------- */

static struct lab *lab;
static struct why trouble;
static int kept_fd = -1;
static char folder[64], host_socket[80];
static int host_listener = -1;

static const struct lab_file files[] = {
    {"/etc/resolv.conf", "nameserver 198.18.0.53\n", 23, 0644},
    {"/etc/new/deep/file", "deep", 4, 0600},
    {"/tmp/ours", "fresh", 5, 0644},
};
static const struct lab_file trust[] = {{"/etc/ssl/certs/lab.pem", "anchor", 6, 0644}};

static struct lab_options
options_for_test(void)
{
	return (struct lab_options){.files = files,
	    .n_files = 3,
	    .trust_directory = "/etc/ssl/certs",
	    .trust_files = trust,
	    .n_trust_files = 1,
	    .bind_from = folder,
	    .bind_to = "/mitmx/client",
	    .keep = &kept_fd,
	    .n_keep = 1,
	    .world = small_world,
	    .witness = small_witness};
}

static void
write_text(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* A folder of the host's with a script, a folder in it and a link; and a listening socket beside it. */
static void
make_host_things(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[128];

	snprintf(folder, sizeof(folder), "/var/tmp/mitmx-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/script", folder);
	write_text(path, "echo from the folder\n", 0755);
	snprintf(path, sizeof(path), "%s/inner", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/inner/link", folder);
	assert_int_equal(symlink("../script", path), 0);
	snprintf(host_socket, sizeof(host_socket), "%s/socket", folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", host_socket);
	host_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(host_listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(host_listener, 1), 0);
}

static void
remove_tree(const char *path)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
}

static int
start_lab(void **state)
{
	struct lab_options options;
	uint64_t began;

	(void)state;
	make_host_things();
	kept_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	options = options_for_test();
	began = clock_ns();
	lab = lab_start(&options, &trouble);
	if (lab != NULL)
		printf("lab up in %.1f ms, mode %s\n", (double)(clock_ns() - began) / 1e6,
		    lab_mode_name(lab_mode(lab)));
	return 0;
}

static int
stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	close(kept_fd);
	close(host_listener);
	remove_tree(folder);
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

/* --- the client's machine ------------------------------------------------------------------ */

static void
the_machine_is_the_clients_own(void **state)
{
	static const struct {
		const char *command, *want;
	} rows[] = {
	    {"id -u; id -g", "0\n0\n"},
	    {"cat /proc/sys/kernel/hostname", "client.example\n"},
	    {"cat /etc/resolv.conf", "nameserver 198.18.0.53\n"},
	    {"cat /etc/new/deep/file; stat -c %a /etc/new/deep/file", "deep600\n"},
	    {"ls -A /etc/ssl/certs; cat /etc/ssl/certs/lab.pem", "lab.pem\nanchor"},
	    {"ls -A /tmp /run; cat /tmp/ours", "/run:\nlock\n\n/tmp:\nours\nfresh"},
	    {"stat -c %a /tmp /dev/shm /run", "1777\n1777\n755\n"},
	    {"echo x > /dev/null; head -c 2 /dev/zero | wc -c; test -c /dev/urandom && echo yes", "2\nyes\n"},
	    {"ls -d /proc/[0-9]* | head -1; test -d /proc/self/fd && echo yes", "/proc/1\nyes\n"},
	    {"cat /mitmx/client/script; readlink /mitmx/client/inner/link; sh /mitmx/client/inner/link",
		"echo from the folder\n../script\nfrom the folder\n"},
	    {"test -x /usr/local/bin/mitmx && cmp /usr/local/bin/mitmx /proc/1/exe && echo same", NULL},
	    {"env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD= | sort | head -1", "A=b\n"},
	    {"{ echo 1 > /proc/sys/net/ipv4/ip_forward; } 2> /dev/null || echo no", "no\n"},
	    {"mount -t tmpfs t /mnt 2> /dev/null || echo no", "no\n"},
	    {"grep CapBnd /proc/self/status", "CapBnd:\t00000000a80425fb\n"},
	    {"grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t0\n"},
	    {"ls /proc/self/fd | grep -v -e '^[012]$' | wc -l", "1\n"}, /* that of ls itself */
	    {"cat /proc/sys/net/ipv4/ip_unprivileged_port_start", "0\n"},
	    {"ulimit -c", "0\n"}, /* one byte, in blocks */
	    {"ls /sys/class/net 2> /dev/null | tr '\\n' ' '", NULL},
	};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[4096];

		run_in(lab, rows[i].command, got, sizeof(got));
		if (rows[i].want != NULL && strcmp(got, rows[i].want) != 0)
			fail_msg("row %zu: %s\n got: %s\nwant: %s", i, rows[i].command, got, rows[i].want);
	}
}

static void
what_is_written_there_does_not_reach_the_host(void **state)
{
	static const char *const paths[] = {"/etc/mitmx-test-file", "/usr/mitmx-test-file",
	    "/var/mitmx-test-file", "/tmp/mitmx-test-file", "/run/mitmx-test-file", "/mitmx-test-file",
	    "/etc/ssl/certs/mitmx-test-file", "/mitmx/client/mitmx-test-file"};
	char command[256], got[512], path[128];

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(command, sizeof(command), "echo x > %s && cat %s", paths[i], paths[i]);
		run_in(lab, command, got, sizeof(got));
		if (strcmp(got, "x\n") != 0)
			fail_msg("row %zu: %s is not writable: %s", i, paths[i], got);
		if (access(paths[i], F_OK) == 0)
			fail_msg("row %zu: %s is on the host", i, paths[i]);
	}
	snprintf(path, sizeof(path), "%s/mitmx-test-file", folder);
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_folder_of_the_host_is_removed_there_only(void **state)
{
	char command[256], got[512];

	(void)state;
	need_lab();
	snprintf(command, sizeof(command), "rm -r %s && mkdir %s && ls -A %s && echo empty", folder, folder,
	    folder);
	run_in(lab, command, got, sizeof(got));
	assert_string_equal(got, "empty\n");
	assert_int_equal(access(host_socket, F_OK), 0);
}

static int
connect_unix(struct lab *in, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct why why;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return lab_connect(in, (struct sockaddr *)&address, sizeof(address), &why);
}

static void
no_socket_of_the_host_is_reached(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	need_lab();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", host_socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0); /* it does listen */
	close(fd);
	assert_int_equal(connect_unix(lab, host_socket), -1);
}

/* --- requests ------------------------------------------------------------------------------ */

static void
ends_are_told_as_they_were(void **state)
{
	static const struct {
		const char *command;
		int status, signal;
	} rows[] = {{"exit 0", 0, 0}, {"exit 7", 7, 0}, {"exit 75", 75, 0}, {"kill -9 $$", -1, SIGKILL},
	    {"kill -SEGV $$", -1, SIGSEGV}, {"kill -ABRT $$", -1, SIGABRT}};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[256];
		struct lab_exit ended = run_in(lab, rows[i].command, got, sizeof(got));

		if (ended.status != rows[i].status || ended.signal != rows[i].signal)
			fail_msg("row %zu: %s: got %d and signal %d", i, rows[i].command, ended.status,
			    ended.signal);
	}
}

static void
what_cannot_run_is_said_in_words(void **state)
{
	static const struct {
		const char *program, *directory, *words;
	} rows[] = {
	    {"no-such-program", "/",
		"cannot run no-such-program in the client's machine: No such file or directory"},
	    {"/no/such/program", "/", "No such file or directory"},
	    {"/etc/resolv.conf", "/", "Permission denied"},
	    {"/etc", "/", "Permission denied"},
	    {"sh", "/no/such/folder", "/no/such/folder): No such file or directory"},
	    {"/tmp/orphan", "/", "the interpreter or loader that it names is missing"},
	};
	char got[64];

	(void)state;
	need_lab();
	run_in(lab, "printf '#!/no/interpreter\\n' > /tmp/orphan; chmod 755 /tmp/orphan", got, sizeof(got));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[] = {rows[i].program, NULL};
		struct lab_spawn spawn = {argv, plain_env, rows[i].directory, -1, -1, -1, NULL, NULL};
		struct why why = {""};

		assert_int_equal(lab_spawn(lab, &spawn, &why), -1);
		if (strstr(why.text, rows[i].words) == NULL)
			fail_msg("row %zu: %s: got: %s", i, rows[i].program, why.text);
	}
}

static void
a_script_without_an_interpreter_is_the_shells(void **state)
{
	const char *argv[] = {"/mitmx/client/script", NULL};
	char got[64];
	int ends[2];
	struct lab_spawn spawn = {argv, plain_env, "/mitmx/client", -1, -1, -1, NULL, NULL};

	(void)state;
	need_lab();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	spawn.stdout_fd = ends[1];
	assert_true(lab_spawn(lab, &spawn, NULL) > 0);
	close(ends[1]);
	read_all(ends[0], got, sizeof(got));
	close(ends[0]);
	assert_string_equal(got, "from the folder\n");
	next_exit(lab);
}

static void
arguments_beyond_the_limit_are_refused(void **state)
{
	size_t len = 200000;
	char *word = malloc(len + 1);
	const char *argv[] = {"true", word, NULL};
	struct lab_spawn spawn = {argv, plain_env, "/", -1, -1, -1, NULL, NULL};
	struct why why = {""};

	(void)state;
	need_lab();
	memset(word, 'x', len);
	word[len] = '\0';
	assert_int_equal(lab_spawn(lab, &spawn, &why), -1);
	assert_non_null(strstr(why.text, "longer than"));
	word[120000] = '\0';
	assert_true(lab_spawn(lab, &spawn, &why) > 0);
	assert_int_equal(next_exit(lab).status, 0);
	free(word);
}

static void
all_three_descriptors_are_those_given(void **state)
{
	const char *argv[] = {"sh", "-c", "read a; echo out $a; echo err $a >&2", NULL};
	int in[2], out[2], err[2];
	struct lab_spawn spawn = {argv, plain_env, "/", -1, -1, -1, NULL, NULL};
	char got[64];

	(void)state;
	need_lab();
	assert_int_equal(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC) + pipe2(err, O_CLOEXEC), 0);
	spawn.stdin_fd = in[0];
	spawn.stdout_fd = out[1];
	spawn.stderr_fd = err[1];
	assert_true(lab_spawn(lab, &spawn, NULL) > 0);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	assert_int_equal(write(in[1], "word\n", 5), 5);
	close(in[1]);
	read_all(out[0], got, sizeof(got));
	assert_string_equal(got, "out word\n");
	read_all(err[0], got, sizeof(got));
	assert_string_equal(got, "err word\n");
	close(out[0]);
	close(err[0]);
	assert_int_equal(next_exit(lab).status, 0);
}

static void
a_kill_takes_the_whole_group(void **state)
{
	const char *argv[] = {"sh", "-c", "sleep 1000 & echo up; wait", NULL};
	struct lab_spawn spawn = {argv, plain_env, "/", -1, -1, -1, NULL, NULL};
	struct why why = {""};
	char got[64];
	int ends[2];
	pid_t pid;

	(void)state;
	need_lab();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	spawn.stdout_fd = ends[1];
	pid = lab_spawn(lab, &spawn, &why);
	assert_true(pid > 0);
	close(ends[1]);
	await_readable(ends[0]);
	assert_int_equal(lab_kill(lab, pid, SIGTERM, &why), 0);
	read_all(ends[0], got, sizeof(got)); /* its end comes when sleep is gone too */
	close(ends[0]);
	assert_int_equal(next_exit(lab).signal, SIGTERM);
	assert_int_equal(lab_kill(lab, pid, SIGTERM, &why), -1);
	assert_non_null(strstr(why.text, "has ended"));
}

static void
a_kill_of_all_spares_only_the_machine(void **state)
{
	const char *argv[] = {"sh", "-c", "setsid sh -c 'echo up; sleep 1000' & wait", NULL};
	struct lab_spawn spawn = {argv, plain_env, "/", -1, -1, -1, NULL, NULL};
	struct why why = {""};
	char got[64];
	int ends[2];

	(void)state;
	need_lab();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	spawn.stdout_fd = ends[1];
	assert_true(lab_spawn(lab, &spawn, &why) > 0);
	close(ends[1]);
	await_readable(ends[0]);
	assert_int_equal(lab_kill(lab, LAB_ALL, SIGKILL, &why), 0);
	read_all(ends[0], got, sizeof(got));
	close(ends[0]);
	assert_int_equal(next_exit(lab).signal, SIGKILL);
	assert_int_equal(lab_kill(lab, LAB_ALL, SIGKILL, &why), 0); /* nobody is there, which is no trouble */
	run_in(lab, "echo on", got, sizeof(got));
	assert_string_equal(got, "on\n");
}

static void
no_end_of_many_is_lost(void **state)
{
	enum { MANY = 300 };
	const char *argv[] = {"true", NULL};
	struct lab_spawn spawn = {argv, plain_env, "/", -1, -1, -1, NULL, NULL};
	struct lab_exit ended;
	pid_t pids[MANY];

	(void)state;
	need_lab();
	for (size_t i = 0; i < MANY; i++) {
		pids[i] = lab_spawn(lab, &spawn, NULL);
		assert_true(pids[i] > 0);
	}
	for (size_t n = 0; n < MANY; n++) {
		size_t at = 0;

		ended = next_exit(lab);
		while (at < MANY && pids[at] != ended.pid)
			at++;
		assert_in_range(at, 0, MANY - 1);
		pids[at] = -1;
	}
	assert_int_equal(lab_next_exit(lab, &ended), 0);
}

static void
files_are_opened_for_the_front(void **state)
{
	struct why why = {""};
	char got[64];
	int fd;

	(void)state;
	need_lab();
	fd = lab_open(lab, "/tmp/opened", O_RDWR | O_CREAT, 0640, &why);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
	run_in(lab, "cat /tmp/opened; mkfifo /tmp/fifo", got, sizeof(got));
	assert_string_equal(got, "text");
	fd = lab_open(lab, "/tmp/fifo", O_RDONLY, 0, &why); /* nobody writes to it: does not hold anybody */
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(lab_open(lab, "/no/such/file", O_RDONLY, 0, &why), -1);
	assert_string_equal(
	    why.text, "cannot open /no/such/file in the client's machine: No such file or directory");
}

static void
what_goes_to_the_log_socket_arrives(void **state)
{
	struct why why = {""};
	char got[512];
	ssize_t n;
	int fd;

	(void)state;
	need_lab();
	fd = lab_bind_log(lab, "/dev/log", &why);
	if (fd < 0)
		fail_msg("%s", why.text);
	run_in(lab,
	    "command -v logger > /dev/null && for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do logger -t lab "
	    "word; done; echo done",
	    got, sizeof(got));
	assert_string_equal(got, "done\n");
	n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	if (n > 0) {
		got[n] = '\0';
		assert_non_null(strstr(got, "word"));
	}
	close(fd);
}

/* --- folders of one's own ------------------------------------------------------------------ */

static const char *const own[] = {"/tmp", "/var/tmp/spool", "/dev/log", NULL};

/* As run_in, with what lies below this base. */
static void
run_own(const char *base, const char *command, char *out, size_t size)
{
	const char *argv[] = {"sh", "-c", command, NULL};
	struct lab_spawn spawn = {
	    .argv = argv, .env = plain_env, .directory = "/tmp", .stdin_fd = -1, .base = base, .own = own};
	struct why why = {""};
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	spawn.stdout_fd = spawn.stderr_fd = ends[1];
	if (lab_spawn(lab, &spawn, &why) < 0)
		fail_msg("%s: %s", command, why.text);
	close(ends[1]);
	read_all(ends[0], out, size);
	close(ends[0]);
	next_exit(lab);
}

static void
who_has_folders_of_his_own_sees_only_them(void **state)
{
	static const char *const bases[] = {"/own/1", "/own/2"};
	static const struct {
		int who; /* 0 and 1; else all */
		const char *command, *output;
	} rows[] = {
	    {0, "cd /var/tmp/spool; stat -c '%n %a %F' fifo sub link; cat link/text; ls /tmp",
		"fifo 622 fifo\nsub 751 directory\nlink 777 symbolic link\nx\n"},
	    {0, "echo one | tee /tmp/mine > /var/tmp/spool/sub/text", ""},
	    {1, "ls /tmp; cat /var/tmp/spool/sub/text; echo two > /tmp/mine", "x\n"},
	    {0, "cat /tmp/mine /var/tmp/spool/sub/text", "one\none\n"},
	    {-1, "cat /var/tmp/spool/sub/text; ls /tmp/mine 2> /dev/null; cat /own/1/tmp/mine", "x\none\n"},
	    {1,
		"perl -MSocket -e 'socket($s, AF_UNIX, SOCK_DGRAM, 0); "
		"send($s, \"two\", 0, sockaddr_un(\"/dev/log\")) or die'",
		""},
	    /* Whoever could mount is cut down to what all programs may do. */
	    {0, "mount -t tmpfs x /tmp 2> /dev/null && echo could", ""},
	};
	char got[4096], path[64];
	struct why why;
	int logs[2];

	(void)state;
	need_lab();
	run_in(lab,
	    "umask 0; mkdir -p /var/tmp/spool/sub; echo x > /var/tmp/spool/sub/text; touch /dev/log; "
	    "chmod 751 /var/tmp/spool/sub; mkfifo -m 622 /var/tmp/spool/fifo; ln -s sub /var/tmp/spool/link; "
	    "rm -rf /tmp/*",
	    got, sizeof(got));
	for (int i = 0; i < 2; i++) {
		if (lab_make_own(lab, bases[i], own, &why) < 0)
			fail_msg("%s", why.text);
		snprintf(path, sizeof(path), "%s/dev/log", bases[i]);
		logs[i] = lab_bind_log(lab, path, &why);
		assert_true(logs[i] >= 0);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].who < 0)
			run_in(lab, rows[i].command, got, sizeof(got));
		else
			run_own(bases[rows[i].who], rows[i].command, got, sizeof(got));
		if (strcmp(got, rows[i].output) != 0)
			fail_msg("%s\n got: %s\nwant: %s", rows[i].command, got, rows[i].output);
	}
	assert_int_equal(recv(logs[0], got, sizeof(got), MSG_DONTWAIT), -1);
	assert_int_equal(recv(logs[1], got, sizeof(got), MSG_DONTWAIT), 3);
	close(logs[0]);
	close(logs[1]);
}

static void
own_folders_that_cannot_be_made_are_told(void **state)
{
	static const char *const bad[] = {"/etc/hostname/below", NULL};
	struct why why;

	(void)state;
	need_lab();
	assert_int_equal(lab_make_own(lab, "/own/3", bad, &why), -1);
	if (strstr(why.text, "/etc/hostname/below") == NULL)
		fail_msg("got: %s", why.text);
}

/* --- the net ------------------------------------------------------------------------------- */

static socklen_t
socket_address(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(25)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(25)};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof(v4));
		return sizeof(v4);
	}
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	memcpy(ret, &v6, sizeof(v6));
	return sizeof(v6);
}

static int
dial(const char *text)
{
	struct sockaddr_storage address;
	socklen_t len = socket_address(text, &address);
	struct why why = {""};
	int fd = lab_connect(lab, (struct sockaddr *)&address, len, &why);

	if (fd < 0)
		fail_msg("%s: %s", text, why.text);
	return fd;
}

/* What the world says there. */
static void
expect_answer(const char *text)
{
	char got[64];
	int fd = dial(text);

	read_all(fd, got, sizeof(got));
	close(fd);
	if (strcmp(got, text) != 0)
		fail_msg("%s: got '%s'", text, got);
}

static struct test_answer
order(struct test_order what)
{
	struct test_answer answer;

	assert_int_equal(send(lab_world_fd(lab), &what, sizeof(what), 0), sizeof(what));
	await_readable(lab_world_fd(lab));
	assert_int_equal(recv(lab_world_fd(lab), &answer, sizeof(answer), 0), sizeof(answer));
	return answer;
}

static void
any_address_of_the_range_answers_as_itself(void **state)
{
	static const char *const rows[] = {
	    "198.18.1.1", "198.18.0.53", "198.19.255.254", "2001:db8::101", "2001:db8::1:ffff"};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_answer(rows[i]);
}

static void
the_clients_programs_reach_the_world(void **state)
{
	char got[256];

	(void)state;
	need_lab();
	run_in(lab,
	    "command -v bash > /dev/null || { echo 198.18.2.2; exit; }; bash -c 'cat < "
	    "/dev/tcp/198.18.2.2/25'",
	    got, sizeof(got));
	assert_string_equal(got, "198.18.2.2");
}

static int
socket_error(int fd)
{
	socklen_t len = sizeof(int);
	int error = 0;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	return error;
}

/* A refusal comes; silence is what is left when others have long been answered. */
static void
expect_refusal(const char *text)
{
	int fd = dial(text);
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	assert_int_equal(poll(&p, 1, HANG_MS), 1);
	assert_int_equal(socket_error(fd), ECONNREFUSED);
	close(fd);
}

static void
expect_silence(const char *text)
{
	int fd = dial(text);
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	expect_answer("198.18.77.1");
	expect_answer("198.18.77.2");
	assert_int_equal(poll(&p, 1, 0), 0);
	close(fd);
}

static void
a_host_can_refuse_or_swallow_and_come_back(void **state)
{
	static const struct {
		const char *text;
		struct plan_address address;
		int reach; /* 0 open, 1 refused, 2 blackholed */
	} rows[] = {
	    {"198.18.1.4", {0, 260}, 0},
	    {"198.18.1.4", {0, 260}, 1},
	    {"198.18.1.4", {0, 260}, 1},
	    {"198.18.1.4", {0, 260}, 2},
	    {"198.18.1.4", {0, 260}, 1},
	    {"198.18.1.4", {0, 260}, 0},
	    {"2001:db8::104", {1, 260}, 1},
	    {"2001:db8::104", {1, 260}, 2},
	    {"2001:db8::104", {1, 260}, 0},
	    {"198.18.1.4", {0, 260}, 2},
	    {"198.18.1.4", {0, 260}, 0},
	};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct test_answer answer = order((struct test_order){
		    .kind = ORDER_REACH, .address = rows[i].address, .reach = rows[i].reach});

		if (answer.value != 0)
			fail_msg("row %zu: %s", i, answer.why.text);
		if (rows[i].reach == 0)
			expect_answer(rows[i].text);
		else if (rows[i].reach == 1)
			expect_refusal(rows[i].text);
		else
			expect_silence(rows[i].text);
		expect_answer("198.18.1.5"); /* its neighbors are as they were */
		expect_answer("2001:db8::105");
	}
}

static void
no_way_leads_out_and_that_is_known_at_once(void **state)
{
	static const char *const rows[] = {"192.0.2.1", "8.8.8.8", "2001:500::1"};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_storage address;
		socklen_t len = socket_address(rows[i], &address);
		struct why why = {""};

		assert_int_equal(lab_connect(lab, (struct sockaddr *)&address, len, &why), -1);
		if (strstr(why.text, "unreachable") == NULL)
			fail_msg("%s: got '%s'", rows[i], why.text);
	}
}

static void
the_world_has_only_the_descriptors_it_was_given(void **state)
{
	/* 0, 1, 2, facts, two netlink sockets, two listeners, and the one that was to be kept */
	(void)state;
	need_lab();
	assert_int_equal(order((struct test_order){.kind = ORDER_COUNT_DESCRIPTORS}).value, 9);
}

/* --- other roots, and trouble -------------------------------------------------------------- */

static void
a_folder_can_be_the_root(void **state)
{
	struct lab_options options = options_for_test();
	char root[] = "/var/tmp/mitmx-root-XXXXXX", command[512], got[512];
	struct why why = {""};
	struct lab *other;

	(void)state;
	need_lab();
	assert_non_null(mkdtemp(root));
	snprintf(command, sizeof(command),
	    "cd %s && for f in /bin/sh /bin/cat $(ldd /bin/sh /bin/cat | grep -o '/[^ ]*[^ :]'); do cp -L "
	    "--parents \"$f\" .; done &&"
	    " mkdir -p etc run tmp && ln -s /run/../etc/real etc/resolv.conf && echo real > etc/real && echo "
	    "x > run/stale",
	    root);
	assert_int_equal(system(command), 0);
	options.root = root;
	other = lab_start(&options, &why);
	if (other == NULL)
		fail_msg("%s", why.text);
	run_in(other,
	    "cat /etc/resolv.conf /etc/real; echo /run/*; echo y > /etc/real; cat /etc/real /etc/ssl/certs/*",
	    got, sizeof(got));
	lab_stop(other);
	assert_string_equal(got, "nameserver 198.18.0.53\nreal\n/run/lock\ny\nanchor");
	snprintf(command, sizeof(command), "grep -qx real %s/etc/real", root);
	assert_int_equal(system(command), 0);
	remove_tree(root);
}

static void
uppers_on_disk_leave_nothing(void **state)
{
	struct lab_options options = options_for_test();
	char out[] = "/var/tmp/mitmx-out-XXXXXX", got[256];
	struct why why = {""};
	struct lab *other;

	(void)state;
	need_lab();
	assert_non_null(mkdtemp(out));
	options.out = out;
	options.force_scratch = true;
	other = lab_start(&options, &why);
	if (other == NULL)
		fail_msg("%s", why.text);
	run_in(other, "echo x > /etc/mitmx-test-file; mkdir -p /usr/a/b; cat /etc/mitmx-test-file", got,
	    sizeof(got));
	lab_stop(other);
	assert_string_equal(got, "x\n");
	assert_int_equal(rmdir(out), 0); /* it is empty */
}

static void
trouble_is_said_and_leaves_nothing(void **state)
{
	static const struct {
		const char *root, *bind_from, *words;
	} rows[] = {
	    {"/no/such/root", NULL,
		"cannot build the client's machine: cannot open the folder /no/such/root: No such file"},
	    {NULL, "/no/such/folder", "cannot open the folder /no/such/folder"},
	    {NULL, "/etc/passwd", "Not a directory"},
	};

	(void)state;
	need_lab();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab_options options = options_for_test();
		struct why why = {""};

		options.root = rows[i].root;
		options.bind_from = rows[i].bind_from;
		assert_null(lab_start(&options, &why));
		if (strstr(why.text, rows[i].words) == NULL)
			fail_msg("row %zu: got: %s", i, why.text);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* only the first lab's children are there */
	}
}

/* --- the end ------------------------------------------------------------------------------- */

/* One line per mount and per interface. */
static void
list_residue(char *out, size_t size)
{
	FILE *file = popen("cat /proc/self/mountinfo; ls /sys/class/net", "re");
	size_t n = fread(out, 1, size - 1, file);

	out[n] = '\0';
	pclose(file);
}

static void
a_process_that_dies_is_noticed_and_leaves_nothing(void **state)
{
	static char before[65536], after[65536];

	(void)state;
	need_lab();
	list_residue(before, sizeof(before));
	for (int which = 0; which < 3; which++) {
		struct lab_options options = options_for_test();
		struct why why = {""};
		struct lab *other = lab_start(&options, &why);
		struct lab_exit ended;
		int fd;

		if (other == NULL)
			fail_msg("%s", why.text);
		assert_int_equal(lab_which(other, lab_pid(other, which)), which);
		assert_int_equal(lab_which(other, getpid()), -1);
		assert_int_equal(kill(lab_pid(other, which), SIGKILL), 0);
		fd = which == 0   ? lab_world_fd(other)
		     : which == 1 ? lab_witness_fd(other)
				  : lab_exit_fd(other);
		await_readable(fd);
		if (which == 2) {
			assert_int_equal(lab_next_exit(other, &ended), -1);
			assert_int_equal(lab_open(other, "/etc/passwd", O_RDONLY, 0, &why), -1);
			assert_string_equal(why.text, "the client's machine is gone");
		} else {
			assert_int_equal(recv(fd, &fd, sizeof(fd), 0), 0);
		}
		lab_stop(other);
	}
	list_residue(after, sizeof(after));
	assert_string_equal(before, after);
}

/* A front of its own in a child: starts a lab with a program in it, tells its pids, and then sleeps. */
static void
be_a_front(int tell, int program_stdout)
{
	struct lab_options options = options_for_test();
	const char *argv[] = {
	    "sh", "-c", "trap '' TERM HUP INT; setsid sleep 1000 & echo up; sleep 1000", NULL};
	struct lab_spawn spawn = {argv, plain_env, "/", -1, program_stdout, -1, NULL, NULL};
	struct lab *other = lab_start(&options, NULL);
	pid_t pids[3];

	if (other == NULL || lab_spawn(other, &spawn, NULL) < 0)
		_exit(1);
	for (int i = 0; i < 3; i++)
		pids[i] = lab_pid(other, i);
	if (write(tell, pids, sizeof(pids)) < 0)
		_exit(1);
	for (;;)
		pause();
}

static void
nothing_outlives_the_front(void **state)
{
	int tell[2], program[2], pidfds[3];
	char rest[16];
	pid_t pids[3], front;

	(void)state;
	need_lab();
	assert_int_equal(pipe2(tell, O_CLOEXEC) + pipe2(program, O_CLOEXEC), 0);
	front = fork();
	if (front == 0)
		be_a_front(tell[1], program[1]);
	close(program[1]);
	await_readable(tell[0]);
	assert_int_equal(read(tell[0], pids, sizeof(pids)), sizeof(pids));
	for (int i = 0; i < 3; i++) {
		pidfds[i] = (int)syscall(SYS_pidfd_open, pids[i], 0);
		assert_true(pidfds[i] >= 0);
	}
	await_readable(program[0]); /* the program there is up, with a child of another session */
	kill(front, SIGKILL);
	for (int i = 0; i < 3; i++) {
		await_readable(pidfds[i]); /* a pidfd is readable when its process has ended */
		close(pidfds[i]);
	}
	read_all(program[0], rest, sizeof(rest)); /* all that held the pipe in the machine are gone */
	close(program[0]);
	close(tell[0]);
	close(tell[1]);
	waitpid(front, NULL, 0);
}

static void
the_doctor_finds_the_lab_able(void **state)
{
	struct lab_check checks[32];
	size_t n = lab_doctor(checks, 32);

	(void)state;
	need_lab();
	assert_in_range(n, 1, 32);
	for (size_t i = 0; i < n; i++) {
		if (checks[i].ok == (checks[i].cure[0] != '\0') || checks[i].found[0] == '\0')
			fail_msg("row '%s': ok %d, found '%s', cure '%s'", checks[i].what, checks[i].ok,
			    checks[i].found, checks[i].cure);
	}
	assert_true(checks[n - 1].ok);
	assert_int_equal(lab_doctor(checks, 2), 2);
}

/* --- as an ordinary user ------------------------------------------------------------------- */

static void
all_of_it_holds_for_an_ordinary_user(void **state)
{
	char *argv[] = {"test_lab", "--as-it-is", NULL};
	static char got[1 << 16];

	(void)state;
	if (geteuid() != 0)
		return; /* it was one already */
	need_lab();
	run_as_ordinary_user(argv, got, sizeof(got));
	if (strstr(got, "lab up in") != NULL)
		printf("as uid %d: %.*s\n", ORDINARY_USER, (int)strcspn(strstr(got, "lab up in"), "\n"),
		    strstr(got, "lab up in"));
	else
		print_message("as uid %d all was skipped\n", ORDINARY_USER);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_machine_is_the_clients_own),
	    cmocka_unit_test(what_is_written_there_does_not_reach_the_host),
	    cmocka_unit_test(no_socket_of_the_host_is_reached),
	    cmocka_unit_test(ends_are_told_as_they_were),
	    cmocka_unit_test(what_cannot_run_is_said_in_words),
	    cmocka_unit_test(a_script_without_an_interpreter_is_the_shells),
	    cmocka_unit_test(arguments_beyond_the_limit_are_refused),
	    cmocka_unit_test(all_three_descriptors_are_those_given),
	    cmocka_unit_test(a_kill_takes_the_whole_group),
	    cmocka_unit_test(a_kill_of_all_spares_only_the_machine),
	    cmocka_unit_test(no_end_of_many_is_lost),
	    cmocka_unit_test(files_are_opened_for_the_front),
	    cmocka_unit_test(what_goes_to_the_log_socket_arrives),
	    cmocka_unit_test(who_has_folders_of_his_own_sees_only_them),
	    cmocka_unit_test(own_folders_that_cannot_be_made_are_told),
	    cmocka_unit_test(any_address_of_the_range_answers_as_itself),
	    cmocka_unit_test(the_clients_programs_reach_the_world),
	    cmocka_unit_test(a_host_can_refuse_or_swallow_and_come_back),
	    cmocka_unit_test(no_way_leads_out_and_that_is_known_at_once),
	    cmocka_unit_test(the_world_has_only_the_descriptors_it_was_given),
	    cmocka_unit_test(a_folder_of_the_host_is_removed_there_only),
	    cmocka_unit_test(a_folder_can_be_the_root),
	    cmocka_unit_test(uppers_on_disk_leave_nothing),
	    cmocka_unit_test(trouble_is_said_and_leaves_nothing),
	    cmocka_unit_test(a_process_that_dies_is_noticed_and_leaves_nothing),
	    cmocka_unit_test(nothing_outlives_the_front),
	    cmocka_unit_test(the_doctor_finds_the_lab_able),
	};
	const struct CMUnitTest again[] = {cmocka_unit_test(all_of_it_holds_for_an_ordinary_user)};
	int failed = cmocka_run_group_tests_name("lab", tests, start_lab, stop_lab);

	if (argc < 2 || !text_equal(argv[1], "--as-it-is"))
		failed += cmocka_run_group_tests_name("lab, as an ordinary user", again, NULL, NULL);
	return failed;
}
