/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_reply.c - HTTP responses, honest and not, however their bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/mta/http_reply.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
#define OK "HTTP/1.1 200 OK\r\n"
#define PLAIN "Content-Type: text/plain\r\n"

enum ending { STAYS_OPEN, ENDS, BREAKS_OFF };

/* want: "CODE BODY", "CODE BODY (no text)" when it is not text/plain, "more", or "broken". */
static const struct {
	const char *name;
	struct bytes input;
	enum ending ending;
	const char *want;
} rows[] = {
    {"sized", TEXT(OK PLAIN "Content-Length: 3\r\n\r\nabcdef"), STAYS_OPEN, "200 abc"},
    {"parameters and case", TEXT(OK "content-type:Text/Plain ; charset=utf-8\r\nContent-Length: 1\r\n\r\na"),
	STAYS_OPEN, "200 a"},
    {"HTTP/1.0 until the end", TEXT("HTTP/1.0 200 OK\r\n" PLAIN "\r\nabc"), ENDS, "200 abc"},
    {"no reason phrase", TEXT("HTTP/1.1 200\r\n" PLAIN "\r\nabc"), ENDS, "200 abc"},
    {"bare LF", TEXT("HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 1\n\na"), STAYS_OPEN,
	"200 a"},
    {"chunked", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n"),
	STAYS_OPEN, "200 abcd"},
    {"trailers", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n"), STAYS_OPEN,
	"200 a"},
    {"chunked wins",
	TEXT(OK PLAIN "Content-Length: 9\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
	STAYS_OPEN, "200 a"},
    {"interim first",
	TEXT("HTTP/1.1 100 Continue\r\nContent-Length: 3\r\n\r\nHTTP/1.1 103 x\r\n\r\n" OK PLAIN
	     "Content-Length: 1\r\n\r\na"),
	STAYS_OPEN, "200 a"},
    {"same length twice", TEXT(OK PLAIN "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), STAYS_OPEN,
	"200 a"},
    {"empty", TEXT(OK PLAIN "Content-Length: 0\r\n\r\n"), STAYS_OPEN, "200 "},
    {"204", TEXT("HTTP/1.1 204 x\r\n\r\n"), STAYS_OPEN, "204  (no text)"},
    {"HTML", TEXT(OK "Content-Type: text/html\r\nContent-Length: 1\r\n\r\na"), STAYS_OPEN, "200 a (no text)"},
    {"prefix of a type", TEXT(OK "Content-Type: text/plainer\r\nContent-Length: 1\r\n\r\na"), STAYS_OPEN,
	"200 a (no text)"},
    {"no type", TEXT(OK "Content-Length: 1\r\n\r\na"), STAYS_OPEN, "200 a (no text)"},
    {"redirect", TEXT("HTTP/1.1 302 x\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n"), STAYS_OPEN,
	"302  (no text)"},
    {"not all yet", TEXT(OK PLAIN "Content-Length: 3\r\n\r\nab"), STAYS_OPEN, "more"},
    {"until the end, open", TEXT(OK PLAIN "\r\nab"), STAYS_OPEN, "more"},
    {"until the end, broken off", TEXT(OK PLAIN "\r\nab"), BREAKS_OFF, "broken"},
    {"too short", TEXT(OK PLAIN "Content-Length: 3\r\n\r\nab"), ENDS, "broken"},
    {"chunk too short", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n3\r\nab"), ENDS, "broken"},
    {"no last chunk", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"), ENDS, "broken"},
    {"nothing", TEXT(""), ENDS, "broken"},
    {"SMTP", TEXT("220 mx ESMTP\r\n"), STAYS_OPEN, "broken"},
    {"HTTP/2", TEXT("HTTP/2 200 OK\r\n\r\n"), STAYS_OPEN, "broken"},
    {"no code", TEXT("HTTP/1.1 OK\r\n\r\n"), STAYS_OPEN, "broken"},
    {"four digits", TEXT("HTTP/1.1 2000 OK\r\n\r\n"), STAYS_OPEN, "broken"},
    {"two lengths", TEXT(OK PLAIN "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), STAYS_OPEN, "broken"},
    {"negative length", TEXT(OK PLAIN "Content-Length: -1\r\n\r\n"), STAYS_OPEN, "broken"},
    {"length list", TEXT(OK PLAIN "Content-Length: 1, 1\r\n\r\n"), STAYS_OPEN, "broken"},
    {"huge length", TEXT(OK PLAIN "Content-Length: 99999999999999999999999\r\n\r\n"), STAYS_OPEN, "broken"},
    {"beyond 64 KiB", TEXT(OK PLAIN "Content-Length: 65537\r\n\r\n"), STAYS_OPEN, "broken"},
    {"huge chunk", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n"), STAYS_OPEN, "broken"},
    {"chunk beyond 64 KiB", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n10001\r\n"), STAYS_OPEN,
	"broken"},
    {"chunk without size", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n;x\r\n"), STAYS_OPEN, "broken"},
    {"chunk with more", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"), STAYS_OPEN, "broken"},
    {"negative chunk", TEXT(OK PLAIN "Transfer-Encoding: chunked\r\n\r\n-1\r\n"), STAYS_OPEN, "broken"},
    {"gzip", TEXT(OK PLAIN "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na"), STAYS_OPEN, "broken"},
    {"unknown transfer coding", TEXT(OK PLAIN "Transfer-Encoding: gzip, chunked\r\n\r\n"), STAYS_OPEN,
	"broken"},
    {"header without colon", TEXT(OK "what\r\n\r\n"), STAYS_OPEN, "broken"},
    {"blank before the colon", TEXT(OK "Content-Length : 1\r\n\r\na"), STAYS_OPEN, "broken"},
    {"folded header", TEXT(OK PLAIN " more: x\r\n\r\n"), STAYS_OPEN, "broken"},
    {"NUL in a header", TEXT(OK "X: a\0b\r\n\r\n"), STAYS_OPEN, "broken"},
};

static void
tell(char *out, size_t size, const struct http_reply *reply, enum http_progress progress)
{
	struct bytes body = http_reply_body(reply);

	if (progress == HTTP_MORE)
		snprintf(out, size, "more");
	else if (progress == HTTP_BROKEN)
		snprintf(out, size, "%s",
		    http_reply_trouble(reply)[0] != '\0' ? "broken" : "broken without a word");
	else
		snprintf(out, size, "%u %.*s%s", http_reply_code(reply), (int)body.len, body.data,
		    http_reply_is_plain_text(reply) ? "" : " (no text)");
}

static void
read_in_pieces(char *out, size_t size, struct bytes input, size_t piece, enum ending ending)
{
	struct http_reply *reply = http_reply_new();
	enum http_progress progress = HTTP_MORE;

	for (size_t at = 0; at < input.len; at += piece)
		progress = http_reply_feed(
		    reply, (struct bytes){input.data + at, input.len - at < piece ? input.len - at : piece});
	if (ending != STAYS_OPEN)
		progress = http_reply_end(reply, ending == ENDS);
	tell(out, size, reply, progress);
	http_reply_free(reply);
}

static void
responses_are_read_however_they_are_cut(void **state)
{
	char got[256];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t piece = 1; piece <= 200; piece++) {
			read_in_pieces(got, sizeof(got), rows[i].input, piece, rows[i].ending);
			if (strcmp(got, rows[i].want) != 0)
				fail_msg("%s, in pieces of %zu: got '%s', want '%s'", rows[i].name, piece,
				    got, rows[i].want);
		}
}

/* Endless in its head, in one line, in the body, in chunks: each ends at its limit. */
static void
nothing_goes_on_for_ever(void **state)
{
	static const struct {
		const char *head, *more;
		size_t most; /* bytes taken before it gives up */
	} endless[] = {
	    {"", "x", HTTP_REPLY_LINE_MAX + 1},
	    {OK "X: ", "x", HTTP_REPLY_LINE_MAX + 64},
	    {OK, "X: y\r\n", HTTP_REPLY_HEAD_MAX * 2},
	    {OK PLAIN "\r\n", "body", HTTP_REPLY_BODY_MAX + 128},
	    {OK PLAIN "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", HTTP_REPLY_WIRE_MAX},
	    {OK PLAIN "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", HTTP_REPLY_WIRE_MAX},
	    {"", "HTTP/1.1 100 x\r\n\r\n", HTTP_REPLY_WIRE_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(endless); i++) {
		struct http_reply *reply = http_reply_new();
		size_t taken = strlen(endless[i].head);
		enum http_progress progress = http_reply_feed(reply, bytes_of(endless[i].head));

		while (progress == HTTP_MORE && taken <= endless[i].most) {
			progress = http_reply_feed(reply, bytes_of(endless[i].more));
			taken += strlen(endless[i].more);
		}
		if (progress != HTTP_BROKEN)
			fail_msg("row %zu: still reading after %zu bytes", i, taken);
		http_reply_free(reply);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(responses_are_read_however_they_are_cut),
	    cmocka_unit_test(nothing_goes_on_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
