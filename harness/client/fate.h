/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fate.h - the client's log, line by line, to what it says became of each recipient.
 *
 * A pattern names its groups: recipient, id, reason. A line with both recipient and id ties them,
 * so that a later line with the id alone is understood. A line that ends a try of an id without a
 * word on a recipient says that the client still has the mail. No I/O.
 */
#ifndef FATE_H
#define FATE_H

#include "harness/base/text.h"
#include "harness/client/client.h"

struct fate_reader;

struct fate_calls {
	/* One per recipient; `reason` may be empty. */
	void (*fate)(void *ctx, struct bytes recipient, enum fate_kind kind, struct bytes reason);
	void *ctx;
};

/* NULL and why (with the pattern's line and offset) when a pattern is wrong. */
struct fate_reader *
fate_reader_new(const struct client *client, const struct fate_calls *calls, struct why *why);
void fate_reader_free(struct fate_reader *reader);
void fate_reader_line(struct fate_reader *reader, struct bytes line);
/* An id learnt otherwise ("queued as ID"); it goes before one that a pattern ties. */
void fate_reader_tie(struct fate_reader *reader, struct bytes id, struct bytes recipient);
/* The id that the recipient's message goes by; NULL when none was told. Borrowed until the next line. */
const char *fate_reader_id(const struct fate_reader *reader, const char *recipient);
/* The queue id in a client's reply to the end of data ("queued as ID", "id=ID"); empty when it tells none. */
struct bytes fate_queue_id(struct bytes reply);

#endif
