/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_file.c - any text as a client.yaml; the patterns of what is sound are ready for its log.
 *
 * Seeds: scripts/clients
 * About: harness/client/description.c
 */
#include "harness/client/description.h"

#include "harness/client/fate.h"
#include "tests/fuzz/fuzz.h"

static void
on_fate(void *ctx, struct bytes recipient, enum fate_kind kind, struct bytes reason)
{
	(void)ctx;
	fuzz_saw(recipient);
	fuzz_saw_number(kind);
	fuzz_saw(reason);
}

static void
use(const struct client *c)
{
	static const struct fate_calls calls = {.fate = on_fate};
	struct why why = {""};
	struct fate_reader *reader = fate_reader_new(c, &calls, &why);

	must(c->name != NULL && (c->send != SEND_COMMAND || c->send_command != NULL));
	must(c->send == SEND_COMMAND || (c->send_host != NULL && c->send_port > 0));
	fuzz_saw_text(c->name);
	fuzz_saw_text(c->start);
	fuzz_saw_number(c->n_claims);
	fuzz_saw_number(c->n_log_files);
	fuzz_saw_text(why.text);
	if (reader != NULL)
		fate_reader_line(reader, BYTES("4711: to=<a@b.example>, status=sent (250 ok)"));
	fate_reader_free(reader);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);
	struct complaints *complaints = complaints_new();
	struct client *c = description_parse("/nowhere", in, complaints);

	must((c != NULL) == (complaints_made(complaints) == 0));
	if (c != NULL)
		use(c);
	for (size_t i = 0; i < complaints_count(complaints); i++)
		fuzz_saw_text(complaints_at(complaints, i)->sentence);
	client_free(c);
	complaints_free(complaints);
	fuzz_free(in);
	return 0;
}
