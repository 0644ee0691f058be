/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_reply.h - one HTTP/1.1 response put together from its bytes, with limits; no I/O.
 *
 * Reads Content-Length, chunked and close-delimited bodies; no content codings, no trailers kept.
 * Interim responses are passed over. Ref: RFC 9112 s2 to s7.
 */
#ifndef MTA_HTTP_REPLY_H
#define MTA_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/text.h"

#define HTTP_REPLY_LINE_MAX 8192
#define HTTP_REPLY_HEAD_MAX 16384
#define HTTP_REPLY_BODY_MAX 65536
#define HTTP_REPLY_WIRE_MAX (1024 * 1024)
#define HTTP_REPLY_WORD_MAX 1024

enum http_progress { HTTP_MORE, HTTP_DONE, HTTP_BROKEN };

struct http_reply;

struct http_reply *http_reply_new(void); /* owned */
void http_reply_free(struct http_reply *reply);

/* HTTP_DONE: the response is whole, what follows it is not looked at. HTTP_BROKEN: see http_reply_trouble. */
enum http_progress http_reply_feed(struct http_reply *reply, struct bytes in);
/* The connection ended; `clean`: by the peer's own word (close_notify). */
enum http_progress http_reply_end(struct http_reply *reply, bool clean);

unsigned http_reply_code(const struct http_reply *reply);
struct bytes http_reply_body(const struct http_reply *reply);
const char *http_reply_location(const struct http_reply *reply); /* "" when there is none */
/* The media type without parameters is text/plain. */
bool http_reply_is_plain_text(const struct http_reply *reply);
const char *http_reply_trouble(const struct http_reply *reply); /* a phrase; static */

#endif
