/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_tls_facts.c - which facts a session gives, by what the client does with it.
 *
 * Server and client are two streams over a pair of sockets, in one process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "fakes/tls/tls_engine.h"
#include "fakes/watch/tls_facts.h"

#define DOMAIN "a0001.example"
#define HOST "mx1." DOMAIN

static struct plan_world world;
static struct plan_step steps[] = {{.world = &world}};
static struct plan_leg legs[] = {{.domain = DOMAIN, .steps = steps, .n_steps = 1}};
static const struct plan plan = {.legs = legs, .n_legs = 1};

static struct event_base *base;
static struct pki *pki;
static struct scene *scene;
static struct scope scope;
static SSL_CTX *client_context;
static struct stream *server, *client;
static struct tls_facts facts;
static char told[1024]; /* "NAME[FIELD]... ", secrets left out */
static unsigned secrets, shown;
static bool over;

static void
keep(struct fact_sink *sink, const struct fact *f)
{
	const struct fact_info *info = fact_info(f->kind);
	size_t at = strlen(told);

	(void)sink;
	secrets += f->kind == FACT_TLS_SECRET;
	if (f->kind == FACT_TLS_SECRET || f->kind == FACT_STEP_BEGUN)
		return;
	at += (size_t)snprintf(told + at, sizeof(told) - at, "%s", info->name);
	for (size_t i = 0; i < info->n_fields; i++) {
		struct bytes text =
		    info->fields[i].type == FACT_text ? fact_text(f, &info->fields[i]) : (struct bytes){0};

		if (f->kind == FACT_CERTIFICATE_SHOWN && text.len == 64) /* the hash */
			continue;
		if (info->fields[i].type == FACT_text)
			at += (size_t)snprintf(
			    told + at, sizeof(told) - at, "[%.*s]", (int)text.len, text.data);
		else
			at += (size_t)snprintf(
			    told + at, sizeof(told) - at, "%d", (int)fact_number(f, &info->fields[i]));
	}
	snprintf(told + at, sizeof(told) - at, " ");
}

static struct fact_sink sink = {keep};

/* --- both ends ------------------------------------------------------------------------------- */

static void
on_up(void *owner)
{
	(void)owner;
	if (facts.ssl != NULL)
		tls_facts_up(&facts);
}

static void
on_ended(void *owner, enum stream_end how)
{
	(void)owner;
	tls_facts_ended(&facts, server, how);
	over = true;
}

static const struct stream_calls server_calls = {.tls_up = on_up, .ended = on_ended};

static void
leave(void *owner)
{
	(void)owner;
	stream_close(client);
	client = NULL;
}

static void
leave_at_end(void *owner, enum stream_end how)
{
	(void)how;
	leave(owner);
}

static const struct stream_calls client_calls = {.tls_up = leave, .ended = leave_at_end};

static void
on_shown(void *owner)
{
	assert_ptr_equal(owner, &facts);
	shown++;
}

