/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moves.h - what the man in the middle does to SMTP sessions: a row per move, hung on the place where it
 * acts.
 *
 * A neutral form goes through the same function and changes nothing. Routes (refuse, blackhole)
 * are made elsewhere.
 */
#ifndef MOVES_H
#define MOVES_H

#include "fakes/interposer/ehlo.h"
#include "fakes/interposer/session.h"

enum hook {
	HOOK_ACCEPT,   /* the connection was accepted */
	HOOK_GREETING, /* the MX's greeting is about to go out: `exchange` */
	HOOK_EHLO,     /* the MX's good EHLO reply is about to go out, in clear: `ehlo` */
	HOOK_COMMAND,  /* a command, or the end of data, came: `exchange`, `command` */
	HOOK_STARTTLS, /* STARTTLS is about to go on to an MX that offers it: fills s->interception */
	HOOK_GO_AHEAD, /* the 220 of STARTTLS is about to go out: `behind` */
	HOOK_HELLO,    /* the ClientHello is here: `hello` */
	HOOK_ANSWERED, /* the server's first record is about to go out: `record` */
	HOOK_BEHIND,   /* a record behind it, ChangeCipherSpec left out, is about to go out: `record` */
	HOOK_INSIDE    /* application data of the client's begins in a TLS session that we do not open */
};

/* What stands at the hook; only the members named there are set. */
struct moment {
	struct exchange *exchange;
	struct bytes command; /* COMMAND: the bytes that go on; a move may put others here */
	struct ehlo *ehlo;
	struct bytes hello;
	struct bytes behind;   /* GO_AHEAD: bytes to send behind the 220 */
	struct bytes apart;    /* GO_AHEAD: bytes to send when the 220 has left */
	unsigned char *record; /* ANSWERED, BEHIND: what goes on, for a move to change */
	size_t record_len;
};

/*
 * Lets every armed move of this hook act. False when the way of this session ends here: it is over,
 * or held.
 */
bool moves_act(struct session *s, enum hook hook, struct moment *moment);

#endif
