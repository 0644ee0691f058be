/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.c - see resolver.h; a query lives from resolver_ask to its call and holds one socket at a time. */
#include "fakes/mta/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <unistd.h>

#include "fakes/mta/hearsay.h"
#include "fakes/mta/host_name.h"
#include "fakes/mta/settings.h"
#include "harness/base/must.h"

#define TRIES 3
#define ALIASES_MAX 8
#define MESSAGE_MAX 65535

struct server {
	struct sockaddr_storage address;
	socklen_t len;
};

struct query {
	LIST_ENTRY(query) next;
	struct resolver *resolver;
	struct region *region;
	struct dns_question question;
	void (*done)(void *ctx, const struct dns_answer *answer);
	void *ctx;
	unsigned tries, aliases;
	bool searched;           /* the name is one below the domain to search */
	int fd;                  /* UDP; -1 none */
	struct event *readable;  /* of fd */
	struct bufferevent *tcp; /* NULL: UDP */
	struct event *timer;     /* the next try; or, at once, the end */
	struct dns_answer answer;
	bool over;
};

struct resolver {
	struct event_base *base;
	struct server servers[RESOLVER_SERVERS_MAX];
	size_t n;
	unsigned timeout_ms;
	struct flaw_set flaws;
	struct hearsay *hearsay;
	char search[HOST_NAME_SIZE]; /* of resolv.conf; for the flaw searches-names */
	LIST_HEAD(, query) queries;
};

/* --- whom to ask --------------------------------------------------------------------------- */

static int
add_server(struct resolver *resolver, const char *text)
{
	struct server *server = &resolver->servers[resolver->n];
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server->address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&server->address;
	int len = sizeof(server->address);

	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&server->address, &len) != 0)
		return -1;
	server->len = (socklen_t)len;
	if (server->address.ss_family == AF_INET && v4->sin_port == 0)
		v4->sin_port = htons(53);
	if (server->address.ss_family == AF_INET6 && v6->sin6_port == 0)
		v6->sin6_port = htons(53);
	resolver->n++;
	return 0;
}

static void
read_resolv_conf(struct resolver *resolver)
{
	FILE *file = fopen("/etc/resolv.conf", "re");
	char line[512], word[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "nameserver %255s", word) == 1 && resolver->n < RESOLVER_SERVERS_MAX)
			add_server(resolver, word);
		else if (sscanf(line, "search %255s", word) == 1)
			host_name_set(resolver->search, bytes_of(word));
	if (file != NULL)
		fclose(file);
}

struct resolver *
resolver_new(struct event_base *base, const char *server, unsigned timeout_ms, struct flaw_set flaws,
    struct why *why)
{
	struct resolver *resolver = must_alloc(sizeof(*resolver));

	resolver->base = base;
	resolver->timeout_ms = timeout_ms;
	resolver->flaws = flaws;
	resolver->hearsay = hearsay_new();
	LIST_INIT(&resolver->queries);
	if (server == NULL)
		read_resolv_conf(resolver);
	else if (add_server(resolver, server) < 0)
		why_set(why, "'%s' is not the address of a name server", server);
	else
		return resolver;
	if (server == NULL && resolver->n == 0)
		add_server(resolver, "127.0.0.1"); /* resolv.conf(5) */
	if (server == NULL)
		return resolver;
	resolver_free(resolver);
	return NULL;
}

uint32_t
resolver_random(uint32_t below)
{
	uint32_t number;

	must(getrandom(&number, sizeof(number), 0) == (ssize_t)sizeof(number));
	return number % below;
}

/* --- the life of a query ------------------------------------------------------------------- */

static void
close_sockets(struct query *query)
{
	if (query->readable != NULL)
		event_free(query->readable);
	query->readable = NULL;
	if (query->fd >= 0)
		close(query->fd);
	query->fd = -1;
	if (query->tcp != NULL)
		bufferevent_free(query->tcp);
	query->tcp = NULL;
}

