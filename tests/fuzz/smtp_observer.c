/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_observer.c - the man in the middle between any client and any server.
 *
 * Parts of the input end with a byte 1; they are the client's and the server's in turns. What is told does
 * not depend on the pieces in which the client's bytes come.
 *
 * About: fakes/smtp/smtp_observer.c fakes/smtp/smtp_verb.c fakes/smtp/smtp_content.c
 */
#include "fakes/smtp/smtp_observer.h"

#include "tests/fuzz/fuzz.h"

#define CONTENT_MAX 64

static void
told(const char *what, struct bytes b)
{
	fuzz_saw_text(what);
	fuzz_saw(b);
}

static void
on_command(void *owner, struct bytes line)
{
	(void)owner;
	told("command", line);
}

static void
on_mail(void *owner, struct bytes sender)
{
	(void)owner;
	told("mail", sender);
}

static void
on_rcpt(void *owner, struct bytes recipient)
{
	(void)owner;
	told("rcpt", recipient);
}

static void
on_content(void *owner, struct bytes data, size_t total, bool whole)
{
	(void)owner;
	must(data.len <= total && data.len <= CONTENT_MAX);
	told(whole ? "content" : "beginning", data);
	fuzz_saw_number(total);
}

static void
on_credentials(void *owner, struct bytes mechanism, struct bytes data)
{
	(void)owner;
	told("mechanism", mechanism);
	told("credentials", data);
}

static void
on_agreed(void *owner)
{
	*(bool *)owner = true;
	told("agreed", (struct bytes){0});
}

static const struct smtp_observer_calls calls = {
    on_command, on_mail, NULL, on_rcpt, on_content, on_credentials, on_agreed};

/* What the client said and nobody has read yet. */
struct waiting {
	char *data;
	size_t len;
};

/* All that can be read now; false when TLS was agreed, after which nothing is fed in clear. */
static void
client_says(struct smtp_observer *o, struct waiting *w, struct bytes piece)
{
	struct smtp_said said;
	struct bytes in;

	if (piece.len > 0)
		memcpy(w->data + w->len, piece.data, piece.len);
	w->len += piece.len;
	in = (struct bytes){w->data, w->len};
	while (smtp_observer_client(o, &in, &said))
		must(said.line.text.len > 0 || said.kind != SMTP_SAID_CHUNK);
	memmove(w->data, in.data, in.len);
	w->len = in.len;
}

static void
server_says(struct smtp_observer *o, struct bytes in)
{
	struct smtp_lines lines = {0};
	struct smtp_line line;

	smtp_lines_init(&lines, SMTP_LINE_MAX);
	while (smtp_lines_next(&lines, &in, &line)) {
		size_t n_open = smtp_observer_n_open(o);
		enum smtp_verb awaited = smtp_observer_awaited(o);
		bool over = smtp_observer_server(o, &line);

		must(smtp_observer_n_open(o) <= n_open - over);
		fuzz_saw_number(over ? awaited : SMTP_VERBS);
	}
	smtp_lines_done(&lines);
}

static uint64_t
play(struct bytes in, uint32_t seed)
{
	bool agreed = false, from_client = true;
	struct smtp_observer *o = smtp_observer_new(&calls, &agreed, CONTENT_MAX);
	struct waiting waiting = {must_alloc(in.len), 0};
	struct bytes part;

	for (; fuzz_part(&in, 1, &part); from_client = !from_client) {
		if (!from_client)
			server_says(o, part);
		else
			while (part.len > 0)
				client_says(o, &waiting, fuzz_piece(&part, &seed));
		client_says(o, &waiting, (struct bytes){0});
		if (agreed)
			smtp_observer_forget(o);
		agreed = false;
		fuzz_saw_number(smtp_observer_is_idle(o));
	}
	smtp_observer_settle(o);
	smtp_observer_drop(o);
	smtp_observer_end(o, (struct bytes){waiting.data, waiting.len});
	smtp_observer_free(o);
	free(waiting.data);
	return fuzz_seen();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = {len > 0 ? (const char *)data : "", len};
	uint64_t whole;

	fuzz_digest = 0;
	whole = play(in, 0);
	must(play(in, 1) == whole);
	fuzz_saw_number(whole);
	return 0;
}
