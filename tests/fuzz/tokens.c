/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens.c - the witness's search in any bytes, whole and in pieces alike; a byte 1 is where bytes are
 * missing.
 *
 * About: harness/witness/tokens.c
 */
#include "harness/witness/tokens.h"

#include "tests/fuzz/fuzz.h"

static void
on_found(void *ctx, const char token[PLAN_TOKEN_LEN + 1], bool base64)
{
	uint64_t *sum = ctx;

	must(strlen(token) == PLAN_TOKEN_LEN);
	fuzz_saw_text(token);
	fuzz_saw_number(base64);
	*sum += fuzz_seen(); /* in any order: pieces may be told earlier */
}

static uint64_t
search(struct bytes in, uint32_t seed)
{
	uint64_t sum = 0;
	struct tokens *t = tokens_new(on_found, &sum);
	struct bytes part;

	while (fuzz_part(&in, 1, &part)) {
		while (part.len > 0) {
			struct bytes piece = fuzz_piece(&part, &seed),
				     exact = fuzz_exact(piece.data, piece.len);

			tokens_feed(t, exact);
			fuzz_free(exact);
		}
		tokens_break(t);
	}
	must(!tokens_overflowed(t));
	tokens_free(t);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = {len > 0 ? (const char *)data : "", len};
	uint64_t whole;

	fuzz_digest = 0;
	whole = search(in, 0);
	must(search(in, 1) == whole);
	fuzz_saw_number(whole);
	return 0;
}
