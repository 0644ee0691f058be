/* SPDX-License-Identifier: Apache-2.0 */
/* http_response.c - scripts a response of the plan; see http_response.h. Ref: RFC 9112, RFC 1952 (gzip). */
#include "fakes/policy/http_response.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/must.h"

#define PAD_LINE 80
#define PAD_LEAST 8      /* "pad: x\r\n" */
#define STORED_MAX 65535 /* of one stored block (RFC 1951 s3.2.4) */
#define ENDLESS_CHUNK 16384

/* A growing run of bytes. */
struct draft {
	char *data;
	size_t len, size;
};

static void
add(struct draft *d, const void *data, size_t len)
{
	if (d->size - d->len < len) {
		d->size = 2 * d->size + len + 512;
		d->data = must_realloc(d->data, d->size);
	}
	if (len > 0)
		memcpy(d->data + d->len, data, len);
	d->len += len;
}

static void
fill(struct draft *d, char c, size_t n)
{
	char block[256];

	memset(block, c, sizeof(block));
	for (; n > 0; n -= n < sizeof(block) ? n : sizeof(block))
		add(d, block, n < sizeof(block) ? n : sizeof(block));
}

static void __attribute__((format(printf, 2, 3))) print(struct draft *d, const char *format, ...)
{
	char line[2048];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	must(len >= 0 && (size_t)len < sizeof(line));
	add(d, line, (size_t)len);
}

static void
add_text(struct draft *d, const char *text)
{
	add(d, text, strlen(text));
}

/* --- bodies --------------------------------------------------------------------------------- */

/* Extension fields of a policy (RFC 8461 s3.2), which a reader ignores. */
static void
pad(struct draft *body, size_t to)
{
	if (body->len < to && body->len > 0 && body->data[body->len - 1] != '\n')
		add(body, "\r\n", 2);
	while (body->len + PAD_LEAST <= to) {
		size_t left = to - body->len;
		size_t line = left >= PAD_LINE + PAD_LEAST ? PAD_LINE : left;

		add(body, "pad: ", 5);
		fill(body, 'x', line - 7);
		add(body, "\r\n", 2);
	}
}

static uint32_t
crc32_of(const char *data, size_t len)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint8_t)data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void
add_little_endian(struct draft *d, uint32_t value, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		char byte = (char)(value >> (8 * i) & 255);

		add(d, &byte, 1);
	}
}

