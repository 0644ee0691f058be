/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_session.c - one HTTPS connection to a policy host; see policy_session.h
 *
 * A session reads one request after the other and sends the pieces of its response as the
 * kernel takes them. Every move of the layer has one place where it is met; its neutral form
 * passes there too.
 */
#include "fakes/policy/policy_session.h"

#include <openssl/x509v3.h>
#include <stdlib.h>

#include "fakes/policy/http_request.h"
#include "fakes/policy/http_response.h"
#include "fakes/tls/stream.h"
#include "fakes/watch/tls_facts.h"
#include "harness/base/must.h"

#define WELL_KNOWN "/.well-known/mta-sts.txt"
#define WAITING_MAX (64 * 1024) /* bytes of a response that wait for the kernel at once */

#define FIRST_MOVE MOVE_POLICY_REFUSE
#define LAST_MOVE MOVE_POLICY_PLAINTEXT
#define N_MOVES (LAST_MOVE - FIRST_MOVE + 1)

struct policy_session {
	LIST_ENTRY(policy_session) next;
	struct scene *scene;
	struct scope scope;
	struct aim aim;
	const struct plan_host *host;
	struct stream *s;
	struct tls_facts tls; /* from begin_tls on */
	/* The moves of this connection, as armed when it was accepted; by move, see slot_of. */
	const struct plan_move *moves[N_MOVES];
	bool met[N_MOVES];
	bool attackers; /* a host of the attacker's answers */
	/* the response that is under way */
	struct http_response response;
	bool stalled;            /* no request is answered any more */
	bool responding, proper; /* proper: asked for as RFC 8461 s3.2 says */
	size_t piece, times;     /* the next to go out */
	size_t given;            /* bytes of it that the stream has */
	bool past_half;
};

static size_t
slot_of(enum move move)
{
	must(move >= FIRST_MOVE && move <= LAST_MOVE);
	return (size_t)(move - FIRST_MOVE);
}

static void
arm(struct policy_session *x)
{
	for (size_t i = 0; i < N_MOVES; i++)
		x->moves[i] = scene_move(x->scene, &x->scope, &x->aim, (enum move)(FIRST_MOVE + (int)i));
}

/* The move of this connection, or NULL. */
static const struct plan_move *
armed(const struct policy_session *x, enum move move)
{
	return x->moves[slot_of(move)];
}

/* Whether the move is there and not neutral. */
static bool
attacks(const struct policy_session *x, enum move move)
{
	return armed(x, move) != NULL && !armed(x, move)->neutral;
}

/* To be called where what the move changes goes out, also when there is none. */
static void
meet(struct policy_session *x, enum move move)
{
	if (armed(x, move) == NULL || x->met[slot_of(move)])
		return;
	x->met[slot_of(move)] = true;
	scene_met(x->scene, &x->scope, armed(x, move), x->host->label);
}

/* --- the end -------------------------------------------------------------------------------- */

