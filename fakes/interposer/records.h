/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h - TLS records seen from outside: where they begin, and where application data begins.
 *
 * Opens nothing; reads headers, and the version in a ServerHello. In TLS 1.3 the client's
 * Finished looks like application data and is told apart. Ref: RFC 8446 s4.1.3, s5.1, s5.2; RFC 5246 s6.2.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"

#define RECORDS_HEADER 5
#define RECORDS_HELLO_KEPT 512 /* of a ServerHello: enough for its extensions */

struct records_side {
	uint8_t header[RECORDS_HEADER];
	size_t n_header;
	size_t left; /* of the payload */
};

struct records {
	struct records_side client, server;
	uint8_t hello[RECORDS_HELLO_KEPT]; /* of the server's first handshake record */
	size_t n_hello, want_hello;
	unsigned version;         /* what the server chose: 0x0303; 0 before the ServerHello */
	unsigned client_finished; /* protected client records that belong to the handshake, seen so far */
	bool application_data;    /* the client's has begun */
	bool alerted;             /* the client sent an alert that nothing hides, and it is whole: */
	uint8_t alert;
	unsigned n_server;        /* records of the server that were passed one by one */
	bool passed;              /* no more are */
};

enum records_seen {
	RECORDS_FINE,
	RECORDS_APPLICATION_DATA, /* the header of the client's first application data was read; the rest was
				     not */
	RECORDS_NO_TLS            /* what follows the bytes that were read is no record */
};

/* Zero-initialized at first. Bytes of the client, in order; `ret_used` bytes were read. */
enum records_seen records_client(struct records *r, struct bytes bytes, size_t *ret_used);
void records_server(struct records *r, struct bytes bytes);

/* Could these bytes begin a TLS session? */
bool records_may_begin(struct bytes bytes);
/* Could these bytes, of the server's, go on with one that shakes hands? Alerts do not. */
bool records_may_follow(struct bytes bytes);
bool records_is_change_cipher_spec(struct bytes bytes);
/* The length of the first record with its header; 0 when the header is not whole yet. */
size_t records_first_len(struct bytes bytes);

#endif
