/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request.c - any bytes as the head of a request; more bytes never make a read one another.
 *
 * A minute: always
 * About: fakes/policy/http_request.c
 */
#include "fakes/policy/http_request.h"

#include "tests/fuzz/fuzz.h"

static bool
lies_in(struct bytes part, struct bytes whole)
{
	return part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static enum http_request_state
read_head(struct bytes in, struct http_request *ret)
{
	enum http_request_state state;

	*ret = (struct http_request){0};
	state = http_request_read(ret, in);
	if (state == REQUEST_READ) {
		must(ret->len <= in.len && ret->method.len > 0);
		must(lies_in(ret->method, in) && lies_in(ret->target, in) && lies_in(ret->host, in));
	}
	return state;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = fuzz_exact(data, len);
	struct http_request whole, cut;
	enum http_request_state state = read_head(in, &whole);

	fuzz_saw_number(state);
	if (state == REQUEST_READ) {
		struct bytes head = fuzz_exact(data, whole.len), less = fuzz_exact(data, whole.len - 1);

		fuzz_saw(whole.method);
		fuzz_saw(whole.target);
		fuzz_saw(whole.host);
		must(read_head(head, &cut) == REQUEST_READ && cut.len == whole.len);
		must(bytes_equal(cut.target, whole.target) && bytes_equal(cut.host, whole.host));
		must(read_head(less, &cut) != REQUEST_READ);
		fuzz_free(head);
		fuzz_free(less);
	}
	fuzz_free(in);
	return 0;
}