/* gzip without compression: stored blocks only. */
static void
wrap_in_gzip(struct draft *out, const struct draft *in)
{
	add(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	for (size_t at = 0;;) {
		size_t len = in->len - at < STORED_MAX ? in->len - at : STORED_MAX;
		bool last = at + len == in->len;

		add(out, last ? "\1" : "\0", 1);
		add_little_endian(out, (uint32_t)len, 2);
		add_little_endian(out, (uint32_t)~len, 2);
		add(out, in->data + at, len);
		at += len;
		if (last)
			break;
	}
	add_little_endian(out, crc32_of(in->data, in->len), 4);
	add_little_endian(out, (uint32_t)in->len, 4);
}

/* --- heads ---------------------------------------------------------------------------------- */

static const char *
reason_of(unsigned status)
{
	static const struct {
		unsigned status;
		const char *reason;
	} reasons[] = {{200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"},
	    {206, "Partial Content"}, {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
	    {304, "Not Modified"}, {307, "Temporary Redirect"}, {308, "Permanent Redirect"},
	    {400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
	    {410, "Gone"}, {500, "Internal Server Error"}, {502, "Bad Gateway"},
	    {503, "Service Unavailable"}};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

static bool
is_chunked(enum http_shape shape)
{
	return shape == HTTP_CHUNKED || shape == HTTP_ENDLESS;
}

/* Whether the plan's own header lines have one of this name; its value in `ret`. */
static bool
has_header(struct bytes lines, const char *name, struct bytes *ret)
{
	size_t len = strlen(name);

	while (lines.len > 0) {
		const char *end = memchr(lines.data, '\n', lines.len);
		size_t line = end != NULL ? (size_t)(end - lines.data) + 1 : lines.len;

		if (line > len && lines.data[len] == ':' && bytes_begin_nocase(lines, name)) {
			*ret = bytes_trim((struct bytes){lines.data + len + 1, line - len - 1});
			return true;
		}
		lines = (struct bytes){lines.data + line, lines.len - line};
	}
	return false;
}

static void
add_head(struct draft *d, const struct plan_response *plan, size_t body_len)
{
	struct bytes headers = bytes_of(plan->headers), value;
	size_t told = body_len;

	if (plan->shape == HTTP_CONTINUE)
		add_text(d, "HTTP/1.1 100 Continue\r\n\r\n");
	print(d, "HTTP/1.%c %u %s\r\n", plan->shape == HTTP_1_0 ? '0' : '1', plan->status,
	    reason_of(plan->status));
	if (plan->content_type != NULL) {
		add_text(d, "Content-Type: ");
		add_text(d, plan->content_type);
		add_text(d, "\r\n");
	}
	if (plan->location != NULL) {
		add_text(d, "Location: ");
		add_text(d, plan->location);
		add_text(d, "\r\n");
	}
	if (plan->shape == HTTP_TOO_LONG)
		told += 100;
	if (plan->shape == HTTP_TOO_SHORT)
		told /= 2;
	if (is_chunked(plan->shape))
		add_text(d, "Transfer-Encoding: chunked\r\n");
	else if (plan->shape != HTTP_CLOSE && plan->shape != HTTP_1_0)
		print(d, "Content-Length: %zu\r\n", told);
	if (plan->shape == HTTP_GZIP)
		add_text(d, "Content-Encoding: gzip\r\n");
	add(d, headers.data, headers.len);
	if (plan->shape != HTTP_1_0 && !has_header(headers, "Connection", &value))
		add_text(d, "Connection: close\r\n");
	add_text(d, "\r\n");
}

/* --- scripts -------------------------------------------------------------------------------- */

/* Notes what was added to the draft since `from` as one piece; data is set once the draft stands still. */
static void
note_piece(struct http_response *r, const struct draft *d, size_t from, size_t times)
{
	if (d->len > from)
		r->pieces[r->n_pieces++] = (struct http_piece){NULL, d->len - from, times};
}

static void
add_part(struct http_response *r, struct draft *d, const char *data, size_t len, bool chunked)
{
	size_t from = d->len;

	if (len > 0 && chunked)
		print(d, "%zx\r\n", len);
	add(d, data, len);
	if (len > 0 && chunked)
		add(d, "\r\n", 2);
	note_piece(r, d, from, 1);
}

static void
add_endless_tail(struct http_response *r, struct draft *d)
{
	size_t from = d->len;

	print(d, "%x\r\n", ENDLESS_CHUNK);
	for (size_t i = 0; i < ENDLESS_CHUNK / PAD_LINE; i++) {
		add(d, "pad: ", 5);
		fill(d, 'x', PAD_LINE - 7);
		add(d, "\r\n", 2);
	}
	fill(d, '\n', ENDLESS_CHUNK % PAD_LINE);
	add(d, "\r\n", 2);
	note_piece(r, d, from, HTTP_RESPONSE_ENDLESS / ENDLESS_CHUNK);
}

static void
add_body(struct http_response *r, struct draft *d, const struct draft *body, enum http_shape shape)
{
	bool chunked = is_chunked(shape);
	const char *data = body->len > 0 ? body->data : "";
	size_t half = body->len / 2, from;

	add_part(r, d, data, half, chunked);
	r->second_half = r->n_pieces;
	add_part(r, d, data + half, body->len - half, chunked);
	if (shape == HTTP_ENDLESS)
		add_endless_tail(r, d);
	from = d->len;
	if (shape == HTTP_CHUNKED)
		add_text(d, "0\r\n\r\n");
	note_piece(r, d, from, 1);
}

/* Raw bytes are sound when they are one response whose length fits. */
static void
judge_raw(struct http_response *r, struct bytes raw)
{
	size_t end = bytes_find_nocase(raw, BYTES("\r\n\r\n"));
	struct bytes head = {raw.data, end == SIZE_MAX ? raw.len : end + 2}, value;
	unsigned status = 0;

	if (bytes_begin_nocase(raw, "HTTP/1.") && raw.len > 12)
		for (size_t i = 9; i < 12 && raw.data[i] >= '0' && raw.data[i] <= '9'; i++)
			status = 10 * status + (unsigned)(raw.data[i] - '0');
	r->status = status;
	r->sound = status != 0 && end != SIZE_MAX && !has_header(head, "Transfer-Encoding", &value) &&
		   !has_header(head, "Content-Encoding", &value);
	if (r->sound && has_header(head, "Content-Length", &value)) {
		char number[24];

		snprintf(number, sizeof(number), "%zu", raw.len - end - 4);
		r->sound = bytes_equal(value, bytes_of(number));
	}
}

static void
place_pieces(struct http_response *r, struct draft *d)
{
	char *at = d->data;

	r->memory = d->data;
	for (size_t i = 0; i < r->n_pieces; i++) {
		r->pieces[i].data = at;
		at += r->pieces[i].len;
	}
}

static bool
is_sound(enum http_shape shape)
{
	return shape == HTTP_LENGTH || shape == HTTP_CLOSE || shape == HTTP_CHUNKED ||
	       shape == HTTP_CONTINUE || shape == HTTP_1_0;
}

static bool
asks_to_keep(const struct plan_response *plan)
{
	struct bytes value;

	return (plan->shape == HTTP_LENGTH || plan->shape == HTTP_CHUNKED) &&
	       has_header(bytes_of(plan->headers), "Connection", &value) &&
	       bytes_equal_nocase(value, BYTES("keep-alive"));
}

static void
script_plan(struct http_response *r, struct draft *d, const struct plan_response *plan, struct bytes text,
    bool without_body)
{
	struct draft body = {0}, zipped = {0};
	size_t from;

	add(&body, text.data, text.len);
	pad(&body, plan->pad_to);
	if (plan->shape == HTTP_GZIP)
		wrap_in_gzip(&zipped, &body);
	add_head(d, plan, plan->shape == HTTP_GZIP ? zipped.len : body.len);
	from = 0;
	note_piece(r, d, from, 1);
	r->second_half = r->n_pieces;
	if (!without_body)
		add_body(r, d, plan->shape == HTTP_GZIP ? &zipped : &body, plan->shape);
	r->status = plan->status;
	r->sound = is_sound(plan->shape) && !without_body;
	r->keeps = asks_to_keep(plan);
	free(body.data);
	free(zipped.data);
}

void
http_response_init(
    struct http_response *r, const struct plan_response *plan, struct bytes body, bool without_body)
{
	static const struct plan_response not_found = {
	    .status = 404, .content_type = "text/plain", .body = {"not here\r\n", 10}, .shape = HTTP_LENGTH};
	struct draft d = {0};

	*r = (struct http_response){0};
	if (plan == NULL)
		plan = &not_found;
	if (plan->shape == HTTP_RAW && body.len == 0) {
		judge_raw(r, plan->raw);
		add_part(r, &d, plan->raw.data, plan->raw.len / 2, false);
		r->second_half = r->n_pieces;
		add_part(r, &d, plan->raw.data + plan->raw.len / 2, plan->raw.len - plan->raw.len / 2, false);
	} else {
		struct plan_response framed = *plan;

		if (framed.shape == HTTP_RAW) /* another body for a raw response: in an honest frame */
			framed = (struct plan_response){.status = 200, .content_type = "text/plain"};
		script_plan(r, &d, &framed, body.len > 0 ? body : framed.body, without_body);
	}
	place_pieces(r, &d);
}

void
http_response_done(struct http_response *r)
{
	free(r->memory);
	*r = (struct http_response){0};
}

size_t
http_response_len(const struct http_response *r)
{
	size_t len = 0;

	for (size_t i = 0; i < r->n_pieces; i++)
		len += r->pieces[i].len * r->pieces[i].times;
	return len;
}
