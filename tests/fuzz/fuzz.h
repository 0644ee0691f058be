/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what fuzz targets share: any bytes taken apart, and what came of them said in one number.
 *
 * A target is one file: LLVMFuzzerTestOneInput, with a line "About:" in its head that names the files it
 * exercises (their folders are linked, their coverage is told). It is run by libFuzzer, and by
 * driver/allocations.c without it. Included by one file of a program only.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"
#include "harness/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Of all that the target told since it was last zero: the same input must give the same number. */
uint64_t fuzz_digest __attribute__((weak));

static inline void
fuzz_saw(struct bytes b)
{
	uint64_t h = fuzz_digest ^ 0xcbf29ce484222325u ^ b.len;

	for (size_t i = 0; i < b.len; i++)
		h = (h ^ (uint8_t)b.data[i]) * 0x100000001b3u;
	fuzz_digest = h * 0x100000001b3u;
}

static inline void
fuzz_saw_number(uint64_t n)
{
	fuzz_saw((struct bytes){(const char *)&n, sizeof(n)});
}

static inline void
fuzz_saw_text(const char *text)
{
	fuzz_saw(bytes_of(text));
}

/* What was told so far, and forgets it. */
static inline uint64_t
fuzz_seen(void)
{
	uint64_t seen = fuzz_digest;

	fuzz_digest = 0;
	return seen;
}

/* Copies that end where their heap block ends, so that reading one byte too far is seen. */
static inline struct bytes
fuzz_exact(const void *data, size_t len)
{
	char *copy = malloc(len + (len == 0));

	if (copy == NULL)
		must_out_of_memory();
	if (len > 0)
		memcpy(copy, data, len);
	return (struct bytes){copy, len};
}

static inline void
fuzz_free(struct bytes b)
{
	free((char *)b.data);
}

/*
 * Takes the next piece from the front of `in`: all of it when `*seed` is 0, else 1 to 16 bytes, the seed
 * says how many. So one input is fed whole and in pieces, without spending bytes of it on that.
 */
static inline struct bytes
fuzz_piece(struct bytes *in, uint32_t *seed)
{
	struct bytes piece = *in;

	if (*seed != 0) {
		*seed = *seed * 1664525u + 1013904223u;
		*seed += *seed == 0;
		if (piece.len > 1 + (*seed >> 28))
			piece.len = 1 + (*seed >> 28);
	}
	in->data += piece.len;
	in->len -= piece.len;
	return piece;
}

/* Takes what stands before the next `mark`, and the mark, from the front of `in`; false at the end. */
static inline bool
fuzz_part(struct bytes *in, char mark, struct bytes *ret)
{
	const char *end = in->len > 0 ? memchr(in->data, mark, in->len) : NULL;

	if (in->len == 0)
		return false;
	*ret = (struct bytes){in->data, end != NULL ? (size_t)(end - in->data) : in->len};
	in->len -= ret->len + (end != NULL);
	in->data += ret->len + (end != NULL);
	return true;
}

#endif
