/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness.c - see witness.h; the process: one poll loop over the orders and the captures.
 *
 * A flush is answered when a mark, sent behind all packets that were there when the order came, was read.
 */
#include "harness/witness/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "harness/base/clock.h"
#include "harness/base/must.h"
#include "harness/base/outbox.h"
#include "harness/model/fact.h"
#include "harness/model/order.h"
#include "harness/model/spool.h"
#include "harness/witness/capture.h"
#include "harness/witness/frame.h"
#include "harness/witness/reassembly.h"
#include "harness/witness/spooler.h"
#include "harness/witness/tokens.h"

#define OUTBOX_BYTES (16 * 1024 * 1024)
#define INTERFACES 2
#define PENDING_MAX 65536 /* flushes that wait at once */

_Static_assert(INTERFACES == SPOOL_INTERFACES, "the spool numbers them");

struct flush {
	uint32_t order, mark;
};

struct witness {
	const struct witness_options *options;
	struct outbox *outbox;
	struct spooler *spooler;
	struct reassembly *streams;
	struct capture *captures[INTERFACES];
	uint64_t wall_minus_monotonic;
	uint32_t last_fact, last_mark;
	struct flush *pending; /* oldest first */
	size_t n_pending;
	bool told_fragment, ended;
};

static void
emit(struct witness *w, struct fact *f)
{
	static unsigned char message[FACT_ENCODED_MAX];
	size_t len;

	f->source = FACT_FROM_WITNESS;
	f->number = ++w->last_fact;
	if (f->t_ns == 0)
		f->t_ns = clock_ns();
	len = fact_encode(f, message, sizeof(message));
	must(len > 0);
	if (outbox_put(w->outbox, message, len) < 0)
		w->ended = true; /* nobody listens any more */
}

#define EMIT(w, ...) emit((w), &(struct fact){.leg = FACT_NONE, .step = FACT_NONE, __VA_ARGS__})

static void
fault(struct witness *w, const char *what)
{
	EMIT(w, .kind = FACT_LAB_FAULT, .lab_fault = {BYTES("witness"), bytes_of(what)});
}

/* --- what one direction of a connection shows ------------------------------------------- */

struct reading {
	struct witness *w;
	struct reassembly_flow flow;
	struct tokens *tokens;
	uint64_t t_ns;
	bool told_overflow;
};

static uint32_t
leg_of(const struct witness *w, struct plan_address server)
{
	const struct plan *plan = w->options->plan;

	return server.number < plan->n_hosts && plan->leg_of_host != NULL ? plan->leg_of_host[server.number]
									  : FACT_NONE;
}

static void
tell_crossed(void *ctx, const char token[PLAN_TOKEN_LEN + 1], bool base64)
{
	struct reading *r = ctx;
	char address[64];

	plan_address_text(r->flow.server, address);
	emit(r->w, &(struct fact){.kind = FACT_CROSSED,
		       .t_ns = r->t_ns,
		       .leg = leg_of(r->w, r->flow.server),
		       .step = FACT_NONE,
		       .crossed = {bytes_of(token), base64 ? BYTES("base64") : BYTES("raw"),
			   bytes_of(address), r->flow.port, r->flow.peer_port}});
}

static void *
open_reading(void *ctx, const struct reassembly_flow *flow)
{
	struct reading *r = must_alloc(sizeof(*r));

	r->w = ctx;
	r->flow = *flow;
	r->tokens = tokens_new(tell_crossed, r);
	return r;
}

static void
read_data(void *owner, struct bytes data, uint64_t t_ns)
{
	struct reading *r = owner;

	r->t_ns = t_ns;
	tokens_feed(r->tokens, data);
	if (tokens_overflowed(r->tokens) && !r->told_overflow) {
		r->told_overflow = true;
		fault(r->w, "more tokens in one connection than the witness keeps");
	}
}

