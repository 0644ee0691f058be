/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_stream.c - streams in clear and in TLS, both ends in one process on loopback.
 *
 * Each test is two scripts (what a side does when something happens) and what both saw.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/buffer.h>

#include "fakes/tls/stream.h"
#include "fakes/tls/tls_context.h"
#include "harness/base/must.h"
#include "tests/unit/fakes-tls/self_signed.h"
#include "tests/unit/need.h"

extern char **environ;

struct side {
	struct stream *s;
	char log[1024]; /* "connected; data 220 go; up; ended eof; " */
	size_t got;     /* bytes of data, counted */
	size_t records[2];
	bool over, quiet; /* quiet: data is counted, not logged */
	const char *free_at;
	void (*on)(struct side *side, const char *what);
};

static struct event_base *base;
static struct side client, server;
static SSL_CTX *server_ctx, *client_ctx;

static const char *const end_names[] = {
    "eof", "truncated", "reset", "refused", "unreachable", "timeout", "tls-failed"};

static bool
happens(struct side *side, const char *what)
{
	if (side->free_at != NULL && strcmp(side->free_at, what) == 0) {
		stream_free(side->s);
		side->s = NULL;
		side->over = true;
		strcat(side->log, "freed; ");
		return false;
	}
	if (side->on != NULL)
		side->on(side, what);
	return true;
}

static void
note(struct side *side, const char *what)
{
	size_t at = strlen(side->log);

	snprintf(side->log + at, sizeof(side->log) - at, "%s; ", what);
}

static void
on_connected(void *owner)
{
	note(owner, "connected");
	happens(owner, "connected");
}

static void
on_data(void *owner, struct evbuffer *in)
{
	struct side *side = owner;
	char *line;

	if (side->quiet) {
		side->got += evbuffer_get_length(in);
		evbuffer_drain(in, evbuffer_get_length(in));
		happens(side, "data");
		return;
	}
	while (side->s != NULL && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		char what[256];

		snprintf(what, sizeof(what), "data %.200s", line);
		free(line);
		note(side, what);
		if (!happens(side, "data") || !happens(side, what))
			return;
		if (side->s == NULL || (stream_ssl(side->s) != NULL && !stream_tls_is_up(side->s)))
			return; /* the rest belongs to TLS */
	}
}

static void
on_up(void *owner)
{
	note(owner, "up");
	happens(owner, "up");
}

static void
on_record(void *owner, bool out, struct bytes bytes)
{
	struct side *side = owner;

	side->records[out] += bytes.len;
	happens(side, "record");
}

static void
on_ended(void *owner, enum stream_end how)
{
	struct side *side = owner;
	char what[64];

	snprintf(what, sizeof(what), "ended %s", end_names[how]);
	note(side, what);
	side->over = true;
	if (happens(side, "ended"))
		happens(side, what);
}

static void
on_drained(void *owner)
{
	happens(owner, "drained");
}

static const struct stream_calls calls = {on_connected, on_data, on_up, on_record, on_ended, on_drained};

/* --- the frame --------------------------------------------------------------------------- */

static void
hung(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	fail_msg("nothing more happens; client: %s server: %s", client.log, server.log);
}

static bool
both_over(void)
{
	return client.over && server.over;
}

static bool
client_over(void)
{
	return client.over;
}

static bool
server_over(void)
{
	return server.over;
}

static void
run_until(bool (*done)(void))
{
	struct timeval limit = {20, 0};
	struct event *guard = event_new(base, -1, 0, hung, NULL);

	event_add(guard, &limit);
	while (!done())
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	event_free(guard);
}

static evutil_socket_t
listen_somewhere(struct sockaddr_in *ret, int backlog)
{
	evutil_socket_t fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret);

	*ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof(*ret)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &len), 0);
	return fd;
}

