/* SPDX-License-Identifier: Apache-2.0 */
/* records.c - see records.h. */
#include "fakes/interposer/records.h"

#include <string.h>

enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT };

#define SERVER_HELLO 2
#define SUPPORTED_VERSIONS 43
#define TLS_1_3_WIRE 0x0304u
/* TLS 1.3: a protected alert is 2 bytes, its type and a tag of at most 16 (RFC 8446 s5.2) */
#define PROTECTED_ALERT_MAX 19

static bool
is_header(const uint8_t *h, size_t n)
{
	return (n < 1 || (h[0] >= CHANGE_CIPHER_SPEC && h[0] <= HEARTBEAT)) && (n < 2 || h[1] == 3) &&
	       (n < 3 || h[2] <= 4);
}

bool
records_may_begin(struct bytes bytes)
{
	return bytes.len && (uint8_t)bytes.data[0] == HANDSHAKE &&
	       is_header((const uint8_t *)bytes.data, bytes.len);
}

bool
records_may_follow(struct bytes bytes)
{
	const uint8_t *h = (const uint8_t *)bytes.data;

	return is_header(h, bytes.len) && (bytes.len == 0 || h[0] != ALERT);
}

bool
records_is_change_cipher_spec(struct bytes bytes)
{
	return bytes.len && (uint8_t)bytes.data[0] == CHANGE_CIPHER_SPEC;
}

size_t
records_first_len(struct bytes bytes)
{
	const uint8_t *h = (const uint8_t *)bytes.data;

	return bytes.len < RECORDS_HEADER ? 0 : RECORDS_HEADER + ((size_t)h[3] << 8 | h[4]);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Fills the header from the front of `*bytes`; true when it is whole. */
static bool
fill_header(struct records_side *side, struct bytes *bytes)
{
	size_t n = smaller(RECORDS_HEADER - side->n_header, bytes->len);

	memcpy(side->header + side->n_header, bytes->data, n);
	side->n_header += n;
	bytes->data += n;
	bytes->len -= n;
	return side->n_header == RECORDS_HEADER;
}

static size_t
payload_len(const struct records_side *side)
{
	return (size_t)side->header[3] << 8 | side->header[4];
}

static void
skip_payload(struct records_side *side, struct bytes *bytes)
{
	size_t n = smaller(side->left, bytes->len);

	side->left -= n;
	bytes->data += n;
	bytes->len -= n;
}

/* --- the client -------------------------------------------------------------------------- */

/* Is the record whose header is whole the first of the client's application data? */
static bool
begins_application_data(struct records *r)
{
	if (r->client.header[0] != APPLICATION_DATA || r->application_data)
		return false;
	if (r->version == TLS_1_3_WIRE) {
		/* The first is Finished: no certificate of the client's is asked for. An alert ends all. */
		if (r->client_finished++ == 0 || payload_len(&r->client) <= PROTECTED_ALERT_MAX)
			return false;
	}
	r->application_data = true;
	return true;
}

/* Of an alert in clear: its second byte, if it is among these (RFC 8446 s6). */
static void
read_alert(struct records *r, struct bytes payload)
{
	size_t at = r->client.left - 1;

	if (r->client.header[0] != ALERT || payload_len(&r->client) != 2 || at >= payload.len)
		return;
	r->alerted = true;
	r->alert = (uint8_t)payload.data[at];
}

enum records_seen
records_client(struct records *r, struct bytes bytes, size_t *ret_used)
{
	struct records_side *side = &r->client;
	size_t all = bytes.len;

	while (bytes.len) {
		size_t before = side->n_header;
		if (side->left) {
			read_alert(r, bytes);
			skip_payload(side, &bytes);
			continue;
		}
		*ret_used = all - bytes.len;
		bool whole = fill_header(side, &bytes);
		if (!is_header(side->header, side->n_header)) {
			side->n_header = before;
			return RECORDS_NO_TLS;
		}
		if (!whole)
			break;
		side->n_header = 0;
		side->left = payload_len(side);
		*ret_used = all - bytes.len;
		if (begins_application_data(r))
			return RECORDS_APPLICATION_DATA;
	}
	*ret_used = all - bytes.len;
	return RECORDS_FINE;
}

/* --- the server -------------------------------------------------------------------------- */

/* A cursor that gives 0 beyond the end. */
struct cursor {
	const uint8_t *at;
	size_t left;
};

static unsigned
take(struct cursor *c, size_t width)
{
	unsigned n = 0;

	if (c->left < width) {
		c->left = 0;
		return 0;
	}
	for (size_t i = 0; i < width; i++)
		n = n << 8 | c->at[i];
	c->at += width;
	c->left -= width;
	return n;
}

static void
skip(struct cursor *c, size_t n)
{
	n = smaller(n, c->left);
	c->at += n;
	c->left -= n;
}

static unsigned
version_of_hello(const uint8_t *hello, size_t len)
{
	struct cursor c = {hello, len};

	if (take(&c, 1) != SERVER_HELLO)
		return 0;
	skip(&c, 3);                           /* length */
	unsigned version = take(&c, 2);        /* legacy_version */
	skip(&c, 32);                          /* random */
	skip(&c, take(&c, 1));                 /* session id */
	skip(&c, 3);                           /* cipher, compression */
	c.left = smaller(take(&c, 2), c.left); /* of all extensions */
	while (c.left >= 4) {
		unsigned type = take(&c, 2);
		unsigned n = take(&c, 2);
		if (type == SUPPORTED_VERSIONS)
			return take(&c, 2);
		skip(&c, n);
	}
	return version;
}

static void
keep_hello(struct records *r, struct bytes bytes)
{
	size_t n = smaller(smaller(bytes.len, r->server.left), r->want_hello - r->n_hello);

	memcpy(r->hello + r->n_hello, bytes.data, n);
	r->n_hello += n;
	if (r->n_hello == r->want_hello) {
		r->version = version_of_hello(r->hello, r->n_hello);
		r->want_hello = 0;
	}
}

void
records_server(struct records *r, struct bytes bytes)
{
	struct records_side *side = &r->server;

	while (bytes.len) {
		if (side->left) {
			if (r->want_hello)
				keep_hello(r, bytes);
			skip_payload(side, &bytes);
			continue;
		}
		if (!fill_header(side, &bytes))
			return;
		side->n_header = 0;
		side->left = payload_len(side);
		if (side->header[0] == HANDSHAKE && r->version == 0) {
			r->n_hello = 0;
			r->want_hello = smaller(side->left, RECORDS_HELLO_KEPT);
		}
	}
}