static void
free_query(struct query *query)
{
	LIST_REMOVE(query, next);
	close_sockets(query);
	event_free(query->timer);
	region_free(query->region);
	free(query);
}

void
resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	while (!LIST_EMPTY(&resolver->queries)) {
		struct query *query = LIST_FIRST(&resolver->queries);

		query->done(query->ctx, NULL);
		free_query(query);
	}
	hearsay_free(resolver->hearsay);
	free(resolver);
}

/* The call is made by the timer, so that it always comes from the loop. */
static void
end_query(struct query *query)
{
	close_sockets(query);
	query->over = true;
	event_active(query->timer, 0, 0);
}

static void
fail_query(struct query *query, const char *why)
{
	query->answer = (struct dns_answer){.state = DNS_FAILED, .why = why};
	end_query(query);
}

static void begin_try(struct query *query);
static void begin_tcp(struct query *query);

static void
begin_anew(struct query *query)
{
	query->tries = 0;
	close_sockets(query);
	begin_try(query);
}

/* The resolver did not go on to the alias's target: we do. */
static void
follow_alias(struct query *query)
{
	char name[HOST_NAME_SIZE];

	if (++query->aliases > ALIASES_MAX || !host_name_set(name, bytes_of(query->answer.alias))) {
		fail_query(query, "its aliases lead nowhere");
		return;
	}
	query->question.name = region_strdup(query->region, name);
	begin_anew(query);
}

/* With the flaw searches-names: the same name below the domain that resolv.conf says to search. */
static bool
search(struct query *query)
{
	const struct resolver *resolver = query->resolver;

	if (!flaw_in(resolver->flaws, FLAW_SEARCHES_NAMES) || resolver->search[0] == '\0' || query->searched ||
	    query->answer.state != DNS_NO_NAME)
		return false;
	query->searched = true;
	query->question.name =
	    region_printf(query->region, "%s.%s", query->question.name, resolver->search);
	begin_anew(query);
	return true;
}

static void
take_message(struct query *query, const uint8_t *wire, size_t len)
{
	enum dns_fit fit = dns_answer_read(&query->answer, &query->question, wire, len, query->region);
	bool over_tcp = query->tcp != NULL;

	if (fit == DNS_WANTS_NO_EDNS) {
		query->question.edns = false;
		begin_anew(query);
	} else if (fit == DNS_IS_TRUNCATED && flaw_in(query->resolver->flaws, FLAW_NO_TCP_TO_RESOLVER)) {
		fail_query(query, "the resolver's answer is truncated");
	} else if (fit == DNS_IS_TRUNCATED && !over_tcp) {
		begin_tcp(query);
	} else if (fit != DNS_FITS && over_tcp) {
		fail_query(query, "the resolver's answer cannot be read");
	} else if (fit == DNS_FITS && query->answer.state == DNS_NO_DATA && query->answer.alias != NULL) {
		follow_alias(query);
	} else if (fit == DNS_FITS && !search(query)) {
		hearsay_take(query->resolver->hearsay, &query->question, &query->answer, time(NULL));
		end_query(query);
	}
	/* else: not ours; the true answer may still come */
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct query *query = arg;
	uint8_t wire[4096];
	ssize_t len = recv(fd, wire, sizeof(wire), MSG_DONTWAIT);

	(void)what;
	if (len > 0)
		take_message(query, wire, (size_t)len);
	/* refused and the like: the next try may be luckier, or go to another server */
}

static const struct server *
server_of_try(const struct query *query)
{
	return &query->resolver->servers[query->tries % query->resolver->n];
}

/* The three waits: a quarter, a quarter and a half of timeout_ms. */
static void
arm_timer(struct query *query)
{
	unsigned ms = query->resolver->timeout_ms;
	struct timeval wait = settings_time(query->tcp != NULL ? ms : query->tries + 1 < TRIES ? ms / 4 : ms / 2);

	event_add(query->timer, &wait);
}