/* Both ends of one connection; the client's connect is done by the stream. */
static void
join(void)
{
	struct sockaddr_in at;
	evutil_socket_t listener = listen_somewhere(&at, 5);
	evutil_socket_t fd;

	client.s = stream_connect(base, (struct sockaddr *)&at, sizeof(at), NULL, 0, &calls, &client);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	close(listener);
	server.s = stream_accept(base, fd, &calls, &server);
}

static void
begin_tls(struct side *side)
{
	stream_start_tls(side->s, SSL_new(side == &server ? server_ctx : client_ctx), side == &server);
}

static int
begin(void **state)
{
	(void)state;
	client = (struct side){0};
	server = (struct side){0};
	base = event_base_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	stream_free(client.s);
	stream_free(server.s);
	stream_drop_closing(base);
	event_base_free(base);
	return 0;
}

static int
make_contexts(void **state)
{
	(void)state;
	server_ctx = tls_context_server();
	self_signed_use(server_ctx);
	client_ctx = tls_context_client(NULL, NULL);
	SSL_CTX_set_verify(client_ctx, SSL_VERIFY_NONE, NULL);
	return 0;
}

static int
free_contexts(void **state)
{
	(void)state;
	SSL_CTX_free(server_ctx);
	SSL_CTX_free(client_ctx);
	return 0;
}

/* --- STARTTLS ----------------------------------------------------------------------------- */

static void
upgrade(struct side *side, const char *what)
{
	if (strcmp(what, "connected") == 0)
		stream_print(side->s, "STARTTLS\r\n");
	if (strcmp(what, "data STARTTLS") == 0)
		stream_print(side->s, "220 go\r\n");
	if (strcmp(what, "data STARTTLS") == 0 || strcmp(what, "data 220 go") == 0)
		begin_tls(side);
	if (strcmp(what, "up") == 0 && side == &client)
		stream_print(side->s, "inside\r\n");
	if (strcmp(what, "data inside") == 0)
		stream_print(side->s, "250 inside\r\n");
	if (strcmp(what, "data 250 inside") == 0 || (strcmp(what, "ended eof") == 0 && side == &server)) {
		stream_close(side->s);
		side->s = NULL;
		side->over = true;
	}
}

static void
a_stream_turns_into_tls_in_the_middle(void **state)
{
	(void)state;
	client.on = server.on = upgrade;
	join();
	run_until(both_over);
	assert_string_equal(client.log, "connected; data 220 go; up; data 250 inside; ");
	assert_string_equal(server.log, "data STARTTLS; up; data inside; ended eof; ");
	/* A closed stream tells no more, not even its close_notify. */
	assert_true(client.records[1] <= server.records[0] && client.records[1] > 200);
	assert_true(client.records[0] <= server.records[1] && client.records[0] > 500);
}

static void
rush(struct side *side, const char *what)
{
	if (strcmp(what, "connected") == 0) {
		stream_print(side->s, "STARTTLS\r\n");
		begin_tls(side); /* in one segment, as pump() sends what there is at once */
	}
	if (strcmp(what, "data STARTTLS") == 0)
		begin_tls(side);
	if (strcmp(what, "up") == 0)
		side->over = true;
}

static void
a_client_hello_in_the_segment_of_starttls_is_used(void **state)
{
	(void)state;
	client.on = server.on = rush;
	join();
	run_until(both_over);
	assert_string_equal(client.log, "connected; up; ");
	assert_string_equal(server.log, "data STARTTLS; up; ");
}

/* TLS from the first byte, both ends. */
static void
implicit(struct side *side, const char *what)
{
	if (strcmp(what, "connected") == 0)
		begin_tls(side);
	if (strcmp(what, "up") == 0)
		side->over = true;
}

static void
join_in_tls(void)
{
	join();
	begin_tls(&server);
}

static void
shake_hands(void)
{
	client.on = server.on = implicit;
	join_in_tls();
	run_until(both_over);
	client.over = server.over = false;
	client.on = server.on = NULL;
	client.log[0] = server.log[0] = '\0';
}

/* --- alerts ------------------------------------------------------------------------------- */

