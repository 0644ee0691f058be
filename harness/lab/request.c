/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - see request.h */
#include "harness/lab/request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/must.h"

union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(REQUEST_FDS_MAX * sizeof(int))];
};

int
request_send(int fd, const void *data, size_t len, const int *fds, size_t n_fds)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	union control control = {0};
	ssize_t n;

	must(n_fds <= REQUEST_FDS_MAX);
	if (n_fds > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

static size_t
take_descriptors(struct msghdr *message, int fds[REQUEST_FDS_MAX])
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	size_t n;

	if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	must(n <= REQUEST_FDS_MAX);
	memcpy(fds, CMSG_DATA(head), n * sizeof(int));
	return n;
}

ssize_t
request_receive(int fd, void *data, size_t size, int fds[REQUEST_FDS_MAX], size_t *ret_n_fds)
{
	struct iovec part = {.iov_base = data, .iov_len = size};
	union control control = {0};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control)};
	ssize_t n;

	*ret_n_fds = 0;
	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	*ret_n_fds = take_descriptors(&message, fds);
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
		return n;
	while (*ret_n_fds > 0)
		close(fds[--*ret_n_fds]);
	errno = EMSGSIZE;
	return -1;
}
