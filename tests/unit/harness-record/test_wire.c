/* SPDX-License-Identifier: Apache-2.0 */
/* test_wire.c - each scenario's packets are found in the spool and written as blocks that fit together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/record/pcapng.h"
#include "harness/record/run_folder.h"
#include "harness/record/wire_index.h"

/* An IPv4 frame from the client to host number `host`, with a protocol and what follows the IP header. */
static size_t
frame_to(char *out, uint32_t host, int protocol, const char *rest, size_t rest_len)
{
	static const char head[] = "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0"
				   "\x45\0\0\x2b\0\0\x40\0\x40\x06\0\0\x64\x40\0\2";
	uint32_t to = htonl(0xc6120000u + host);

	memcpy(out, head, 30);
	out[23] = (char)protocol;
	memcpy(out + 30, &to, 4);
	memcpy(out + 34, rest, rest_len);
	return 34 + rest_len;
}

static void
append(int fd, const char *frame, size_t len, uint64_t t_ns)
{
	struct spool_packet p = {
	    .t_ns = t_ns, .wall_ns = t_ns, .captured = (uint32_t)len, .original = (uint32_t)len + 1};

	assert_int_equal(write(fd, &p, sizeof(p)), sizeof(p));
	assert_int_equal(write(fd, frame, len), (ssize_t)len);
}

static uint32_t
of_host(void *ctx, uint32_t number)
{
	(void)ctx;
	return number == 300 ? 0 : number == 301 ? 2 : number == 999 ? 77 : WIRE_NOBODY;
}

static uint32_t
of_name(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "mx1.a0001.example") == 0 ? 2 : WIRE_NOBODY;
}

static const struct wire_groups groups = {3, of_host, of_name, NULL};

#define DNS_HEAD "\0\0\1\0\0\1\0\0\0\0\0\0"
#define UDP_DNS "\x9c\x40\0\x35\0\x28\0\0" DNS_HEAD

static const struct {
	const char *name;
	uint32_t host;
	int protocol;
	struct bytes rest;
	uint32_t group;
} rows[] = {
    {"a host's", 300, 6, BYTES("\x9c\x40\0\x19________________"), 0},
    {"another's", 301, 6, BYTES("\x9c\x40\0\x19________________"), 2},
    {"nobody's", 302, 6, BYTES("\x9c\x40\0\x19________________"), WIRE_NOBODY},
    {"a group that is none", 999, 6, BYTES("\x9c\x40\0\x19________________"), WIRE_NOBODY},
    {"a question", 53, 17, BYTES(UDP_DNS "\3MX1\5a0001\7example\0\0\1\0\1"), 2},
    {"another question", 53, 17, BYTES(UDP_DNS "\3mx2\5a0001\7example\0\0\1\0\1"), WIRE_NOBODY},
    {"a name past the end", 53, 17,
	BYTES(UDP_DNS "\3mx1\5a0001\x3f"
		      "example"),
	WIRE_NOBODY},
    {"a name without end", 53, 17, BYTES(UDP_DNS "\3mx1\5a0001\7example"), WIRE_NOBODY},
    {"no name", 53, 17, BYTES(UDP_DNS), WIRE_NOBODY},
    {"a NUL in a label, behind a name that is somebody's", 53, 17,
	BYTES(UDP_DNS "\3mx1\5a0001\x10" "example\0.elsewhe\0\0\1\0\1"), WIRE_NOBODY},
    {"a dot in a label", 53, 17, BYTES(UDP_DNS "\x09mx1.a0001\7example\0\0\1\0\1"), WIRE_NOBODY},
    {"a question over TCP", 53, 6,
	BYTES("\x9c\x40\0\x35\0\0\0\1\0\0\0\2\x50\x18\1\0\0\0\0\0"
	      "\0\x23" DNS_HEAD "\3mx1\5a0001\7example\0\0\1\0\1"),
	2},
    {"a short one", 53, 17, BYTES("\x9c\x40\0\x35"), WIRE_NOBODY},
};

