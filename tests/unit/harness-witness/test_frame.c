/* SPDX-License-Identifier: Apache-2.0 */
/* test_frame.c - TCP is found in what Ethernet carries, and odd lengths find nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/witness/frame.h"

#define ETHERNET "020000000001020000000002"
#define TCP_HEAD                           \
	"9c400019000000010000000250180100" \
	"00000000"
#define V6_ADDRESSES                       \
	"200100020000ffff0000000000000002" \
	"20010db8000000000000000000000100"

static const struct row {
	const char *name, *hex;
	enum frame_kind kind;
	const char *payload;
	size_t wire;
} rows[] = {
    {"v4",
	ETHERNET "0800"
		 "4500002b00004000400600006440000 2c6120100" TCP_HEAD "616263",
	FRAME_TCP, "abc", 3},
    {"v4 with padding behind",
	ETHERNET "0800"
		 "4500002b000040004006000064400002c6120100" TCP_HEAD "616263000000",
	FRAME_TCP, "abc", 3},
    {"v4 cut by the capture",
	ETHERNET "0800"
		 "4500002d000040004006000064400002c6120100" TCP_HEAD "616263",
	FRAME_TCP, "abc", 5},
    {"v4 with options",
	ETHERNET "0800"
		 "4600002f000040004006000064400002c612010001010101" TCP_HEAD "616263",
	FRAME_TCP, "abc", 3},
    {"v4 fragment",
	ETHERNET "0800"
		 "4500002b000020004006000064400002c6120100" TCP_HEAD "616263",
	FRAME_FRAGMENT, "", 0},
    {"v4 UDP",
	ETHERNET "0800"
		 "4500002b000040004011000064400002c6120100" TCP_HEAD "616263",
	FRAME_OTHER, "", 0},
    {"v4 shorter than its head",
	ETHERNET "0800"
		 "45000010000040004006000064400002c6120100" TCP_HEAD,
	FRAME_OTHER, "", 0},
    {"v4 head longer than the frame",
	ETHERNET "0800"
		 "4f00002b000040004006000064400002c6120100",
	FRAME_OTHER, "", 0},
    {"TCP offset past the end",
	ETHERNET "0800"
		 "4500002b000040004006000064400002c6120100"
		 "9c4000190000000100000002f018010000000000616263",
	FRAME_OTHER, "", 0},
    {"TCP offset too small",
	ETHERNET "0800"
		 "4500002b000040004006000064400002c6120100"
		 "9c40001900000001000000024018010000000000616263",
	FRAME_OTHER, "", 0},
    {"v6",
	ETHERNET "86dd"
		 "60000000001706 40" V6_ADDRESSES TCP_HEAD "616263",
	FRAME_TCP, "abc", 3},
    {"v6 with hop-by-hop",
	ETHERNET "86dd"
		 "60000000001f0040" V6_ADDRESSES "0600010400000000" TCP_HEAD "616263",
	FRAME_TCP, "abc", 3},
    {"v6 extension past the end",
	ETHERNET "86dd"
		 "60000000001f0040" V6_ADDRESSES "06ff010400000000" TCP_HEAD "616263",
	FRAME_OTHER, "", 0},
    {"v6 fragment",
	ETHERNET "86dd"
		 "60000000001f2c40" V6_ADDRESSES "0600000100000001" TCP_HEAD "616263",
	FRAME_FRAGMENT, "", 0},
    {"ARP",
	ETHERNET "0806"
		 "0001",
	FRAME_OTHER, "", 0},
    {"no EtherType", ETHERNET, FRAME_OTHER, "", 0},
};

static size_t
unhex(char *out, const char *hex)
{
	size_t n = 0;
	char two[3] = "";

	while (*hex != '\0') {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		two[0] = *hex++;
		while (*hex == ' ')
			hex++;
		two[1] = *hex++;
		out[n++] = (char)strtoul(two, NULL, 16);
	}
	return n;
}

/* In a buffer of exactly its length, so that a sanitizer sees each byte too many. */
static enum frame_kind
parse_exact(struct frame_segment *s, const char *data, size_t len, char **ret)
{
	*ret = malloc(len ? len : 1);
	memcpy(*ret, data, len);
	return frame_parse(s, (struct bytes){*ret, len});
}

static void
a_segment_is_found_in_its_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char data[256], *exact;
		struct frame_segment s;
		enum frame_kind kind = parse_exact(&s, data, unhex(data, rows[i].hex), &exact);

		if (kind != rows[i].kind)
			fail_msg("%s: got kind %d, want %d", rows[i].name, kind, rows[i].kind);
		if (kind == FRAME_TCP &&
		    (!bytes_equal(s.payload, bytes_of(rows[i].payload)) || s.payload_len != rows[i].wire))
			fail_msg("%s: got \"%.*s\" (%zu), want \"%s\" (%zu)", rows[i].name,
			    (int)s.payload.len, s.payload.data, s.payload_len, rows[i].payload, rows[i].wire);
		if (kind == FRAME_TCP && (s.from_port != 40000 || s.to_port != 25 || s.seq != 1 ||
					     s.ack != 2 || !s.has_ack || s.syn))
			fail_msg("%s: head is wrong", rows[i].name);
		free(exact);
	}
}

static void
a_frame_cut_anywhere_does_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char data[256], *exact;
		size_t len = unhex(data, rows[i].hex);
		struct frame_segment s;

		for (size_t cut = 0; cut < len; cut++) {
			parse_exact(&s, data, cut, &exact);
			assert_true(s.payload.len <= cut);
			free(exact);
		}
	}
}

static void
random_frames_do_no_harm(void **state)
{
	(void)state;
	srand(3);
	for (int i = 0; i < 100000; i++) {
		char data[256], *exact;
		size_t len = unhex(data, rows[(size_t)rand() % (sizeof(rows) / sizeof(rows[0]))].hex);
		struct frame_segment s;

		for (int n = rand() % 4; n >= 0; n--)
			data[(size_t)rand() % len] = (char)rand();
		if (parse_exact(&s, data, len, &exact) == FRAME_TCP)
			assert_true(s.payload.data >= exact && s.payload.data + s.payload.len <= exact + len);
		free(exact);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_segment_is_found_in_its_frame),
	    cmocka_unit_test(a_frame_cut_anywhere_does_no_harm),
	    cmocka_unit_test(random_frames_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