static int
refuse_hello(void *owner, SSL *ssl, const struct tls_hello *hello)
{
	(void)owner, (void)ssl, (void)hello;
	return SSL_AD_UNRECOGNIZED_NAME;
}

static void
an_alert_of_the_hello_callback_arrives(void **state)
{
	static const struct tls_watch watch = {.hello = refuse_hello};

	(void)state;
	client.on = implicit;
	join_in_tls();
	tls_context_watch(stream_ssl(server.s), &watch, &server);
	run_until(both_over);
	assert_string_equal(client.log, "connected; ended tls-failed; ");
	assert_int_equal(stream_tls_alert(client.s), SSL_AD_UNRECOGNIZED_NAME);
	assert_int_equal(stream_tls_alert(server.s), -1);
	assert_string_equal(server.log, "ended tls-failed; ");
}

static void
verify_then_close(struct side *side, const char *what)
{
	if (strcmp(what, "connected") == 0) {
		SSL *ssl = SSL_new(client_ctx);

		SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
		SSL_set_security_level(ssl, 0);
		stream_start_tls(side->s, ssl, false);
	}
	if (strcmp(what, "ended") == 0) {
		assert_string_equal(
		    stream_tls_error(side->s), "certificate verify failed: self-signed certificate");
		stream_close(side->s);
		side->s = NULL;
	}
}

static void
a_certificate_that_is_refused_is_an_alert_at_the_server(void **state)
{
	(void)state;
	client.on = verify_then_close;
	join_in_tls();
	run_until(both_over);
	assert_string_equal(client.log, "connected; ended tls-failed; ");
	assert_string_equal(server.log, "ended tls-failed; ");
	assert_int_equal(stream_tls_alert(server.s), SSL_AD_UNKNOWN_CA);
	assert_string_equal(stream_tls_error(server.s), "tlsv1 alert unknown ca");
}

/* --- ends --------------------------------------------------------------------------------- */

static void
connected_is_over(struct side *side, const char *what)
{
	side->over |= strcmp(what, "connected") == 0;
}

static void
a_reset_is_seen_as_one(void **state)
{
	(void)state;
	join();
	client.on = connected_is_over;
	run_until(client_over);
	client.over = false;
	stream_reset(server.s);
	server.s = NULL;
	run_until(client_over);
	assert_string_equal(client.log, "connected; ended reset; ");
}

static void
a_reset_inside_tls_is_seen_as_one(void **state)
{
	(void)state;
	shake_hands();
	stream_reset(client.s);
	client.s = NULL;
	run_until(server_over);
	assert_string_equal(server.log, "ended reset; ");
}

static void
a_fin_in_clear_is_eof(void **state)
{
	(void)state;
	join();
	stream_close(server.s);
	server.s = NULL;
	run_until(client_over);
	assert_string_equal(client.log, "connected; ended eof; ");
}

static void
free_when_drained(struct side *side, const char *what)
{
	if (strcmp(what, "drained") == 0) {
		stream_free(side->s);
		side->s = NULL;
	}
}

static void
truncation_comes_after_the_data_before_it(void **state)
{
	(void)state;
	shake_hands();
	server.on = free_when_drained;
	stream_print(server.s, "half\r\n");
	run_until(client_over);
	assert_string_equal(client.log, "data half; ended truncated; ");
}

static void
a_refused_connect_is_seen(void **state)
{
	struct sockaddr_in at;

	(void)state;
	close(listen_somewhere(&at, 1));
	client.s = stream_connect(base, (struct sockaddr *)&at, sizeof(at), NULL, 0, &calls, &client);
	assert_string_equal(client.log, "");
	run_until(client_over);
	assert_string_equal(client.log, "ended refused; ");
}

static void
a_connect_that_cannot_be_bound_is_unreachable(void **state)
{
	struct sockaddr_in at; /* in use, by the listener itself */
	evutil_socket_t fd = listen_somewhere(&at, 1);

	(void)state;
	client.s = stream_connect(
	    base, (struct sockaddr *)&at, sizeof(at), (struct sockaddr *)&at, sizeof(at), &calls, &client);
	run_until(client_over);
	assert_string_equal(client.log, "ended unreachable; ");
	close(fd);
}

