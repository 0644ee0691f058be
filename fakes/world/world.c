/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.c - see world.h: listeners, orders, and the loop. What is said on a connection is the fakes'.
 */
#include "fakes/world/world.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakes/dns/dns_host.h"
#include "fakes/interposer/interposer.h"
#include "fakes/mx/mx.h"
#include "fakes/policy/policy_host.h"
#include "fakes/world/outlet.h"
#include "fakes/world/routes.h"
#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/model/order.h"

#define FACTS_MAX_BYTES (64u << 20)
#define BACKLOG 4096
#define SMTP_PORT 25
#define HTTPS_PORT 443
#define LISTENERS 4
#define FLUSH_TURNS 4 /* client, interposer, MX and back */
#define ORDERS_A_TURN 64
#define PULSE_MS 250
#define LATE_MS 250

struct world;

struct listener {
	struct world *world;
	struct evconnlistener *listener;
	void (*accept)(struct world *w, evutil_socket_t fd, const struct sockaddr *from, socklen_t len);
};

struct world {
	const struct world_options *options;
	struct event_base *base;
	struct outlet *outlet;
	struct scene *scene;
	struct routes *routes;
	struct mx *mx;
	struct interposer *interposer;
	struct policy_host *policy_host;
	struct dns_host *dns;
	struct listener listeners[LISTENERS];
	struct event *orders, *pulse;
	uint64_t pulse_ns; /* the last */
};

static void
report_trouble(struct world *w, const char *what)
{
	struct scope scope = scope_of(w->scene, FACT_NONE);

	SCOPE_EMIT(
	    &scope, .kind = FACT_LAB_FAULT, .lab_fault = {.part = BYTES("world"), .what = bytes_of(what)});
}

/* --- orders ---------------------------------------------------------------------------- */

static void
hush(struct world *w, uint32_t leg, bool also_fresh)
{
	interposer_hush(w->interposer, leg, also_fresh);
	policy_host_hush(w->policy_host, leg);
}

/* Sessions stay open over the end of a step that keeps them. */
static bool
is_kept(const struct world *w, uint32_t leg)
{
	uint32_t step = scene_step(w->scene, leg);

	return step != FACT_NONE && w->options->plan->legs[leg].steps[step].keep;
}

static void
begin_step(struct world *w, uint32_t leg, uint32_t step)
{
	must(leg < w->options->plan->n_legs && step < w->options->plan->legs[leg].n_steps);
	if (!is_kept(w, leg))
		hush(w, leg, true);
	routes_apply(w->routes, leg, step);
	scene_set_step(w->scene, leg, step);
	routes_report(w->routes, leg);
}

static void
report_flushed(struct world *w, uint32_t order)
{
	struct scope scope = scope_of(w->scene, FACT_NONE);

	SCOPE_EMIT(&scope, .kind = FACT_FLUSHED, .flushed = {.order = order});
}

/* A flush is answered some turns of the loop later, so that what already stands in sockets is seen first. */
struct flush {
	struct world *world;
	uint32_t order;
	int turns;
};

static void
on_turn(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval next_turn = {0, 0};
	struct flush *flush = ctx;

	(void)fd, (void)what;
	if (flush->turns-- > 0) {
		must(event_base_once(flush->world->base, -1, EV_TIMEOUT, on_turn, flush, &next_turn) == 0);
		return;
	}
	report_flushed(flush->world, flush->order);
	free(flush);
}

static void
begin_flush(struct world *w, uint32_t order)
{
	struct flush *flush = must_alloc(sizeof(*flush));

	*flush = (struct flush){w, order, FLUSH_TURNS};
	on_turn(-1, EV_TIMEOUT, flush);
}

static void
obey(struct world *w, const struct order *order)
{
	switch ((enum order_kind)order->kind) {
	case ORDER_STEP:
		begin_step(w, order->leg, order->step);
		break;
	case ORDER_FLUSH:
		begin_flush(w, order->number);
		break;
	case ORDER_CLOCK:
		pki_set_clock(w->options->pki, order->number);
		break;
	case ORDER_HUSH:
		hush(w, order->leg, false);
		break;
	default:
		report_trouble(w, "an order of unknown kind came");
	}
}

/*
 * A turn is due every PULSE_MS. One that comes late by LATE_MS tells that the machine, or a crowd of clients,
 * kept everyone waiting that long; whether it was long enough to matter is for the judge.
 */
static void
on_pulse(evutil_socket_t fd, short what, void *ctx)
{
	struct world *w = ctx;
	uint64_t now = clock_ns(), due = w->pulse_ns + PULSE_MS * 1000000ull;

	(void)fd, (void)what;
	if (now > due + LATE_MS * 1000000ull) {
		struct scope scope = scope_of(w->scene, FACT_NONE);

		SCOPE_EMIT(&scope, .kind = FACT_STARVED, .starved = {(int64_t)((now - due) / 1000000)});
	}
	w->pulse_ns = now;
}

/* The front's end is the world's lifeline: its EOF ends the process. */
static void
on_orders(evutil_socket_t fd, short what, void *ctx)
{
	struct world *w = ctx;
	struct order order;

	(void)what;
	for (int i = 0; i < ORDERS_A_TURN; i++) {
		ssize_t len = recv(fd, &order, sizeof(order), MSG_DONTWAIT);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len <= 0) {
			event_base_loopbreak(w->base);
			return;
		}
		must(len == sizeof(order));
		obey(w, &order);
	}
}

/* --- facts that cannot leave ----------------------------------------------------------- */

