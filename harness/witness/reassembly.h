/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reassembly.h - puts the TCP streams of the client's hop together, both directions. No I/O.
 *
 * Hands bytes on in order and keeps only what came too early. The first copy of a byte wins.
 * A hole that the receiver acknowledged is a gap (the bytes were there, and the capture has not seen them),
 * but only when the caller says that all captures are read up to here: two links are read one after the
 * other, and an acknowledgment may be seen before its data. Ref: RFC 9293 s3.4.
 */
#ifndef REASSEMBLY_H
#define REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"
#include "harness/model/plan.h"
#include "harness/witness/frame.h"

#define REASSEMBLY_EARLY_MAX \
	(16 * 1024 * 1024)         /* bytes that are kept per direction, waiting for a hole to fill */
#define REASSEMBLY_CHUNKS_MAX 4096 /* in as many pieces */
#define REASSEMBLY_DONE_MAX 4096   /* connections that are over and still known, for what comes late */
#define REASSEMBLY_OPEN_MAX 65536  /* connections; beyond, the oldest is settled and forgotten */

struct reassembly_flow {
	struct plan_address server;
	uint16_t port, peer_port; /* the server's, the client's */
	bool from_client;
};

struct reassembly_calls {
	/* The first bytes of a direction; the result is handed to the calls below, and may be NULL. */
	void *(*open)(void *ctx, const struct reassembly_flow *flow);
	void (*data)(void *owner, struct bytes data, uint64_t t_ns);
	/* So many bytes are missing here; 0: the beginning of the stream, nobody knows how many. */
	void (*gap)(void *owner, uint64_t bytes, uint64_t t_ns);
	void (*close)(void *owner);
};

struct reassembly;

struct reassembly *reassembly_new(const struct reassembly_calls *calls, void *ctx); /* owned; both borrowed */
void reassembly_free(struct reassembly *r); /* closes all; no gaps are told */

/* Segments that go neither to nor from the test range are passed over, as is port 53. */
void reassembly_take(struct reassembly *r, const struct frame_segment *s, uint64_t t_ns);
/*
 * All captures were read up to here: holes that were acknowledged are gaps, as is every hole of
 * connections that are over, or (`all`) of any.
 */
void reassembly_settle(struct reassembly *r, bool all, uint64_t t_ns);

/* Segments so far that repeated bytes, and bytes held now; for tests and curiosity. */
uint64_t reassembly_overlaps(const struct reassembly *r);
size_t reassembly_held(const struct reassembly *r);

#endif