static void
a_connect_without_answer_times_out(void **state)
{
	struct sockaddr_in at;
	evutil_socket_t listener = listen_somewhere(&at, 0);
	evutil_socket_t fill[2];

	(void)state;
	/* A listener whose backlog is full drops further SYNs. */
	for (size_t i = 0; i < 2; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], (struct sockaddr *)&at, sizeof(at));
	}
	client.s = stream_connect(base, (struct sockaddr *)&at, sizeof(at), NULL, 0, &calls, &client);
	stream_set_timeout(client.s, 50);
	run_until(client_over);
	assert_string_equal(client.log, "ended timeout; ");
	close(fill[0]);
	close(fill[1]);
	close(listener);
}

static void
an_idle_peer_times_out(void **state)
{
	(void)state;
	join();
	stream_set_timeout(client.s, 50);
	run_until(client_over);
	assert_string_equal(client.log, "connected; ended timeout; ");
}

/* --- bulk --------------------------------------------------------------------------------- */

static void
resume_at_once(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	stream_resume(client.s);
}

/* `late`: the client reads only once the server could do nothing more. */
static void
send_300_kb(bool late)
{
	static char block[300 * 1024];
	struct timeval soon = {0, 20000};

	memset(block, 'x', sizeof(block));
	stream_write(server.s, block, sizeof(block));
	stream_close(server.s);
	server.s = NULL;
	client.quiet = true;
	if (late) {
		stream_pause(client.s);
		event_base_once(base, -1, EV_TIMEOUT, resume_at_once, NULL, &soon);
	}
	run_until(client_over);
	assert_int_equal(client.got, sizeof(block));
}

static void
what_was_written_before_a_close_arrives_whole(void **state)
{
	(void)state;
	join();
	send_300_kb(false);
	assert_string_equal(client.log, "connected; ended eof; ");
}

static void
what_was_written_in_tls_before_a_close_arrives_whole(void **state)
{
	(void)state;
	shake_hands();
	send_300_kb(false);
	assert_string_equal(client.log, "ended eof; ");
}

static void
a_paused_reader_gets_all_of_it_later(void **state)
{
	(void)state;
	shake_hands();
	send_300_kb(true);
	assert_string_equal(client.log, "ended eof; ");
}

/* A close with unread bytes in the socket would be a RST, which overtakes what we said. */
static void
what_the_peer_sent_meanwhile_does_not_cut_our_last_bytes(void **state)
{
	static char block[100 * 1024];

	(void)state;
	join();
	stream_pause(server.s);
	stream_write(client.s, block, sizeof(block));
	client.on = connected_is_over;
	run_until(client_over);
	client.on = NULL;
	client.over = false;
	send_300_kb(true);
	assert_string_equal(client.log, "connected; ended eof; ");
}

static void
reset_when_drained(struct side *side, const char *what)
{
	if (strcmp(what, "drained") == 0) {
		stream_reset(side->s);
		side->s = NULL;
		side->over = true;
	}
}

static void
what_came_before_a_reset_is_handed_over_even_when_a_write_finds_it(void **state)
{
	(void)state;
	join();
	client.on = connected_is_over;
	run_until(client_over);
	client.over = false;
	stream_pause(client.s);
	server.on = reset_when_drained;
	stream_print(server.s, "554 go away\r\n");
	run_until(server_over);
	stream_print(client.s, "EHLO client.example\r\n");
	run_until(client_over);
	assert_string_equal(client.log, "connected; data 554 go away; ended reset; ");
}

static struct evbuffer *hoard;

static void
keep_all(void *owner, struct evbuffer *in)
{
	(void)owner;
	hoard = in;
}

static bool
server_stuck(void)
{
	return hoard != NULL && evbuffer_get_length(hoard) >= 256 * 1024;
}

