/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_socket.c - see tcp_socket.h */
#include "fakes/tls/tcp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* Lets us use addresses that are on no interface (AnyIP); IPv4 local routes need no such thing. */
static int
bind_to_any(evutil_socket_t fd, const struct sockaddr *to, socklen_t len)
{
	int one = 1;

	if (to->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, to, len);
}

evutil_socket_t
tcp_socket_connect(const struct sockaddr *to, socklen_t len, const struct sockaddr *bind_to,
    socklen_t bind_len, int *ret_error)
{
	evutil_socket_t fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? errno : 0;

	if (error == 0)
		tcp_socket_set_options(fd);
	if (error == 0 && bind_to != NULL && bind_to_any(fd, bind_to, bind_len) != 0)
		error = errno;
	if (error == 0 && connect(fd, to, len) != 0 && errno != EINPROGRESS)
		error = errno;
	*ret_error = error;
	return fd;
}

/* Only what TCP has; on other sockets these fail and nobody cares. */
void
tcp_socket_set_options(evutil_socket_t fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

void
tcp_socket_abort_on_close(evutil_socket_t fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* MSG_EOR keeps the kernel from putting two bytes into one segment while the window is full. */
bool
tcp_socket_send_alone(evutil_socket_t fd, char byte)
{
	return send(fd, &byte, 1, MSG_EOR | MSG_NOSIGNAL) == 1;
}
