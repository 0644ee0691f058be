/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_witness.c - the whole process on the loopback of a network namespace of its own: what was sent
 * before a flush was ordered is told before the flush is answered, and a deaf witness says that it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/model/fact.h"
#include "harness/model/order.h"
#include "harness/model/spool.h"
#include "harness/witness/witness.h"

#define CLIENT "100.64.0.2"
#define SERVER "198.18.1.0" /* host number 256 */

static bool inside;

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static int
give_address(const char *name, const char *address)
{
	struct ifreq ifr = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&ifr.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), status;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	in->sin_family = AF_INET;
	inet_pton(AF_INET, address, &in->sin_addr);
	status = ioctl(fd, SIOCSIFADDR, &ifr);
	ifr.ifr_flags = IFF_UP;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "lo");
	status |= ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return status;
}

/* A namespace of our own, loopback up, with the two addresses. */
static int
enter(void **state)
{
	char map[64];
	unsigned uid = getuid(), gid = getgid();

	(void)state;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
	inside = give_address("lo", "127.0.0.1") == 0 && give_address("lo:1", CLIENT) == 0 &&
		 give_address("lo:2", SERVER) == 0;
	return 0;
}

static void
need_namespace(void)
{
	if (inside)
		return;
	if (getenv("MUST_RUN") != NULL)
		fail_msg("no network namespace can be made here");
	print_message("cannot run here: no network namespace\n");
	skip();
}

struct bench {
	int front, spool;
	pid_t pid;
	uint32_t legs[257];
	struct plan plan;
	uint32_t last;
	char text[8192]; /* what was told, a line a fact, without times */
	int64_t dropped, packets;
};

static void
start(struct bench *b, enum plan_plant plant)
{
	int pair[2];

	need_namespace();
	memset(b, 0, sizeof(*b));
	for (size_t i = 0; i < 257; i++)
		b->legs[i] = FACT_NONE;
	b->legs[256] = 7;
	b->plan = (struct plan){.n_hosts = 257, .leg_of_host = b->legs, .plant = plant};
	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	b->spool = memfd_create("spool", MFD_ALLOW_SEALING);
	b->pid = fork();
	if (b->pid == 0) {
		close(pair[0]);
		_exit(witness_main(&(struct witness_options){&b->plan, pair[1], b->spool, {"lo", NULL}}));
	}
	close(pair[1]);
	b->front = pair[0];
}

static void
put_fact(struct bench *b, const struct fact *f)
{
	size_t len = strlen(b->text);
	char *at = b->text + len;
	size_t left = sizeof(b->text) - len;

	assert_int_equal(f->source, FACT_FROM_WITNESS);
	assert_int_equal(f->number, b->last + 1);
	b->last = f->number;
	if (f->kind == FACT_CROSSED)
		snprintf(at, left, "%.*s %.*s %.*s:%d leg %u\n", (int)f->crossed.token.len,
		    f->crossed.token.data, (int)f->crossed.encoding.len, f->crossed.encoding.data,
		    (int)f->crossed.address.len, f->crossed.address.data, (int)f->crossed.port, f->leg);
	else if (f->kind == FACT_CAPTURED) {
		b->packets = f->captured.packets;
		b->dropped = f->captured.dropped;
	} else if (f->kind != FACT_FLUSHED)
		snprintf(at, left, "%s\n", fact_info(f->kind)->name);
	if (f->kind == FACT_CROSSED)
		assert_true(f->t_ns <= clock_ns() && f->t_ns > clock_ns() - 60000000000u);
}

/* Reads facts until this flush is answered. */
static void
read_to_flush(struct bench *b, uint32_t order)
{
	static unsigned char message[FACT_ENCODED_MAX];
	struct fact f;
	ssize_t n;

	do {
		n = recv(b->front, message, sizeof(message), 0);
		assert_true(n > 0);
		assert_int_equal(fact_decode(&f, message, (size_t)n), 0);
		put_fact(b, &f);
	} while (f.kind != FACT_FLUSHED || f.flushed.order != order);
}

static void
flush(struct bench *b, uint32_t order)
{
	struct order o = {.kind = ORDER_FLUSH, .number = order};

	assert_int_equal(send(b->front, &o, sizeof(o), 0), sizeof(o));
	read_to_flush(b, order);
}

static void
stop(struct bench *b)
{
	int status;

	close(b->front);
	assert_int_equal(waitpid(b->pid, &status, 0), b->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(b->spool);
}

static struct sockaddr_in
address(const char *text, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, text, &a.sin_addr);
	return a;
}

/* A connection to the server; both ends. */
static void
join(int ends[2], uint16_t port)
{
	struct sockaddr_in to = address(SERVER, port), from = address(CLIENT, 0);
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_return_code(bind(listener, (void *)&to, sizeof(to)), 0);
	assert_return_code(listen(listener, 1), 0);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	assert_return_code(bind(ends[0], (void *)&from, sizeof(from)), 0);
	assert_return_code(connect(ends[0], (void *)&to, sizeof(to)), 0);
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
}

