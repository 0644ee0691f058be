/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_reply.c - any bytes as a server's replies; an EHLO reply taken apart says what the parser says.
 *
 * A minute: always
 * About: fakes/smtp/smtp_reply.c fakes/interposer/ehlo.c
 */
#include "fakes/smtp/smtp_reply.h"

#include "fakes/interposer/ehlo.h"
#include "tests/fuzz/fuzz.h"

static const char *const keywords[] = {"STARTTLS", "AUTH", "SIZE", "PIPELINING", "REQUIRETLS", "X"};

#define N_KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static void
look_at(const struct smtp_reply *r)
{
	must(r->code >= 200 && r->code <= 599);
	must(r->n_lines >= 1 && r->n_lines <= SMTP_REPLY_LINES_MAX && r->len <= SMTP_REPLY_TEXT_MAX);
	must(r->text[r->len] == '\0' && strlen(r->enhanced) < sizeof(r->enhanced));
	fuzz_saw_number(r->code);
	fuzz_saw_text(r->enhanced);
	for (unsigned i = 0; i <= r->n_lines; i++)
		fuzz_saw(smtp_reply_text(r, i));
	must(smtp_reply_text(r, r->n_lines).len == 0);
	for (size_t i = 0; i < N_KEYWORDS; i++) {
		struct bytes parameters = {0};

		fuzz_saw_number(smtp_reply_offers(r, keywords[i], &parameters));
		fuzz_saw(parameters);
	}
}

static void
read_replies(struct bytes in)
{
	struct smtp_lines lines = {0};
	struct smtp_reply reply = {0};
	struct smtp_line line;
	enum smtp_reply_progress progress = SMTP_REPLY_MORE;

	smtp_lines_init(&lines, SMTP_LINE_MAX);
	smtp_reply_init(&reply);
	while (progress != SMTP_REPLY_MALFORMED && smtp_lines_next(&lines, &in, &line)) {
		bool final = false;
		unsigned code = smtp_reply_line_code(line.text, &final);

		progress = smtp_reply_line(&reply, &line);
		if (progress == SMTP_REPLY_WHOLE)
			must(code == reply.code && final);
		if (progress == SMTP_REPLY_WHOLE)
			look_at(&reply);
		else if (progress == SMTP_REPLY_MALFORMED)
			fuzz_saw_text(reply.fault);
	}
	smtp_reply_reset(&reply);
	smtp_reply_done(&reply);
	smtp_lines_done(&lines);
}

static size_t
length_of(const struct ehlo *e)
{
	size_t len = 0;

	for (size_t i = 0; i < e->n; i++)
		len += e->lines[i].len;
	return len;
}

/* Nothing is lost, and what was taken out is gone. */
static void
edit(struct bytes in)
{
	struct ehlo *e = ehlo_new(in);

	must(length_of(e) == in.len);
	for (size_t i = 0; i < N_KEYWORDS; i++) {
		int at = ehlo_find(e, keywords[i]);
		size_t n = e->n;

		fuzz_saw_number((uint64_t)at);
		if (at < 0)
			continue;
		if (i % 2 == 0)
			ehlo_remove(e, at);
		else
			ehlo_replace(e, at, BYTES("XXXXXXXX"));
		must(e->n == n - (i % 2 == 0));
	}
	for (size_t i = 0; i < e->n; i++)
		fuzz_saw((struct bytes){e->lines[i].text, e->lines[i].len});
	ehlo_free(e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);

	read_replies(in);
	edit(in);
	fuzz_free(in);
	return 0;
}
