/* SPDX-License-Identifier: Apache-2.0 */
/* hello_retry.c - see hello_retry.h */
#include "fakes/interposer/hello_retry.h"

#include <string.h>

#include "fakes/interposer/records.h"

#define CLIENT_HELLO 1
#define SERVER_HELLO 2
#define BEFORE_SESSION_ID (RECORDS_HEADER + 4 + 2 + 32) /* handshake header, legacy_version, random */
#define SESSION_ID_MAX 32
#define SUITES_1_3 0x13 /* the first byte of every cipher suite of TLS 1.3 */

/* The random of a ServerHello that is none (RFC 8446 s4.1.3): SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
    0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2,
    0xc8, 0xa8, 0x33, 0x9c};

static const uint8_t extensions[] = {0x00, 0x13, /* all of them */
    0x00, 0x2b, 0x00, 0x02, 0x03, 0x04,          /* supported_versions: 1.3 */
    0x00, 0x2c, 0x00, 0x09, 0x00, 0x07,          /* cookie */
    'm', 'i', 't', 'm', 'x', '-', '1'};

/* The first cipher suite of TLS 1.3 in the list at `at`, or 0. */
static unsigned
find_suite(const uint8_t *at, size_t left)
{
	size_t n = left >= 2 ? (size_t)at[0] << 8 | at[1] : 0;

	for (size_t i = 2; i + 1 < left && i < n + 2; i += 2)
		if (at[i] == SUITES_1_3)
			return (unsigned)at[i] << 8 | at[i + 1];
	return 0;
}

static uint8_t *
put(uint8_t *at, const void *bytes, size_t n)
{
	memcpy(at, bytes, n);
	return at + n;
}

size_t
hello_retry_request(struct bytes hello, uint8_t out[HELLO_RETRY_MAX])
{
	const uint8_t *h = (const uint8_t *)hello.data;
	size_t session = hello.len > BEFORE_SESSION_ID ? h[BEFORE_SESSION_ID] : SESSION_ID_MAX + 1;
	size_t behind = BEFORE_SESSION_ID + 1 + session;
	uint8_t *at = out + RECORDS_HEADER + 4;

	if (session > SESSION_ID_MAX || behind >= hello.len || h[RECORDS_HEADER] != CLIENT_HELLO)
		return 0;
	unsigned suite = find_suite(h + behind, hello.len - behind);
	if (suite == 0)
		return 0;
	at = put(at, (const uint8_t[]){3, 3}, 2);
	at = put(at, retry_random, sizeof(retry_random));
	at = put(at, h + BEFORE_SESSION_ID, session + 1);
	at = put(at, (const uint8_t[]){(uint8_t)(suite >> 8), (uint8_t)suite, 0}, 3);
	at = put(at, extensions, sizeof(extensions));
	size_t len = (size_t)(at - out);
	size_t body = len - RECORDS_HEADER - 4;
	put(out, (const uint8_t[]){22, 3, 3, 0, (uint8_t)(body + 4), SERVER_HELLO, 0, 0, (uint8_t)body}, 9);
	return len;
}
