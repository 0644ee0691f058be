/* SPDX-License-Identifier: Apache-2.0 */
/* test_dig.c - dig, in a net namespace of its own, asks the sockets of dns_host.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "fakes/dns/dns_host.h"
#include "tests/unit/fakes-dns/dns_plan.h"
#include "tests/unit/need.h"
#include "tests/unit/net_namespace.h"

static void
ignore(struct fact_sink *sink, const struct fact *f)
{
	(void)sink, (void)f;
}

static struct fact_sink sink = {ignore};

/* What dig prints is collected while the loop runs; EOF of its output ends the loop. */
struct collected {
	struct event_base *base;
	char *out;
	size_t size, len;
};

static void
on_output(evutil_socket_t fd, short what, void *ctx)
{
	struct collected *c = ctx;
	ssize_t n = read(fd, c->out + c->len, c->size - 1 - c->len);

	(void)what;
	if (n <= 0)
		event_base_loopbreak(c->base);
	else
		c->len += (size_t)n;
	c->out[c->len] = '\0';
}

static void
run(struct event_base *base, const char *command, char *out, size_t size)
{
	struct collected c = {base, out, size, 0};
	FILE *pipe = popen(command, "r");
	struct event *readable;

	assert_non_null(pipe);
	readable = event_new(base, fileno(pipe), EV_READ | EV_PERSIST, on_output, &c);
	event_add(readable, NULL);
	event_base_dispatch(base);
	event_free(readable);
	pclose(pipe);
}

#define DIG "dig +noedns +nocookie +time=2 +tries=1 +nocmd +nostats "

static const struct row {
	const char *command;
	const char *const want[4]; /* each must be in the output */
	const char *unwanted;
} rows[] = {
    {DIG "@198.18.0.53 mx a0001.example +short", {"10 mx1.a0001.example.\n", "5 MX2.a0001.example.\n"}, NULL},
    {DIG "@127.0.0.53 alias.a0001.example",
	{"CNAME\tmx1.a0001.example.", "198.18.1.1", "QUERY: 1, ANSWER: 2"}, "WARNING"},
    {DIG "@::1 mx1.a0001.example aaaa +adflag", {"2001:db8::101", "flags: qr rd ra ad;"}, "WARNING"},
    {DIG "@198.18.0.53 mx1.a0001.example +noadflag", {"flags: qr rd ra;", "198.18.1.1"}, "WARNING"},
    {DIG "@198.18.0.53 mx1.a0001.example +noadflag +dnssec",
	{"flags: qr rd ra ad;", "EDNS: version: 0, flags: do; udp: 1232"}, "WARNING"},
    {DIG "@198.18.0.53 www.plain.a0001.example +dnssec +cdflag", {"flags: qr rd ra cd;"}, "WARNING"},
    {DIG "@198.18.0.53 nowhere.a0001.example", {"NXDOMAIN", "AUTHORITY: 1", "SOA\t"}, "WARNING"},
    {DIG "@198.18.0.53 _tcp.mx1.a0001.example tlsa", {"NOERROR", "ANSWER: 0, AUTHORITY: 1"}, "WARNING"},
    {DIG "@198.18.0.53 _25._tcp.mx1.a0001.example tlsa +short",
	{"3 1 1 0000000000000000000000000000000000000000000000000000"}, NULL},
    {DIG "@198.18.0.53 big.a0001.example txt", {"Truncated, retrying in TCP mode", "ANSWER: 1"}, "WARNING"},
    {DIG "@198.18.0.53 big.a0001.example txt +ignore", {"flags: qr tc rd ra", "ANSWER: 0"}, "WARNING"},
    {DIG "@198.18.0.53 big.a0001.example txt +bufsize=1232", {"ANSWER: 1"}, "Truncated"},
    {DIG "@198.18.0.53 huge.a0001.example txt +bufsize=4096",
	{"Truncated, retrying in TCP mode", "ANSWER: 1"}, "WARNING"},
    {DIG "@::1 huge.a0001.example txt +tcp", {"ANSWER: 1"}, "WARNING"},
    {DIG "@198.18.0.53 +tcp +keepopen mx1.a0001.example mx2.a0001.example +short",
	{"198.18.1.1\n198.18.1.2\n"}, NULL},
    {DIG "@198.18.0.53 . ns +dnssec", {"flags: qr rd ra ad;", "ANSWER: 1"}, "WARNING"},
    {DIG "@198.18.0.53 a0001.example +opcode=update", {"NOTIMP"}, NULL},
    {DIG "@198.18.0.53 mx1.a0001.example +edns=7 +noednsneg", {"BADVERS"}, NULL},
    {"host -t mx a0001.example 198.18.0.53", {"mail is handled by 10 mx1.a0001.example."}, NULL},
    {"drill @198.18.0.53 _mta-sts.a0001.example txt", {"v=STSv1; \" \"id=1;"}, NULL},
};

