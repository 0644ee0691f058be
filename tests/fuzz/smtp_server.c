/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_server.c - any client talks to our server, with the observer in the middle, who knows what arrived.
 *
 * The first byte of the input says what the server offers.
 *
 * About: fakes/smtp/smtp_server.c
 */
#include "fakes/smtp/smtp_server.h"

#include "fakes/smtp/smtp_observer.h"
#include "tests/fuzz/fuzz.h"

#define CONTENT_MAX 128

/* The last of each that the observer told; `accepted`: the last sender that the server took. */
struct seen {
	char *sender, *accepted, *recipient, *content;
	size_t content_len;
	bool agreed;
};

static void
keep(char **copy, struct bytes b)
{
	free(*copy);
	*copy = must_alloc(b.len + 1);
	if (b.len > 0)
		memcpy(*copy, b.data, b.len);
}

static void
on_mail(void *owner, struct bytes sender)
{
	keep(&((struct seen *)owner)->sender, sender);
}

static void
on_rcpt(void *owner, struct bytes recipient)
{
	keep(&((struct seen *)owner)->recipient, recipient);
}

static void
on_content(void *owner, struct bytes data, size_t total, bool whole)
{
	struct seen *seen = owner;

	(void)total;
	(void)whole;
	keep(&seen->content, data);
	seen->content_len = data.len;
}

static void
on_agreed(void *owner)
{
	((struct seen *)owner)->agreed = true;
}

static const struct smtp_observer_calls calls = {
    .mail = on_mail, .rcpt = on_rcpt, .content = on_content, .starttls_agreed = on_agreed};

static struct smtp_server_options
options_of(uint8_t flags)
{
	return (struct smtp_server_options){
	    .name = "mx.example",
	    .starttls = flags & 1,
	    .no_esmtp = flags & 2,
	    .no_pipelining = flags & 4,
	    .no_size = flags & 4,
	    .no_8bitmime = flags & 8,
	    .requiretls = flags & 16,
	    .auth = flags & 32 ? "PLAIN LOGIN" : NULL,
	    .reject_rcpt = flags & 64 ? "450 4.2.1 busy" : NULL,
	    .reject_data = flags & 128 ? "554 5.7.1 no" : NULL,
	    .content_max = CONTENT_MAX,
	};
}

/* Replies of ours are replies, line by line. */
static void
show(struct smtp_observer *o, struct bytes reply)
{
	struct smtp_lines lines = {0};
	struct smtp_line line;

	smtp_lines_init(&lines, SMTP_LINE_MAX);
	while (smtp_lines_next(&lines, &reply, &line)) {
		must(line.ending == SMTP_ENDING_CRLF);
		smtp_observer_server(o, &line);
	}
	must(smtp_lines_is_empty(&lines));
	smtp_lines_done(&lines);
}

/* What arrived is what the observer saw cross. */
static void
compare(const struct smtp_server *s, const struct seen *seen)
{
	size_t n = smtp_server_n_recipients(s);
	struct bytes content = smtp_server_content(s);

	must(n > 0 && content.len <= CONTENT_MAX);
	must(seen->accepted != NULL && strcmp(smtp_server_sender(s), seen->accepted) == 0);
	must(seen->content != NULL && bytes_equal(content, (struct bytes){seen->content, seen->content_len}));
	fuzz_saw_text(smtp_server_sender(s));
	fuzz_saw_text(smtp_server_recipient(s, n - 1));
	fuzz_saw(content);
}

static void
take(struct smtp_server *s, struct smtp_observer *o, struct seen *seen, const struct smtp_said *said)
{
	struct smtp_step step;
	size_t open = smtp_observer_n_open(o);

	if (said->kind == SMTP_SAID_CHUNK) /* our server takes none; the client sent it all the same */
		return;
	step = smtp_server_line(s, &said->line);
	fuzz_saw(step.reply);
	show(o, step.reply);
	if (step.reply.len > 0)
		must(open > 0);
	if (said->verb == SMTP_MAIL && step.reply.len > 0 && step.reply.data[0] == '2')
		keep(&seen->accepted, bytes_of(seen->sender));
	if (step.next == SMTP_NEXT_ARRIVED)
		compare(s, seen);
	must(seen->agreed == (step.next == SMTP_NEXT_START_TLS));
	if (step.next != SMTP_NEXT_START_TLS)
		return;
	seen->agreed = false;
	smtp_server_tls_up(s);
	smtp_observer_forget(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct smtp_server_options options = options_of(len > 0 ? data[0] : 0);
	struct smtp_server *s = smtp_server_new(&options);
	struct seen seen = {0};
	struct smtp_observer *o = smtp_observer_new(&calls, &seen, CONTENT_MAX);
	struct bytes exact = fuzz_exact(data + (len > 0), len - (len > 0)), in = exact;
	struct smtp_said said;

	fuzz_saw(smtp_server_greet(s).reply);
	while (smtp_observer_client(o, &in, &said))
		take(s, o, &seen, &said);
	fuzz_saw_number(smtp_server_is_idle(s));
	smtp_observer_free(o);
	smtp_server_free(s);
	free(seen.sender);
	free(seen.accepted);
	free(seen.recipient);
	free(seen.content);
	fuzz_free(exact);
	return 0;
}
