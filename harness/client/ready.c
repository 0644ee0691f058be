/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ready.c - see ready.h
 *
 * By a line of the log, or by a port that accepts. A port cannot tell when it opens, so it
 * is tried again after each refusal; nothing but the start depends on that.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "harness/client/ready.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pcre2.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/base/must.h"

#define TRY_AGAIN_US 5000

struct ready {
	struct event_base *base;
	struct machine machine;
	void (*done)(void *ctx);
	void *ctx;
	pcre2_code *pattern;
	struct sockaddr_in to;
	int fd; /* a connect under way, or -1 */
	struct event *connecting, *again;
	bool is_done;
};

static void try_port(struct ready *r);

static void
finish(struct ready *r)
{
	if (r->is_done)
		return;
	r->is_done = true;
	r->done(r->ctx); /* may free r */
}

static void
drop_connect(struct ready *r)
{
	if (r->connecting != NULL)
		event_free(r->connecting);
	r->connecting = NULL;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static void
on_connected(evutil_socket_t fd, short what, void *ctx)
{
	struct ready *r = ctx;
	struct timeval soon = {.tv_usec = TRY_AGAIN_US};
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	drop_connect(r);
	if (error == 0)
		finish(r);
	else
		event_add(r->again, &soon);
}

static void
on_again(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	try_port(ctx);
}

static void
try_port(struct ready *r)
{
	struct timeval soon = {.tv_usec = TRY_AGAIN_US};
	struct why why;

	r->fd = r->machine.connect(r->machine.ctx, (struct sockaddr *)&r->to, sizeof(r->to), &why);
	if (r->fd < 0) {
		event_add(r->again, &soon);
		return;
	}
	r->connecting = event_new(r->base, r->fd, EV_WRITE, on_connected, r);
	must(r->connecting != NULL);
	event_add(r->connecting, NULL);
}

struct ready *
ready_new(struct event_base *base, const struct machine *machine, const struct client *client,
    const char *listen, void (*done)(void *ctx), void *ctx, struct why *why)
{
	struct ready *r = must_alloc(sizeof(*r));
	struct timeval now = {0};
	const char *host;
	PCRE2_SIZE offset;
	int error;

	r->base = base;
	r->machine = *machine;
	r->done = done;
	r->ctx = ctx;
	r->fd = -1;
	r->again = event_new(base, -1, 0, on_again, r);
	must(r->again != NULL);
	if (client->ready_line != NULL) {
		r->pattern = pcre2_compile(
		    (PCRE2_SPTR)client->ready_line, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
		if (r->pattern == NULL) {
			why_set(why, "has a wrong `ready` pattern, at offset %zu", (size_t)offset);
			ready_free(r);
			return NULL;
		}
		return r;
	}
	host = client->ready_host != NULL ? client->ready_host : client->send_host;
	r->to.sin_family = AF_INET;
	r->to.sin_port = htons(client->ready_port != 0 ? client->ready_port : client->send_port);
	must(inet_pton(AF_INET, text_equal(host, CLIENT_LISTEN) ? listen : host, &r->to.sin_addr) == 1);
	event_add(r->again, &now);
	return r;
}

void
ready_free(struct ready *r)
{
	if (r == NULL)
		return;
	drop_connect(r);
	event_free(r->again);
	pcre2_code_free(r->pattern);
	free(r);
}

void
ready_line(struct ready *r, struct bytes line)
{
	pcre2_match_data *match;
	int found;

	if (r->pattern == NULL || r->is_done || line.len == 0)
		return;
	match = pcre2_match_data_create(1, NULL);
	must(match != NULL);
	found = pcre2_match(r->pattern, (PCRE2_SPTR)line.data, line.len, 0, 0, match, NULL);
	pcre2_match_data_free(match);
	if (found >= 0)
		finish(r);
}
