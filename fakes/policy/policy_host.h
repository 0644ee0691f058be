/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_host.h - the MTA-STS policy hosts: HTTPS on :443, every response scripted bytes of ours.
 *
 * Ref: RFC 8461 s3.3, RFC 9110, RFC 9112.
 */
#ifndef POLICY_HOST_H
#define POLICY_HOST_H

#include <event2/event.h>

#include "fakes/pki/pki.h"
#include "fakes/scene/scene.h"

struct policy_host;

struct policy_host *policy_host_new(struct event_base *base, struct scene *scene, struct pki *pki);
void policy_host_free(struct policy_host *p);
/* fd taken; the dialed address comes from getsockname. */
void policy_host_accept(struct policy_host *p, evutil_socket_t fd, const struct sockaddr *from, socklen_t len);
/* Closes the leg's open sessions (a stalled one, say), as a step begins. */
void policy_host_hush(struct policy_host *p, uint32_t leg);
void policy_host_pause(struct policy_host *p, bool on);

#endif
