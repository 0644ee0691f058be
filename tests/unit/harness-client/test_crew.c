/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_crew.c - which instance is started for whom, and what it is told. The machine is a list of what was
 * asked of it; no process runs.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/client/crew.h"
#include "harness/model/fact.h"

/* --- the machine -------------------------------------------------------------------------------- */

#define PROCESSES_MAX 64

static struct running {
	char base[64], command[64], host[64], listen[64], recipient[64];
	int out;
	bool killed;
} running[PROCESSES_MAX];
static int n_running;
static char made[256]; /* bases */

static void
keep(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text != NULL ? text : "-");
}

static const char *
variable(const char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

static pid_t
spawn(void *ctx, const struct machine_spawn *s, struct why *why)
{
	struct running *r = &running[n_running];

	(void)ctx;
	(void)why;
	assert_true(n_running < PROCESSES_MAX);
	keep(r->base, sizeof(r->base), s->base);
	keep(r->command, sizeof(r->command), s->argv[2]);
	keep(r->host, sizeof(r->host), variable(s->env, "MITMX_HOST"));
	keep(r->listen, sizeof(r->listen), variable(s->env, "MITMX_LISTEN"));
	keep(r->recipient, sizeof(r->recipient), variable(s->env, "MITMX_RECIPIENT"));
	r->out = dup(s->stdout_fd);
	r->killed = false;
	return ++n_running;
}

static int
kill_process(void *ctx, pid_t pid, int signal, struct why *why)
{
	(void)ctx;
	(void)signal;
	(void)why;
	for (int i = 0; i < n_running; i++)
		if (pid == MACHINE_ALL || pid == i + 1)
			running[i].killed = true;
	return 0;
}

static int
open_file(void *ctx, const char *path, int flags, unsigned mode, struct why *why)
{
	(void)ctx;
	(void)path;
	(void)flags;
	(void)mode;
	(void)why;
	return open("/dev/null", O_WRONLY);
}

static int
make_own(void *ctx, const char *base, const char *const *own, struct why *why)
{
	(void)ctx;
	(void)own;
	(void)why;
	snprintf(made + strlen(made), sizeof(made) - strlen(made), " %s", base);
	return 0;
}

static const struct machine machine = {
    .spawn = spawn, .kill = kill_process, .open = open_file, .make_own = make_own};

/* --- what the crew tells -------------------------------------------------------------------------- */

static char told[1024];

static void
note(const char *format, ...)
{
	size_t len = strlen(told);
	va_list args;

	va_start(args, format);
	vsnprintf(told + len, sizeof(told) - len, format, args);
	va_end(args);
}

static void
on_ready(void *ctx, uint32_t leg)
{
	(void)ctx;
	note(leg == FACT_NONE ? " ready" : " ready%u", leg);
}
static void
on_failed(void *ctx, const char *sentence)
{
	(void)ctx;
	note(" failed(%s)", sentence);
}
static void
on_lost(void *ctx, uint32_t leg, const struct plan_message *m, const char *sentence)
{
	(void)ctx;
	(void)sentence;
	note(" lost%u", leg);
	if (m != NULL)
		note(":%u", m->number);
}
static void
on_fate(void *ctx, uint32_t serves, struct bytes recipient, const char *fate, struct bytes reason)
{
	(void)ctx;
	(void)reason;
	note(" %s(%.*s by %d)", fate, (int)recipient.len, recipient.data, (int)serves);
}
static void
on_no_attempt(void *ctx, uint32_t serves, struct bytes recipient, struct bytes reason)
{
	(void)ctx;
	(void)serves;
	(void)recipient;
	(void)reason;
}
static void
on_exited(void *ctx, uint32_t leg, const char *command, int status, int signal)
{
	(void)ctx;
	(void)status;
	(void)command;
	note(" exit%d", (int)leg);
	if (signal != 0)
		note(":%d", signal);
}
static void
on_log(void *ctx, struct bytes line)
{
	(void)ctx;
	(void)line;
}
static void
on_stopped(void *ctx)
{
	(void)ctx;
	note(" stopped");
}

/* --- a client ------------------------------------------------------------------------------------ */

static struct client_pattern delivered = {"to=<(?<recipient>[^>]+)> sent", 1},
			     deferred = {"to=<(?<recipient>[^>]+)> held", 2};
static struct client client;
static struct plan_recipient recipients[3] = {{.address = "r0@d"}, {.address = "r1@d"}, {.address = "r2@d"}};
static struct plan_message messages[3];
static struct event_base *base;
static struct crew *crew;

static void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
hire(enum client_serves serves, unsigned jobs)
{
	struct crew_calls calls = {
	    on_ready, on_failed, on_lost, on_fate, on_no_attempt, on_exited, on_log, on_stopped, NULL};
	struct crew_options options = {.client = &client, .jobs = jobs, .deadline_s = 30};
	struct why why;

	client = (struct client){.name = "c",
	    .directory = "/c",
	    .start = "start",
	    .serves = serves,
	    .ready_line = "^ready$",
	    .send = SEND_COMMAND,
	    .send_command = "send"};
	client.fates[FATE_DELIVERED] = &delivered;
	client.fates[FATE_DEFERRED] = &deferred;
	client.n_fates[FATE_DELIVERED] = client.n_fates[FATE_DEFERRED] = 1;
	for (uint32_t i = 0; i < 3; i++)
		messages[i] = (struct plan_message){
		    .number = i, .sender = "s@d", .recipients = &recipients[i], .n_recipients = 1};
	told[0] = made[0] = '\0';
	base = event_base_new();
	crew = crew_new(base, &machine, &options, &calls, &why);
	assert_non_null(crew);
	crew_start(crew);
	turn();
}

static int
dismiss(void **state)
{
	(void)state;
	crew_free(crew);
	event_base_free(base);
	while (n_running > 0)
		close(running[--n_running].out);
	return 0;
}

static struct driver_errand
errand(uint32_t leg, unsigned message)
{
	static const char *const hosts[] = {"mx.leg0", "mx.leg1", "mx.leg2"};

	return (struct driver_errand){leg, &messages[message], hosts[leg], 25};
}

static void
send_to(uint32_t leg, unsigned message)
{
	struct driver_errand e = errand(leg, message);

	crew_send(crew, &e);
	turn();
}

/* The process `pid` writes a line. */
static void
say(int pid, const char *line)
{
	assert_int_equal(write(running[pid - 1].out, line, strlen(line)), strlen(line));
	turn();
}

static void
end(int pid, int status, int signal)
{
	crew_exit(crew, pid, status, signal);
	turn();
}

static void
was_told(const char *want)
{
	assert_string_equal(told, want);
	told[0] = '\0';
}

/* --- what must be true ---------------------------------------------------------------------------- */

static void
one_instance_serves_the_run(void **state)
{
	(void)state;
	hire(SERVES_RUN, 8);
	assert_int_equal(n_running, 1);
	assert_string_equal(running[0].base, "-");
	assert_string_equal(running[0].host, "-");
	assert_string_equal(running[0].listen, "127.0.0.1");
	was_told("");
	say(1, "ready\n");
	was_told(" ready");
	send_to(0, 0);
	send_to(1, 1);
	assert_int_equal(n_running, 3);
	assert_string_equal(running[2].command, "send");
	assert_string_equal(made, "");
}

static void
each_leg_has_the_instance_that_knows_its_host(void **state)
{
	(void)state;
	hire(SERVES_LEG, 8);
	was_told(" ready");
	assert_int_equal(n_running, 0); /* with its first message */
	send_to(1, 0);
	send_to(0, 1);
	send_to(1, 2);
	assert_int_equal(n_running, 2);
	assert_string_equal(running[0].command, "start");
	assert_string_equal(running[0].host, "mx.leg1");
	assert_string_equal(running[1].host, "mx.leg0");
	assert_string_equal(running[0].recipient, "-");
	assert_string_not_equal(running[0].base, running[1].base);
	assert_string_not_equal(running[0].listen, running[1].listen);
	/* What is sent waits until its own instance is ready, and goes where that one lives. */
	say(2, "ready\n");
	was_told(" ready0");
	assert_int_equal(n_running, 3);
	assert_string_equal(running[2].recipient, "r1@d");
	assert_string_equal(running[2].base, running[1].base);
	say(1, "ready\n");
	assert_int_equal(n_running, 5);
	assert_string_equal(running[3].recipient, "r0@d");
	assert_string_equal(running[4].recipient, "r2@d");
	assert_string_equal(running[3].base, running[0].base);
	assert_string_equal(running[4].base, running[0].base);
	assert_string_equal(running[4].listen, running[0].listen);
}

static void
who_told_a_fate_is_said(void **state)
{
	(void)state;
	hire(SERVES_LEG, 8);
	send_to(0, 0);
	send_to(1, 1);
	say(1, "ready\n");
	say(2, "ready\n");
	told[0] = '\0';
	say(1, "to=<r0@d> sent\n");
	say(2, "to=<r0@d> held\n"); /* not its own: for the front to notice */
	was_told(" delivered(r0@d by 0) deferred(r0@d by 1)");
}

static void
each_message_has_an_instance_of_its_own(void **state)
{
	(void)state;
	hire(SERVES_MESSAGE, 8);
	send_to(1, 0);
	send_to(1, 2);
	assert_int_equal(n_running, 2);
	assert_string_equal(running[0].recipient, "r0@d");
	assert_string_equal(running[1].recipient, "r2@d");
	assert_string_equal(running[1].host, "mx.leg1");
	say(2, "ready\n");
	assert_int_equal(n_running, 3);
	assert_string_equal(running[2].base, running[1].base);
	assert_string_equal(running[2].recipient, "r2@d");
	end(2, -1, 11);
	was_told(" ready ready1 exit1:11 lost1:2");
}

static void
a_restart_is_its_legs_alone(void **state)
{
	(void)state;
	hire(SERVES_LEG, 8);
	send_to(0, 0);
	send_to(1, 1);
	say(1, "ready\n");
	say(2, "ready\n");
	told[0] = '\0';
	assert_false(crew_is_shared(crew));
	crew_restart(crew, 1, NULL);
	turn();
	assert_false(running[0].killed);
	assert_true(running[1].killed);
	end(2, -1, 15);
	assert_int_equal(n_running, 5);
	assert_string_equal(running[4].command, "start");
	assert_string_equal(running[4].host, "mx.leg1");
	assert_string_equal(running[4].base, running[1].base);
	was_told(" exit1:15");
	say(5, "ready\n");
	was_told(" ready1");
	crew_restart(crew, 2, NULL); /* which has none yet */
	was_told(" ready2");
}

static void
an_instance_that_ends_is_its_legs_matter(void **state)
{
	struct driver_errand again;

	(void)state;
	hire(SERVES_LEG, 8);
	send_to(0, 0);
	send_to(1, 1);
	say(1, "ready\n");
	say(2, "ready\n");
	told[0] = '\0';
	end(1, -1, 11);
	was_told(" exit0:11 lost0");
	say(2, "to=<r1@d> sent\n");
	was_told(" delivered(r1@d by 1)");
	/* Another try is for a new process at the same place. */
	again = errand(0, 0);
	assert_true(crew_retries_by_restart(crew, &again));
	crew_restart(crew, 0, &messages[0]);
	turn();
	assert_int_equal(n_running, 5);
	assert_string_equal(running[4].host, "mx.leg0");
	assert_string_equal(running[4].base, running[0].base);
}

static void
what_waited_for_a_start_that_failed_is_forgotten(void **state)
{
	(void)state;
	hire(SERVES_LEG, 8);
	send_to(0, 0);
	send_to(1, 1);
	say(2, "ready\n");
	told[0] = '\0';
	end(1, 7, 0);
	was_told(" exit0 lost0");
	send_to(0, 2); /* which starts it again */
	say(4, "ready\n");
	assert_int_equal(n_running, 5);
	assert_string_equal(running[4].recipient, "r2@d");
}

static void
a_client_that_never_starts_is_given_up(void **state)
{
	(void)state;
	hire(SERVES_LEG, 8);
	for (uint32_t leg = 0; leg < 3; leg++)
		send_to(leg, leg);
	told[0] = '\0';
	end(1, 7, 0);
	end(2, 7, 0);
	was_told(" exit0 lost0 exit1 lost1");
	end(3, 7, 0);
	was_told(" exit2 failed(c ended with status 7)");
}

static void
so_many_start_at_once_and_no_more(void **state)
{
	(void)state;
	hire(SERVES_LEG, 2);
	for (uint32_t leg = 0; leg < 3; leg++)
		send_to(leg, leg);
	assert_int_equal(n_running, 2);
	say(2, "ready\n"); /* its message takes a turn, too, behind the third start */
	assert_int_equal(n_running, 3);
	assert_string_equal(running[2].host, "mx.leg2");
	assert_string_equal(running[2].command, "start");
	end(1, 1, 0);
	assert_int_equal(n_running, 4);
	assert_string_equal(running[3].recipient, "r1@d");
}

static void
it_is_stopped_when_all_are_gone(void **state)
{
	(void)state;
	hire(SERVES_LEG, 8);
	send_to(0, 0);
	send_to(1, 1);
	say(1, "ready\n");
	told[0] = '\0';
	crew_stop(crew);
	turn();
	assert_true(running[0].killed && running[1].killed && running[2].killed);
	say(2, "ready\n"); /* as its last word */
	end(1, -1, 9);
	end(2, -1, 9);
	was_told(" exit0:9 exit1:9");
	end(3, -1, 9);
	was_told(" exit0:9 stopped");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, dismiss)
	const struct CMUnitTest tests[] = {
	    TEST(one_instance_serves_the_run),
	    TEST(each_leg_has_the_instance_that_knows_its_host),
	    TEST(who_told_a_fate_is_said),
	    TEST(each_message_has_an_instance_of_its_own),
	    TEST(a_restart_is_its_legs_alone),
	    TEST(an_instance_that_ends_is_its_legs_matter),
	    TEST(what_waited_for_a_start_that_failed_is_forgotten),
	    TEST(a_client_that_never_starts_is_given_up),
	    TEST(so_many_start_at_once_and_no_more),
	    TEST(it_is_stopped_when_all_are_gone),
	};

	return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