static void
read_gap(void *owner, uint64_t bytes, uint64_t t_ns)
{
	struct reading *r = owner;
	char address[64];

	tokens_break(r->tokens);
	plan_address_text(r->flow.server, address);
	emit(r->w, &(struct fact){.kind = FACT_STREAM_GAP,
		       .t_ns = t_ns,
		       .leg = leg_of(r->w, r->flow.server),
		       .step = FACT_NONE,
		       .stream_gap = {bytes_of(address), r->flow.port, r->flow.peer_port, (int64_t)bytes}});
}

static void
close_reading(void *owner)
{
	struct reading *r = owner;

	tokens_free(r->tokens);
	free(r);
}

static const struct reassembly_calls reading_calls = {open_reading, read_data, read_gap, close_reading};

/* --- packets ----------------------------------------------------------------------------- */

static uint64_t
wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
take_packet(void *ctx, struct capture *c, const struct capture_packet *p)
{
	struct witness *w = ctx;
	struct spool_packet head = {
	    .t_ns = p->wall_ns - w->wall_minus_monotonic,
	    .wall_ns = p->wall_ns,
	    .captured = (uint32_t)p->frame.len,
	    .original = p->original,
	    .interface = c == w->captures[1],
	};
	struct frame_segment segment;
	struct why why;

	if (w->spooler != NULL && spooler_put(w->spooler, &head, p->frame, &why) < 0)
		fault(w, why.text);
	switch (frame_parse(&segment, p->frame)) {
	case FRAME_TCP:
		reassembly_take(w->streams, &segment, head.t_ns);
		break;
	case FRAME_FRAGMENT:
		if (!w->told_fragment)
			fault(w, "fragmented datagrams crossed the link; the witness does not read them");
		w->told_fragment = true;
		break;
	case FRAME_OTHER:
		break;
	}
}

static uint64_t
dropped(struct witness *w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < INTERFACES; i++)
		n += w->captures[i] != NULL ? capture_dropped(w->captures[i]) : 0;
	return n;
}

static uint64_t
packets(const struct witness *w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < INTERFACES; i++)
		n += w->captures[i] != NULL ? capture_packets(w->captures[i]) : 0;
	return n;
}

static void
drop_capture(struct witness *w, size_t i, const char *why)
{
	fault(w, why);
	capture_free(w->captures[i]);
	w->captures[i] = NULL;
}

/* --- orders ------------------------------------------------------------------------------ */

static void
send_marks(struct witness *w)
{
	struct why why;

	for (size_t i = 0; i < INTERFACES; i++)
		if (w->captures[i] != NULL && capture_mark(w->captures[i], w->last_mark, &why) < 0)
			drop_capture(w, i, why.text);
}

static void
take_order(struct witness *w, const struct order *order)
{
	if (order->kind != ORDER_FLUSH)
		return;
	must(w->n_pending < PENDING_MAX);
	w->pending = must_realloc(w->pending, sizeof(*w->pending) * (w->n_pending + 1));
	w->pending[w->n_pending++] = (struct flush){order->number, ++w->last_mark};
	send_marks(w);
}