static void
a_packet_belongs_to_its_host_or_to_the_name_it_asks_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char frame[256];
		int fd = memfd_create("spool", 0);
		struct wire_index *w;

		append(fd, frame,
		    frame_to(frame, rows[i].host, rows[i].protocol, rows[i].rest.data, rows[i].rest.len), 1);
		w = wire_index_new(fd, &groups, NULL);
		for (uint32_t g = 0; g < 3; g++)
			if (wire_index_count(w, g) != (g == rows[i].group))
				fail_msg("%s: group %u holds %zu", rows[i].name, g, wire_index_count(w, g));
		wire_index_free(w);
		close(fd);
	}
}

static uint32_t
number32(const char *at)
{
	uint32_t n;

	memcpy(&n, at, 4);
	return n;
}

/* Walks the blocks of a file; their types as a text, and the bytes of the second packet's frame. */
static void
walk(const char *path, char *types, size_t size)
{
	char data[8192];
	FILE *in = fopen(path, "rb");
	size_t len = fread(data, 1, sizeof(data), in), at = 0, n = 0;

	fclose(in);
	while (at + 12 <= len) {
		uint32_t type = number32(data + at), block = number32(data + at + 4);

		assert_true(block % 4 == 0 && block >= 12 && at + block <= len);
		assert_int_equal(number32(data + at + block - 4), block);
		n += (size_t)snprintf(types + n, size - n, "%s%x", n ? " " : "", type);
		at += block;
	}
	assert_int_equal(at, len);
}

static void
a_capture_holds_its_secrets_before_its_packets(void **state)
{
	char path[] = "/tmp/mitmx-wire-XXXXXX", types[256], frame[256];
	const char *const interfaces[] = {"lab0", NULL};
	int fd = memfd_create("spool", 0);
	struct pcapng *p;
	struct wire_index *w;
	struct why why = {""};

	(void)state;
	close(mkstemp(path));
	for (uint32_t i = 0; i < 6; i++)
		append(fd, frame, frame_to(frame, 300 + i % 2, 6, "abcdefghij", 10 - i), i);
	assert_int_equal(write(fd, "torn", 4), 4);
	w = wire_index_new(fd, &groups, &why);
	p = pcapng_new(path, "about it", interfaces, &why);
	pcapng_secrets(p, BYTES("CLIENT_RANDOM 00 11\n"));
	pcapng_secrets(p, (struct bytes){NULL, 0});
	assert_int_equal(wire_index_write(w, 0, p, &why), 0);
	assert_int_equal(pcapng_end(p, &why), 0);
	walk(path, types, sizeof(types));
	assert_string_equal(types, "a0d0d0a 1 1 a 6 6 6");
	wire_index_free(w);
	close(fd);
	unlink(path);
}

static void
a_full_disk_is_told(void **state)
{
	const char *const interfaces[] = {"lab0", NULL};
	struct why why = {""};
	struct pcapng *p = pcapng_new("/nonexistent/x.pcapng", NULL, interfaces, &why);

	(void)state;
	assert_null(p);
	assert_string_equal(why.text, "/nonexistent/x.pcapng cannot be made: No such file or directory");
}

static void
a_random_spool_does_no_harm(void **state)
{
	char data[4096];

	(void)state;
	srand(9);
	for (int i = 0; i < 500; i++) {
		int fd = memfd_create("spool", 0);
		struct wire_index *w;
		char frame[256];

		for (size_t n = 0; n < sizeof(data); n++)
			data[n] = (char)rand();
		append(fd, frame, frame_to(frame, 53, 17, data, (size_t)rand() % 200), 1);
		append(fd, data, (size_t)rand() % sizeof(data), 2);
		assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
		w = wire_index_new(fd, &groups, NULL);
		assert_non_null(w);
		wire_index_free(w);
		close(fd);
	}
}