/* What a client that checks would believe: the genuine policy from a host that proves its name. */
static bool
is_genuine(const struct policy_session *x)
{
	const char *name = x->tls.sni[0] != '\0' ? x->tls.sni : x->host->name;

	return x->tls.up && !x->attackers && x->tls.chain->fault == FAULT_NONE &&
	       X509_check_host(x->tls.chain->leaf, name, 0,
		   X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static void
tell_served(struct policy_session *x, bool all)
{
	size_t waiting = stream_pending_output(x->s);

	SCOPE_EMIT(&x->scope, .kind = FACT_POLICY_SERVED,
	    .policy_served = {.status = x->response.status,
		.bytes = (int64_t)(waiting < x->given ? x->given - waiting : 0),
		.whole = all && x->proper && x->response.sound && x->response.status == 200,
		.genuine = is_genuine(x)});
	x->responding = false;
	http_response_done(&x->response);
}

enum farewell { FAREWELL_CLOSE, FAREWELL_RESET, FAREWELL_FREE };

/* Frees the session. */
static void
finish(struct policy_session *x, const char *by, const char *how, enum farewell farewell)
{
	if (x->responding)
		tell_served(x, false);
	if (by != NULL)
		SCOPE_EMIT(
		    &x->scope, .kind = FACT_CLOSED, .closed = {.by = bytes_of(by), .how = bytes_of(how)});
	tls_facts_detach(&x->tls);
	if (farewell == FAREWELL_CLOSE)
		stream_close(x->s);
	else if (farewell == FAREWELL_RESET)
		stream_reset(x->s);
	else
		stream_free(x->s);
	LIST_REMOVE(x, next);
	http_response_done(&x->response);
	free(x);
}

/* --- the response --------------------------------------------------------------------------- */

static void
respond_no_more(struct policy_session *x)
{
	bool keeps = x->response.keeps;

	meet(x, MOVE_POLICY_IMPOSTOR);
	if (stream_ssl(x->s) == NULL)
		meet(x, MOVE_POLICY_PLAINTEXT);
	tell_served(x, true);
	if (keeps)
		stream_resume(x->s); /* hands over what came meanwhile */
	else
		finish(x, "world", "fin", FAREWELL_CLOSE);
}

/* The middle of the body; true when nothing more goes out. */
static bool
stop_half_way(struct policy_session *x)
{
	if (x->past_half)
		return false;
	x->past_half = true;
	meet(x, MOVE_POLICY_STALL_BODY);
	return attacks(x, MOVE_POLICY_STALL_BODY);
}

/* Gives the stream what it may hold; what stops here goes on when it has drained. */
static void
send_pieces(struct policy_session *x)
{
	while (x->piece < x->response.n_pieces && stream_pending_output(x->s) < WAITING_MAX) {
		const struct http_piece *piece = &x->response.pieces[x->piece];

		if (x->piece == x->response.second_half && !x->past_half)
			return;
		stream_write(x->s, piece->data, piece->len);
		x->given += piece->len;
		if (++x->times == piece->times) {
			x->piece++;
			x->times = 0;
		}
	}
}

static void
on_drained(void *owner)
{
	struct policy_session *x = owner;

	if (!x->responding)
		return;
	if (x->piece >= x->response.second_half && stop_half_way(x)) {
		x->piece = SIZE_MAX; /* for good */
		return;
	}
	if (x->piece < x->response.n_pieces)
		send_pieces(x);
	else if (x->piece == x->response.n_pieces)
		respond_no_more(x);
}

/* A redirect's other target holds the policy too: whoever follows it is caught using it. */
static const struct plan_response *
followed(const struct plan_response *response, struct plan_response *ret)
{
	if (response == NULL || response->status < 300 || response->status > 399)
		return NULL;
	*ret = (struct plan_response){.status = 200, .content_type = "text/plain", .body = response->body};
	return ret;
}

static void
begin_response(struct policy_session *x)
{
	x->responding = true;
	x->piece = x->times = x->given = 0;
	x->past_half = armed(x, MOVE_POLICY_STALL_BODY) == NULL;
	send_pieces(x);
	if (x->response.n_pieces == 0) /* a raw response of no bytes */
		on_drained(x);
}

/* May end the session. */
static void
respond(struct policy_session *x, const struct http_request *request, bool proper)
{
	const struct plan_response *response = x->host->role == ROLE_POLICY ? x->host->response : NULL;
	const struct plan_response forged = {.status = 200, .content_type = "text/plain"};
	bool at_home = bytes_equal(request->target, BYTES(WELL_KNOWN));
	struct plan_response other;
	struct bytes body = {0};

	if (!at_home) {
		response = followed(response, &other);
	} else if (attacks(x, MOVE_POLICY_IMPOSTOR)) {
		response = &forged;
		body = armed(x, MOVE_POLICY_IMPOSTOR)->bytes;
	}
	http_response_init(&x->response, response, body, bytes_equal(request->method, BYTES("HEAD")));
	x->proper = proper && response != NULL && at_home && bytes_equal(request->method, BYTES("GET"));
	if (response != NULL && response->drip)
		stream_set_drip(x->s, true);
	begin_response(x);
}

/* --- requests ------------------------------------------------------------------------------- */

static void
tell_request(struct policy_session *x, const struct http_request *request)
{
	SCOPE_EMIT(&x->scope, .kind = FACT_HTTP_REQUEST,
	    .http_request = {.host = bytes_of(x->host->label),
		.method = request->method,
		.target = request->target,
		.host_header = request->host,
		.sni = bytes_of(x->tls.sni)});
}

static void
answer(struct policy_session *x, const struct http_request *request, bool proper)
{
	meet(x, MOVE_POLICY_STALL_HEADERS);
	x->stalled = attacks(x, MOVE_POLICY_STALL_HEADERS);
	if (!x->stalled)
		respond(x, request, proper);
}

/* What is no request gets a 400; on a port that speaks in clear a ClientHello gets the policy. */
static void
answer_noise(struct policy_session *x)
{
	static const char bad[] =
	    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	struct http_request asked = {.method = BYTES("GET"), .target = BYTES(WELL_KNOWN)};
	struct plan_response refusal = {.shape = HTTP_RAW, .raw = BYTES(bad)};

	if (stream_ssl(x->s) == NULL) {
		answer(x, &asked, false);
		return;
	}
	http_response_init(&x->response, &refusal, (struct bytes){0}, false);
	x->proper = false;
	begin_response(x);
}

static void
read_requests(struct policy_session *x, struct evbuffer *in)
{
	struct http_request request;
	size_t len = evbuffer_get_length(in);
	size_t seen = len < HTTP_REQUEST_MAX ? len : HTTP_REQUEST_MAX;
	struct bytes head;

	if (x->responding || x->stalled || len == 0)
		return;
	head = (struct bytes){(const char *)evbuffer_pullup(in, (ev_ssize_t)seen), seen};
	switch (http_request_read(&request, head)) {
	case REQUEST_UNFINISHED:
		return;
	case REQUEST_READ:
		tell_request(x, &request);
		answer(x, &request, true);
		evbuffer_drain(in, request.len);
		return;
	case REQUEST_MALFORMED:
	case REQUEST_TOO_LARGE:
		evbuffer_drain(in, len);
		answer_noise(x);
		return;
	}
}

static void
on_data(void *owner, struct evbuffer *in)
{
	read_requests(owner, in);
}

/* --- TLS ------------------------------------------------------------------------------------ */

static int
on_greeted(void *owner)
{
	struct policy_session *x = owner;

	meet(x, MOVE_POLICY_STALL_TLS);
	meet(x, MOVE_POLICY_PLAINTEXT); /* neutral, or TLS would not be spoken */
	return attacks(x, MOVE_POLICY_STALL_TLS) ? TLS_WATCH_STALL : TLS_WATCH_GO_ON;
}

static void
on_shown(void *owner)
{
	meet(owner, MOVE_POLICY_CERTIFICATE);
}

static void
on_up(void *owner)
{
	struct policy_session *x = owner;

	tls_facts_up(&x->tls);
}

/* The version is settled by our first bytes: a ServerHello, or the alert that refuses one. */
static void
on_record(void *owner, bool out, struct bytes bytes)
{
	struct policy_session *x = owner;

	(void)bytes;
	if (out && x->tls.hello_seen)
		meet(x, MOVE_POLICY_MAX_TLS);
}

static void
on_ended(void *owner, enum stream_end how)
{
	struct policy_session *x = owner;

	tls_facts_ended(&x->tls, x->s, how);
	if (how == STREAM_TLS_FAILED && stream_tls_alert(x->s) < 0)
		finish(x, "world", "fin", FAREWELL_CLOSE);
	else if (how == STREAM_TIMEOUT)
		finish(x, "client", "timeout", FAREWELL_CLOSE);
	else
		finish(x, "client", how == STREAM_RESET ? "reset" : "fin", FAREWELL_CLOSE);
}

static const struct stream_calls calls = {
    .data = on_data, .tls_up = on_up, .record = on_record, .ended = on_ended, .drained = on_drained};

/* --- the beginning -------------------------------------------------------------------------- */

static void
begin_tls(struct policy_session *x, struct pki *pki)
{
	enum certificate_fault fault = x->host->certificate.fault;
	enum plan_tls_version newest = TLS_DEFAULT;

	if (attacks(x, MOVE_POLICY_CERTIFICATE))
		fault = armed(x, MOVE_POLICY_CERTIFICATE)->fault;
	if (attacks(x, MOVE_POLICY_MAX_TLS))
		newest = armed(x, MOVE_POLICY_MAX_TLS)->version;
	x->tls = (struct tls_facts){.scope = &x->scope,
	    .host = x->host->label,
	    .channel = x->attackers ? "attacker" : "genuine",
	    .chain = pki_chain_for(
		pki, scene_domain(x->scene, x->scope.leg), x->host->name, &x->host->certificate, fault),
	    .alpn = "http/1.1",
	    .greeted = on_greeted,
	    .shown = on_shown,
	    .owner = x};
	stream_start_tls(x->s, tls_facts_new(&x->tls, pki, TLS_DEFAULT, newest), true);
}

static void
tell_accepted(const struct policy_session *x, const struct policy_call *call)
{
	char address[64];

	plan_address_text(call->dialed, address);
	SCOPE_EMIT(&x->scope, .kind = FACT_ACCEPTED,
	    .accepted = {.host = bytes_of(x->host->label),
		.role = BYTES("policy"),
		.address = bytes_of(address),
		.port = call->port,
		.peer = bytes_of(call->peer),
		.peer_port = call->peer_port});
}

void
policy_session_begin(const struct policy_call *call, evutil_socket_t fd)
{
	struct policy_session *x = must_alloc(sizeof(*x));
	x->scene = call->scene;
	x->host = call->host;
	x->scope = scope_open(call->scene, call->leg);
	x->aim = scene_count(call->scene, call->leg, call->host, call->dialed, call->port);
	x->s = stream_accept(call->base, fd, &calls, x);
	LIST_INSERT_HEAD(call->list, x, next);
	tell_accepted(x, call);
	if (call->paused)
		stream_pause(x->s);
	arm(x);
	x->attackers =
	    call->host->attackers || attacks(x, MOVE_POLICY_CERTIFICATE) || attacks(x, MOVE_POLICY_IMPOSTOR);
	meet(x, MOVE_POLICY_RESET);
	if (attacks(x, MOVE_POLICY_RESET)) {
		finish(x, "world", "reset", FAREWELL_RESET);
		return;
	}
	if (!attacks(x, MOVE_POLICY_PLAINTEXT))
		begin_tls(x, call->pki);
}

void
policy_sessions_close(struct policy_sessions *list, bool quietly)
{
	struct policy_session *x;

	while ((x = LIST_FIRST(list)) != NULL) {
		/* Nobody waits for a response that has not gone out by now. */
		bool idle = stream_pending_output(x->s) == 0;

		finish(x, quietly ? NULL : "world", "fin", quietly || !idle ? FAREWELL_FREE : FAREWELL_CLOSE);
	}
}

void
policy_sessions_pause(struct policy_sessions *list, bool on)
{
	struct policy_session *x;

	LIST_FOREACH(x, list, next)
	if (on)
		stream_pause(x->s);
	else
		stream_resume(x->s);
}
