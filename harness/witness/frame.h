/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - finds the TCP segment in an Ethernet frame. No I/O, no state; any bytes may be fed.
 *
 * Checksums are not looked at: on a virtual link they are left to hardware that is not there.
 * Ref: RFC 791, RFC 8200 s4, RFC 9293 s3.1.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"

#define FRAME_ETHERNET_LEN 14

enum frame_kind {
	FRAME_OTHER, /* no TCP in it, or too short to tell */
	FRAME_TCP,
	FRAME_FRAGMENT /* a piece of a fragmented datagram: not read */
};

struct frame_segment {
	uint8_t from[16], to[16];
	size_t address_len; /* 4 or 16 */
	uint16_t from_port, to_port;
	uint32_t seq, ack;
	bool syn, fin, rst, has_ack;
	struct bytes payload; /* what was captured of it; borrowed from the frame */
	size_t payload_len;   /* what it had on the wire */
};

enum frame_kind frame_parse(struct frame_segment *ret, struct bytes frame);

/* The EtherType, or 0 when the frame is too short for one. */
uint16_t frame_ethertype(struct bytes frame);

#endif
