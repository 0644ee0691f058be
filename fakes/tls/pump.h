/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pump.h - the inside of a stream: what moves its bytes between the owner, TLS and the wire.
 *
 * Private to fakes/tls. Out: the owner's bytes wait in `out`, become bytes of the wire (wrapped in TLS
 * or not) in `wire`, and go to the bufferevent. In: the bufferevent's input is the owner's, or feeds
 * TLS, whose plaintext waits in `plain`. Makes and frees no stream.
 */
#ifndef TLS_PUMP_H
#define TLS_PUMP_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "fakes/tls/outgoing.h"
#include "fakes/tls/stream.h"
#include "fakes/tls/tls_engine.h"

#define PUMP_UNREAD_MAX (256 * 1024) /* so many bytes may wait for the owner before reading stops */
#define PUMP_WIRE_LOW (64 * 1024)    /* records are made only while fewer bytes wait for the kernel */
#define PUMP_CHUNK 16384             /* so many bytes are read or wrapped at once */
#define STREAM_NO_END (-1)

enum life { LIFE_OPEN, LIFE_CLOSING, LIFE_LINGERING, LIFE_DEAD };

struct stream {
	LIST_ENTRY(stream) closing; /* in closing_streams once stream_close was called */
	struct event_base *base;
	struct bufferevent *bev;
	struct event *kick;     /* runs pump from the loop */
	struct event *deadline; /* of a closed stream; else NULL */
	const struct stream_calls *calls;
	void *owner;
	struct outgoing out;
	struct evbuffer *wire, *plain; /* plain: NULL before TLS */
	struct tls_engine tls;
	enum life life;
	int end; /* enum stream_end or STREAM_NO_END */
	unsigned timeout_ms, busy;
	bool connecting, paused, drip, fresh, told_end, shutdown_sent, saw_eof, owes_drained, finishing,
	    broken;
};

/*
 * Sends and receives what can be now, and tells the owner; the only caller of the owner's data, record,
 * tls_up, ended and drained. From the loop only. Afterward the stream may be LIFE_DEAD.
 */
void pump_run(struct stream *s);
/* The socket said `error`; told by the next pump_run. A stream that is being closed is LIFE_DEAD then. */
void pump_fail(struct stream *s, int error, bool writing);
/* Where the owner's input waits. */
struct evbuffer *pump_unread(struct stream *s);
/* Reads from the socket, or does not, as the stream's state asks for. */
void pump_choose_reading(struct stream *s);
/* Bytes that the kernel does not have yet. */
size_t pump_pending(const struct stream *s);

#endif
