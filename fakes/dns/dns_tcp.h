/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_tcp.h - DNS over TCP: two-byte lengths, several questions a connection. Ref: RFC 7766.
 *
 * No timers: idle connections are closed when room is needed, and when the lab pauses.
 */
#ifndef DNS_TCP_H
#define DNS_TCP_H

#include <event2/event.h>

#include "fakes/dns/dns_book.h"

struct dns_tcp;

struct dns_tcp *dns_tcp_new(struct event_base *base, struct dns_book *book); /* owned; both borrowed */
void dns_tcp_free(struct dns_tcp *t);
/* fd taken. */
void dns_tcp_accept(struct dns_tcp *t, evutil_socket_t fd);
void dns_tcp_pause(struct dns_tcp *t, bool on);

#endif