static void
pause_world(void *ctx, bool on)
{
	struct world *w = ctx;

	for (size_t i = 0; i < LISTENERS; i++)
		if (on)
			evconnlistener_disable(w->listeners[i].listener);
		else
			evconnlistener_enable(w->listeners[i].listener);
	interposer_pause(w->interposer, on);
	policy_host_pause(w->policy_host, on);
	dns_host_pause(w->dns, on);
}

static void
end_world(void *ctx)
{
	struct world *w = ctx;

	event_base_loopbreak(w->base);
}

/* --- listeners ------------------------------------------------------------------------- */

static void
accept_smtp(struct world *w, evutil_socket_t fd, const struct sockaddr *from, socklen_t len)
{
	interposer_accept(w->interposer, fd, from, len);
}

static void
accept_https(struct world *w, evutil_socket_t fd, const struct sockaddr *from, socklen_t len)
{
	policy_host_accept(w->policy_host, fd, from, len);
}

static void
on_accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *ctx)
{
	struct listener *l = ctx;

	(void)listener;
	l->accept(l->world, fd, from, (socklen_t)len);
}

/* Mostly no more descriptors: said once, since the listener would fail for ever. */
static void
on_accept_trouble(struct evconnlistener *listener, void *ctx)
{
	struct listener *l = ctx;
	char what[128];

	snprintf(what, sizeof(what), "accept: %s", strerror(errno));
	evconnlistener_disable(listener);
	report_trouble(l->world, what);
}

static int
switch_on(int fd, int level, int option)
{
	return setsockopt(fd, level, option, &(int){1}, sizeof(int));
}

/* Listening on all addresses of the family, for what comes in by `device` (NULL: any); -1 and why. */
static int
listening_socket(int family, uint16_t port, const char *device, struct why *why)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && switch_on(fd, SOL_SOCKET, SO_REUSEADDR) == 0 &&
	    (family == AF_INET || switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0) &&
	    (device == NULL ||
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)) == 0) &&
	    bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	why_errno(why, "listen on TCP :%u, IPv%d, %s", port, family == AF_INET ? 4 : 6,
	    device == NULL ? "any interface" : device);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
open_listeners(struct world *w, struct why *why)
{
	static const struct {
		uint16_t port;
		void (*accept)(
		    struct world *w, evutil_socket_t fd, const struct sockaddr *from, socklen_t len);
	} kinds[] = {{SMTP_PORT, accept_smtp}, {HTTPS_PORT, accept_https}};

	for (size_t i = 0; i < LISTENERS; i++) {
		struct listener *l = &w->listeners[i];
		int fd = listening_socket(
		    i % 2 ? AF_INET6 : AF_INET, kinds[i / 2].port, w->options->interface, why);

		if (fd < 0)
			return -1;
		*l = (struct listener){.world = w, .accept = kinds[i / 2].accept};
		l->listener = evconnlistener_new(
		    w->base, on_accepted, l, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
		must(l->listener != NULL);
		evconnlistener_set_error_cb(l->listener, on_accept_trouble);
	}
	return 0;
}

/* --- life ------------------------------------------------------------------------------ */

static void
raise_limits(void)
{
	struct rlimit limit;

	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
make_parts(struct world *w)
{
	const struct world_options *options = w->options;
	const struct outlet_options outlet = {
	    options->fact_fd, FACTS_MAX_BYTES, options->plan->plant == PLANT_WITHHOLD_CLEAR};

	evutil_make_socket_nonblocking(options->fact_fd);
	w->base = event_base_new();
	must(w->base != NULL);
	w->outlet = outlet_new(w->base, &outlet, &(struct outlet_calls){pause_world, end_world, w});
	w->scene = scene_new(options->plan, outlet_sink(w->outlet));
	w->routes = routes_new(w->scene, options->set_reach, options->ctx);
	w->mx = mx_new(w->base, w->scene, options->pki);
	w->interposer = interposer_new(w->base, w->scene, options->pki, w->mx);
	w->policy_host = policy_host_new(w->base, w->scene, options->pki);
	w->orders = event_new(w->base, options->fact_fd, EV_READ | EV_PERSIST, on_orders, w);
	must(w->orders != NULL && event_add(w->orders, NULL) == 0);
	w->pulse = event_new(w->base, -1, EV_PERSIST, on_pulse, w);
	w->pulse_ns = clock_ns();
	must(w->pulse != NULL && event_add(w->pulse, &(struct timeval){0, PULSE_MS * 1000}) == 0);
}

static void
free_parts(struct world *w)
{
	for (size_t i = 0; i < LISTENERS; i++)
		if (w->listeners[i].listener != NULL)
			evconnlistener_free(w->listeners[i].listener);
	dns_host_free(w->dns);
	interposer_free(w->interposer);
	mx_free(w->mx);
	policy_host_free(w->policy_host);
	routes_free(w->routes);
	event_free(w->orders);
	event_free(w->pulse);
	scene_free(w->scene);
	outlet_free(w->outlet);
	event_base_free(w->base);
}

int
world_main(const struct world_options *options)
{
	struct world w = {.options = options};
	struct why why;
	int status = 0;

	raise_limits();
	make_parts(&w);
	w.dns = dns_host_new(w.base, w.scene, &why);
	if (w.dns == NULL || open_listeners(&w, &why) < 0) {
		report_trouble(&w, why.text);
		status = 1;
	} else {
		report_flushed(&w, 0);
		event_base_dispatch(w.base);
	}
	free_parts(&w);
	return status;
}
