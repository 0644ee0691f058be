/* SPDX-License-Identifier: Apache-2.0 */
/* http_reply.c - see http_reply.h; head and chunk lines are gathered in `line`, the body in `body`. */
#include "fakes/mta/http_reply.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

enum part { STATUS, HEADER, SIZED, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER, UNTIL_END, DONE, BROKEN };

struct http_reply {
	enum part part;
	char line[HTTP_REPLY_LINE_MAX];
	size_t line_len, head_len, wire_len;
	unsigned code;
	bool chunked, sized;
	size_t left; /* of a sized body or a chunk */
	char *body;
	size_t body_len;
	char location[HTTP_REPLY_WORD_MAX], type[HTTP_REPLY_WORD_MAX];
	const char *trouble;
};

struct http_reply *
http_reply_new(void)
{
	struct http_reply *reply = must_alloc(sizeof(*reply));

	reply->body = must_alloc(HTTP_REPLY_BODY_MAX);
	reply->trouble = "";
	return reply;
}

void
http_reply_free(struct http_reply *reply)
{
	if (reply == NULL)
		return;
	free(reply->body);
	free(reply);
}

static void
break_off(struct http_reply *reply, const char *trouble)
{
	reply->part = BROKEN;
	reply->trouble = trouble;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1." DIGIT SP 3DIGIT [SP text] */
static void
take_status(struct http_reply *reply, struct bytes line)
{
	const char *c = line.data;

	if (line.len < 12 || memcmp(c, "HTTP/1.", 7) != 0 || !is_digit(c[7]) || c[8] != ' ' ||
	    !is_digit(c[9]) || !is_digit(c[10]) || !is_digit(c[11]) || (line.len > 12 && c[12] != ' ')) {
		break_off(reply, "its first line is not HTTP/1");
		return;
	}
	reply->code = (unsigned)(c[9] - '0') * 100 + (unsigned)(c[10] - '0') * 10 + (unsigned)(c[11] - '0');
	reply->part = HEADER;
}

static void
take_length(struct http_reply *reply, struct bytes value)
{
	size_t length = 0;

	if (value.len < 1 || value.len > 12) {
		break_off(reply, "its Content-Length is not a number");
		return;
	}
	for (size_t i = 0; i < value.len; i++) {
		if (!is_digit(value.data[i])) {
			break_off(reply, "its Content-Length is not a number");
			return;
		}
		length = length * 10 + (size_t)(value.data[i] - '0');
	}
	if (reply->sized && reply->left != length)
		break_off(reply, "it has two Content-Lengths");
	reply->sized = true;
	reply->left = length;
}

static void
keep_word(char out[HTTP_REPLY_WORD_MAX], struct bytes value)
{
	size_t len = value.len < HTTP_REPLY_WORD_MAX ? value.len : HTTP_REPLY_WORD_MAX - 1;

	memcpy(out, value.data, len);
	out[len] = '\0';
}

static void
take_header(struct http_reply *reply, struct bytes line)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct bytes name, value;

	if (colon == NULL || colon == line.data ||
	    memchr(line.data, ' ', (size_t)(colon - line.data)) != NULL ||
	    memchr(line.data, '\0', line.len) != NULL) {
		break_off(reply, "a header line of it is malformed");
		return;
	}
	name = (struct bytes){line.data, (size_t)(colon - line.data)};
	value = bytes_trim((struct bytes){colon + 1, line.len - name.len - 1});
	if (bytes_equal_nocase(name, BYTES("Content-Length")))
		take_length(reply, value);
	else if (bytes_equal_nocase(name, BYTES("Content-Type")))
		keep_word(reply->type, value);
	else if (bytes_equal_nocase(name, BYTES("Location")))
		keep_word(reply->location, value);
	else if (bytes_equal_nocase(name, BYTES("Transfer-Encoding")) &&
		 !bytes_equal_nocase(value, BYTES("chunked")))
		break_off(reply, "its transfer coding is not known");
	else if (bytes_equal_nocase(name, BYTES("Transfer-Encoding")))
		reply->chunked = true;
	else if (bytes_equal_nocase(name, BYTES("Content-Encoding")) &&
		 !bytes_equal_nocase(value, BYTES("identity")))
		break_off(reply, "its content coding is not known");
}

static void
forget_head(struct http_reply *reply)
{
	reply->chunked = reply->sized = false;
	reply->left = 0;
	reply->location[0] = reply->type[0] = '\0';
	reply->part = STATUS;
}

/* The empty line: how the body comes (RFC 9112 s6.3). */
static void
end_head(struct http_reply *reply)
{
	if (reply->code < 200)
		forget_head(reply);
	else if (reply->code == 204 || reply->code == 304)
		reply->part = DONE;
	else if (reply->chunked)
		reply->part = CHUNK_SIZE;
	else if (reply->sized && reply->left > HTTP_REPLY_BODY_MAX)
		break_off(reply, "its body is longer than 64 KiB");
	else if (reply->sized)
		reply->part = reply->left > 0 ? SIZED : DONE;
	else
		reply->part = UNTIL_END;
}

