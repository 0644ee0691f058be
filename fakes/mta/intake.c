/* SPDX-License-Identifier: Apache-2.0 */
/* intake.c - see intake.h */
#include "fakes/mta/intake.h"

#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "fakes/mta/addresses.h"
#include "fakes/smtp/smtp_lines.h"
#include "fakes/smtp/smtp_server.h"
#include "fakes/smtp/smtp_verb.h"
#include "fakes/tls/stream.h"
#include "harness/base/must.h"

#define IDLE_MS (5 * 60 * 1000) /* RFC 5321 s4.5.3.2.7 */

struct visitor {
	LIST_ENTRY(visitor) next;
	struct intake *intake;
	struct stream *stream;
	struct smtp_lines lines;
	struct smtp_server *server;
	char address[64];
};

struct intake {
	const struct settings *settings;
	struct intake_calls calls;
	struct evconnlistener *listener;
	struct smtp_server_options options;
	LIST_HEAD(, visitor) visitors;
};

static void
leave(struct visitor *visitor)
{
	LIST_REMOVE(visitor, next);
	if (visitor->stream != NULL)
		stream_close(visitor->stream);
	smtp_lines_done(&visitor->lines);
	smtp_server_free(visitor->server);
	free(visitor);
}

/* --- letters ------------------------------------------------------------------------------- */

static unsigned
count_hops(struct bytes content)
{
	unsigned hops = 0;

	while (content.len > 0) {
		const char *lf = memchr(content.data, '\n', content.len);
		size_t len = lf ? (size_t)(lf + 1 - content.data) : content.len;

		if (content.data[0] == '\r' || content.data[0] == '\n')
			break;
		hops += bytes_begin_nocase(content, "Received:");
		content.data += len;
		content.len -= len;
	}
	return hops;
}

/* RFC 5321 s4.4 */
static void
set_content(struct letter *letter, const struct visitor *visitor, struct bytes content)
{
	char date[64], received[512];
	time_t now = time(NULL);
	struct tm tm;
	int len;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &tm));
	len = snprintf(received, sizeof(received),
	    "Received: from [%s]\r\n\tby %s with ESMTP id %s;\r\n\t%s\r\n", visitor->address,
	    visitor->intake->settings->helo, letter->id, date);
	must(len > 0 && (size_t)len < sizeof(received));
	letter->content_len = (size_t)len + content.len;
	letter->content = must_alloc(letter->content_len + 1);
	memcpy(letter->content, received, (size_t)len);
	if (content.len > 0)
		memcpy(letter->content + len, content.data, content.len);
}

static bool
are_addresses(const struct smtp_server *server)
{
	bool good = letter_is_address(smtp_server_sender(server));

	for (size_t i = 0; i < smtp_server_n_recipients(server); i++)
		good = good && letter_is_address(smtp_server_recipient(server, i)) &&
		       smtp_server_recipient(server, i)[0] != '\0';
	return good && smtp_server_n_recipients(server) <= LETTER_RECIPIENTS_MAX;
}

static void
take_letter(struct visitor *visitor)
{
	const struct smtp_server *server = visitor->server;
	struct bytes content = smtp_server_content(server);
	char id[LETTER_ID_SIZE];
	struct letter *letter;

	if (!are_addresses(server)) {
		stream_print(visitor->stream, "553 5.1.3 an address of this letter is not one\r\n");
		return;
	}
	if (count_hops(content) >= INTAKE_HOPS_MAX) {
		stream_print(visitor->stream, "554 5.4.6 this letter goes round in circles\r\n");
		return;
	}
	letter_make_id(id);
	letter = letter_new(id, smtp_server_sender(server));
	for (size_t i = 0; i < smtp_server_n_recipients(server); i++)
		letter_add_recipient(letter, smtp_server_recipient(server, i));
	set_content(letter, visitor, content);
	if (visitor->intake->calls.take(visitor->intake->calls.ctx, letter) == 0)
		stream_print(visitor->stream, "250 2.0.0 queued as %s\r\n", id);
	else
		stream_print(visitor->stream, "451 4.3.1 the queue cannot be written\r\n");
}

/* --- lines --------------------------------------------------------------------------------- */

