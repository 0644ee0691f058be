/* SPDX-License-Identifier: Apache-2.0 */
/* test_injector.c - what a client may answer when mail is handed to it. Each row: its replies, and what is
 * told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "harness/base/must.h"
#include "harness/client/injector.h"

static const struct row {
	const char *name, *replies; /* one a line; "-" hangs up, ">" goes with the reply before */
	const char *told, *heard;
} rows[] = {
    {"a message is taken", "220 hi\n250 hi\n250 ok\n250 ok\n354 go\n250 queued as A1",
	"[250 250 queued as A1]", "HELO|MAIL|RCPT|DATA|x|."},
    {"a greeting of several lines", "220-hi\n>220 hi\n250 hi\n250 ok\n250 ok\n354 go\n250 ok", "[250 250 ok]",
	"HELO|MAIL|RCPT|DATA|x|."},
    {"a refused recipient is told after a reset", "220 hi\n250 hi\n250 ok\n550 no\n250 reset", "[550 550 no]",
	"HELO|MAIL|RCPT|RSET"},
    {"refused content is told", "220 hi\n250 hi\n250 ok\n250 ok\n354 go\n554 no", "[554 554 no]",
	"HELO|MAIL|RCPT|DATA|x|."},
    {"a client that will not talk is told", "554 go away", "[0 554 go away]", ""},
    {"nonsense for a greeting is told", "hello there", "[0 hello there]", ""},
    {"nonsense for a reply is told", "220 hi\n250 hi\n250 ok\nwhat?\n250 reset", "[0 what?]",
	"HELO|MAIL|RCPT|RSET"},
    {"a client that hangs up is told", "220 hi\n250 hi\n250 ok\n-", "[0 the client closed the connection]",
	"HELO|MAIL|RCPT"},
    {"a client that hangs up at once is told", "-", "[0 the client closed the connection]", ""},
};

static struct event_base *base;
static const char *next_reply;
static char told[256], heard[256];
static struct bufferevent *peer;

static void
reply(void)
{
	bool more = true;

	while (more && next_reply != NULL && *next_reply != '\0') {
		size_t len = strcspn(next_reply, "\n");
		const char *text = next_reply + (next_reply[0] == '>');

		if (next_reply[0] == '-') {
			bufferevent_free(peer);
			peer = NULL;
			return;
		}
		evbuffer_add(bufferevent_get_output(peer), text, len - (size_t)(text - next_reply));
		evbuffer_add(bufferevent_get_output(peer), "\r\n", 2);
		next_reply += len + (next_reply[len] == '\n');
		more = *next_reply == '>';
	}
}

static void
on_command(struct bufferevent *bev, void *ctx)
{
	char *line;
	bool content = false;

	(void)ctx;
	while (peer == bev &&
	       (line = evbuffer_readln(bufferevent_get_input(bev), NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		size_t len = strlen(heard);

		snprintf(heard + len, sizeof(heard) - len, "%s%.4s", len > 0 ? "|" : "", line);
		content = strcmp(line, "x") == 0;
		free(line);
		if (!content)
			reply();
	}
}

/* The client's port is the other end of a socket pair. */
static int
connect_here(void *ctx, const struct sockaddr *to, socklen_t len, struct why *why)
{
	int pair[2];

	(void)ctx;
	(void)to;
	(void)len;
	(void)why;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	peer = bufferevent_socket_new(base, pair[0], BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(peer, on_command, NULL, NULL, NULL);
	bufferevent_enable(peer, EV_READ | EV_WRITE);
	reply();
	return pair[1];
}

static void
answered(void *ctx, const struct plan_message *message, unsigned code, struct bytes words)
{
	(void)ctx;
	(void)message;
	snprintf(told, sizeof(told), "[%u %.*s]", code, (int)words.len, words.data);
	event_base_loopbreak(base);
}

static void
run_row(void **state)
{
	const struct row *row = *state;
	struct machine machine = {.connect = connect_here};
	struct sockaddr to = {.sa_family = AF_UNIX};
	struct injector_options options = {.machine = &machine,
	    .to = &to,
	    .to_len = sizeof(to),
	    .patience_s = 30,
	    .calls = {answered, NULL}};
	struct plan_recipient recipient = {.address = "u@d.example"};
	struct plan_message message = {
	    .sender = "s@d.example", .recipients = &recipient, .n_recipients = 1, .text = BYTES("x\r\n")};
	struct injector *i;

	base = event_base_new();
	peer = NULL;
	next_reply = row->replies;
	told[0] = heard[0] = '\0';
	i = injector_new(base, &options);
	injector_send(i, &message);
	if (told[0] == '\0')
		event_base_dispatch(base);
	injector_free(i);
	if (peer != NULL)
		bufferevent_free(peer);
	event_base_free(base);
	if (strcmp(told, row->told) != 0 || strcmp(heard, row->heard) != 0)
		fail_msg("got:  %s after %s\nwant: %s after %s", told, heard, row->told, row->heard);
}

int
main(void)
{
	struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0])];
	size_t n = 0;

	for (; n < sizeof(rows) / sizeof(rows[0]); n++)
		tests[n] =
		    (struct CMUnitTest){rows[n].name, run_row, NULL, NULL, (void *)(uintptr_t)&rows[n]};
	return _cmocka_run_group_tests("injector", tests, n, NULL, NULL);
}
