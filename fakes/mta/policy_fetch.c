/* SPDX-License-Identifier: Apache-2.0 */
/* policy_fetch.c - see policy_fetch.h; one address after the other, until one has given a whole response. */
#include "fakes/mta/policy_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/mta/addresses.h"
#include "fakes/mta/host_name.h"
#include "fakes/mta/http_reply.h"
#include "fakes/mta/peer_tls.h"
#include "fakes/tls/stream.h"
#include "harness/base/must.h"

#define PATH "/.well-known/mta-sts.txt"
#define REDIRECTS_MAX 5 /* of the flaw follows-redirects */

struct policy_fetch {
	const struct settings *settings;
	struct resolver *resolver;
	void (*done)(void *ctx, struct sts_policy *policy, const char *why);
	void *ctx;
	char host[HOST_NAME_SIZE], path[HTTP_REPLY_WORD_MAX];
	unsigned redirects;
	struct addresses found;
	size_t at; /* in found */
	struct stream *stream;
	struct http_reply *reply;
	struct event *timer; /* the patience with one address; or, at once, the end */
	bool over;
	struct sts_policy *policy;
	struct why why;
};

/* Closed, not freed: an alert may still have to leave. */
static void
drop_connection(struct policy_fetch *fetch)
{
	if (fetch->stream != NULL)
		stream_close(fetch->stream);
	fetch->stream = NULL;
	http_reply_free(fetch->reply);
	fetch->reply = NULL;
}

/* The call is made by the timer: never from inside a stream's call. */
static void
end(struct policy_fetch *fetch, struct sts_policy *policy)
{
	fetch->policy = policy;
	fetch->over = true;
	drop_connection(fetch);
	event_active(fetch->timer, 0, 0);
}

static void connect_next(struct policy_fetch *fetch);
static void look_up_host(struct policy_fetch *fetch);

/* Trouble with this address: the next one. */
static void
fail_address(struct policy_fetch *fetch, const char *what, const char *detail)
{
	why_set(&fetch->why, "%s %s%s%s", fetch->host, what, detail[0] ? ": " : "", detail);
	drop_connection(fetch);
	fetch->at++;
	connect_next(fetch);
}

/* Only with the flaw follows-redirects. "https://HOST/PATH" or "/PATH". */
static bool
follow_redirect(struct policy_fetch *fetch)
{
	const char *location = http_reply_location(fetch->reply);
	size_t len;

	if (!flaw_in(fetch->settings->flaws, FLAW_FOLLOWS_REDIRECTS) ||
	    http_reply_code(fetch->reply) / 100 != 3 || ++fetch->redirects > REDIRECTS_MAX)
		return false;
	if (strncmp(location, "https://", 8) == 0) {
		location += 8;
		len = strcspn(location, "/:");
		if (!host_name_set(fetch->host, (struct bytes){location, len}))
			return false;
		location += strcspn(location, "/");
	}
	if (location[0] != '/')
		return false;
	snprintf(fetch->path, sizeof(fetch->path), "%s", location);
	drop_connection(fetch);
	look_up_host(fetch);
	return true;
}

static void
judge_response(struct policy_fetch *fetch)
{
	unsigned code = http_reply_code(fetch->reply);
	struct sts_policy *policy = NULL;
	struct why why = {""};

	if (follow_redirect(fetch))
		return;
	if (code != 200 && !flaw_in(fetch->settings->flaws, FLAW_ACCEPTS_ANY_STATUS))
		why_set(&fetch->why, "%s answered %u, not 200", fetch->host, code);
	else if (!http_reply_is_plain_text(fetch->reply) &&
		 !flaw_in(fetch->settings->flaws, FLAW_IGNORES_MEDIA_TYPE))
		why_set(&fetch->why, "%s sent something that is not text/plain", fetch->host);
	else if ((policy = sts_policy_parse(http_reply_body(fetch->reply),
		      fetch->settings->flaws, &why)) == NULL)
		why_set(&fetch->why, "the policy is invalid: %s", why.text);
	end(fetch, policy);
}

static void
on_progress(struct policy_fetch *fetch, enum http_progress progress)
{
	if (progress == HTTP_DONE)
		judge_response(fetch);
	else if (progress == HTTP_BROKEN) {
		why_set(&fetch->why, "the response of %s is no good: %s", fetch->host,
		    http_reply_trouble(fetch->reply));
		end(fetch, NULL);
	}
}

static void
on_data(void *owner, struct evbuffer *in)
{
	struct policy_fetch *fetch = owner;
	size_t len = evbuffer_get_length(in);
	struct bytes bytes = {(const char *)evbuffer_pullup(in, -1), len};
	enum http_progress progress;

	if (!stream_tls_is_up(fetch->stream)) {
		fail_address(fetch, "does not speak TLS", "");
		return;
	}
	progress = http_reply_feed(fetch->reply, bytes);
	evbuffer_drain(in, len);
	on_progress(fetch, progress);
}

/* The flaws about TLS are those of the way to an MX host; but a common name is taken on both ways. */
static const struct flaw_set no_flaws;

