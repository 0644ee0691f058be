/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - any bytes escaped and back without loss, made harmless for a terminal, and searched.
 *
 * About: harness/base/text.c
 */
#include "harness/base/text.h"

#include "tests/fuzz/fuzz.h"

static void
there_and_back(struct bytes in)
{
	size_t len = text_escape(NULL, 0, in);
	char *text = must_alloc(len + 1), *back = must_alloc(in.len + 1);

	must(text_escape(text, len + 1, in) == len && strlen(text) == len);
	for (size_t i = 0; i < len; i++)
		must(text[i] >= ' ' && text[i] <= '~');
	must(text_unescape(back, in.len + 1, (struct bytes){text, len}) == (long)in.len);
	must(memcmp(back, in.data, in.len) == 0);
	fuzz_saw((struct bytes){text, len});
	free(text);
	free(back);
}

/* What unescapes is escaped to the same meaning again. */
static void
back_and_there(struct bytes in)
{
	char *plain = must_alloc(in.len + 1);
	long len = text_unescape(plain, in.len + 1, in);

	fuzz_saw_number((uint64_t)len);
	if (len >= 0)
		there_and_back((struct bytes){plain, (size_t)len});
	free(plain);
}

static void
make_harmless(struct bytes in)
{
	char *text = must_alloc(in.len + 1), *again;

	memcpy(text, in.data, in.len);
	text_harmless(text);
	for (const char *c = text; *c != '\0'; c++)
		must((uint8_t)*c >= ' ' || *c == '\t' || *c == '\n');
	again = must_strdup(text);
	must(strcmp(text_harmless(again), text) == 0);
	fuzz_saw_text(text);
	free(again);
	free(text);
}

/* The first byte says where a needle ends and the hay begins. */
static void
look_around(struct bytes in)
{
	size_t n = in.len > 0 && (uint8_t)in.data[0] < in.len ? (uint8_t)in.data[0] : 0;
	struct bytes needle = {in.data, n}, hay = {in.data + n, in.len - n};
	size_t at = bytes_find_nocase(hay, needle);
	char a[80], b[80];

	if (at != SIZE_MAX)
		must(bytes_equal_nocase((struct bytes){hay.data + at, n}, needle));
	must(bytes_trim(hay).len <= hay.len);
	snprintf(a, sizeof(a), "%.*s", (int)needle.len, needle.data);
	snprintf(b, sizeof(b), "%.*s", (int)(hay.len < 100 ? hay.len : 100), hay.data);
	must(text_distance(a, b) == text_distance(b, a));
	must((text_distance(a, b) == 0) == (strcmp(a, b) == 0 && strlen(a) < 64));
	fuzz_saw_number(at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);

	there_and_back(in);
	back_and_there(in);
	make_harmless(in);
	look_around(in);
	fuzz_free(in);
	return 0;
}
