/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - see frame.h; every read is preceded by a check of what is left. */
#include "harness/witness/frame.h"

#include <string.h>

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define PROTOCOL_TCP 6
#define HEADERS_MAX 8 /* IPv6 extension headers that are walked */

static uint16_t
number16(const char *at)
{
	const uint8_t *b = (const uint8_t *)at;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t
number32(const char *at)
{
	return (uint32_t)number16(at) << 16 | number16(at + 2);
}

static struct bytes
skip(struct bytes b, size_t len)
{
	return (struct bytes){b.data + len, b.len - len};
}

/* `wire` is the length that the datagram says its TCP part has; `tcp` is what was captured of it. */
static enum frame_kind
parse_tcp(struct frame_segment *s, struct bytes tcp, size_t wire)
{
	size_t head;
	uint8_t flags;

	if (tcp.len > wire)
		tcp.len = wire; /* Ethernet padding */
	if (tcp.len < 20)
		return FRAME_OTHER;
	head = (size_t)((uint8_t)tcp.data[12] >> 4) * 4;
	if (head < 20 || head > tcp.len)
		return FRAME_OTHER;
	flags = (uint8_t)tcp.data[13];
	s->from_port = number16(tcp.data);
	s->to_port = number16(tcp.data + 2);
	s->seq = number32(tcp.data + 4);
	s->ack = number32(tcp.data + 8);
	s->fin = flags & 0x01;
	s->syn = flags & 0x02;
	s->rst = flags & 0x04;
	s->has_ack = flags & 0x10;
	s->payload = skip(tcp, head);
	s->payload_len = wire - head;
	return FRAME_TCP;
}

static enum frame_kind
parse_ipv4(struct frame_segment *s, struct bytes ip)
{
	size_t head, total;

	if (ip.len < 20 || (uint8_t)ip.data[0] >> 4 != 4)
		return FRAME_OTHER;
	head = (size_t)(ip.data[0] & 0x0f) * 4;
	total = number16(ip.data + 2);
	if (head < 20 || head > ip.len || total < head || (uint8_t)ip.data[9] != PROTOCOL_TCP)
		return FRAME_OTHER;
	if (number16(ip.data + 6) & 0x3fff) /* more fragments, or an offset */
		return FRAME_FRAGMENT;
	s->address_len = 4;
	memcpy(s->from, ip.data + 12, 4);
	memcpy(s->to, ip.data + 16, 4);
	return parse_tcp(s, skip(ip, head), total - head);
}

/* Hop-by-hop, routing and destination options: next header, then its length in 8 bytes less one. */
static bool
is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 60;
}

static enum frame_kind
parse_ipv6(struct frame_segment *s, struct bytes ip)
{
	struct bytes rest;
	size_t wire, len;
	uint8_t next;

	if (ip.len < 40 || (uint8_t)ip.data[0] >> 4 != 6)
		return FRAME_OTHER;
	s->address_len = 16;
	memcpy(s->from, ip.data + 8, 16);
	memcpy(s->to, ip.data + 24, 16);
	wire = number16(ip.data + 4);
	next = (uint8_t)ip.data[6];
	rest = skip(ip, 40);
	for (int i = 0; i < HEADERS_MAX && is_extension(next); i++) {
		if (rest.len < 8)
			return FRAME_OTHER;
		len = ((size_t)(uint8_t)rest.data[1] + 1) * 8;
		if (len > rest.len || len > wire)
			return FRAME_OTHER;
		next = (uint8_t)rest.data[0];
		rest = skip(rest, len);
		wire -= len;
	}
	if (next == 44)
		return FRAME_FRAGMENT;
	return next == PROTOCOL_TCP ? parse_tcp(s, rest, wire) : FRAME_OTHER;
}

uint16_t
frame_ethertype(struct bytes frame)
{
	return frame.len < FRAME_ETHERNET_LEN ? 0 : number16(frame.data + 12);
}

enum frame_kind
frame_parse(struct frame_segment *ret, struct bytes frame)
{
	struct frame_segment s = {0};
	enum frame_kind kind = FRAME_OTHER;

	if (frame_ethertype(frame) == TYPE_IPV4)
		kind = parse_ipv4(&s, skip(frame, FRAME_ETHERNET_LEN));
	else if (frame_ethertype(frame) == TYPE_IPV6)
		kind = parse_ipv6(&s, skip(frame, FRAME_ETHERNET_LEN));
	*ret = s;
	return kind;
}
