/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_host.c - sockets of the resolver: see dns_host.h. What is said is dns_answer's.
 *
 * One wildcard socket a family serves all addresses, so replies must name the address that was
 * asked; for IPv6 addresses that no interface has, the kernel allows that with IPV6_FREEBIND only.
 */
#include "fakes/dns/dns_host.h"

#include <errno.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakes/dns/dns_answer.h"
#include "fakes/dns/dns_tcp.h"
#include "harness/base/must.h"

#define DNS_PORT 53
#define QUESTIONS_A_TURN 64 /* then the loop looks at the others */
#define SOCKET_BUFFER (4 * 1024 * 1024)

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

struct udp {
	struct dns_host *host;
	struct event *readable;
	int fd;
};

struct dns_host {
	struct event_base *base;
	struct dns_book *book;
	struct dns_tcp *tcp;
	struct udp udp[2]; /* IPv4, IPv6 */
	struct evconnlistener *listeners[2];
};

/* A datagram's way: where it came from and which address was asked, as it goes back into sendmsg. */
struct way {
	struct sockaddr_storage peer;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	size_t control_len;
};

/* The interface is left open, so that routes decide as for any other packet. */
static void
keep_address(struct way *way, struct msghdr *in)
{
	struct msghdr out = {.msg_control = way->control, .msg_controllen = sizeof(way->control)};
	struct cmsghdr *to = CMSG_FIRSTHDR(&out);
	char space[sizeof(way->control)] = {0};
	size_t len = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(in); c != NULL; c = CMSG_NXTHDR(in, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			info = (struct in_pktinfo){.ipi_spec_dst = info.ipi_addr};
			memcpy(space, &info, len = sizeof(info));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				info.ipi6_ifindex = 0;
			memcpy(space, &info, len = sizeof(info));
		} else {
			continue;
		}
		to->cmsg_level = c->cmsg_level;
		to->cmsg_type = c->cmsg_type;
		break;
	}
	to->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(to), space, len);
	way->control_len = len > 0 ? CMSG_SPACE(len) : 0;
}

static ssize_t
receive(int fd, struct way *way, void *data, size_t size)
{
	struct iovec iov = {data, size};
	_Alignas(struct cmsghdr) char control[256];
	struct msghdr msg = {.msg_name = &way->peer,
	    .msg_namelen = sizeof(way->peer),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (len >= 0)
		keep_address(way, &msg);
	return len;
}

static int
reply(int fd, struct way *way, struct bytes data)
{
	struct iovec iov = {(void *)(uintptr_t)data.data, data.len};
	struct msghdr msg = {.msg_name = &way->peer,
	    .msg_namelen =
		way->peer.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = way->control,
	    .msg_controllen = way->control_len};

	return data.len == 0 || sendmsg(fd, &msg, MSG_NOSIGNAL) >= 0 ? 0 : -1;
}

static void
answer(struct udp *udp, struct way *way, struct bytes question)
{
	struct dns_answer *a = dns_answer_new(udp->host->book, question, false);
	char what[128];

	if (reply(udp->fd, way, dns_answer_forged(a)) < 0 || reply(udp->fd, way, dns_answer_bytes(a)) < 0) {
		snprintf(what, sizeof(what), "an answer could not be sent: %s", strerror(errno));
		dns_answer_failed(a, what);
	} else {
		dns_answer_done(a);
	}
	dns_answer_free(a);
}

static void
on_datagrams(evutil_socket_t fd, short what, void *ctx)
{
	char data[DNS_QUESTION_MAX + 1]; /* one more shows that it was longer */
	struct udp *udp = ctx;
	struct way way;

	(void)what;
	for (int i = 0; i < QUESTIONS_A_TURN; i++) {
		ssize_t len = receive(fd, &way, data, sizeof(data));

		if (len < 0)
			return;
		answer(udp, &way, (struct bytes){data, (size_t)len});
	}
}

static void
on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *ctx)
{
	struct dns_host *d = ctx;

	(void)listener, (void)from, (void)len;
	dns_tcp_accept(d->tcp, fd);
}

