/* SPDX-License-Identifier: Apache-2.0 */
/* test_logs.c - files that grow and datagrams that come, to lines. The machine is this one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "harness/base/must.h"
#include "harness/client/logs.h"

static char file[] = "/tmp/mitmx-log-XXXXXX";
static int datagrams[2];
static char heard[4096];
static unsigned n_heard;
static struct event_base *base;

static int
open_here(void *ctx, const char *path, int flags, unsigned mode, struct why *why)
{
	(void)ctx;
	(void)why;
	return open(path, flags, mode);
}

static int
bind_here(void *ctx, const char *path, struct why *why)
{
	(void)ctx;
	(void)path;
	(void)why;
	return dup(datagrams[0]);
}

static void
hear(void *ctx, struct bytes line)
{
	size_t len = strlen(heard);

	(void)ctx;
	n_heard++;
	snprintf(heard + len, sizeof(heard) - len, "[%.*s]", (int)line.len, line.data);
}

static struct logs *
open_logs(void)
{
	static const char *const files[] = {file};
	static const struct client client = {.log_syslog = true, .log_files = files, .n_log_files = 1};
	struct machine machine = {.open = open_here, .bind_log = bind_here};
	struct why why;
	struct logs *l = logs_new(base, &machine, &client, hear, NULL, &why);

	assert_non_null(l);
	heard[0] = '\0';
	n_heard = 0;
	return l;
}

static void
append(const char *text)
{
	FILE *f = fopen(file, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Turns the loop until so many lines were heard. */
static void
until(unsigned lines)
{
	while (n_heard < lines)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
a_file_is_followed_as_it_grows(void **state)
{
	struct logs *l = open_logs();

	(void)state;
	append("one\ntw");
	until(1);
	append("o\nthree\n");
	until(3);
	assert_string_equal(heard, "[one][two][three]");
	logs_free(l);
}

static void
a_file_that_was_cut_is_read_again(void **state)
{
	struct logs *l = open_logs();

	(void)state;
	append("a long line\n");
	until(1);
	assert_int_equal(truncate(file, 0), 0);
	append("new\n");
	until(2);
	assert_string_equal(heard, "[a long line][new]");
	logs_free(l);
}

static void
what_was_written_is_there_when_asked_for(void **state)
{
	struct logs *l = open_logs();

	(void)state;
	append("one\ntwo\n");
	assert_int_equal(send(datagrams[1], "<22>three\n", 10, 0), 10);
	logs_catch_up(l);
	assert_int_equal(n_heard, 3);
	logs_free(l);
}

static void
a_datagram_is_a_line_without_its_priority(void **state)
{
	static const char *const rows[][2] = {{"<22>Nov 21 x[1]: said", "[Nov 21 x[1]: said]"},
	    {"<191>x\n", "[x]"}, {"<x>y", "[<x>y]"}, {"<>z", "[<>z]"}};
	struct logs *l = open_logs();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		heard[0] = '\0';
		n_heard = 0;
		assert_true(send(datagrams[1], rows[i][0], strlen(rows[i][0]), 0) > 0);
		until(1);
		if (strcmp(heard, rows[i][1]) != 0)
			fail_msg("%s: got %s, want %s", rows[i][0], heard, rows[i][1]);
	}
	logs_free(l);
}

static int
begin_anew(void **state)
{
	(void)state;
	return truncate(file, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_file_is_followed_as_it_grows, begin_anew),
	    cmocka_unit_test_setup(a_file_that_was_cut_is_read_again, begin_anew),
	    cmocka_unit_test_setup(what_was_written_is_there_when_asked_for, begin_anew),
	    cmocka_unit_test_setup(a_datagram_is_a_line_without_its_priority, begin_anew),
	};
	int fd = mkstemp(file), failed;

	must(fd >= 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams) == 0);
	base = event_base_new();
	failed = cmocka_run_group_tests_name("logs", tests, NULL, NULL);
	event_base_free(base);
	unlink(file);
	return failed;
}
