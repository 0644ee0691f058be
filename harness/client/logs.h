/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs.h - the client's log where it is not its output: /dev/log, and files that are followed.
 *
 * A file is opened (made, where it is not there) before the client starts, and the kernel tells when
 * it grows. One that is cut to nothing is read from its beginning; one that is renamed away and
 * made anew is not followed. Ref: inotify(7), RFC 3164 s4.1.1.
 */
#ifndef LOGS_H
#define LOGS_H

#include <event2/event.h>

#include "harness/base/text.h"
#include "harness/client/client.h"
#include "harness/client/machine.h"

struct logs;

/* line() comes from the loop, and from logs_catch_up. NULL and why when a log cannot be opened. Owned. */
struct logs *logs_new(struct event_base *base, const struct machine *machine, const struct client *client,
    void (*line)(void *ctx, struct bytes line), void *ctx, struct why *why);
void logs_free(struct logs *l);
/* Reads what is there by now: a process that has ended wrote its words before. */
void logs_catch_up(struct logs *l);

#endif
