/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request.h - reads the head of one HTTP/1.x request; bytes in, views out, no I/O.
 *
 * Lenient where a fake may be: bare LF ends a line, an empty line before the request is skipped.
 * Reads no body. Ref: RFC 9112 s2, s3.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "harness/base/text.h"

#define HTTP_REQUEST_MAX (16 * 1024) /* of a head */

struct http_request {
	struct bytes method, target;
	struct bytes host; /* of the first Host line; empty when there is none */
	size_t len;        /* of the whole head with its empty line */
};

enum http_request_state { REQUEST_UNFINISHED, REQUEST_READ, REQUEST_MALFORMED, REQUEST_TOO_LARGE };

/* `in`: all that came so far. The views in `ret` are borrowed from it; filled only when read. */
enum http_request_state http_request_read(struct http_request *ret, struct bytes in);

#endif
