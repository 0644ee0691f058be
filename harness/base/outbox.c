/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.c - see outbox.h; a list of messages, oldest first. */
#include "harness/base/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "harness/base/must.h"

#define AT_ONCE 64 /* so many are sent by one call */

struct letter {
	struct letter *next;
	size_t len;
	unsigned char data[];
};

struct outbox {
	int fd;
	size_t max_bytes, bytes;
	struct letter *first, **last;
};

struct outbox *
outbox_new(int fd, size_t max_bytes)
{
	struct outbox *box = must_alloc(sizeof(*box));

	box->fd = fd;
	box->max_bytes = max_bytes;
	box->last = &box->first;
	return box;
}

static void
drop_first(struct outbox *box)
{
	struct letter *l = box->first;

	box->first = l->next;
	if (box->first == NULL)
		box->last = &box->first;
	box->bytes -= l->len;
	free(l);
}

void
outbox_free(struct outbox *box)
{
	if (box == NULL)
		return;
	while (box->first != NULL)
		drop_first(box);
	free(box);
}

/* How many of the first letters the socket took; 0 would block, -1 dead. */
static int
send_some(const struct outbox *box)
{
	struct mmsghdr messages[AT_ONCE];
	struct iovec parts[AT_ONCE];
	unsigned n = 0;
	int sent;

	for (struct letter *l = box->first; l != NULL && n < AT_ONCE; l = l->next, n++) {
		parts[n] = (struct iovec){l->data, l->len};
		messages[n] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[n], .msg_iovlen = 1}};
	}
	do
		sent = sendmmsg(box->fd, messages, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -1;
}

int
outbox_flush(struct outbox *box)
{
	while (box->first != NULL) {
		int sent = send_some(box);

		if (sent <= 0)
			return sent < 0 ? -1 : 1;
		for (; sent > 0; sent--)
			drop_first(box);
	}
	return 0;
}

int
outbox_add(struct outbox *box, const void *data, size_t len)
{
	struct letter *l;

	if (box->bytes + len > box->max_bytes) {
		errno = ENOBUFS;
		return -1;
	}
	l = must_alloc(sizeof(*l) + len);
	l->len = len;
	memcpy(l->data, data, len);
	*box->last = l;
	box->last = &l->next;
	box->bytes += len;
	return 0;
}

int
outbox_put(struct outbox *box, const void *data, size_t len)
{
	return outbox_add(box, data, len) < 0 || outbox_flush(box) < 0 ? -1 : 0;
}

bool
outbox_is_empty(const struct outbox *box)
{
	return box->first == NULL;
}

bool
outbox_is_half_full(const struct outbox *box)
{
	return box->bytes > box->max_bytes / 2;
}
