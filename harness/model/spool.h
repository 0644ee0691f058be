/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.h - one captured packet as the witness appends it to the spool and harness/record reads it.
 *
 * Both ends are one program on one machine, so the header is written as it lies in memory.
 */
#ifndef MODEL_SPOOL_H
#define MODEL_SPOOL_H

#include <stdint.h>

#define SPOOL_PACKET_MAX 65535 /* captured bytes of one packet */
#define SPOOL_INTERFACES 2

/* `captured` bytes of the frame, from its Ethernet header on, follow at once. */
struct spool_packet {
	uint64_t t_ns;    /* monotonic, comparable with facts */
	uint64_t wall_ns; /* the same moment since 1970 */
	uint32_t captured, original;
	uint32_t interface; /* index into the witness's interfaces */
	uint32_t reserved;  /* 0 */
};

#endif