static void
begin_try(struct query *query)
{
	const struct server *server = server_of_try(query);
	uint8_t wire[DNS_QUESTION_MAX];
	size_t len;

	query->question.id = (uint16_t)resolver_random(65536);
	len = dns_question_write(&query->question, wire);
	if (len == 0) {
		fail_query(query, "the name cannot be asked for");
		return;
	}
	query->fd = socket(server->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (query->fd < 0 || connect(query->fd, (const struct sockaddr *)&server->address, server->len) < 0 ||
	    send(query->fd, wire, len, 0) < 0) {
		arm_timer(query); /* out of sockets, no route: try again later */
		return;
	}
	query->readable =
	    event_new(query->resolver->base, query->fd, EV_READ | EV_PERSIST, on_readable, query);
	must(query->readable != NULL);
	event_add(query->readable, NULL);
	arm_timer(query);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct query *query = arg;

	(void)fd, (void)what;
	if (query->over) {
		query->done(query->ctx, &query->answer);
		free_query(query);
		return;
	}
	if (query->tcp != NULL || query->tries + 1 >= TRIES) {
		fail_query(query, "the resolver does not answer");
		return;
	}
	close_sockets(query);
	query->tries++;
	begin_try(query);
}

/* --- TCP ----------------------------------------------------------------------------------- */

static void
on_tcp_read(struct bufferevent *bev, void *arg)
{
	struct query *query = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	const uint8_t *head = evbuffer_pullup(in, 2);
	size_t len;

	if (head == NULL)
		return;
	len = (size_t)head[0] << 8 | head[1];
	if (evbuffer_get_length(in) < len + 2)
		return;
	take_message(query, evbuffer_pullup(in, (ssize_t)len + 2) + 2, len);
}

static void
on_tcp_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		fail_query(arg, "the resolver does not answer over TCP");
}

static void
begin_tcp(struct query *query)
{
	const struct server *server = server_of_try(query);
	uint8_t wire[DNS_QUESTION_MAX], head[2];
	size_t len;

	close_sockets(query);
	query->question.id = (uint16_t)resolver_random(65536);
	len = dns_question_write(&query->question, wire);
	query->tcp = bufferevent_socket_new(
	    query->resolver->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	must(query->tcp != NULL);
	bufferevent_setcb(query->tcp, on_tcp_read, NULL, on_tcp_event, query);
	bufferevent_setwatermark(query->tcp, EV_READ, 0, MESSAGE_MAX + 2);
	head[0] = (uint8_t)(len >> 8);
	head[1] = (uint8_t)len;
	bufferevent_write(query->tcp, head, 2);
	bufferevent_write(query->tcp, wire, len);
	bufferevent_enable(query->tcp, EV_READ | EV_WRITE);
	arm_timer(query);
	if (bufferevent_socket_connect(
		query->tcp, (const struct sockaddr *)&server->address, (int)server->len) < 0)
		fail_query(query, "the resolver does not answer over TCP");
}

void
resolver_ask(struct resolver *resolver, const char *name, ldns_rr_type type,
    void (*done)(void *ctx, const struct dns_answer *answer), void *ctx)
{
	struct query *query = must_alloc(sizeof(*query));

	query->resolver = resolver;
	query->region = region_new();
	query->question =
	    (struct dns_question){.name = region_strdup(query->region, name), .type = type, .edns = true, .flaws = resolver->flaws};
	query->done = done;
	query->ctx = ctx;
	query->fd = -1;
	query->timer = evtimer_new(resolver->base, on_timer, query);
	must(query->timer != NULL);
	LIST_INSERT_HEAD(&resolver->queries, query, next);
	if (hearsay_answers(resolver->hearsay, &query->answer, &query->question, time(NULL), query->region))
		end_query(query);
	else
		begin_try(query);
}
