/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_lines.c - any bytes as lines: nothing is lost, and pieces give the lines that the whole gives.
 *
 * A minute: always
 * About: fakes/smtp/smtp_lines.c
 */
#include "fakes/smtp/smtp_lines.h"

#include "tests/fuzz/fuzz.h"

#define LIMIT 24 /* small, so that short inputs reach it */

/* The lines put together again, with their endings. */
struct together {
	char *data;
	size_t len, size;
};

static void
add(struct together *t, struct bytes b)
{
	must(b.len <= t->size - t->len);
	if (b.len > 0)
		memcpy(t->data + t->len, b.data, b.len);
	t->len += b.len;
}

static void
take(struct together *t, const struct smtp_line *line, bool *cut_before)
{
	must(line->text.len <= LIMIT + 2);
	must(line->continued == *cut_before);
	*cut_before = line->ending == SMTP_ENDING_CUT;
	fuzz_saw(line->text);
	fuzz_saw_number(line->ending);
	add(t, line->text);
	add(t, smtp_ending_bytes(line->ending));
}

static uint64_t
read_all(struct bytes in, uint32_t seed)
{
	struct together t = {must_alloc(in.len), 0, in.len};
	struct smtp_lines lines = {0};
	struct smtp_line line;
	struct bytes left = in;
	bool cut = false;

	smtp_lines_init(&lines, LIMIT);
	while (left.len > 0) {
		struct bytes piece = fuzz_piece(&left, &seed), exact = fuzz_exact(piece.data, piece.len),
			     rest = exact;

		while (smtp_lines_next(&lines, &rest, &line))
			take(&t, &line, &cut);
		must(rest.len == 0);
		fuzz_free(exact);
	}
	if (smtp_lines_rest(&lines, &line))
		take(&t, &line, &cut);
	must(smtp_lines_is_empty(&lines));
	must(t.len == in.len && memcmp(t.data, in.data, in.len) == 0);
	smtp_lines_done(&lines);
	free(t.data);
	return fuzz_seen();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = {len > 0 ? (const char *)data : "", len};
	uint64_t whole;

	fuzz_digest = 0;
	whole = read_all(in, 0);
	must(read_all(in, 1) == whole);
	fuzz_saw_number(whole);
	return 0;
}