static void
on_connected(void *owner)
{
	static const struct flaw_set common_name = {
	    {[FLAW_ACCEPTS_COMMON_NAME / 64] = UINT64_C(1) << FLAW_ACCEPTS_COMMON_NAME % 64}};
	struct policy_fetch *fetch = owner;
	static const unsigned char alpn[] = "\x08http/1.1";
	bool proof = !flaw_in(fetch->settings->flaws, FLAW_IGNORES_POLICY_HOST_CERTIFICATE);
	bool by_name = flaw_in(fetch->settings->flaws, FLAW_ACCEPTS_COMMON_NAME);
	SSL *ssl =
	    peer_tls_new(fetch->settings->tls, fetch->host, NULL, proof, by_name ? &common_name : &no_flaws);
	struct timeval whole = settings_time(fetch->settings->timeout_ms);

	if (flaw_in(fetch->settings->flaws, FLAW_FETCHES_WITHOUT_NAME))
		SSL_set_tlsext_host_name(ssl, NULL);
	SSL_set_alpn_protos(ssl, alpn, sizeof(alpn) - 1);
	event_add(fetch->timer, &whole);
	stream_start_tls(fetch->stream, ssl, false);
}

static void
on_tls_up(void *owner)
{
	struct policy_fetch *fetch = owner;

	if (!flaw_in(fetch->settings->flaws, FLAW_IGNORES_POLICY_HOST_CERTIFICATE) &&
	    !peer_tls_is_proved(stream_ssl(fetch->stream), &no_flaws)) {
		fail_address(fetch, "did not prove its name", "");
		return;
	}
	stream_print(fetch->stream,
	    "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: mitmx-send\r\nAccept: text/plain\r\n"
	    "Connection: close\r\n\r\n",
	    fetch->path, fetch->host);
}

static void
on_ended(void *owner, enum stream_end how)
{
	struct policy_fetch *fetch = owner;

	if (stream_tls_is_up(fetch->stream) && how != STREAM_TLS_FAILED &&
	    flaw_in(fetch->settings->flaws, FLAW_CUT_BODY))
		judge_response(fetch);
	else if (stream_tls_is_up(fetch->stream) && how != STREAM_TLS_FAILED)
		on_progress(fetch, http_reply_end(fetch->reply, how == STREAM_EOF));
	else if (how == STREAM_TLS_FAILED)
		fail_address(fetch, "failed in TLS", stream_tls_error(fetch->stream));
	else
		fail_address(fetch, "cannot be reached", "");
}

static const struct stream_calls calls = {
    .connected = on_connected, .data = on_data, .tls_up = on_tls_up, .ended = on_ended};

static void
connect_next(struct policy_fetch *fetch)
{
	struct timeval patience = settings_time(fetch->settings->timeout_ms);
	const struct address *address = &fetch->found.list[fetch->at];

	if (fetch->at >= fetch->found.n) {
		end(fetch, NULL);
		return;
	}
	event_add(fetch->timer, &patience);
	fetch->reply = http_reply_new();
	fetch->stream = stream_connect(fetch->settings->base, (const struct sockaddr *)&address->to,
	    address->len, NULL, 0, &calls, fetch);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct policy_fetch *fetch = arg;

	(void)fd, (void)what;
	if (fetch->over)
		fetch->done(fetch->ctx, fetch->policy, fetch->why.text);
	else
		fail_address(fetch, "does not answer in time", "");
}

static void
on_addresses(void *ctx, const struct addresses *found)
{
	struct policy_fetch *fetch = ctx;

	fetch->found = *found;
	fetch->at = 0;
	if (found->n == 0)
		why_set(
		    &fetch->why, "%s has no address%s%s", fetch->host, found->why[0] ? ": " : "", found->why);
	connect_next(fetch);
}

static void
look_up_host(struct policy_fetch *fetch)
{
	event_del(fetch->timer);
	addresses_find(fetch->resolver, fetch->host, HTTPS_PORT, false, on_addresses, fetch);
}

struct policy_fetch *
policy_fetch_new(const struct settings *settings, struct resolver *resolver, const char *domain,
    void (*done)(void *ctx, struct sts_policy *policy, const char *why), void *ctx)
{
	struct policy_fetch *fetch = must_alloc(sizeof(*fetch));

	fetch->settings = settings;
	fetch->resolver = resolver;
	fetch->done = done;
	fetch->ctx = ctx;
	snprintf(fetch->path, sizeof(fetch->path), "%s", PATH);
	fetch->timer = evtimer_new(settings->base, on_timer, fetch);
	must(fetch->timer != NULL);
	must(strlen(domain) < HOST_NAME_SIZE);
	if (strlen(domain) + 8 >= HOST_NAME_SIZE) {
		why_set(&fetch->why, "the name of the policy host is too long");
		end(fetch, NULL);
		return fetch;
	}
	memcpy(fetch->host, "mta-sts.", 8);
	memcpy(fetch->host + 8, domain, strlen(domain) + 1);
	look_up_host(fetch);
	return fetch;
}

void
policy_fetch_free(struct policy_fetch *fetch)
{
	if (fetch == NULL)
		return;
	drop_connection(fetch);
	event_free(fetch->timer);
	free(fetch);
}
