/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_reply.c - any bytes as a web server's response, whole and in pieces alike, and cut off at its end.
 *
 * About: fakes/mta/http_reply.c
 */
#include "fakes/mta/http_reply.h"

#include "tests/fuzz/fuzz.h"

static uint64_t
read_all(struct bytes in, uint32_t seed, bool clean)
{
	struct http_reply *reply = http_reply_new();
	enum http_progress progress = HTTP_MORE;

	while (in.len > 0 && progress == HTTP_MORE) {
		struct bytes piece = fuzz_piece(&in, &seed), exact = fuzz_exact(piece.data, piece.len);

		progress = http_reply_feed(reply, exact);
		fuzz_free(exact);
	}
	if (progress == HTTP_MORE)
		progress = http_reply_end(reply, clean);
	must(progress != HTTP_MORE);
	fuzz_saw_number(progress);
	if (progress == HTTP_DONE) {
		must(http_reply_code(reply) >= 200 && http_reply_code(reply) <= 999);
		fuzz_saw_number(http_reply_code(reply));
		fuzz_saw(http_reply_body(reply));
		fuzz_saw_text(http_reply_location(reply));
		fuzz_saw_number(http_reply_is_plain_text(reply));
	} else {
		fuzz_saw_text(http_reply_trouble(reply));
	}
	http_reply_free(reply);
	return fuzz_seen();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = {len > 0 ? (const char *)data : "", len};
	uint64_t whole;

	fuzz_digest = 0;
	whole = read_all(in, 0, true);
	must(read_all(in, 1, true) == whole);
	read_all(in, 0, false);
	fuzz_saw_number(whole);
	return 0;
}
