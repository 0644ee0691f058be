/* SPDX-License-Identifier: Apache-2.0 */
/* socket_address.c - see socket_address.h */
#include "fakes/scene/socket_address.h"

#include <arpa/inet.h>

/* The address in plain bytes, 4 or 16; 0 when there are none. */
static size_t
bytes_in(const struct sockaddr *from, const void **ret_bytes)
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	bool mapped;

	if (from->sa_family == AF_INET) {
		*ret_bytes = &v4->sin_addr;
		return 4;
	}
	if (from->sa_family != AF_INET6)
		return 0;
	mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
	*ret_bytes = &v6->sin6_addr.s6_addr[mapped ? 12 : 0];
	return mapped ? 4 : 16;
}

bool
socket_address_dialed(int fd, struct plan_address *ret_address, uint16_t *ret_port)
{
	struct sockaddr_storage here;
	socklen_t len = sizeof(here);

	if (getsockname(fd, (struct sockaddr *)&here, &len) != 0)
		return false;
	*ret_port = socket_address_port((struct sockaddr *)&here);
	return socket_address_plan((struct sockaddr *)&here, ret_address);
}

bool
socket_address_plan(const struct sockaddr *from, struct plan_address *ret_address)
{
	const void *bytes = NULL;
	size_t len = bytes_in(from, &bytes);

	return len > 0 && plan_address_from(ret_address, bytes, len);
}

uint16_t
socket_address_port(const struct sockaddr *from)
{
	if (from->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)from)->sin_port);
	if (from->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)from)->sin6_port);
	return 0;
}

void
socket_address_text(const struct sockaddr *from, char out[INET6_ADDRSTRLEN])
{
	const void *bytes = NULL;
	size_t len = bytes_in(from, &bytes);

	out[0] = '\0';
	if (len > 0)
		inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, out, INET6_ADDRSTRLEN);
}