static void
the_folder_of_a_run_is_made_or_its_trouble_told(void **state)
{
	char home[] = "/tmp/mitmx-folder-XXXXXX", path[PATH_MAX], first[PATH_MAX];
	struct run_folder f;
	struct why why = {""};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(home));
	assert_int_equal(chdir(home), 0);
	assert_int_equal(run_folder_make(&f, NULL, "./my clients/post fix!", 1795552267, &why), 0);
	assert_string_equal(f.path, "mitmx-runs/my-clients-post-fix-20261124-203107");
	strcpy(first, f.path);
	assert_int_equal(run_folder_make(&f, NULL, "./my clients/post fix!", 1795552267, &why), 0);
	assert_string_not_equal(f.path, first);
	assert_int_equal(run_folder_make(&f, "a/b/c", "x", 0, &why), 0);
	assert_int_equal(run_folder_wire(&f, "mta-sts/strip/row", path, &why), 0);
	assert_string_equal(path, "a/b/c/wire/mta-sts/strip/row.pcapng");
	fclose(fopen(path, "wb"));
	assert_int_equal(run_folder_make(&f, "a/b/c", "x", 0, &why), 0);
	assert_int_equal(stat(path, &st), 0); /* no record stands there: nothing is taken for ours */
	fclose(run_folder_open(&f, "facts.jsonl", &why));
	assert_int_equal(run_folder_make(&f, "a/b/c", "x", 0, &why), 0);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(run_folder_wire(&f, "../x", path, &why), -1);
	assert_int_equal(run_folder_wire(&f, "/x", path, &why), -1);
	assert_int_equal(run_folder_make(&f, "a/b/c/facts.jsonl/x", "x", 0, &why), -1);
	assert_string_equal(why.text, "folder a/b/c/facts.jsonl/x cannot be made: Not a directory");
	assert_int_equal(run_folder_make(&f, "a/b/c/facts.jsonl", "x", 0, &why), -1);
	assert_int_equal(run_folder_make(&f, "/proc/x", "x", 0, &why), -1);
	int fd = run_folder_spool(&(struct run_folder){"a/b/c"}, &why);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(system("rm -r a mitmx-runs"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(home), 0);
}

static void
a_record_makes_room_for_the_next(void **state)
{
	static const char *const files[] = {"facts.jsonl", "client.log"};
	char home[] = "/tmp/mitmx-folder-XXXXXX", path[PATH_MAX];
	struct run_folder f, aside;
	struct why why = {""};

	(void)state;
	assert_non_null(mkdtemp(home));
	assert_int_equal(chdir(home), 0);
	for (int i = 0; i < 2; i++) { /* the second time over what an earlier run left there */
		assert_int_equal(run_folder_make(&f, "a", "x", 0, &why), 0);
		fclose(run_folder_open(&f, "facts.jsonl", &why));
		fclose(run_folder_open(&f, "result.json", &why));
		assert_int_equal(run_folder_wire(&f, "mta-sts/x", path, &why), 0);
		fclose(fopen(path, "wb"));
		assert_int_equal(run_folder_put_aside(&aside, &f, "repeat-1", files, 2, &why), 0);
		assert_string_equal(aside.path, "a/repeat-1");
		assert_int_equal(access("a/repeat-1/facts.jsonl", F_OK), 0);
		assert_int_equal(access("a/repeat-1/wire/mta-sts/x.pcapng", F_OK), 0);
		assert_int_equal(access("a/facts.jsonl", F_OK), -1);
		assert_int_equal(access("a/result.json", F_OK), 0); /* not named */
		assert_int_equal(rmdir("a/wire"), 0);               /* there, and empty */
	}
	fclose(fopen("a/repeat-2", "wb"));
	assert_int_equal(run_folder_put_aside(&aside, &f, "repeat-2", files, 2, &why), -1);
	assert_string_equal(why.text, "a/repeat-2 is no folder");
	assert_int_equal(system("rm -r a"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(home), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_packet_belongs_to_its_host_or_to_the_name_it_asks_for),
	    cmocka_unit_test(a_capture_holds_its_secrets_before_its_packets),
	    cmocka_unit_test(a_full_disk_is_told),
	    cmocka_unit_test(a_random_spool_does_no_harm),
	    cmocka_unit_test(the_folder_of_a_run_is_made_or_its_trouble_told),
	    cmocka_unit_test(a_record_makes_room_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
