/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_log.c - any bytes as a client's log, read with patterns like Postfix's, whole and in pieces alike.
 *
 * About: harness/client/lines.c harness/client/fate.c
 */
#include "harness/client/fate.h"

#include "harness/client/lines.h"
#include "tests/fuzz/fuzz.h"

static struct client_pattern delivered[] = {
    {"(?<id>\\w+): to=<(?<recipient>[^>]+)>.* status=sent \\((?<reason>.*)\\)", 1}};
static struct client_pattern deferred[] = {
    {"(?<id>\\w+): to=<(?<recipient>[^>]+)>.* status=deferred \\((?<reason>.*)\\)", 2}};
static struct client_pattern bounced[] = {{"(?<id>\\w+): bounced", 3}};
static struct client_pattern reason[] = {
    {"(?<id>\\w+): (?<reason>.*TLS.*)", 4}, {"(?<id>\\w+) => (?<recipient>\\S+)", 5}};
static struct client_pattern no_attempt[] = {{"<(?<recipient>[^>]+)> suspended", 6}};
static const struct client client = {
    .fates = {delivered, deferred, bounced, reason, no_attempt}, .n_fates = {1, 1, 1, 2, 1}};

static void
on_fate(void *ctx, struct bytes recipient, enum fate_kind kind, struct bytes words)
{
	(void)ctx;
	must(kind < FATE_KINDS);
	fuzz_saw(recipient);
	fuzz_saw_number(kind);
	fuzz_saw(words);
}

static void
on_line(void *ctx, struct bytes line)
{
	struct bytes exact = fuzz_exact(line.data, line.len), id = fate_queue_id(exact);

	must(memchr(exact.data, '\n', exact.len) == NULL);
	fuzz_saw(exact);
	fuzz_saw(id);
	if (id.len > 0)
		fate_reader_tie(ctx, id, BYTES("tied@b.example"));
	fate_reader_line(ctx, exact);
	fuzz_saw_text(fate_reader_id(ctx, "tied@b.example"));
	fuzz_free(exact);
}

static uint64_t
read_all(struct bytes in, uint32_t seed)
{
	static const struct fate_calls calls = {.fate = on_fate};
	struct why why = {""};
	struct fate_reader *reader = fate_reader_new(&client, &calls, &why);
	struct lines *lines;

	if (reader == NULL)
		must_failed(__FILE__, __LINE__, why.text);
	lines = lines_new(on_line, reader);
	while (in.len > 0)
		lines_feed(lines, fuzz_piece(&in, &seed));
	lines_end(lines);
	lines_free(lines);
	fate_reader_free(reader);
	return fuzz_seen();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = {len > 0 ? (const char *)data : "", len};
	uint64_t whole;

	fuzz_digest = 0;
	whole = read_all(in, 0);
	if (len < 8000) /* a line that is too long is cut where it was too long, and that depends on pieces */
		must(read_all(in, 1) == whole);
	fuzz_saw_number(whole);
	return 0;
}
