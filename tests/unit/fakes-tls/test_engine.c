/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_engine.c - TLS between two engines in memory, and the runs of bytes that wait for it.
 *
 * No sockets: the wire is a loop that carries records from one engine to the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/tls/outgoing.h"
#include "fakes/tls/tls_context.h"
#include "fakes/tls/tls_engine.h"
#include "tests/unit/fakes-tls/self_signed.h"

enum { CLIENT, SERVER, SIDES };

static SSL_CTX *contexts[SIDES];
static struct tls_engine engines[SIDES];
static struct evbuffer *plain[SIDES];

static int
begin(void **state)
{
	(void)state;
	contexts[SERVER] = tls_context_server();
	self_signed_use(contexts[SERVER]);
	contexts[CLIENT] = tls_context_client(NULL, NULL);
	SSL_CTX_set_verify(contexts[CLIENT], SSL_VERIFY_NONE, NULL);
	for (int i = 0; i < SIDES; i++) {
		tls_engine_init(&engines[i]);
		plain[i] = evbuffer_new();
		tls_engine_begin(&engines[i], SSL_new(contexts[i]), i == SERVER);
	}
	return 0;
}

static int
end(void **state)
{
	(void)state;
	for (int i = 0; i < SIDES; i++) {
		tls_engine_done(&engines[i]);
		evbuffer_free(plain[i]);
		SSL_CTX_free(contexts[i]);
	}
	return 0;
}

/* Lets a side do what it can. */
static enum tls_engine_step
advance(int side)
{
	enum tls_engine_step step = TLS_ENGINE_GO_ON;

	while (step == TLS_ENGINE_GO_ON && engines[side].state == TLS_ENGINE_HANDSHAKE)
		step = tls_engine_shake_hands(&engines[side]);
	while (step == TLS_ENGINE_GO_ON && engines[side].state == TLS_ENGINE_UP)
		step = tls_engine_unwrap(&engines[side], plain[side]);
	return step;
}

/* Carries what `from` has to say to the other side, so many bytes at once; how many there were. */
static size_t
carry(int from, size_t at_once)
{
	char wire[65536];
	struct bytes records = tls_engine_records(&engines[from]);
	size_t len = records.len;

	assert_true(len <= sizeof(wire));
	memcpy(wire, records.data, len);
	tls_engine_drop_records(&engines[from]);
	for (size_t at = 0; at < len; at += at_once) {
		size_t n = len - at < at_once ? len - at : at_once;

		tls_engine_feed(&engines[!from], (struct bytes){wire + at, n});
		advance(!from);
	}
	return len;
}

static void
talk(size_t at_once)
{
	advance(CLIENT);
	while (carry(CLIENT, at_once) + carry(SERVER, at_once) > 0)
		;
}

static void
assert_got(int side, const char *want)
{
	size_t len = evbuffer_get_length(plain[side]);

	assert_int_equal(len, strlen(want));
	assert_memory_equal(evbuffer_pullup(plain[side], -1), want, len);
}

static void
a_session_runs_without_a_socket_in_pieces_of_any_size(void **state)
{
	static const size_t sizes[] = {1, 7, 65536};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (i > 0) {
			end(state);
			begin(state);
		}
		talk(sizes[i]);
		assert_true(tls_engine_is_up(&engines[CLIENT]) && tls_engine_is_up(&engines[SERVER]));
		assert_int_equal(tls_engine_wrap(&engines[CLIENT], "EHLO me", 7), 7);
		assert_int_equal(tls_engine_wrap(&engines[SERVER], "250 mx", 6), 6);
		talk(sizes[i]);
		assert_got(SERVER, "EHLO me");
		assert_got(CLIENT, "250 mx");
	}
}

static void
who_has_heard_a_farewell_may_still_speak(void **state)
{
	(void)state;
	talk(65536);
	tls_engine_shut_down(&engines[CLIENT]);
	carry(CLIENT, 65536);
	assert_int_equal(engines[SERVER].state, TLS_ENGINE_PEER_CLOSED);
	assert_true(tls_engine_is_up(&engines[SERVER]));
	assert_int_equal(tls_engine_wrap(&engines[SERVER], "221", 3), 3);
	assert_true(tls_engine_records(&engines[SERVER]).len > 0);
	assert_string_equal(engines[SERVER].error, "");
}

