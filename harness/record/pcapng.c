/* SPDX-License-Identifier: Apache-2.0 */
/* pcapng.c - see pcapng.h; every block is its type, its length, its body padded to 4 bytes, its length. */
#include "harness/record/pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/must.h"

enum block { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6, BLOCK_SECRETS = 10 };
enum option { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_NAME = 2, OPTION_TIME_UNIT = 9 };

#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define SECRETS_TLS 0x544c534b
#define LINK_ETHERNET 1
#define COMMENT_MAX 1024

struct pcapng {
	FILE *out;
	char *path;
	bool broken;
	int saved_errno;
	bool has_packets;
};

static void
put(struct pcapng *p, const void *data, size_t len)
{
	if (p->broken || len == 0 || fwrite(data, 1, len, p->out) == len)
		return;
	p->broken = true;
	p->saved_errno = errno;
}

static uint32_t
padded(size_t len)
{
	return (uint32_t)(len + 3) & ~3u;
}

static void
put_padded(struct pcapng *p, struct bytes b)
{
	static const char zeros[4];

	put(p, b.data, b.len);
	put(p, zeros, padded(b.len) - b.len);
}

/* A block of a fixed head and a body of any length. */
static void
put_block(struct pcapng *p, uint32_t type, const void *head, size_t head_len, struct bytes body)
{
	uint32_t len = 12 + (uint32_t)head_len + padded(body.len), begin[2] = {type, len};

	put(p, begin, sizeof(begin));
	put(p, head, head_len);
	put_padded(p, body);
	put(p, &len, sizeof(len));
}

/* Options of one block, put together. */
struct options {
	char data[COMMENT_MAX + 64];
	size_t len;
};

static void
add_option(struct options *o, uint16_t code, struct bytes value)
{
	uint16_t head[2] = {code, (uint16_t)value.len};

	must(o->len + sizeof(head) + padded(value.len) <= sizeof(o->data));
	memcpy(o->data + o->len, head, sizeof(head));
	if (value.len > 0)
		memcpy(o->data + o->len + sizeof(head), value.data, value.len);
	o->len += sizeof(head) + padded(value.len);
}

static void
put_section(struct pcapng *p, const char *comment)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t length[2];
	} head = {BYTE_ORDER_MAGIC, 1, 0, {0xffffffff, 0xffffffff}};
	struct options o = {.len = 0};
	struct bytes text = bytes_of(comment);

	if (text.len > COMMENT_MAX)
		text.len = COMMENT_MAX;
	if (text.len > 0) {
		add_option(&o, OPTION_COMMENT, text);
		add_option(&o, OPTION_END, (struct bytes){NULL, 0});
	}
	put_block(p, BLOCK_SECTION, &head, sizeof(head), (struct bytes){o.data, o.len});
}

static void
put_interface(struct pcapng *p, const char *name)
{
	struct {
		uint16_t link, reserved;
		uint32_t snaplen;
	} head = {LINK_ETHERNET, 0, SPOOL_PACKET_MAX};
	struct options o = {.len = 0};

	if (name != NULL && strlen(name) < 32)
		add_option(&o, OPTION_NAME, bytes_of(name));
	add_option(&o, OPTION_TIME_UNIT, BYTES("\x09")); /* nanoseconds */
	add_option(&o, OPTION_END, (struct bytes){NULL, 0});
	put_block(p, BLOCK_INTERFACE, &head, sizeof(head), (struct bytes){o.data, o.len});
}

struct pcapng *
pcapng_new(
    const char *path, const char *comment, const char *const interfaces[SPOOL_INTERFACES], struct why *why)
{
	FILE *out = fopen(path, "wbe");
	struct pcapng *p;

	if (out == NULL) {
		why_errno(why, "%s cannot be made", path);
		return NULL;
	}
	p = must_alloc(sizeof(*p));
	p->out = out;
	p->path = must_strdup(path);
	put_section(p, comment);
	for (size_t i = 0; i < SPOOL_INTERFACES; i++)
		put_interface(p, interfaces[i]);
	return p;
}

void
pcapng_secrets(struct pcapng *p, struct bytes key_log)
{
	uint32_t head[2] = {SECRETS_TLS, (uint32_t)key_log.len};

	must(!p->has_packets && key_log.len < UINT32_MAX / 2);
	if (key_log.len > 0)
		put_block(p, BLOCK_SECRETS, head, sizeof(head), key_log);
}

void
pcapng_packet(struct pcapng *p, const struct spool_packet *packet, const void *frame)
{
	uint32_t head[5] = {packet->interface, (uint32_t)(packet->wall_ns >> 32), (uint32_t)packet->wall_ns,
	    packet->captured, packet->original};

	must(packet->interface < SPOOL_INTERFACES && packet->captured <= SPOOL_PACKET_MAX);
	p->has_packets = true;
	put_block(p, BLOCK_PACKET, head, sizeof(head), (struct bytes){frame, packet->captured});
}

int
pcapng_end(struct pcapng *p, struct why *why)
{
	int status = 0;

	errno = 0;
	if (fclose(p->out) != 0 && !p->broken) {
		p->broken = true;
		p->saved_errno = errno;
	}
	if (p->broken) {
		errno = p->saved_errno;
		status = why_errno(why, "%s cannot be written", p->path);
		unlink(p->path);
	}
	free(p->path);
	free(p);
	return status;
}
