/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - one connection of the client's with the one that the interposer made for it.
 *
 * Shared by the files of this folder: session.c has life and ends, relay.c the lines, upgrade.c the
 * turn to TLS, moves.c the moves.
 */
#ifndef SESSION_H
#define SESSION_H

#include <sys/queue.h>

#include "fakes/interposer/interposer.h"
#include "fakes/interposer/records.h"
#include "fakes/mx/conversation.h"
#include "fakes/watch/tls_facts.h"
#include "fakes/smtp/smtp_lines.h"
#include "fakes/tls/stream.h"

enum phase {
	PHASE_LINES,  /* SMTP by lines: in clear, or inside the TLS that we ended */
	PHASE_OPAQUE, /* bytes, untouched both ways */
	PHASE_HELD    /* what the client sends goes nowhere, and nothing is answered */
};

/* Moves that are met when something has gone out. */
struct session_moves {
	const struct plan_move **items; /* owned; what it points to is the plan's */
	size_t n;
};

/* One thing that is to be answered, in the order in which the answers go out. */
struct exchange {
	TAILQ_ENTRY(exchange) next;
	enum smtp_verb verb;
	bool forged;    /* the answer is ours: `answer` */
	bool swallowed; /* the MX's answer is for us, not for the client */
	bool ours;      /* the command was ours, not the client's */
	bool unchanged; /* a forged answer that says what the MX would have said */
	char *answer;   /* owned */
	size_t answer_len;
	bool closes;                /* the session is over behind the answer */
	bool finishes;              /* FIN follows the answer */
	struct session_moves moves; /* met when the answer went out */
};

/* What the interposer shows when it ends the client's TLS itself, and what it does inside. */
struct interception {
	bool wanted;
	bool changes; /* not a neutral form */
	const char *channel;
	enum certificate_fault fault;
	enum plan_tls_version max;
	const char *ciphers, *groups; /* NULL: all of them; as OpenSSL names them */
	bool by_name;                 /* `named` or `unnamed` decides about the certificate, else `fault` */
	enum certificate_fault named,
	    unnamed; /* for a client that names a server (SNI), and for one that does not */
	bool asks_certificate, demands_certificate, gives_tickets;
	struct session_moves moves; /* met when the certificate went out, or TLS stands without */
	/* inside.c */
	struct bytes first;                /* said as soon as TLS stands; the plan's */
	const struct other_server *server; /* answers in the MX's place; NULL: the MX does */
	unsigned key_updates, tickets;     /* so many are sent as soon as TLS stands */
	bool renegotiates;                 /* then shows what has the fault `anew` */
	enum certificate_fault anew;
	struct session_moves inside;       /* met when they were */
};

struct session {
	LIST_ENTRY(session) next;
	struct session_host *owner;
	struct stream *client, *upstream; /* NULL once closed */
	struct evbuffer *in; /* the client's unread bytes; borrowed from the stream; NULL before any */
	struct scope scope;
	struct aim aim;
	const struct plan_host *host;
	enum phase phase;
	unsigned busy;
	bool over, client_eof, mute;
	bool paused_by_owner, paused_by_upstream;

	struct conversation *talk;
	TAILQ_HEAD(exchange_list, exchange) exchanges;
	struct smtp_lines reply_lines; /* splits what comes from upstream */
	char *reply;                   /* a reply of upstream's so far, as it came; owned */
	size_t reply_len, reply_size;
	bool offered;       /* the genuine EHLO reply offered STARTTLS */
	bool mx_in_data;    /* the MX said 354: content goes there */
	char *ehlo_rest;    /* of a reply that was cut short; owned; NULL: none */
	struct bytes apart; /* goes out when all before it has left; the plan's */
	struct session_moves apart_moves;
	bool resets_when_drained;
	bool finished;   /* we said FIN, and listen */
	bool told_closed;
	bool mx_in_auth; /* the MX said 334: a response goes there */

	bool tls_begun; /* the client's bytes are TLS: opaque, or ended by us */
	struct interception interception;
	struct tls_facts tls;
	struct records records;
};

/* What the sessions hang on; the head of struct interposer. */
struct session_host {
	struct event_base *base;
	struct scene *scene;
	struct pki *pki;
	struct mx *mx;
	bool paused;
	LIST_HEAD(, session) sessions;
};

/* A new connection to a host of the scene; fd taken. */
void session_accept(struct session_host *owner, evutil_socket_t fd, const struct sockaddr *from, uint32_t leg,
    const struct plan_host *host, struct plan_address dialed, uint16_t port);
void session_hush(struct session *s, bool also_fresh);
void session_pause(struct session *s, bool on);
/* Frees at once, with no facts. */
void session_free(struct session *s);

/* --- ends: each says `closed` and lets go of both streams; check s->over afterwards ------- */

void session_close(struct session *s, const char *by); /* FIN, after what is queued */
void session_reset(struct session *s, const char *by); /* RST, now */
/*
 * No end yet: FIN behind what is queued, and the client is listened to until it closes too, for it may go
 * on in clear on this connection.
 */
void session_finish(struct session *s);
/* Lets go of the MX's side only. */
void session_drop_upstream(struct session *s);

/* --- for the other files ------------------------------------------------------------------ */

/* Reads on where the client's bytes stand, as far as the phase allows. */
void session_pump(struct session *s);
void session_to_client(struct session *s, struct bytes bytes);
void session_to_upstream(struct session *s, struct bytes bytes);
void session_met(struct session *s, const struct plan_move *move);
void session_will_meet(struct session_moves *moves, const struct plan_move *move);
/* All of them are met now; the list is empty then. */
void session_meet(struct session *s, struct session_moves *moves);

#endif
