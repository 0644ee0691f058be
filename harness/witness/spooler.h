/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spooler.h - appends captured packets to the spool, in large writes; see harness/model/spool.h.
 *
 * After the first failed write it writes no more: what stands in the file then ends with a whole packet.
 */
#ifndef SPOOLER_H
#define SPOOLER_H

#include "harness/base/text.h"
#include "harness/base/why.h"
#include "harness/model/spool.h"

struct spooler;

struct spooler *spooler_new(int fd);  /* owned; fd borrowed, opened for writing at its end */
void spooler_free(struct spooler *s); /* what is not flushed is lost; NULL is fine */

/* Both: 0, or -1 and why once, at the first write that fails; 0 and nothing done from then on. */
int spooler_put(struct spooler *s, const struct spool_packet *head, struct bytes frame, struct why *why);
int spooler_flush(struct spooler *s, struct why *why);

#endif
