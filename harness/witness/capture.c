/* SPDX-License-Identifier: Apache-2.0 */
/* capture.c - see capture.h */
#include "harness/witness/capture.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/witness/frame.h"

#define SNAPLEN 65535
#define BUFFER_BYTES (16 * 1024 * 1024) /* 64 blocks: a second and more in which we are not let run */
#define DEAF_BYTES (256 * 1024)         /* in immediate mode: a frame or two */
#define BLOCK_MS 20                     /* a block that is not full is handed over after so long */
#define MARK_TYPE 0x88b5                /* EtherType for local experiments */

struct mark {
	struct ether_header head;
	char magic[8];
	uint64_t secret; /* so that nobody else's frame is taken for ours */
	uint32_t number;
	char padding[60 - sizeof(struct ether_header) - 20];
} __attribute__((packed));

struct capture {
	pcap_t *pcap;
	int mark_fd; /* another socket: a packet socket does not hear itself */
	struct sockaddr_ll link;
	struct mark mark;
	uint32_t marked;
	uint64_t packets, dropped_at_mark;
	void (*packet)(void *ctx, struct capture *c, const struct capture_packet *p);
	void *ctx;
};

static int
set_up_pcap(struct capture *c, const char *interface, bool deaf, struct why *why)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	int status;

	c->pcap = pcap_create(interface, error);
	if (c->pcap == NULL)
		return why_set(why, "pcap_create(%s): %s", interface, error);
	pcap_set_snaplen(c->pcap, SNAPLEN);
	pcap_set_timeout(c->pcap, BLOCK_MS);
	pcap_set_immediate_mode(c->pcap, deaf);
	pcap_set_buffer_size(c->pcap, deaf ? DEAF_BYTES : BUFFER_BYTES);
	pcap_set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO);
	status = pcap_activate(c->pcap);
	if (status < 0)
		return why_set(
		    why, "capture on %s: %s (%s)", interface, pcap_statustostr(status), pcap_geterr(c->pcap));
	if (pcap_datalink(c->pcap) != DLT_EN10MB)
		return why_set(why, "capture on %s: no Ethernet", interface);
	if (pcap_setnonblock(c->pcap, 1, error) < 0)
		return why_set(why, "pcap_setnonblock(%s): %s", interface, error);
	return 0;
}

static int
set_up_marks(struct capture *c, const char *interface, struct why *why)
{
	c->mark_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (c->mark_fd < 0)
		return why_errno(why, "packet socket for %s", interface);
	c->link = (struct sockaddr_ll){
	    .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface), .sll_halen = ETH_ALEN};
	if (c->link.sll_ifindex == 0)
		return why_errno(why, "interface %s", interface);
	c->mark.head.ether_type = htons(MARK_TYPE);
	memcpy(c->mark.magic, "mitmx\0\0", sizeof(c->mark.magic));
	if (getrandom(&c->mark.secret, sizeof(c->mark.secret), 0) != sizeof(c->mark.secret))
		return why_errno(why, "getrandom");
	return 0;
}

struct capture *
capture_new(const char *interface, bool deaf,
    void (*packet)(void *ctx, struct capture *c, const struct capture_packet *p), void *ctx, struct why *why)
{
	struct capture *c = must_alloc(sizeof(*c));

	_Static_assert(sizeof(struct mark) == 60, "the least that an Ethernet frame has");
	c->mark_fd = -1;
	c->packet = packet;
	c->ctx = ctx;
	if (set_up_pcap(c, interface, deaf, why) == 0 && set_up_marks(c, interface, why) == 0)
		return c;
	capture_free(c);
	return NULL;
}

void
capture_free(struct capture *c)
{
	if (c == NULL)
		return;
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	if (c->mark_fd >= 0)
		close(c->mark_fd);
	free(c);
}

int
capture_fd(const struct capture *c)
{
	return pcap_get_selectable_fd(c->pcap);
}

int
capture_wait_ms(const struct capture *c)
{
	const struct timeval *most = pcap_get_required_select_timeout(c->pcap);

	return most == NULL ? -1 : (int)(most->tv_sec * 1000 + most->tv_usec / 1000) + 1;
}

/* Takes a frame of ours out of the stream of packets. */
static bool
is_mark(struct capture *c, struct bytes frame)
{
	const size_t skip = offsetof(struct mark, magic), len = offsetof(struct mark, number) - skip;
	uint32_t number;

	if (frame_ethertype(frame) != MARK_TYPE || frame.len < sizeof(struct mark) ||
	    memcmp(frame.data + skip, c->mark.magic, len) != 0)
		return false;
	memcpy(&number, frame.data + offsetof(struct mark, number), sizeof(number));
	if (number > c->marked)
		c->marked = number;
	return true;
}

static void
take(u_char *user, const struct pcap_pkthdr *head, const u_char *data)
{
	struct capture *c = (struct capture *)user;
	struct capture_packet p = {
	    .frame = {(const char *)data, head->caplen},
	    .original = head->len,
	    .wall_ns = (uint64_t)head->ts.tv_sec * 1000000000u +
		       (uint64_t)head->ts.tv_usec, /* nanoseconds, as asked for */
	};

	if (is_mark(c, p.frame))
		return;
	c->packets++;
	c->packet(c->ctx, c, &p);
}

int
capture_read(struct capture *c, struct why *why)
{
	int n = pcap_dispatch(c->pcap, -1, take, (u_char *)c);

	if (n < 0)
		return why_set(why, "pcap_dispatch: %s", pcap_geterr(c->pcap));
	return n;
}

int
capture_mark(struct capture *c, uint32_t mark, struct why *why)
{
	ssize_t n;

	c->mark.number = mark;
	c->dropped_at_mark = capture_dropped(c);
	do
		n = sendto(
		    c->mark_fd, &c->mark, sizeof(c->mark), 0, (struct sockaddr *)&c->link, sizeof(c->link));
	while (n < 0 && errno == EINTR);
	return n < 0 ? why_errno(why, "send a mark") : 0;
}

uint32_t
capture_marked(const struct capture *c)
{
	return c->marked;
}

bool
capture_lost_since_mark(struct capture *c)
{
	return capture_dropped(c) != c->dropped_at_mark;
}

uint64_t
capture_packets(const struct capture *c)
{
	return c->packets;
}

uint64_t
capture_dropped(struct capture *c)
{
	struct pcap_stat stat = {0};

	return pcap_stats(c->pcap, &stat) == 0 ? stat.ps_drop : 0;
}
