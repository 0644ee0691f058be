/* SPDX-License-Identifier: Apache-2.0 */
/* spooler.c - see spooler.h */
#include "harness/witness/spooler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"

#define BUFFER (256 * 1024)

struct spooler {
	int fd;
	bool dead;
	off_t whole; /* length of the file up to its last whole packet */
	size_t len;
	char buffer[BUFFER];
};

_Static_assert(BUFFER > sizeof(struct spool_packet) + SPOOL_PACKET_MAX, "one packet fits");

struct spooler *
spooler_new(int fd)
{
	struct spooler *s = must_alloc(sizeof(*s));

	s->fd = fd;
	s->whole = lseek(fd, 0, SEEK_END);
	return s;
}

void
spooler_free(struct spooler *s)
{
	free(s);
}

static int
give_up(struct spooler *s, struct why *why)
{
	why_errno(why, "the packets can no longer be kept");
	s->dead = true;
	s->len = 0;
	if (s->whole >= 0 && ftruncate(s->fd, s->whole) < 0)
		return -1; /* nothing more to be done: a reader stops at the torn packet */
	return -1;
}

int
spooler_flush(struct spooler *s, struct why *why)
{
	size_t done = 0;

	while (done < s->len) {
		ssize_t n = write(s->fd, s->buffer + done, s->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return give_up(s, why);
		done += (size_t)n;
	}
	if (s->whole >= 0)
		s->whole += (off_t)s->len;
	s->len = 0;
	return 0;
}

int
spooler_put(struct spooler *s, const struct spool_packet *head, struct bytes frame, struct why *why)
{
	must(frame.len == head->captured && frame.len <= SPOOL_PACKET_MAX);
	if (!s->dead && s->len + sizeof(*head) + frame.len > BUFFER && spooler_flush(s, why) < 0)
		return -1;
	if (s->dead)
		return 0;
	memcpy(s->buffer + s->len, head, sizeof(*head));
	s->len += sizeof(*head);
	memcpy(s->buffer + s->len, frame.data, frame.len);
	s->len += frame.len;
	return 0;
}
