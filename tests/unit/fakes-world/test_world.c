/* SPDX-License-Identifier: Apache-2.0 */
/* test_world.c - the whole world process in a net namespace of its own: orders in, facts out, a mail through.
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes/tls/tls_context.h"
#include "fakes/world/world.h"
#include "harness/model/fact.h"
#include "harness/model/order.h"
#include "tests/unit/need.h"
#include "tests/unit/net_namespace.h"

#define MX_NUMBER 300u /* 198.18.1.44 */
#define MX_ADDRESS "198.18.1.44"

static struct plan_record records[] = {
    {.owner = "a0001.example.", .type = "MX", .rdata = "10 mx1.a0001.example."},
    {.owner = "mx1.a0001.example.", .type = "A", .rdata = MX_ADDRESS}};
static struct plan_zone zones[] = {
    {.apex = "a0001.example.", .secure = true, .records = records, .n_records = 2}};
static struct plan_host hosts[] = {{.label = "mx1",
    .name = "mx1.a0001.example",
    .number = MX_NUMBER,
    .smtp = {.starttls = true, .esmtp = true}}};
static struct plan_world the_world = {.zones = zones, .n_zones = 1, .hosts = hosts, .n_hosts = 1};
static struct plan_move refuse[] = {{.move = MOVE_TCP_REFUSE}};
static struct plan_step steps[] = {
    {.world = &the_world}, {.world = &the_world, .moves = refuse, .n_moves = 1}};
static struct plan_scenario scenarios[] = {
    {.name = "test", .file = "test", .attack = 0, .control = FACT_NONE}};
static struct plan_leg legs[] = {{.domain = "a0001.example", .steps = steps, .n_steps = 2}};
static uint32_t leg_of_host[MX_NUMBER + 1];
static struct plan plan = {.legs = legs,
    .n_legs = 1,
    .scenarios = scenarios,
    .n_scenarios = 1,
    .n_hosts = MX_NUMBER + 1,
    .leg_of_host = leg_of_host,
    .family = 4,
    .return_domain = "return.example"};

static int facts;        /* the front's end */
static char seen[65536]; /* "KIND LEG/STEP FIELDS" a line */

/* --- the front's side ------------------------------------------------------------------- */

static int
set_reach(void *ctx, struct plan_address address, enum reach reach, struct why *why)
{
	(void)ctx, (void)address, (void)reach, (void)why;
	return 0;
}

static void
describe(const struct fact *f)
{
	const struct fact_info *info = fact_info(f->kind);
	size_t at = strlen(seen);

	at +=
	    (size_t)snprintf(seen + at, sizeof(seen) - at, "%s %d/%d", info->name, (int)f->leg, (int)f->step);
	for (size_t i = 0; i < info->n_fields && at < sizeof(seen); i++) {
		const struct fact_field *field = &info->fields[i];
		struct bytes text = field->type == FACT_text ? fact_text(f, field) : (struct bytes){0};

		at += field->type == FACT_text
			  ? (size_t)snprintf(seen + at, sizeof(seen) - at, " %.*s", (int)text.len, text.data)
			  : (size_t)snprintf(seen + at, sizeof(seen) - at, " %d", (int)fact_number(f, field));
	}
	snprintf(seen + at, sizeof(seen) - at, "\n");
}

/* Reads facts until one of this kind came; checks that none is missing. */
static void
read_until(enum fact_kind kind)
{
	static char buffer[FACT_ENCODED_MAX];
	static struct bytes message;
	static uint32_t number;
	struct fact f;

	do {
		if (message.len == 0) {
			ssize_t len = recv(facts, buffer, sizeof(buffer), 0);

			if (len <= 0)
				fail_msg("no %s came after\n%s", fact_info(kind)->name, seen);
			message = (struct bytes){buffer, (size_t)len};
		}
		assert_int_equal(fact_take(&f, &message), 0);
		assert_int_equal(f.number, ++number);
		describe(&f);
	} while (f.kind != kind);
}

static void
give_order(enum order_kind kind, uint32_t leg, uint32_t step, uint32_t number)
{
	struct order order = {kind, leg, step, number};

	seen[0] = '\0';
	assert_int_equal(send(facts, &order, sizeof(order), 0), sizeof(order));
}

static void
assert_seen(const char *want)
{
	if (strstr(seen, want) == NULL)
		fail_msg("no '%s' in\n%s", want, seen);
}

/* --- the client's side ------------------------------------------------------------------ */