static void
what_is_wrapped_before_the_end_of_a_session_is_refused_after_it(void **state)
{
	(void)state;
	talk(65536);
	tls_engine_shut_down(&engines[CLIENT]);
	assert_int_equal(tls_engine_wrap(&engines[CLIENT], "QUIT", 4), -1);
	assert_int_equal(engines[CLIENT].state, TLS_ENGINE_FAILED);
}

static void
an_alert_leaves_although_the_call_failed(void **state)
{
	(void)state;
	SSL_set_verify(engines[CLIENT].ssl, SSL_VERIFY_PEER, NULL);
	SSL_set_security_level(engines[CLIENT].ssl, 0);
	advance(CLIENT);
	carry(CLIENT, 65536);
	carry(SERVER, 65536);
	assert_int_equal(engines[CLIENT].state, TLS_ENGINE_FAILED);
	assert_string_equal(engines[CLIENT].error, "certificate verify failed: self-signed certificate");
	assert_int_equal(engines[CLIENT].alert, -1);
	assert_true(carry(CLIENT, 65536) > 0);
	assert_int_equal(engines[SERVER].state, TLS_ENGINE_FAILED);
	assert_int_equal(engines[SERVER].alert, SSL_AD_UNKNOWN_CA);
}

static void
noise_is_a_failure_with_a_reason(void **state)
{
	(void)state;
	tls_engine_feed(&engines[SERVER], (struct bytes){"EHLO me\r\n", 9});
	assert_int_equal(advance(SERVER), TLS_ENGINE_STOP);
	assert_int_equal(engines[SERVER].state, TLS_ENGINE_FAILED);
	assert_string_not_equal(engines[SERVER].error, "");
	assert_int_equal(engines[SERVER].alert, -1);
}

/* --- the runs ------------------------------------------------------------------------------- */

static void
put(struct outgoing *o, enum outgoing_way way, const char *text)
{
	evbuffer_add(o->bytes, text, strlen(text));
	outgoing_note(o, way, strlen(text));
}

static void
bytes_of_one_way_are_one_run_and_the_order_stays(void **state)
{
	struct outgoing o;
	struct evbuffer *wire = evbuffer_new();

	(void)state;
	outgoing_init(&o);
	assert_true(outgoing_is_empty(&o));
	put(&o, OUTGOING_CLEAR, "220 ");
	put(&o, OUTGOING_CLEAR, "go");
	put(&o, OUTGOING_BENEATH, "");
	put(&o, OUTGOING_WRAPPED, "250");
	put(&o, OUTGOING_BENEATH, "noise");
	assert_int_equal(outgoing_way(&o), OUTGOING_CLEAR);
	assert_int_equal(outgoing_len(&o), 6);
	outgoing_move(&o, wire);
	assert_int_equal(outgoing_way(&o), OUTGOING_WRAPPED);
	outgoing_drop(&o, 2);
	assert_int_equal(outgoing_len(&o), 1);
	outgoing_drop(&o, 1);
	assert_int_equal(outgoing_way(&o), OUTGOING_BENEATH);
	outgoing_move(&o, wire);
	assert_true(outgoing_is_empty(&o));
	assert_int_equal(evbuffer_get_length(wire), 11);
	assert_memory_equal(evbuffer_pullup(wire, -1), "220 gonoise", 11);
	outgoing_done(&o);
	evbuffer_free(wire);
}

static void
runs_that_never_left_are_freed(void **state)
{
	struct outgoing o;

	(void)state;
	outgoing_init(&o);
	put(&o, OUTGOING_CLEAR, "220 go");
	put(&o, OUTGOING_WRAPPED, "250");
	outgoing_done(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_session_runs_without_a_socket_in_pieces_of_any_size, begin, end),
	    cmocka_unit_test_setup_teardown(who_has_heard_a_farewell_may_still_speak, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_is_wrapped_before_the_end_of_a_session_is_refused_after_it, begin, end),
	    cmocka_unit_test_setup_teardown(an_alert_leaves_although_the_call_failed, begin, end),
	    cmocka_unit_test_setup_teardown(noise_is_a_failure_with_a_reason, begin, end),
	    cmocka_unit_test(bytes_of_one_way_are_one_run_and_the_order_stays),
	    cmocka_unit_test(runs_that_never_left_are_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