static const char *const beside[] = {"MX 10 mx1." D, "mx1." D " A 198.18.9.9"};
static struct plan_move lies[] = {
    {.move = MOVE_DNS_FORGE, .name = "a0001.example", .type = "MX", .records = beside, .n_records = 2},
    {.move = MOVE_DNS_NXDOMAIN_LONG, .name = "_mta-sts.a0001.example"},
};
static const struct row lie_rows[] = {
    {DIG "@198.18.0.53 a0001.example mx", {"ANSWER: 1", "mx1.a0001.example.\t0\tIN\tA\t198.18.9.9"}, NULL},
    {DIG "@198.18.0.53 mx1.a0001.example +short", {"198.18.1.1\n"}, "198.18.9.9"},
    {DIG "@198.18.0.53 _mta-sts.a0001.example txt", {"NXDOMAIN", "604800\tIN\tSOA", " 86400 604800\n"}, NULL},
};

static bool
is_missing(const char *command)
{
	char name[32], look[64];

	sscanf(command, "%31s", name);
	snprintf(look, sizeof(look), "command -v %s >/dev/null", name);
	return system(look) != 0;
}

static void
ask_all(struct event_base *base, const struct row *asked, size_t n)
{
	static char out[65536];

	for (size_t i = 0; i < n; i++) {
		if (is_missing(asked[i].command)) {
			print_message("not installed: %s\n", asked[i].command);
			continue;
		}
		run(base, asked[i].command, out, sizeof(out));
		for (size_t j = 0; j < 4 && asked[i].want[j] != NULL; j++)
			if (strstr(out, asked[i].want[j]) == NULL)
				fail_msg("%s: no '%s' in\n%s", asked[i].command, asked[i].want[j], out);
		if (asked[i].unwanted != NULL && strstr(out, asked[i].unwanted) != NULL)
			fail_msg("%s: '%s' in\n%s", asked[i].command, asked[i].unwanted, out);
	}
}

static void
dig_gets_the_answers_that_a_resolver_would_give(void **state)
{
	struct event_base *base = event_base_new();
	struct scene *scene = scene_new(&dns_plan, &sink);
	struct dns_host *host;
	struct why why;

	(void)state;
	need(system("command -v dig >/dev/null") == 0, "dig is not installed");
	need(net_namespace_enter(), NET_NAMESPACE_MISSING);
	host = dns_host_new(base, scene, &why);
	if (host == NULL)
		fail_msg("%s", why.text);
	ask_all(base, rows, sizeof(rows) / sizeof(rows[0]));
	dns_steps[2].moves = lies;
	dns_steps[2].n_moves = sizeof(lies) / sizeof(lies[0]);
	scene_set_step(scene, 0, 2);
	ask_all(base, lie_rows, sizeof(lie_rows) / sizeof(lie_rows[0]));
	dns_host_free(host);
	scene_free(scene);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(dig_gets_the_answers_that_a_resolver_would_give)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