static void
say(const int ends[2], int from, const char *text)
{
	char got[256];
	size_t len = strlen(text);

	assert_int_equal(send(ends[from], text, len, 0), len);
	assert_int_equal(recv(ends[!from], got, len, MSG_WAITALL), len);
}

static void
what_crossed_before_a_flush_is_told_before_its_answer(void **state)
{
	struct bench b;
	int ends[2];

	(void)state;
	start(&b, PLANT_NOTHING);
	read_to_flush(&b, 0);
	join(ends, 25);
	for (uint32_t i = 1; i <= 20; i++) {
		char line[64], want[128];

		snprintf(line, sizeof(line), "RCPT TO:<mtmxabcdefgh00%02u", i);
		say(ends, 0, line);
		say(ends, 0, "@a0001.example>\r\n");
		flush(&b, i);
		snprintf(want, sizeof(want), "mtmxabcdefgh00%02u raw 198.18.1.0:25 leg 7\n", i);
		assert_string_equal(b.text, want);
		b.text[0] = '\0';
	}
	assert_int_equal(b.dropped, 0);
	close(ends[0]);
	close(ends[1]);
	stop(&b);
}

static void
raw_base64_and_replies_are_told_once_each(void **state)
{
	struct bench b;
	int ends[2];

	(void)state;
	start(&b, PLANT_NOTHING);
	read_to_flush(&b, 0);
	join(ends, 25);
	say(ends, 1, "250 MTMXABCDEFGH0001\r\n");
	say(ends, 0, "mtmxab");
	say(ends, 0, "cdefgh0002 mtmxabcdefgh0002\r\n");
	say(ends, 0, "bXRteGFiY2RlZmdoMDEyMw==\r\n");
	close(ends[0]);
	close(ends[1]);
	join(ends, 53);
	say(ends, 0, "mtmxabcdefgh0053\r\n");
	flush(&b, 1);
	assert_string_equal(b.text, "mtmxabcdefgh0001 raw 198.18.1.0:25 leg 7\n"
				    "mtmxabcdefgh0002 raw 198.18.1.0:25 leg 7\n"
				    "mtmxabcdefgh0123 base64 198.18.1.0:25 leg 7\n");
	assert_int_equal(b.dropped, 0);
	close(ends[0]);
	close(ends[1]);
	stop(&b);
}

static void
the_spool_holds_every_packet_that_was_counted(void **state)
{
	struct bench b;
	struct spool_packet head;
	int ends[2];
	int64_t n = 0;

	(void)state;
	start(&b, PLANT_NOTHING);
	read_to_flush(&b, 0);
	join(ends, 25);
	for (int i = 0; i < 100; i++)
		say(ends, i & 1, "x");
	flush(&b, 1);
	for (off_t at = 0; pread(b.spool, &head, sizeof(head), at) == sizeof(head); n++) {
		assert_true(head.captured <= head.original && head.captured >= 40 && head.interface == 0);
		at += (off_t)(sizeof(head) + head.captured);
	}
	assert_int_equal(n, b.packets);
	assert_true(n >= 103);
	close(ends[0]);
	close(ends[1]);
	stop(&b);
}

static void
a_deaf_witness_says_that_packets_were_dropped(void **state)
{
	struct bench b;
	int ends[2];

	(void)state;
	start(&b, PLANT_DEAF_WITNESS);
	read_to_flush(&b, 0);
	join(ends, 25);
	for (int i = 0; i < 10; i++)
		say(ends, i & 1, "mtmxabcdefgh0001 ");
	flush(&b, 1);
	assert_true(b.dropped > 0);
	flush(&b, 2);
	close(ends[0]);
	close(ends[1]);
	stop(&b);
}

static void
a_full_spool_is_a_fault_and_not_the_end(void **state)
{
	struct bench b;
	int ends[2];

	(void)state;
	need_namespace();
	start(&b, PLANT_NOTHING);
	assert_return_code(fcntl(b.spool, F_ADD_SEALS, F_SEAL_GROW), 0);
	read_to_flush(&b, 0);
	join(ends, 25);
	flush(&b, 1); /* the packets of the handshake are enough */
	say(ends, 0, "mtmxabcdefgh0001 ");
	flush(&b, 2);
	assert_string_equal(b.text, "lab-fault\nmtmxabcdefgh0001 raw 198.18.1.0:25 leg 7\n");
	close(ends[0]);
	close(ends[1]);
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_crossed_before_a_flush_is_told_before_its_answer),
	    cmocka_unit_test(raw_base64_and_replies_are_told_once_each),
	    cmocka_unit_test(the_spool_holds_every_packet_that_was_counted),
	    cmocka_unit_test(a_deaf_witness_says_that_packets_were_dropped),
	    cmocka_unit_test(a_full_spool_is_a_fault_and_not_the_end),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