static void
take_chunk_size(struct http_reply *reply, struct bytes line)
{
	size_t size = 0, i = 0;

	for (; i < line.len && i < 8; i++) {
		char c = text_lower(line.data[i]);

		if (is_digit(c))
			size = size * 16 + (size_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			size = size * 16 + (size_t)(c - 'a' + 10);
		else
			break;
	}
	if (i == 0 || (i < line.len && line.data[i] != ';' && line.data[i] != ' ' && line.data[i] != '\t'))
		break_off(reply, "a chunk of it has no size");
	else if (size > HTTP_REPLY_BODY_MAX)
		break_off(reply, "its body is longer than 64 KiB");
	else
		reply->part = size > 0 ? CHUNK : TRAILER;
	reply->left = size;
}

static void
take_line(struct http_reply *reply, struct bytes line)
{
	switch (reply->part) {
	case STATUS:
		take_status(reply, line);
		break;
	case HEADER:
		line.len > 0 ? take_header(reply, line) : end_head(reply);
		break;
	case CHUNK_SIZE:
		take_chunk_size(reply, line);
		break;
	case CHUNK_END:
		reply->part = CHUNK_SIZE;
		if (line.len > 0)
			break_off(reply, "a chunk of it is longer than it says");
		break;
	default:
		must(reply->part == TRAILER);
		if (line.len == 0)
			reply->part = DONE;
	}
}

/* Bytes up to the end of a line; a bare LF ends one, too (RFC 9112 s2.2). */
static size_t
gather_line(struct http_reply *reply, struct bytes in)
{
	const char *end = memchr(in.data, '\n', in.len);
	size_t len = end ? (size_t)(end - in.data) : in.len;

	reply->head_len += len;
	if (reply->line_len + len > HTTP_REPLY_LINE_MAX) {
		break_off(reply, "a line of it is too long");
		return in.len;
	}
	if (reply->head_len > HTTP_REPLY_HEAD_MAX + HTTP_REPLY_BODY_MAX ||
	    (reply->head_len > HTTP_REPLY_HEAD_MAX && reply->part <= HEADER)) {
		break_off(reply, "its head is too long");
		return in.len;
	}
	memcpy(reply->line + reply->line_len, in.data, len);
	reply->line_len += len;
	if (end == NULL)
		return len;
	if (reply->line_len > 0 && reply->line[reply->line_len - 1] == '\r')
		reply->line_len--;
	take_line(reply, (struct bytes){reply->line, reply->line_len});
	reply->line_len = 0;
	return len + 1;
}

static size_t
gather_body(struct http_reply *reply, struct bytes in)
{
	size_t len = reply->part != UNTIL_END && reply->left < in.len ? reply->left : in.len;

	if (reply->body_len + len > HTTP_REPLY_BODY_MAX) {
		break_off(reply, "its body is longer than 64 KiB");
		return in.len;
	}
	memcpy(reply->body + reply->body_len, in.data, len);
	reply->body_len += len;
	if (reply->part == UNTIL_END)
		return len;
	reply->left -= len;
	if (reply->left == 0)
		reply->part = reply->part == SIZED ? DONE : CHUNK_END;
	return len;
}

static enum http_progress
progress(const struct http_reply *reply)
{
	return reply->part == DONE ? HTTP_DONE : reply->part == BROKEN ? HTTP_BROKEN : HTTP_MORE;
}

enum http_progress
http_reply_feed(struct http_reply *reply, struct bytes in)
{
	if (reply->part < DONE && (reply->wire_len += in.len) > HTTP_REPLY_WIRE_MAX)
		break_off(reply, "it is longer than a megabyte");
	while (in.len > 0 && reply->part < DONE) {
		bool body = reply->part == SIZED || reply->part == CHUNK || reply->part == UNTIL_END;
		size_t used = body ? gather_body(reply, in) : gather_line(reply, in);

		in.data += used;
		in.len -= used;
	}
	return progress(reply);
}

enum http_progress
http_reply_end(struct http_reply *reply, bool clean)
{
	if (reply->part == UNTIL_END && clean)
		reply->part = DONE;
	else if (reply->part < DONE)
		break_off(reply, "it broke off");
	return progress(reply);
}

unsigned
http_reply_code(const struct http_reply *reply)
{
	return reply->code;
}

struct bytes
http_reply_body(const struct http_reply *reply)
{
	return (struct bytes){reply->body, reply->body_len};
}

const char *
http_reply_location(const struct http_reply *reply)
{
	return reply->location;
}

bool
http_reply_is_plain_text(const struct http_reply *reply)
{
	struct bytes type = {reply->type, strcspn(reply->type, ";")};

	return bytes_equal_nocase(bytes_trim(type), BYTES("text/plain"));
}

const char *
http_reply_trouble(const struct http_reply *reply)
{
	return reply->trouble;
}
