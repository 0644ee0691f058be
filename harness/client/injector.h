/* SPDX-License-Identifier: Apache-2.0 */
/*
 * injector.h - hands messages to a client that listens for SMTP, over a few connections at once.
 *
 * Speaks inside the client's machine; nothing of it crosses the lab's link. To a submission port it
 * speaks TLS without any proof (the client's own certificate is no matter of the lab's) and logs in.
 * Ref: RFC 5321, RFC 3207, RFC 4954, RFC 4616.
 */
#ifndef INJECTOR_H
#define INJECTOR_H

#include <event2/event.h>

#include "harness/base/text.h"
#include "harness/client/machine.h"
#include "harness/model/plan.h"

struct injector;

struct injector_calls {
	/* The client answered the message: code 250 is taken; 0 when the connection failed. `reply` is
	 * borrowed. */
	void (*answered)(void *ctx, const struct plan_message *message, unsigned code, struct bytes reply);
	void *ctx;
};

struct injector_options {
	const struct machine *machine;
	const struct sockaddr *to;
	socklen_t to_len;
	const char *user, *password; /* both NULL: neither TLS nor a login */
	unsigned patience_s;         /* for one answer: for hangs only */
	struct injector_calls calls;
};

/* All is copied. Owned. */
struct injector *injector_new(struct event_base *base, const struct injector_options *options);
void injector_free(struct injector *i);
/* Queues a message; it must stay valid until it was answered. */
void injector_send(struct injector *i, const struct plan_message *message);
/* While the client restarts: what is being said is said to its end, what waits goes on waiting. */
void injector_hold(struct injector *i);
void injector_release(struct injector *i);
/* Forgets what waits. */
void injector_forget(struct injector *i);
/* Is no message under way? */
bool injector_is_idle(const struct injector *i);

#endif
