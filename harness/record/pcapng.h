/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcapng.h - writes one capture that Wireshark opens and decrypts: its packets and the TLS secrets for them.
 *
 * The secrets stand before the packets, as dissectors want it. Knows nothing of runs and scenarios.
 * Ref: draft-ietf-opsawg-pcapng: section header, interface description, decryption secrets, enhanced packet.
 */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>

#include "harness/base/text.h"
#include "harness/base/why.h"
#include "harness/model/spool.h"

struct pcapng;

/* Makes the file and writes its head; `comment` (about the whole capture) may be NULL. NULL and why on
 * trouble. */
struct pcapng *pcapng_new(
    const char *path, const char *comment, const char *const interfaces[SPOOL_INTERFACES], struct why *why);
/* Before the first packet: lines of an NSS key log, each with its line end. Empty: nothing is written. */
void pcapng_secrets(struct pcapng *p, struct bytes key_log);
void pcapng_packet(struct pcapng *p, const struct spool_packet *head, const void *frame);
/* Closes; -1 and why when any write failed, and the file is gone then. Frees in either case. */
int pcapng_end(struct pcapng *p, struct why *why);

#endif
