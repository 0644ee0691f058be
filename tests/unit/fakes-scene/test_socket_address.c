/* SPDX-License-Identifier: Apache-2.0 */
/* test_socket_address.c - what is read from the addresses of both ends of a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <unistd.h>

#include "fakes/scene/socket_address.h"

static const struct row {
	int family;
	const char *address;
	bool ours, v6;
	uint32_t number;
	const char *text; /* NULL: as the address */
} rows[] = {
    {AF_INET, "198.18.1.44", true, false, 300, NULL},
    {AF_INET, "198.20.0.1", false, false, 0, NULL},
    {AF_INET, "127.0.0.1", false, false, 0, NULL},
    {AF_INET6, "2001:db8::12c", true, true, 300, NULL},
    {AF_INET6, "::1", false, false, 0, NULL},
    {AF_INET6, "::ffff:198.18.1.44", true, false, 300, "198.18.1.44"},
};

static void
addresses_are_the_plans_or_nobodys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(25)};
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(25)};
		bool is_v4 = row->family == AF_INET;
		const struct sockaddr *from = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
		struct plan_address got = {0};
		char text[INET6_ADDRSTRLEN];
		bool ours;

		inet_pton(row->family, row->address, is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr);
		ours = socket_address_plan(from, &got);
		socket_address_text(from, text);
		if (ours != row->ours || (ours && (got.number != row->number || got.v6 != row->v6)) ||
		    strcmp(text, row->text != NULL ? row->text : row->address) != 0)
			fail_msg("%s: got %d %u %s", row->address, ours, got.number, text);
		assert_int_equal(socket_address_port(from), 25);
	}
}

static void
other_families_have_no_address(void **state)
{
	struct sockaddr from = {.sa_family = AF_UNIX};
	struct plan_address address;
	char text[INET6_ADDRSTRLEN] = "x";

	(void)state;
	assert_false(socket_address_plan(&from, &address));
	assert_int_equal(socket_address_port(&from), 0);
	socket_address_text(&from, text);
	assert_string_equal(text, "");
}

static void
a_socket_outside_the_range_was_not_dialed_as_a_host_of_ours(void **state)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct plan_address address;
	uint16_t port = 0;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_false(socket_address_dialed(fd, &address, &port));
	assert_int_not_equal(port, 0);
	close(fd);
	assert_false(socket_address_dialed(-1, &address, &port));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_the_plans_or_nobodys),
	    cmocka_unit_test(other_families_have_no_address),
	    cmocka_unit_test(a_socket_outside_the_range_was_not_dialed_as_a_host_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
