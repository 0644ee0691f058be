/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket_address.h - what the two ends of an accepted connection say: whom the client dialed, and who it is.
 *
 * Every fake host hears on wildcard sockets, so the address it was dialed at is the socket's own. IPv4
 * mapped into IPv6 counts as IPv4. Ref: RFC 4291 s2.5.5.2.
 */
#ifndef SOCKET_ADDRESS_H
#define SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "harness/model/plan.h"

/* Where the client of this socket connected to; false outside the test range. */
bool socket_address_dialed(int fd, struct plan_address *ret_address, uint16_t *ret_port);
/* The plan's address; false when it is none of ours. */
bool socket_address_plan(const struct sockaddr *from, struct plan_address *ret_address);
/* 0 when the address is neither IPv4 nor IPv6. */
uint16_t socket_address_port(const struct sockaddr *from);
/* The bare address; "" when it is neither. */
void socket_address_text(const struct sockaddr *from, char out[INET6_ADDRSTRLEN]);

#endif
