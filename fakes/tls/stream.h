/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - one TCP connection that may turn into TLS at any byte, either end.
 *
 * TLS runs over two memory BIOs on a plain bufferevent, so that its owner can put any
 * bytes anywhere: before, between and instead of records. Knows nothing of the lab or
 * of SMTP; shared by the fakes and the built-in client. Ref: RFC 3207 s4, RFC 8446.
 *
 * Life: stream_accept/stream_connect make one, owned by the caller until it calls
 * stream_close, stream_reset or stream_free, after which the caller gets no more calls;
 * all three are fine inside a call. All calls come from the event loop, none from inside a
 * stream_ function. The process ignores SIGPIPE from the first stream on.
 */
#ifndef TLS_STREAM_H
#define TLS_STREAM_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "harness/base/text.h"

struct stream;

enum stream_end {
	STREAM_EOF,         /* the peer closed (in TLS: after close_notify) */
	STREAM_TRUNCATED,   /* inside TLS, also its handshake, the peer closed without close_notify */
	STREAM_RESET,       /* RST */
	STREAM_REFUSED,     /* connect: refused */
	STREAM_UNREACHABLE, /* connect: no route and the like */
	STREAM_TIMEOUT,     /* connect or idle timeout, see stream_set_timeout */
	STREAM_TLS_FAILED   /* handshake or session; see stream_tls_error */
};

struct stream_calls {
	/* The connect of stream_connect is done. */
	void (*connected)(void *owner);
	/*
	 * More bytes for the owner stand in `in`: plaintext, or what TLS unwrapped. It drains what it
	 * uses; with 256 KiB left there, reading stops until it drains.
	 */
	void (*data)(void *owner, struct evbuffer *in);
	/* The handshake is done. */
	void (*tls_up)(void *owner);
	/* Every byte of TLS (and what is written beneath it) as it comes from or goes to the wire; may be NULL. */
	void (*record)(void *owner, bool out, struct bytes bytes);
	/* Nothing more comes. What was unread in `in` was given to `data` before. */
	void (*ended)(void *owner, enum stream_end how);
	/* All output has left to the kernel; may be NULL. */
	void (*drained)(void *owner);
};

/* An accepted socket; fd taken, made nonblocking. The first call comes from the loop. */
struct stream *stream_accept(struct event_base *base, evutil_socket_t fd, const struct stream_calls *calls, void *owner);

/* Begins to connect; `bind_to` may be NULL. Never NULL: failure comes as ended(). */
struct stream *stream_connect(struct event_base *base, const struct sockaddr *to, socklen_t len,
    const struct sockaddr *bind_to, socklen_t bind_len, const struct stream_calls *calls, void *owner);

/* Frees at once; unsent output is lost. NULL is fine. */
void stream_free(struct stream *s);
/*
 * Sends what is queued, close_notify if TLS is up, then FIN; frees itself when the peer has
 * closed too (or after 30 s), with no more calls.
 */
void stream_close(struct stream *s);
/* FIN when what is queued has left, without a word of TLS; what the peer says still comes. */
void stream_finish(struct stream *s);
/* Frees what stream_close left behind on this base; before event_base_free. */
void stream_drop_closing(struct event_base *base);
/* RST at once, frees. */
void stream_reset(struct stream *s);

/* From here on the calls go there; fine inside a call. */
void stream_set_owner(struct stream *s, const struct stream_calls *calls, void *owner);

/* Queues bytes: through TLS when it is up, else as they are. */
void stream_write(struct stream *s, const void *data, size_t len);
void stream_print(struct stream *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Queues bytes beneath TLS, as they are. */
void stream_write_raw(struct stream *s, const void *data, size_t len);
/* Moves all of `from` out, like stream_write. */
void stream_write_buffer(struct stream *s, struct evbuffer *from);

/*
 * Begins TLS; `ssl` is taken (fresh from SSL_new, BIOs and state are set here). Bytes that
 * were read but not drained count as the beginning of the TLS session: whoever does not
 * want that drains them first (and reports them: RFC 3207 s4.2, injected plaintext).
 */
void stream_start_tls(struct stream *s, SSL *ssl, bool server);
/* NULL before stream_start_tls. Borrowed. */
SSL *stream_ssl(struct stream *s);
bool stream_tls_is_up(const struct stream *s);
/* A sentence about the last TLS failure ("certificate verify failed: hostname mismatch"); borrowed. */
const char *stream_tls_error(const struct stream *s);
/* The alert that the peer sent, or -1. */
int stream_tls_alert(const struct stream *s);

/* Stops and resumes reading from the socket (back-pressure). */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);
/* ended(STREAM_TIMEOUT) when nothing was read for so long; 0 switches it off (the default). */
void stream_set_timeout(struct stream *s, unsigned ms);
/* One byte at a time to the wire, each in a segment of its own. */
void stream_set_drip(struct stream *s, bool on);
evutil_socket_t stream_fd(const struct stream *s);
size_t stream_pending_output(const struct stream *s);

#endif
