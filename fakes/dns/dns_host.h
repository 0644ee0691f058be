/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_host.h - the resolver that the client asks: UDP and TCP on :53, answers from the leg's zones.
 *
 * Plays a recursive resolver that has done its validation: AD is set by zone (RFC 4035 s3.2.3).
 * The wire format is ldns's. Ref: RFC 1035, RFC 6891, RFC 7766.
 */
#ifndef DNS_HOST_H
#define DNS_HOST_H

#include <event2/event.h>

#include "fakes/scene/scene.h"
#include "harness/base/why.h"

struct dns_host;

/* Binds UDP and TCP :53 of both families on all addresses. NULL and why on trouble. */
struct dns_host *dns_host_new(struct event_base *base, struct scene *scene, struct why *why);
void dns_host_free(struct dns_host *d);
/* Stops and resumes reading questions. To be called from the loop, not from the fact sink. */
void dns_host_pause(struct dns_host *d, bool on);

#endif
