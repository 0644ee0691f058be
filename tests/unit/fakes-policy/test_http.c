/* SPDX-License-Identifier: Apache-2.0 */
/* test_http.c - requests are read with a limit, responses are the bytes that the plan asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fakes/policy/http_request.h"
#include "fakes/policy/http_response.h"
#include "harness/base/must.h"

#define POLICY "version: STSv1\r\nmode: enforce\r\nmx: mx1.a.example\r\nmax_age: 86400\r\n"
#define POLICY_LEN "66"

/* --- requests ------------------------------------------------------------------------------- */

static void
requests_are_read(void **state)
{
	static const struct {
		const char *in;
		enum http_request_state want;
		const char *method, *target, *host;
		size_t len;
	} rows[] = {
	    {"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", REQUEST_READ, "GET", "/a", "h", 28},
	    {"GET /a HTTP/1.1\nhost:h:443 \n\nrest", REQUEST_READ, "GET", "/a", "h:443", 29},
	    {"\r\n\r\nGET /a HTTP/1.0\r\n\r\n", REQUEST_READ, "GET", "/a", "", 23},
	    {"GET / HTTP/1.1\r\nHost: one\r\nHost: two\r\n\r\n", REQUEST_READ, "GET", "/", "one", 40},
	    {"HEAD http://h/x HTTP/1.1\r\nA: b\r\n\r\n", REQUEST_READ, "HEAD", "http://h/x", "", 34},
	    {"", REQUEST_UNFINISHED, "", "", "", 0},
	    {"GE", REQUEST_UNFINISHED, "", "", "", 0},
	    {"GET /a HTTP/1.1\r\nHost: h\r\n", REQUEST_UNFINISHED, "", "", "", 0},
	    {"GET /a\r\n\r\n", REQUEST_MALFORMED, "", "", "", 0},
	    {"GET  /a HTTP/1.1\r\n\r\n", REQUEST_MALFORMED, "", "", "", 0},
	    {"GET /a b HTTP/1.1\r\n\r\n", REQUEST_MALFORMED, "", "", "", 0},
	    {"get /a HTTP/1.1\r\n\r\n", REQUEST_MALFORMED, "", "", "", 0},
	    {"GET /a HTTP/1.1\r\nno colon\r\n\r\n", REQUEST_MALFORMED, "", "", "", 0},
	    {"\x16\x03\x01\x02", REQUEST_MALFORMED, "", "", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request r = {.len = 0};
		enum http_request_state got = http_request_read(&r, bytes_of(rows[i].in));

		if (got != rows[i].want || r.len != rows[i].len ||
		    !bytes_equal(r.method, bytes_of(rows[i].method)) ||
		    !bytes_equal(r.target, bytes_of(rows[i].target)) ||
		    !bytes_equal(r.host, bytes_of(rows[i].host)))
			fail_msg("row %zu: got %d, \"%.*s\" \"%.*s\" \"%.*s\" %zu; want %d, \"%s\" \"%s\" "
				 "\"%s\" %zu",
			    i, got, (int)r.method.len, r.method.data, (int)r.target.len, r.target.data,
			    (int)r.host.len, r.host.data, r.len, rows[i].want, rows[i].method, rows[i].target,
			    rows[i].host, rows[i].len);
	}
}

static void
a_head_over_the_limit_is_too_large(void **state)
{
	static char in[HTTP_REQUEST_MAX + 100];
	struct http_request r;

	(void)state;
	memset(in, 'A', sizeof(in));
	assert_int_equal(http_request_read(&r, (struct bytes){in, HTTP_REQUEST_MAX - 1}), REQUEST_UNFINISHED);
	assert_int_equal(http_request_read(&r, (struct bytes){in, HTTP_REQUEST_MAX}), REQUEST_TOO_LARGE);
	memcpy(in, "GET / HTTP/1.1\r\nX: ", 19);
	memcpy(in + HTTP_REQUEST_MAX, "\r\n\r\n", 4);
	assert_int_equal(http_request_read(&r, (struct bytes){in, HTTP_REQUEST_MAX + 4}), REQUEST_TOO_LARGE);
}

/* --- responses ------------------------------------------------------------------------------ */

/* Owned; pieces one after the other, at most 64 times each. */
static char *
flatten(const struct http_response *r)
{
	char *text = must_alloc(http_response_len(r) + 1), *at = text;

	for (size_t i = 0; i < r->n_pieces; i++)
		for (size_t j = 0; j < r->pieces[i].times && j < 64; j++) {
			memcpy(at, r->pieces[i].data, r->pieces[i].len);
			at += r->pieces[i].len;
		}
	return text;
}

#define PLAIN .status = 200, .content_type = "text/plain", .body = {POLICY, sizeof(POLICY) - 1}

static const struct {
	const char *name;
	struct plan_response plan;
	const char *want;
	bool sound, keeps;
	unsigned status;
} shapes[] = {
    {"length", {PLAIN},
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " POLICY_LEN
	"\r\nConnection: close\r\n\r\n" POLICY,
	true, false, 200},
    {"close", {PLAIN, .shape = HTTP_CLOSE},
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" POLICY, true, false, 200},
    {"too long", {PLAIN, .shape = HTTP_TOO_LONG},
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 166\r\nConnection: "
	"close\r\n\r\n" POLICY,
	false, false, 200},
    {"too short", {PLAIN, .shape = HTTP_TOO_SHORT},
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 33\r\nConnection: "
	"close\r\n\r\n" POLICY,
	false, false, 200},
    {"continue", {PLAIN, .shape = HTTP_CONTINUE},
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: "
	"text/plain\r\nContent-Length: " POLICY_LEN "\r\nConnection: close\r\n\r\n" POLICY,
	true, false, 200},
    {"1.0", {PLAIN, .shape = HTTP_1_0}, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" POLICY, true,
	false, 200},
    {"chunked", {.status = 200, .body = {"0123456789", 10}, .shape = HTTP_CHUNKED},
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
	"5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n",
	true, false, 200},
    {"chunked, nothing", {.status = 200, .shape = HTTP_CHUNKED},
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", true, false,
	200},
    {"redirect", {.status = 301, .location = "https://evil.example/x", .body = {"x", 1}},
	"HTTP/1.1 301 Moved Permanently\r\nLocation: https://evil.example/x\r\nContent-Length: 1\r\n"
	"Connection: close\r\n\r\nx",
	true, false, 301},
    {"headers", {.status = 200, .headers = "ETag: \"1\"\r\nconnection: keep-alive\r\n", .body = {"x", 1}},
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nETag: \"1\"\r\nconnection: keep-alive\r\n\r\nx", true, true,
	200},
    {"padded", {.status = 200, .body = {"a: b", 4}, .pad_to = 20},
	"HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\na: b\r\npad: xxxxxxx\r\n", true,
	false, 200},
    {"raw", {.raw = BYTES("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), .shape = HTTP_RAW},
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", true, false, 200},
    {"raw, short", {.raw = BYTES("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"), .shape = HTTP_RAW},
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx", false, false, 200},
    {"raw, no head", {.raw = BYTES("version: STSv1\r\n"), .shape = HTTP_RAW}, "version: STSv1\r\n", false,
	false, 0},
};

static void
each_shape_is_these_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct http_response r;
		char *got;

		http_response_init(&r, &shapes[i].plan, (struct bytes){0}, false);
		got = flatten(&r);
		if (strcmp(got, shapes[i].want) != 0 || r.sound != shapes[i].sound ||
		    r.keeps != shapes[i].keeps || r.status != shapes[i].status)
			fail_msg("%s: got %u, sound %d, keeps %d\n%s\nwant %u, sound %d, keeps %d\n%s",
			    shapes[i].name, r.status, r.sound, r.keeps, got, shapes[i].status,
			    shapes[i].sound, shapes[i].keeps, shapes[i].want);
		free(got);
		http_response_done(&r);
	}
}

static void
the_second_half_begins_in_the_middle_of_the_body(void **state)
{
	static const struct plan_response plan = {PLAIN};
	struct http_response r;

	(void)state;
	http_response_init(&r, &plan, (struct bytes){0}, false);
	assert_int_equal(r.second_half, 2);
	assert_int_equal(r.pieces[1].len + r.pieces[2].len, sizeof(POLICY) - 1);
	assert_memory_equal(r.pieces[2].data, &POLICY[r.pieces[1].len], r.pieces[2].len);
	http_response_done(&r);
}

static void
another_body_takes_the_place_of_the_plans(void **state)
{
	static const struct plan_response plan = {PLAIN};
	struct http_response r;
	char *got;

	(void)state;
	http_response_init(&r, &plan, BYTES("mode: none\n"), false);
	got = flatten(&r);
	assert_non_null(strstr(got, "Content-Length: 11\r\n"));
	assert_non_null(strstr(got, "\r\n\r\nmode: none\n"));
	free(got);
	http_response_done(&r);
}

static void
head_has_no_body_and_nothing_is_404(void **state)
{
	static const struct plan_response plan = {PLAIN};
	struct http_response r;

	(void)state;
	http_response_init(&r, &plan, (struct bytes){0}, true);
	assert_int_equal(r.n_pieces, 1);
	assert_false(r.sound);
	http_response_done(&r);
	http_response_init(&r, NULL, (struct bytes){0}, false);
	assert_int_equal(r.status, 404);
	http_response_done(&r);
}

static void
sizes_are_as_asked_for(void **state)
{
	static const size_t sizes[] = {100, 101, 180, 1000, 65536, 10u << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct plan_response plan = {PLAIN, .pad_to = sizes[i]};
		struct http_response r;

		http_response_init(&r, &plan, (struct bytes){0}, false);
		assert_int_equal(r.pieces[1].len + r.pieces[2].len, sizes[i]);
		http_response_done(&r);
	}
}

static void
an_endless_body_has_16_mib_but_is_not_kept_in_memory(void **state)
{
	static const struct plan_response plan = {PLAIN, .shape = HTTP_ENDLESS};
	struct http_response r;

	(void)state;
	http_response_init(&r, &plan, (struct bytes){0}, false);
	assert_true(http_response_len(&r) > HTTP_RESPONSE_ENDLESS);
	assert_true(r.pieces[r.n_pieces - 1].len < 32 * 1024);
	assert_false(r.sound);
	http_response_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(a_head_over_the_limit_is_too_large),
	    cmocka_unit_test(each_shape_is_these_bytes),
	    cmocka_unit_test(the_second_half_begins_in_the_middle_of_the_body),
	    cmocka_unit_test(another_body_takes_the_place_of_the_plans),
	    cmocka_unit_test(head_has_no_body_and_nothing_is_404),
	    cmocka_unit_test(sizes_are_as_asked_for),
	    cmocka_unit_test(an_endless_body_has_16_mib_but_is_not_kept_in_memory),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
