/* SPDX-License-Identifier: Apache-2.0 */
/* test_outlet.c - facts leave numbered, cut and in order, and clients are paused before any is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "fakes/world/outlet.h"

static struct event_base *base;
static struct outlet *outlet;
static int ends[2]; /* ours, the front's */
static int paused, resumed, died;

static void
on_pause(void *ctx, bool on)
{
	(void)ctx;
	paused += on;
	resumed += !on;
}

static void
on_dead(void *ctx)
{
	(void)ctx;
	died++;
}

static void
open_outlet(size_t max_bytes, bool withhold_clear)
{
	const struct outlet_calls calls = {on_pause, on_dead, NULL};

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	paused = resumed = died = 0;
	base = event_base_new();
	outlet = outlet_new(base, &(struct outlet_options){ends[0], max_bytes, withhold_clear}, &calls);
}

static void
close_outlet(void)
{
	outlet_free(outlet);
	event_base_free(base);
	close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
}

static void
emit_mail(const char *sender, const char *channel)
{
	struct fact f = {.kind = FACT_MAIL,
	    .leg = 7,
	    .step = 1,
	    .connection = 3,
	    .mail = {.sender = bytes_of(sender), .channel = bytes_of(channel)}};

	fact_emit(outlet_sink(outlet), &f);
}

/* The next fact at the front's end, a turn of the loop later; false when none waits. Its text lives until the
 * next call. */
static bool
next_fact(struct fact *ret)
{
	static char buffer[FACT_ENCODED_MAX];
	static struct bytes message;
	ssize_t len;

	if (outlet != NULL)
		event_base_loop(base, EVLOOP_NONBLOCK);
	if (message.len == 0) {
		len = recv(ends[1], buffer, sizeof(buffer), 0);
		if (len <= 0)
			return false;
		message = (struct bytes){buffer, (size_t)len};
	}
	assert_int_equal(fact_take(ret, &message), 0);
	return true;
}

static void
facts_are_numbered_from_1_and_stamped(void **state)
{
	struct fact f;

	(void)state;
	open_outlet(1 << 20, false);
	for (uint32_t i = 1; i <= 3; i++) {
		emit_mail("a@b", "clear");
		assert_true(next_fact(&f));
		assert_true(f.number == i && f.source == FACT_FROM_WORLD && f.t_ns > 0);
		assert_true(f.leg == 7 && f.step == 1 && f.connection == 3);
	}
	close_outlet();
}

static void
the_planted_lie_leaves_no_gap(void **state)
{
	static const struct {
		const char *sender, *channel;
		bool comes;
	} rows[] = {
	    {"1", "genuine", true}, {"2", "clear", false}, {"3", "clear", true}, {"4", "clear", true}};
	uint32_t number = 0;
	struct fact f;

	(void)state;
	open_outlet(1 << 20, true);
	for (size_t i = 0; i < 4; i++) {
		emit_mail(rows[i].sender, rows[i].channel);
		assert_int_equal(next_fact(&f), rows[i].comes);
		if (rows[i].comes)
			assert_int_equal(f.number, ++number);
	}
	close_outlet();
}

static void
long_text_is_cut_and_says_so(void **state)
{
	static const char tail[] =
	    "...[30000 bytes, sha256 72d6b9e03a5ff2fb44a3bc3a0e5988dae8bb4c300d5297788bdd72e0ca0a59ec]";
	static char text[30000];
	const struct {
		size_t len;
		bool cut;
	} rows[] = {{FACT_TEXT_MAX, false}, {FACT_TEXT_MAX + 1, true}, {sizeof(text), true}};
	struct fact f = {.kind = FACT_TLS_SECRET}, got;

	(void)state;
	memset(text, 'a', sizeof(text));
	open_outlet(1 << 20, false);
	for (size_t i = 0; i < 3; i++) {
		f.tls_secret.line = (struct bytes){text, rows[i].len};
		fact_emit(outlet_sink(outlet), &f);
		assert_true(next_fact(&got));
		assert_int_equal(got.tls_secret.line.len, FACT_TEXT_MAX);
		assert_int_equal(got.tls_secret.line.data[FACT_TEXT_MAX - 1] == ']', rows[i].cut);
	}
	assert_memory_equal(got.tls_secret.line.data + FACT_TEXT_MAX - strlen(tail), tail, strlen(tail));
	close_outlet();
}

static void
many_long_texts_still_fit_one_message(void **state)
{
	static char text[30000];
	struct bytes all = {text, sizeof(text)};
	struct fact f = {.kind = FACT_ARRIVED,
	    .arrived = {.host = BYTES("mx1"), .genuine = 1, .sender = all, .recipient = all, .data = all}};
	struct fact got;

	(void)state;
	memset(text, 'a', sizeof(text));
	open_outlet(1 << 20, false);
	fact_emit(outlet_sink(outlet), &f);
	assert_true(next_fact(&got));
	assert_true(got.arrived.data.len > 4000 && got.arrived.data.data[got.arrived.data.len - 1] == ']');
	assert_int_equal(got.arrived.host.len, 3);
	close_outlet();
}

static void
clients_are_paused_at_half_and_nothing_is_lost(void **state)
{
	enum { FACTS = 400 };
	static char text[1000];
	struct fact f;
	uint32_t number = 0;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	open_outlet(FACTS * sizeof(text) * 3 / 2, false);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int));
	for (int i = 0; i < FACTS; i++)
		emit_mail(text, "clear");
	assert_int_equal(paused, 0); /* never from the sink */
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_true(paused == 1 && resumed == 0);
	while (number < FACTS) {
		while (next_fact(&f))
			assert_int_equal(f.number, ++number);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert_true(paused == 1 && resumed == 1);
	close_outlet();
}

static void
what_exceeds_the_queue_leaves_a_gap(void **state)
{
	static char text[1000];
	uint32_t number = 0, gaps = 0;
	struct fact f;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	open_outlet(8000, false);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int));
	for (int i = 0; i < 400; i++)
		emit_mail(text, "clear");
	for (int i = 0; i < 100; i++) {
		while (next_fact(&f)) {
			assert_true(f.number > number);
			gaps += f.number - number - 1;
			number = f.number;
		}
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	emit_mail("last", "clear");
	assert_true(next_fact(&f));
	gaps += f.number - number - 1;
	assert_true(f.number == 401 && gaps > 100);
	close_outlet();
}

static void
what_was_observed_last_leaves_before_the_end(void **state)
{
	struct fact f;

	(void)state;
	open_outlet(1 << 20, false);
	for (int i = 0; i < 200; i++)
		emit_mail("a@b", "clear");
	outlet_free(outlet);
	outlet = NULL;
	for (uint32_t i = 1; i <= 200; i++)
		assert_true(next_fact(&f) && f.number == i);
	close_outlet();
}

static void
a_front_that_is_gone_is_told(void **state)
{
	(void)state;
	open_outlet(1 << 20, false);
	close(ends[1]);
	ends[1] = -1;
	emit_mail("a@b", "clear");
	emit_mail("a@b", "clear");
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(died, 1);
	close_outlet();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_are_numbered_from_1_and_stamped),
	    cmocka_unit_test(the_planted_lie_leaves_no_gap),
	    cmocka_unit_test(long_text_is_cut_and_says_so),
	    cmocka_unit_test(many_long_texts_still_fit_one_message),
	    cmocka_unit_test(clients_are_paused_at_half_and_nothing_is_lost),
	    cmocka_unit_test(what_exceeds_the_queue_leaves_a_gap),
	    cmocka_unit_test(what_was_observed_last_leaves_before_the_end),
	    cmocka_unit_test(a_front_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
