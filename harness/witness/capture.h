/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.h - libpcap on one interface, and marks that prove how far it has been read.
 *
 * The kernel hands packets over in blocks, some milliseconds late. Whoever must know that all packets up
 * to now were read sends a mark (a frame of ours) behind them and waits until the capture shows it.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/text.h"
#include "harness/base/why.h"

struct capture;

struct capture_packet {
	struct bytes frame; /* borrowed for the call */
	uint32_t original;  /* its length on the wire */
	uint64_t wall_ns;   /* since 1970 */
};

/* `ctx` and `interface` borrowed. `deaf`: room for a few packets only. NULL and why on trouble. */
struct capture *capture_new(const char *interface, bool deaf,
    void (*packet)(void *ctx, struct capture *c, const struct capture_packet *p), void *ctx, struct why *why);
void capture_free(struct capture *c); /* NULL is fine */

int capture_fd(const struct capture *c);      /* readable when packets wait; borrowed */
int capture_wait_ms(const struct capture *c); /* what poll() may wait at most on this kernel; -1 for ever */

/* Reads all that waits: how many packets, or -1. Never blocks. */
int capture_read(struct capture *c, struct why *why);
/* Sends a mark behind all packets up to now. Marks may be sent again. */
int capture_mark(struct capture *c, uint32_t mark, struct why *why);
/* The newest mark that was read. */
uint32_t capture_marked(const struct capture *c);
/* Packets were lost since the last mark was sent, so it may be lost too. */
bool capture_lost_since_mark(struct capture *c);

uint64_t capture_packets(const struct capture *c); /* read so far, without marks */
uint64_t capture_dropped(struct capture *c);       /* lost so far: the kernel had no room */

#endif