static void
read_orders(struct witness *w)
{
	struct order order;
	ssize_t n;

	while ((n = recv(w->options->fact_fd, &order, sizeof(order), MSG_DONTWAIT)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		must(n == (ssize_t)sizeof(order));
		take_order(w, &order);
	}
	if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		w->ended = true;
}

static bool
is_read_up_to(const struct witness *w, uint32_t mark)
{
	for (size_t i = 0; i < INTERFACES; i++)
		if (w->captures[i] != NULL && capture_marked(w->captures[i]) < mark)
			return false;
	return true;
}

static void
flush_spool(struct witness *w)
{
	struct why why;

	if (w->spooler != NULL && spooler_flush(w->spooler, &why) < 0)
		fault(w, why.text);
}

static void
answer(struct witness *w, uint32_t order)
{
	uint64_t lost = dropped(w);

	/* Where nothing was dropped a hole is filled yet: its packet is on its way. */
	reassembly_settle(w->streams, lost > 0, clock_ns());
	flush_spool(w);
	EMIT(w, .kind = FACT_CAPTURED, .captured = {(int64_t)packets(w), (int64_t)lost});
	EMIT(w, .kind = FACT_FLUSHED, .flushed = {order});
}

/* Answers what is due; sends the marks again that were lost with other packets. */
static void
answer_orders(struct witness *w)
{
	size_t n = 0;

	while (n < w->n_pending && is_read_up_to(w, w->pending[n].mark))
		answer(w, w->pending[n++].order);
	w->n_pending -= n;
	if (w->n_pending == 0)
		return;
	memmove(w->pending, w->pending + n, sizeof(*w->pending) * w->n_pending);
	for (size_t i = 0; i < INTERFACES; i++) {
		struct why why;

		if (w->captures[i] != NULL && capture_marked(w->captures[i]) < w->last_mark &&
		    capture_lost_since_mark(w->captures[i]) &&
		    capture_mark(w->captures[i], w->last_mark, &why) < 0)
			drop_capture(w, i, why.text);
	}
}

/* --- the process ------------------------------------------------------------------------- */

/* The planted fault: packets are read only when an order waits, so that the little room overflows. */
static bool
listens(const struct witness *w)
{
	if (outbox_is_half_full(w->outbox))
		return false;
	return w->options->plan->plant != PLANT_DEAF_WITNESS || w->n_pending > 0;
}

static void
read_captures(struct witness *w)
{
	struct why why;

	w->wall_minus_monotonic = wall_ns() - clock_ns();
	for (size_t i = 0; i < INTERFACES; i++)
		if (w->captures[i] != NULL && capture_read(w->captures[i], &why) < 0)
			drop_capture(w, i, why.text);
	flush_spool(w);
}

static int
shorter(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void
turn(struct witness *w)
{
	struct pollfd polls[1 + INTERFACES] = {{.fd = w->options->fact_fd, .events = POLLIN}};
	bool reads = listens(w);
	int wait_ms = -1;

	if (!outbox_is_empty(w->outbox))
		polls[0].events |= POLLOUT;
	for (size_t i = 0; i < INTERFACES; i++) {
		polls[1 + i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (w->captures[i] == NULL || !reads)
			continue;
		polls[1 + i].fd = capture_fd(w->captures[i]);
		wait_ms = shorter(wait_ms, capture_wait_ms(w->captures[i]));
	}
	if (poll(polls, 1 + INTERFACES, wait_ms) < 0)
		must(errno == EINTR);
	if (outbox_flush(w->outbox) < 0)
		w->ended = true;
	if (polls[0].revents & (POLLIN | POLLHUP | POLLERR))
		read_orders(w);
	if (reads)
		read_captures(w);
	answer_orders(w);
}

static int
set_up(struct witness *w)
{
	enum plan_plant plant = w->options->plan->plant;
	struct why why;

	for (size_t i = 0; i < INTERFACES; i++) {
		if (w->options->interfaces[i] == NULL || plant == PLANT_UNWATCHED)
			continue;
		w->captures[i] =
		    capture_new(w->options->interfaces[i], plant == PLANT_DEAF_WITNESS, take_packet, w, &why);
		if (w->captures[i] == NULL) {
			fault(w, why.text);
			return -1;
		}
	}
	EMIT(w, .kind = FACT_FLUSHED, .flushed = {0});
	return 0;
}

int
witness_main(const struct witness_options *options)
{
	struct witness w = {.options = options};
	int status = 1;

	fcntl(options->fact_fd, F_SETFL, fcntl(options->fact_fd, F_GETFL) | O_NONBLOCK);
	w.outbox = outbox_new(options->fact_fd, OUTBOX_BYTES);
	w.streams = reassembly_new(&reading_calls, &w);
	if (options->spool_fd >= 0)
		w.spooler = spooler_new(options->spool_fd);
	if (set_up(&w) == 0) {
		status = 0;
		while (!w.ended)
			turn(&w);
		flush_spool(&w);
	}
	for (size_t i = 0; i < INTERFACES; i++)
		capture_free(w.captures[i]);
	reassembly_free(w.streams);
	spooler_free(w.spooler);
	outbox_free(w.outbox);
	free(w.pending);
	return status;
}
