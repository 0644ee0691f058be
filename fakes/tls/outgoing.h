/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outgoing.h - the bytes that an owner gave its stream, in runs that go out in one way each.
 *
 * TLS may begin between two of them, and some go beneath it: so each run remembers the way it was
 * meant to take when it came. Sends nothing.
 */
#ifndef TLS_OUTGOING_H
#define TLS_OUTGOING_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

enum outgoing_way {
	OUTGOING_CLEAR,   /* as it is, before TLS */
	OUTGOING_BENEATH, /* as it is, in the midst of TLS */
	OUTGOING_WRAPPED  /* through TLS */
};

struct outgoing_run;

struct outgoing {
	struct evbuffer *bytes; /* owned; add at its end, then tell outgoing_note */
	TAILQ_HEAD(outgoing_runs, outgoing_run) runs;
};

void outgoing_init(struct outgoing *o);
void outgoing_done(struct outgoing *o);
/* So many bytes were added to `bytes`, and go this way. */
void outgoing_note(struct outgoing *o, enum outgoing_way way, size_t len);
bool outgoing_is_empty(const struct outgoing *o);
/* The first run: its bytes stand at the beginning of `bytes`. Not when empty. */
enum outgoing_way outgoing_way(const struct outgoing *o);
size_t outgoing_len(const struct outgoing *o);
/* The first `len` bytes of the first run have gone. */
void outgoing_drop(struct outgoing *o, size_t len);
/* The whole first run goes to the end of `to`. */
void outgoing_move(struct outgoing *o, struct evbuffer *to);

#endif