static bool
hoard_moves(void)
{
	evbuffer_drain(hoard, 200 * 1024);
	return server.got >= 1; /* set by drained */
}

static void
count_drained(struct side *side, const char *what)
{
	if (strcmp(what, "drained") == 0)
		side->got++;
}

/* Foreign bytes meet a limit, and reading goes on when there is room. */
static void
an_owner_that_does_not_read_stops_the_peer(void **state)
{
	static const struct stream_calls hoarding = {on_connected, keep_all, on_up, NULL, on_ended, NULL};
	static char block[16 * 1024 * 1024];
	struct sockaddr_in at;
	evutil_socket_t listener = listen_somewhere(&at, 5);
	size_t stuck;

	(void)state;
	hoard = NULL;
	client.on = server.on = implicit;
	server.on = count_drained;
	client.s = stream_connect(base, (struct sockaddr *)&at, sizeof(at), NULL, 0, &hoarding, &client);
	server.s = stream_accept(base, accept(listener, NULL, NULL), &calls, &server);
	close(listener);
	begin_tls(&server);
	run_until(client_over); /* up */
	client.over = false;
	server.got = 0;
	while (!stream_tls_is_up(server.s))
		event_base_loop(base, EVLOOP_ONCE);
	stream_write(server.s, block, sizeof(block));
	run_until(server_stuck);
	for (int i = 0; i < 500; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	stuck = evbuffer_get_length(hoard);
	assert_true(stuck < 300 * 1024);
	assert_true(stream_pending_output(server.s) > 1024 * 1024);
	run_until(hoard_moves);
}

/* --- odd bytes ---------------------------------------------------------------------------- */

static void
raw_bytes_keep_their_place_among_records(void **state)
{
	(void)state;
	shake_hands();
	stream_print(server.s, "before\r\n");
	stream_write_raw(server.s, "\x15\x03\x03\x00\x02\x02\x50", 7); /* an alert, not encrypted */
	stream_print(server.s, "after\r\n");
	run_until(client_over);
	assert_string_equal(client.log, "data before; ended tls-failed; ");
}

static void
garbage_instead_of_a_server_hello_fails_the_client(void **state)
{
	(void)state;
	client.on = implicit;
	server.quiet = true;
	join();
	stream_print(server.s, "454 not today\r\n");
	run_until(client_over);
	assert_string_equal(client.log, "connected; ended tls-failed; ");
	assert_string_equal(stream_tls_error(client.s), "wrong version number");
}

static void
dripped_bytes_have_segments_of_their_own(void **state)
{
	char text[3000]; /* more than one window of such segments */
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	(void)state;
	join();
	client.quiet = true;
	server.on = count_drained;
	memset(text, 'x', sizeof(text));
	stream_set_drip(server.s, true);
	stream_write(server.s, text, sizeof(text));
	while (server.got == 0 || client.got < sizeof(text))
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(getsockopt(stream_fd(server.s), IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	assert_int_equal(info.tcpi_data_segs_out, sizeof(text));
}

/* --- life --------------------------------------------------------------------------------- */

/* Whoever frees its stream inside a call gets no more of them, and nothing is touched again. */
static void
a_stream_may_be_freed_inside_any_call(void **state)
{
	static const struct {
		const char *at, *log;
	} rows[] = {
	    {"connected", "connected; freed; "},
	    {"up", "connected; up; freed; "},
	    {"record", "connected; freed; "},
	    {"data", "connected; up; data hello; freed; "},
	    {"ended", "connected; up; data hello; ended eof; freed; "},
	    {"drained", "connected; freed; "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		end(state);
		begin(state);
		client.on = implicit;
		client.free_at = rows[i].at;
		join_in_tls();
		run_until(client_over);
		if (client.s != NULL) { /* up */
			client.over = false;
			while (!stream_tls_is_up(server.s))
				event_base_loop(base, EVLOOP_ONCE);
			stream_print(server.s, "hello\r\n");
			stream_close(server.s);
			server.s = NULL;
			run_until(client_over);
		}
		if (strcmp(client.log, rows[i].log) != 0)
			fail_msg("freed at %s: got \"%s\" want \"%s\"", rows[i].at, client.log, rows[i].log);
	}
}

/* --- what is told about a session ---------------------------------------------------------- */

struct told {
	char hello[256], protocol[16];
	unsigned certificates, secrets, client_random;
};

static int
tell_hello(void *owner, SSL *ssl, const struct tls_hello *hello)
{
	struct told *told = owner;

	(void)ssl;
	snprintf(told->hello, sizeof(told->hello), "%s|%s|%s", hello->sni, hello->versions, hello->alpn);
	return TLS_WATCH_GO_ON;
}

static void
tell_certificate(void *owner)
{
	((struct told *)owner)->certificates++;
}

static void
tell_secret(void *owner, const char *line)
{
	struct told *told = owner;

	told->secrets++;
	told->client_random += strncmp(line, "CLIENT_RANDOM ", 14) == 0;
}

static const struct tls_watch telling = {tell_hello, tell_certificate, tell_secret, "http/1.1"};

static void
a_session_tells_hello_certificate_and_secrets(void **state)
{
	static const struct {
		int max;
		const char *hello;
		unsigned secrets, client_random;
	} rows[] = {
	    {TLS1_3_VERSION, "mx1.a.example|1.3 1.2|h2 http/1.1", 5, 0},
	    {TLS1_2_VERSION, "mx1.a.example|1.2|h2 http/1.1", 1, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told told = {0};
		SSL *ssl = SSL_new(client_ctx);
		const unsigned char *protocol;
		unsigned len;

		end(state);
		begin(state);
		client.on = server.on = implicit;
		join_in_tls();
		client.on = NULL;
		tls_context_watch(stream_ssl(server.s), &telling, &told);
		SSL_set_max_proto_version(ssl, rows[i].max);
		SSL_set_tlsext_host_name(ssl, "mx1.a.example");
		SSL_set_alpn_protos(ssl, (const unsigned char *)"\2h2\10http/1.1", 12);
		stream_start_tls(client.s, ssl, false);
		run_until(server_over);
		SSL_get0_alpn_selected(ssl, &protocol, &len);
		if (strcmp(told.hello, rows[i].hello) != 0 || told.certificates != 1 ||
		    told.secrets != rows[i].secrets || told.client_random != rows[i].client_random ||
		    len != 8 || memcmp(protocol, "http/1.1", 8) != 0)
			fail_msg("row %zu: got %s, %u certificates, %u secrets, %u of the client random, "
				 "ALPN of %u",
			    i, told.hello, told.certificates, told.secrets, told.client_random, len);
	}
}

static int
stall_hello(void *owner, SSL *ssl, const struct tls_hello *hello)
{
	(void)ssl, (void)hello;
	((struct told *)owner)->certificates++;
	return TLS_WATCH_STALL;
}

static void
a_stalled_hello_is_never_answered(void **state)
{
	static const struct tls_watch watch = {.hello = stall_hello};
	struct told told = {0};

	(void)state;
	client.on = implicit;
	join_in_tls();
	tls_context_watch(stream_ssl(server.s), &watch, &told);
	stream_set_timeout(client.s, 50);
	run_until(client_over);
	assert_string_equal(client.log, "connected; ended timeout; ");
	assert_int_equal(told.certificates, 1);
	assert_int_equal(client.records[0], 0);
	stream_free(client.s);
	client.s = NULL;
	run_until(server_over);
	assert_string_equal(server.log, "ended truncated; ");
}

/* --- an end that we did not write ---------------------------------------------------------- */

static void
accept_one(evutil_socket_t fd, short what, void *arg)
{
	(void)what, (void)arg;
	server.s = stream_accept(base, accept4(fd, NULL, NULL, SOCK_CLOEXEC), &calls, &server);
	stream_print(server.s, "220 mx.example\r\n");
}

static void
speak_smtp(struct side *side, const char *what)
{
	if (strncmp(what, "data EHLO", 9) == 0 || strncmp(what, "data ehlo", 9) == 0)
		stream_print(side->s, "250-mx.example\r\n250 STARTTLS\r\n");
	if (strcmp(what, "data STARTTLS") == 0) {
		stream_print(side->s, "220 go\r\n");
		begin_tls(side);
	}
	if (strcmp(what, "up") == 0)
		stream_print(side->s, "220 inside\r\n");
	if (strcmp(what, "data NOOP") == 0) {
		stream_close(side->s);
		side->s = NULL;
		side->over = true;
	}
}

/* The child stands in for the client: over when its output ends. */
static void
child_says(evutil_socket_t fd, short what, void *arg)
{
	char chunk[512];

	(void)what, (void)arg;
	client.over = read(fd, chunk, sizeof(chunk)) <= 0;
}

static void
openssl_s_client_upgrades_too(void **state)
{
	char target[32];
	char *argv[] = {
	    "openssl", "s_client", "-connect", target, "-starttls", "smtp", "-quiet", "-brief", NULL};
	struct sockaddr_in at;
	evutil_socket_t listener = listen_somewhere(&at, 5);
	struct event *going, *accepting = event_new(base, listener, EV_READ, accept_one, NULL);
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int in[2], out[2], status;

	(void)state;
	snprintf(target, sizeof(target), "127.0.0.1:%u", ntohs(at.sin_port));
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	going = event_new(base, out[0], EV_READ | EV_PERSIST, child_says, NULL);
	event_add(going, NULL);
	client.over = false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 2, 0);
	server.on = speak_smtp;
	event_add(accepting, NULL);
	need(posix_spawnp(&pid, "openssl", &actions, NULL, argv, environ) == 0, "openssl is not here");
	close(in[0]);
	close(out[1]);
	assert_int_equal(write(in[1], "NOOP\r\n", 6), 6);
	close(in[1]);
	run_until(both_over);
	assert_non_null(strstr(server.log, "data STARTTLS; up; data NOOP; "));
	while (waitpid(pid, &status, 0) != pid)
		;
	assert_int_equal(status, 0);
	posix_spawn_file_actions_destroy(&actions);
	event_free(accepting);
	event_free(going);
	close(out[0]);
	close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_stream_turns_into_tls_in_the_middle),
	    TEST(a_client_hello_in_the_segment_of_starttls_is_used),
	    TEST(an_alert_of_the_hello_callback_arrives),
	    TEST(a_certificate_that_is_refused_is_an_alert_at_the_server),
	    TEST(a_reset_is_seen_as_one),
	    TEST(a_reset_inside_tls_is_seen_as_one),
	    TEST(a_fin_in_clear_is_eof),
	    TEST(truncation_comes_after_the_data_before_it),
	    TEST(a_refused_connect_is_seen),
	    TEST(a_connect_that_cannot_be_bound_is_unreachable),
	    TEST(a_connect_without_answer_times_out),
	    TEST(an_idle_peer_times_out),
	    TEST(what_was_written_before_a_close_arrives_whole),
	    TEST(what_was_written_in_tls_before_a_close_arrives_whole),
	    TEST(a_paused_reader_gets_all_of_it_later),
	    TEST(what_the_peer_sent_meanwhile_does_not_cut_our_last_bytes),
	    TEST(what_came_before_a_reset_is_handed_over_even_when_a_write_finds_it),
	    TEST(an_owner_that_does_not_read_stops_the_peer),
	    TEST(raw_bytes_keep_their_place_among_records),
	    TEST(garbage_instead_of_a_server_hello_fails_the_client),
	    TEST(dripped_bytes_have_segments_of_their_own),
	    TEST(a_stream_may_be_freed_inside_any_call),
	    TEST(a_session_tells_hello_certificate_and_secrets),
	    TEST(a_stalled_hello_is_never_answered),
	    TEST(openssl_s_client_upgrades_too),
	};

	return cmocka_run_group_tests_name("stream", tests, make_contexts, free_contexts);
}