static int
set_up(void **state)
{
	int ends[2];

	(void)state;
	told[0] = '\0';
	secrets = shown = 0;
	over = false;
	scene = scene_new(&plan, &sink);
	scene_set_step(scene, 0, 0);
	scope = scope_open(scene, 0);
	facts = (struct tls_facts){.scope = &scope,
	    .host = "mx1",
	    .channel = "genuine",
	    .chain = pki_chain_for(pki, DOMAIN, HOST, NULL, FAULT_NONE),
	    .shown = on_shown,
	    .owner = &facts};
	base = event_base_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	server = stream_accept(base, ends[0], &server_calls, NULL);
	client = stream_accept(base, ends[1], &client_calls, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tls_facts_detach(&facts);
	stream_free(server);
	stream_free(client);
	stream_drop_closing(base);
	event_base_free(base);
	scene_free(scene);
	return 0;
}

static SSL *
client_session(void)
{
	SSL *ssl = SSL_new(client_context);

	SSL_set_tlsext_host_name(ssl, HOST);
	SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
	SSL_set_alpn_protos(ssl, (const unsigned char *)"\x08http/1.1", 9);
	return ssl;
}

static void
serve(void)
{
	stream_start_tls(server, tls_facts_new(&facts, pki, TLS_DEFAULT, TLS_DEFAULT), true);
}

static void
run(void)
{
	while (!over)
		event_base_loop(base, EVLOOP_ONCE);
}

#define HELLO "tls-hello[mx1][" HOST "][1.2][http/1.1] "
#define SHOWN "certificate-shown[mx1][valid][" HOST "][genuine] "

/* --- tests ----------------------------------------------------------------------------------- */

static void
a_session_is_told_from_its_hello_on(void **state)
{
	(void)state;
	serve();
	stream_start_tls(client, client_session(), false);
	run();
	assert_string_equal(
	    told, HELLO SHOWN "tls-up[mx1][1.2][ECDHE-ECDSA-AES256-GCM-SHA384][" HOST "][genuine] ");
	assert_int_equal(shown, 1);
	assert_true(secrets > 0);
	assert_true(facts.up);
	assert_string_equal(facts.sni, HOST);
}

static void
the_protocol_is_answered_only_when_there_is_one(void **state)
{
	static const char *const rows[] = {"http/1.1", NULL};

	for (size_t i = 0; i < 2; i++) {
		const unsigned char *chosen;
		unsigned len;

		if (i > 0) {
			tear_down(state);
			set_up(state);
		}
		facts.alpn = rows[i];
		serve();
		stream_start_tls(client, client_session(), false);
		run();
		SSL_get0_alpn_selected(facts.ssl, &chosen, &len);
		assert_int_equal(len, rows[i] ? strlen(rows[i]) : 0);
	}
}

static void
bytes_that_are_no_hello_are_a_failure(void **state)
{
	(void)state;
	serve();
	stream_print(client, "EHLO me\r\n");
	run();
	assert_int_equal(strncmp(told, "tls-failed[mx1][", 16), 0);
}

static void
silence_is_no_failure(void **state)
{
	(void)state;
	serve();
	leave(NULL);
	run();
	assert_string_equal(told, "");
}

static int
stall(void *owner)
{
	(void)owner;
	if (client != NULL)
		leave(NULL);
	return TLS_WATCH_STALL;
}

static void
a_stalled_hello_is_told_once_and_fails_when_the_client_leaves(void **state)
{
	(void)state;
	facts.greeted = stall;
	serve();
	stream_start_tls(client, client_session(), false);
	run();
	assert_string_equal(told, HELLO "tls-failed[mx1][the connection was closed in the handshake]-1 ");
	assert_int_equal(shown, 0);
}

static int
refuse(void *owner)
{
	(void)owner;
	return SSL_AD_UNRECOGNIZED_NAME;
}

static void
a_hello_may_be_answered_by_an_alert(void **state)
{
	(void)state;
	facts.greeted = refuse;
	serve();
	stream_start_tls(client, client_session(), false);
	run();
	assert_int_equal(strncmp(told, HELLO "tls-failed[mx1][", strlen(HELLO) + 16), 0);
}

static void
who_is_detached_tells_nothing(void **state)
{
	(void)state;
	serve();
	tls_facts_detach(&facts);
	stream_start_tls(client, client_session(), false);
	run();
	assert_string_equal(told, "");
	assert_int_equal(secrets + shown, 0);
}

static void
a_hello_nobody_answers_is_told_from_its_bytes(void **state)
{
	struct tls_engine engine;

	(void)state;
	tls_engine_init(&engine);
	tls_engine_begin(&engine, client_session(), false);
	tls_engine_shake_hands(&engine);
	tls_facts_read_hello(&facts, pki, tls_engine_records(&engine));
	tls_engine_done(&engine);
	assert_string_equal(told, HELLO);
	assert_null(facts.ssl);
}

static int
begin(void **state)
{
	(void)state;
	pki = pki_new();
	client_context = tls_context_client(NULL, NULL);
	SSL_CTX_set_verify(client_context, SSL_VERIFY_NONE, NULL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	SSL_CTX_free(client_context);
	pki_free(pki);
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_session_is_told_from_its_hello_on),
	    T(the_protocol_is_answered_only_when_there_is_one),
	    T(bytes_that_are_no_hello_are_a_failure),
	    T(silence_is_no_failure),
	    T(a_stalled_hello_is_told_once_and_fails_when_the_client_leaves),
	    T(a_hello_may_be_answered_by_an_alert),
	    T(who_is_detached_tells_nothing),
	    T(a_hello_nobody_answers_is_told_from_its_bytes),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
