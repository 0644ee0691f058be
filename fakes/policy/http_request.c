/* SPDX-License-Identifier: Apache-2.0 */
/* http_request.c - reads the head of one HTTP/1.x request; see http_request.h */
#include "fakes/policy/http_request.h"

#include <string.h>

/* Takes one line without its end off `rest`; false when no end of line is there. */
static bool
take_line(struct bytes *rest, struct bytes *ret_line)
{
	const char *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - rest->data);
	*ret_line = (struct bytes){rest->data, len > 0 && end[-1] == '\r' ? len - 1 : len};
	*rest = (struct bytes){end + 1, rest->len - len - 1};
	return true;
}

/* Up to the next space, which is taken too. */
static struct bytes
take_word(struct bytes *line)
{
	const char *end = line->len > 0 ? memchr(line->data, ' ', line->len) : NULL;
	struct bytes word = *line;

	if (end != NULL)
		word.len = (size_t)(end - line->data);
	*line = (struct bytes){line->data + word.len, line->len - word.len};
	if (end != NULL)
		*line = (struct bytes){line->data + 1, line->len - 1};
	return word;
}

static bool
is_method(struct bytes word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.data[i] < 'A' || word.data[i] > 'Z')
			return false;
	return word.len > 0 && word.len <= 32;
}

static bool
read_request_line(struct http_request *ret, struct bytes line)
{
	ret->method = take_word(&line);
	ret->target = take_word(&line);
	return is_method(ret->method) && ret->target.len > 0 && bytes_begin_nocase(line, "HTTP/") &&
	       memchr(line.data, ' ', line.len) == NULL;
}

static bool
read_header(struct http_request *ret, struct bytes line)
{
	const char *colon = memchr(line.data, ':', line.len);
	struct bytes name, value;

	if (colon == NULL || colon == line.data)
		return false;
	name = (struct bytes){line.data, (size_t)(colon - line.data)};
	value = bytes_trim((struct bytes){colon + 1, line.len - name.len - 1});
	if (bytes_equal_nocase(name, BYTES("Host")) && ret->host.data == NULL)
		ret->host = value;
	return true;
}

static enum http_request_state
read_head(struct http_request *ret, struct bytes in)
{
	struct bytes rest = in, line;

	while (rest.len > 0 && (rest.data[0] == '\r' || rest.data[0] == '\n'))
		rest = (struct bytes){rest.data + 1, rest.len - 1};
	/* So that a ClientHello, which may hold no LF, is not waited on. */
	if (rest.len > 0 && (rest.data[0] < 'A' || rest.data[0] > 'Z'))
		return REQUEST_MALFORMED;
	if (!take_line(&rest, &line))
		return REQUEST_UNFINISHED;
	if (!read_request_line(ret, line))
		return REQUEST_MALFORMED;
	while (take_line(&rest, &line)) {
		if (line.len == 0) {
			ret->len = in.len - rest.len;
			return REQUEST_READ;
		}
		if (!read_header(ret, line))
			return REQUEST_MALFORMED;
	}
	return REQUEST_UNFINISHED;
}

enum http_request_state
http_request_read(struct http_request *ret, struct bytes in)
{
	struct http_request request = {.len = 0};
	struct bytes head = {in.data, in.len < HTTP_REQUEST_MAX ? in.len : HTTP_REQUEST_MAX};
	enum http_request_state state = read_head(&request, head);

	if (state == REQUEST_UNFINISHED && in.len >= HTTP_REQUEST_MAX)
		return REQUEST_TOO_LARGE;
	if (state == REQUEST_READ)
		*ret = request;
	return state;
}
