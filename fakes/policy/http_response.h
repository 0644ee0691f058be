/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_response.h - scripts a response of the plan: which bytes go out, in which pieces; no I/O.
 *
 * A fault host must own its bytes; the good response is just another script. Ref: RFC 9112.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "harness/model/plan.h"

#define HTTP_RESPONSE_ENDLESS (16u << 20) /* bytes of a body without end */

/* Goes out so many times in a row. */
struct http_piece {
	const char *data; /* owned by the response's memory */
	size_t len, times;
};

struct http_response {
	struct http_piece pieces[6];
	size_t n_pieces;
	size_t second_half; /* index of the piece that begins in the middle of the body; n_pieces when there
			       is none */
	unsigned status;    /* 0 when raw bytes have no status line */
	bool sound;         /* framed right and in plain text: who reads it has the whole body */
	bool keeps;         /* the connection goes on after it */
	char *memory;       /* owned */
};

/*
 * `plan` NULL: 404. `body` replaces the plan's body when it is not empty. `without_body`: the
 * answer to HEAD.
 */
void http_response_init(
    struct http_response *r, const struct plan_response *plan, struct bytes body, bool without_body);
void http_response_done(struct http_response *r);
size_t http_response_len(const struct http_response *r);

#endif