static int
dial(int type, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, MX_ADDRESS, &to.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Sends and reads until a line begins with `code` and a space. */
static void
say(int fd, const char *line, const char *code)
{
	char reply[4096], want[8];
	size_t len = 0;

	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	snprintf(want, sizeof(want), "%s ", code);
	for (;;) {
		ssize_t n = recv(fd, reply + len, sizeof(reply) - 1 - len, 0);
		const char *last;

		if (n <= 0)
			fail_msg("the server ended after %s", line);
		len += (size_t)n;
		reply[len] = '\0';
		last = strstr(reply, want);
		if (last != NULL && strstr(last, "\r\n") != NULL)
			return;
	}
}

static void
send_mail(void)
{
	int fd = dial(SOCK_STREAM, 25);

	say(fd, "", "220");
	say(fd, "EHLO client.example\r\n", "250");
	say(fd, "MAIL FROM:<mtmxaaaaaaaaaaaa@return.example>\r\n", "250");
	say(fd, "RCPT TO:<mtmxbbbbbbbbbbbb@a0001.example>\r\n", "250");
	say(fd, "DATA\r\n", "354");
	say(fd, "Subject: mtmxcccccccccccc\r\n\r\nmtmxdddddddddddd\r\n.\r\n", "250");
	say(fd, "QUIT\r\n", "221");
	close(fd);
}

static void
ask_dns(void)
{
	static const char question[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05"
				       "a0001\x07"
				       "example\x00\x00\x0f\x00\x01";
	unsigned char answer[512];
	int fd = dial(SOCK_DGRAM, 53);

	assert_int_equal(send(fd, question, sizeof(question) - 1, 0), sizeof(question) - 1);
	assert_true(recv(fd, answer, sizeof(answer), 0) > 12);
	assert_true(answer[0] == 0x12 && answer[3] == 0x80 && answer[7] == 1);
	close(fd);
}

/* --- the test --------------------------------------------------------------------------- */

static pid_t
start_world(void)
{
	struct world_options options = {.plan = &plan, .set_reach = set_reach};
	int ends[2];
	pid_t pid;

	for (uint32_t i = 0; i <= MX_NUMBER; i++)
		leg_of_host[i] = i == MX_NUMBER ? 0 : FACT_NONE;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	tls_context_init();
	options.pki = pki_new();
	options.fact_fd = ends[1];
	pid = fork();
	if (pid == 0) {
		int status;

		close(ends[0]);
		status = world_main(&options);
		pki_free(options.pki);
		exit(status);
	}
	close(ends[1]);
	pki_free(options.pki);
	facts = ends[0];
	return pid;
}

static void
orders_are_obeyed_and_a_mail_goes_through(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	need(net_namespace_enter(), NET_NAMESPACE_MISSING);
	alarm(60); /* only against a hang */
	pid = start_world();
	read_until(FACT_FLUSHED);
	assert_string_equal(seen, "flushed -1/-1 0\n");

	give_order(ORDER_STEP, 0, 0, 0);
	read_until(FACT_STEP_BEGUN);
	assert_string_equal(seen, "step-begun 0/0 \n");

	ask_dns();
	send_mail();
	give_order(ORDER_FLUSH, 0, 0, 7);
	read_until(FACT_FLUSHED);
	assert_seen("dns-asked 0/0 a0001.example @ MX udp rd\n");
	assert_seen("dns-answered 0/0 a0001.example @ MX NOERROR 1 0 0\n");
	assert_seen("mail 0/0 mtmxaaaaaaaaaaaa@return.example clear\n");
	assert_seen("rcpt 0/0 mtmxbbbbbbbbbbbb@a0001.example clear\n");
	assert_seen("arrived 0/0 mx1 1 mtmxaaaaaaaaaaaa@return.example mtmxbbbbbbbbbbbb@a0001.example ");
	assert_seen("closed 0/0 ");
	assert_seen("flushed -1/-1 7\n");

	give_order(ORDER_STEP, 0, 1, 0);
	read_until(FACT_MET);
	assert_string_equal(seen, "step-begun 0/1 tcp:refuse\nmet 0/1 tcp refuse mx1 0\n");

	/* An idle session is closed when its leg is hushed; one on its way to its first mail is not. */
	seen[0] = '\0';
	status = dial(SOCK_STREAM, 25);
	say(status, "", "220");
	give_order(ORDER_HUSH, 0, 0, 0);
	give_order(ORDER_FLUSH, 0, 0, 8);
	read_until(FACT_FLUSHED);
	assert_null(strstr(seen, "closed"));
	say(status, "EHLO me\r\n", "250");
	say(status, "MAIL FROM:<mtmxaaaaaaaaaaaa@return.example>\r\n", "250");
	say(status, "RSET\r\n", "250");
	give_order(ORDER_HUSH, 0, 0, 0);
	read_until(FACT_CLOSED);
	close(status);

	close(facts);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(orders_are_obeyed_and_a_mail_goes_through)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