/* "ETRN domain", "ETRN #id"; true when it was one. */
static bool
take_etrn(struct visitor *visitor, struct bytes line)
{
	struct bytes verb = smtp_word(&line), what;
	char text[LETTER_ADDRESS_MAX + 2];
	unsigned n;

	if (!bytes_equal_nocase(verb, BYTES("ETRN")) || !smtp_server_is_idle(visitor->server))
		return false;
	what = bytes_trim(line);
	if (what.len > 0 && (what.data[0] == '#' || what.data[0] == '@')) {
		what.data++;
		what.len--;
	}
	if (what.len < 1 || what.len >= sizeof(text)) {
		stream_print(visitor->stream, "501 5.5.4 ETRN wants a domain, or # and an id\r\n");
		return true;
	}
	memcpy(text, what.data, what.len);
	text[what.len] = '\0';
	n = visitor->intake->calls.retry(visitor->intake->calls.ctx, text);
	if (n > 0)
		stream_print(visitor->stream, "253 2.0.0 %u recipients are tried now\r\n", n);
	else
		stream_print(visitor->stream, "251 2.0.0 nothing waits for that\r\n");
	return true;
}

/* False when the visitor is gone. */
static bool
take_line(struct visitor *visitor, const struct smtp_line *line)
{
	struct smtp_step step;

	if (!line->continued && line->ending != SMTP_ENDING_CUT && take_etrn(visitor, line->text))
		return true;
	step = smtp_server_line(visitor->server, line);
	if (step.next == SMTP_NEXT_ARRIVED) {
		take_letter(visitor);
		return true;
	}
	stream_write(visitor->stream, step.reply.data, step.reply.len);
	if (step.next != SMTP_NEXT_CLOSE)
		return true;
	leave(visitor);
	return false;
}

static void
on_data(void *owner, struct evbuffer *in)
{
	struct visitor *visitor = owner;
	struct smtp_line line;
	bool there = true;

	while (there && evbuffer_get_length(in) > 0) {
		size_t before = evbuffer_get_length(in);
		struct bytes left = {(const char *)evbuffer_pullup(in, -1), before};
		bool more = true;

		while (there && (more = smtp_lines_next(&visitor->lines, &left, &line)))
			there = take_line(visitor, &line);
		if (there)
			evbuffer_drain(in, before - left.len);
		if (!more)
			break;
	}
}

static void
on_ended(void *owner, enum stream_end how)
{
	(void)how;
	leave(owner);
}

static const struct stream_calls stream_calls = {.data = on_data, .ended = on_ended};

/* --- connections --------------------------------------------------------------------------- */

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	struct intake *intake = arg;
	struct visitor *visitor = must_alloc(sizeof(*visitor));
	struct address address = {.len = (socklen_t)len};
	struct smtp_step step;

	(void)listener;
	memcpy(&address.to, from, (size_t)len);
	addresses_text(&address, visitor->address, sizeof(visitor->address));
	visitor->intake = intake;
	smtp_lines_init(&visitor->lines, SMTP_LINE_MAX);
	visitor->server = smtp_server_new(&intake->options);
	visitor->stream = stream_accept(intake->settings->base, fd, &stream_calls, visitor);
	stream_set_timeout(visitor->stream, IDLE_MS);
	LIST_INSERT_HEAD(&intake->visitors, visitor, next);
	step = smtp_server_greet(visitor->server);
	stream_write(visitor->stream, step.reply.data, step.reply.len);
}

struct intake *
intake_new(const struct settings *settings, const char *listen, const struct intake_calls *calls,
    struct sockaddr_storage *ret_self, struct why *why)
{
	struct intake *intake;
	struct sockaddr_storage at = {0};
	int len = sizeof(at);
	struct evconnlistener *listener;

	if (evutil_parse_sockaddr_port(listen, (struct sockaddr *)&at, &len) != 0) {
		why_set(why, "'%s' is not an address with a port", listen);
		return NULL;
	}
	intake = must_alloc(sizeof(*intake));
	listener = evconnlistener_new_bind(settings->base, on_accept, intake,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, 512, (struct sockaddr *)&at,
	    len);
	if (listener == NULL) {
		why_errno(why, "cannot listen on %s", listen);
		free(intake);
		return NULL;
	}
	intake->settings = settings;
	intake->calls = *calls;
	intake->listener = listener;
	intake->options =
	    (struct smtp_server_options){.name = settings->helo, .content_max = INTAKE_CONTENT_MAX};
	LIST_INIT(&intake->visitors);
	*ret_self = at;
	return intake;
}

void
intake_free(struct intake *intake)
{
	if (intake == NULL)
		return;
	while (!LIST_EMPTY(&intake->visitors))
		leave(LIST_FIRST(&intake->visitors));
	evconnlistener_free(intake->listener);
	free(intake);
}
