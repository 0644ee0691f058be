/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_socket.h - the system calls that a stream makes on its socket itself.
 *
 * All for nonblocking sockets; keeps nothing, waits for nothing.
 */
#ifndef TLS_TCP_SOCKET_H
#define TLS_TCP_SOCKET_H

#include <event2/util.h>
#include <stdbool.h>
#include <sys/socket.h>

/*
 * A new socket (owned; -1 when there is none) whose connect has begun. `bind_to` may be NULL.
 * `ret_error` is 0 or the errno that kept it from beginning.
 */
evutil_socket_t tcp_socket_connect(const struct sockaddr *to, socklen_t len, const struct sockaddr *bind_to,
    socklen_t bind_len, int *ret_error);
/* What every stream wants: no waiting for more bytes before a segment leaves. */
void tcp_socket_set_options(evutil_socket_t fd);
/* Its close will be a RST. */
void tcp_socket_abort_on_close(evutil_socket_t fd);
/* One byte in a segment of its own, if that is possible at once. */
bool tcp_socket_send_alone(evutil_socket_t fd, char byte);

#endif