static socklen_t
any_address(struct sockaddr_storage *ret, int family)
{
	*ret = (struct sockaddr_storage){0};
	if (family == AF_INET) {
		*(struct sockaddr_in *)ret =
		    (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};
		return sizeof(struct sockaddr_in);
	}
	*(struct sockaddr_in6 *)ret =
	    (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT)};
	return sizeof(struct sockaddr_in6);
}

static int
switch_on(int fd, int level, int option)
{
	return setsockopt(fd, level, option, &(int){1}, sizeof(int));
}

/* Bound to :53 of the family on all addresses; -1 and why. */
static int
bound_socket(int family, int type, struct why *why)
{
	struct sockaddr_storage address;
	socklen_t len = any_address(&address, family);
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && switch_on(fd, SOL_SOCKET, SO_REUSEADDR) == 0 &&
	    (family == AF_INET || switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0) &&
	    bind(fd, (struct sockaddr *)&address, len) == 0)
		return fd;
	why_errno(why, "bind %s :%d of the DNS host", type == SOCK_DGRAM ? "UDP" : "TCP", DNS_PORT);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
open_udp(struct dns_host *d, struct udp *udp, int family, struct why *why)
{
	int fd = udp->fd = bound_socket(family, SOCK_DGRAM, why);
	int space = SOCKET_BUFFER;

	if (fd < 0)
		return -1;
	/* FORCE needs a privilege; without it the system's maximum must do. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof(space)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &space, sizeof(space));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &space, sizeof(space)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &space, sizeof(space));
	if (family == AF_INET ? switch_on(fd, IPPROTO_IP, IP_PKTINFO) < 0
			      : switch_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) < 0 ||
				    switch_on(fd, IPPROTO_IPV6, IPV6_FREEBIND) < 0)
		return why_errno(why, "options of the DNS host's UDP socket");
	udp->host = d;
	udp->readable = event_new(d->base, fd, EV_READ | EV_PERSIST, on_datagrams, udp);
	must(udp->readable != NULL && event_add(udp->readable, NULL) == 0);
	return 0;
}

static int
open_tcp(struct dns_host *d, struct evconnlistener **ret, int family, struct why *why)
{
	int fd = bound_socket(family, SOCK_STREAM, why);

	if (fd < 0)
		return -1;
	*ret = evconnlistener_new(
	    d->base, on_connection, d, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 4096, fd);
	if (*ret != NULL)
		return 0;
	why_errno(why, "listen on TCP :%d", DNS_PORT);
	close(fd);
	return -1;
}

struct dns_host *
dns_host_new(struct event_base *base, struct scene *scene, struct why *why)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct dns_host *d = must_alloc(sizeof(*d));

	d->base = base;
	d->book = dns_book_new(scene);
	d->tcp = dns_tcp_new(base, d->book);
	d->udp[0].fd = d->udp[1].fd = -1;
	for (size_t i = 0; i < 2; i++)
		if (open_udp(d, &d->udp[i], families[i], why) < 0 ||
		    open_tcp(d, &d->listeners[i], families[i], why) < 0) {
			dns_host_free(d);
			return NULL;
		}
	return d;
}

void
dns_host_free(struct dns_host *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < 2; i++) {
		if (d->udp[i].readable != NULL)
			event_free(d->udp[i].readable);
		if (d->udp[i].fd >= 0)
			close(d->udp[i].fd);
		if (d->listeners[i] != NULL)
			evconnlistener_free(d->listeners[i]);
	}
	dns_tcp_free(d->tcp);
	dns_book_free(d->book);
	free(d);
}

void
dns_host_pause(struct dns_host *d, bool on)
{
	for (size_t i = 0; i < 2; i++) {
		if (on) {
			event_del(d->udp[i].readable);
			evconnlistener_disable(d->listeners[i]);
		} else {
			event_add(d->udp[i].readable, NULL);
			evconnlistener_enable(d->listeners[i]);
		}
	}
	dns_tcp_pause(d->tcp, on);
}
