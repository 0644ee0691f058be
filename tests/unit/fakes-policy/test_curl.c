/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_curl.c - curl, which we did not write, meets every shape and move of a policy host.
 *
 * One leg and one host per row, all on 198.18.0.0/15 port 443 of a net namespace of our own.
 * A row says what curl makes of it, and which facts stand afterwards.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <event2/listener.h>

#include "fakes/policy/policy_host.h"
#include "fakes/tls/stream.h"
#include "tests/unit/need.h"
#include "tests/unit/net_namespace.h"

#define POLICY "version: STSv1\r\nmode: enforce\r\nmx: mx1.example\r\nmax_age: 86400\r\n"
#define FORGED "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"

/* What the facts of a connection look like, shortened by the sink below. */
#define OPENED "accepted hello shown:valid:genuine up:1.3:genuine GET:/.well-known/mta-sts.txt "
#define SERVED "served:200:whole:genuine closed:world:fin "

#define WITH(code, type) .status = (code), .content_type = (type), .body = {POLICY, sizeof(POLICY) - 1}

#define PLAIN WITH(200, "text/plain")

#define FAILS (-1) /* curl fails; how depends on when it sees the RST */

struct row {
	const char *name;
	struct plan_response response; /* status 0: none */
	struct plan_certificate certificate;
	struct plan_move moves[2]; /* until the first MOVE_DNS_NXDOMAIN (0) */
	const char *options;       /* of curl */
	const char *path;          /* NULL: the policy's */
	int exit;
	const char *body; /* NULL: whatever */
	const char *facts;
	bool hush; /* once a move was met, the leg's sessions are closed */
	bool mx;
};

static const char *const elsewhere[] = {"mta-sts.provider.example"};

static const struct row rows[] = {
    {.name = "honest", .response = {PLAIN}, .exit = 0, .body = POLICY, .facts = OPENED SERVED},
    {.name = "until close", .response = {PLAIN, .shape = HTTP_CLOSE}, .body = POLICY, .facts = OPENED SERVED},
    {.name = "chunked", .response = {PLAIN, .shape = HTTP_CHUNKED}, .body = POLICY, .facts = OPENED SERVED},
    {.name = "continue", .response = {PLAIN, .shape = HTTP_CONTINUE}, .body = POLICY, .facts = OPENED SERVED},
    {.name = "1.0", .response = {PLAIN, .shape = HTTP_1_0}, .body = POLICY, .facts = OPENED SERVED},
    {.name = "gzip",
	.response = {PLAIN, .shape = HTTP_GZIP},
	.options = "--compressed",
	.body = POLICY,
	.facts = OPENED "served:200:broken:genuine closed:world:fin "},
    {.name = "too long",
	.response = {PLAIN, .shape = HTTP_TOO_LONG},
	.exit = 18,
	.body = POLICY,
	.facts = OPENED "served:200:broken:genuine closed:world:fin "},
    {.name = "too short",
	.response = {PLAIN, .shape = HTTP_TOO_SHORT},
	.body = "version: STSv1\r\nmode: enforce\r\nm",
	.facts = OPENED "served:200:broken:genuine closed:world:fin "},
    {.name = "raw",
	.response = {.raw = BYTES("HTTP/1.1 200 FINE\r\nContent-Length: 1\r\n\r\nx"), .shape = HTTP_RAW},
	.body = "x",
	.facts = OPENED SERVED},
    {.name = "raw noise",
	.response = {.raw = BYTES("220 mx.example ESMTP\r\n"), .shape = HTTP_RAW},
	.options = "--no-http0.9",
	.exit = 1,
	.facts = OPENED "served:0:broken:genuine closed:world:fin "},
    {.name = "drip", .response = {PLAIN, .drip = true}, .body = POLICY, .facts = OPENED SERVED},
    {.name = "65 KiB",
	.response = {PLAIN, .pad_to = 65 * 1024},
	.options = "-o /dev/null -w %{size_download}",
	.body = "66560",
	.facts = OPENED SERVED},
    {.name = "10 MiB",
	.response = {PLAIN, .pad_to = 10 * 1024 * 1024},
	.options = "-o /dev/null -w %{size_download}",
	.body = "10485760",
	.facts = OPENED SERVED},
    {.name = "endless",
	.response = {PLAIN, .shape = HTTP_ENDLESS},
	.options = "-o /dev/null -w %{size_download}",
	.exit = 18,
	.body = "16777280",
	.facts = OPENED "served:200:broken:genuine closed:world:fin "},
    {.name = "201",
	.response = {WITH(201, "text/plain")},
	.options = "-w %{http_code} -o /dev/null",
	.body = "201",
	.facts = OPENED "served:201:broken:genuine closed:world:fin "},
    {.name = "text/html",
	.response = {WITH(200, "text/html")},
	.options = "-o /dev/null -w %{content_type}",
	.body = "text/html",
	.facts = OPENED SERVED},
    {.name = "no type",
	.response = {WITH(200, NULL)},
	.options = "-o /dev/null -w x%{content_type}",
	.body = "x",
	.facts = OPENED SERVED},
    {.name = "redirect",
	.response = {WITH(302, "text/plain"), .location = "https://evil.example/"},
	.options = "-o /dev/null -w %{http_code}:%{redirect_url}",
	.body = "302:https://evil.example/",
	.facts = OPENED "served:302:broken:genuine closed:world:fin "},
    {.name = "followed",
	.response = {WITH(302, "text/plain"), .location = "/policy"},
	.path = "/policy",
	.body = POLICY,
	.facts = "accepted hello shown:valid:genuine up:1.3:genuine GET:/policy "
		 "served:200:broken:genuine closed:world:fin "},
    {.name = "elsewhere",
	.response = {PLAIN},
	.path = "/",
	.options = "-w %{http_code} -o /dev/null",
	.body = "404",
	.facts = "accepted hello shown:valid:genuine up:1.3:genuine GET:/ served:404:broken:genuine "
		 "closed:world:fin "},
    {.name = "no policy",
	.options = "-w %{http_code} -o /dev/null",
	.body = "404",
	.facts = OPENED "served:404:broken:genuine closed:world:fin "},
    {.name = "an MX",
	.mx = true,
	.response = {PLAIN},
	.options = "-w %{http_code} -o /dev/null",
	.body = "404",
	.facts = OPENED "served:404:broken:genuine closed:world:fin "},
    {.name = "head",
	.response = {PLAIN},
	.options = "-I -o /dev/null -w %{http_code}",
	.body = "200",
	.facts = "accepted hello shown:valid:genuine up:1.3:genuine HEAD:/.well-known/mta-sts.txt "
		 "served:200:broken:genuine closed:world:fin "},
    {.name = "kept alive",
	.response = {PLAIN, .headers = "Connection: keep-alive\r\n"},
	.options = "-o /dev/null https://mta-sts.a.example/.well-known/mta-sts.txt",
	.body = POLICY,
	.facts = OPENED "served:200:whole:genuine GET:/.well-known/mta-sts.txt served:200:whole:genuine "
			"closed:client:fin "},

    {.name = "expired world",
	.response = {PLAIN},
	.certificate = {FAULT_EXPIRED, NULL, 0},
	.exit = 60,
	.facts = "accepted hello shown:expired:genuine failed:45 closed:client:fin "},
    {.name = "expired world, believed",
	.response = {PLAIN},
	.certificate = {FAULT_EXPIRED, NULL, 0},
	.options = "-k",
	.body = POLICY,
	.facts = "accepted hello shown:expired:genuine up:1.3:genuine GET:/.well-known/mta-sts.txt "
		 "served:200:whole:forged closed:world:fin "},
    {.name = "provider's name, believed",
	.response = {PLAIN},
	.certificate = {FAULT_NONE, elsewhere, 1},
	.options = "-k",
	.body = POLICY,
	.facts = OPENED "served:200:whole:forged closed:world:fin "},

    {.name = "self-signed",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_CERTIFICATE, .fault = FAULT_SELF_SIGNED}},
	.exit = 60,
	.facts = "accepted hello shown:self-signed:attacker met:certificate failed:48 closed:client:fin "},
    {.name = "self-signed, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_CERTIFICATE, .neutral = true, .fault = FAULT_SELF_SIGNED}},
	.body = POLICY,
	.facts = "accepted hello shown:valid:genuine met:certificate~ up:1.3:genuine "
		 "GET:/.well-known/mta-sts.txt " SERVED},
    {.name = "impostor",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_IMPOSTOR, .bytes = BYTES(FORGED)},
	    {MOVE_POLICY_CERTIFICATE, .fault = FAULT_WRONG_NAME}},
	.options = "-k",
	.body = FORGED,
	.facts = "accepted hello shown:wrong-name:attacker met:certificate up:1.3:attacker "
		 "GET:/.well-known/mta-sts.txt met:impostor served:200:whole:forged closed:world:fin "},
    {.name = "impostor, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_IMPOSTOR, .neutral = true, .bytes = BYTES(FORGED)}},
	.body = POLICY,
	.facts = OPENED "met:impostor~ " SERVED},
    {.name = "reset",
	.response = {PLAIN},
	.moves = {{.move = MOVE_POLICY_RESET}},
	.exit = FAILS,
	.facts = "accepted met:reset closed:world:reset "},
    {.name = "reset, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_RESET, .neutral = true}},
	.body = POLICY,
	.facts = "accepted met:reset~ hello shown:valid:genuine up:1.3:genuine "
		 "GET:/.well-known/mta-sts.txt " SERVED},
    {.name = "stall-tls",
	.response = {PLAIN},
	.moves = {{.move = MOVE_POLICY_STALL_TLS}},
	.exit = 35,
	.hush = true,
	.facts = "accepted hello met:stall-tls closed:world:fin "},
    {.name = "stall-tls, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_STALL_TLS, .neutral = true}},
	.body = POLICY,
	.facts = "accepted hello met:stall-tls~ shown:valid:genuine up:1.3:genuine "
		 "GET:/.well-known/mta-sts.txt " SERVED},
    {.name = "stall-headers",
	.response = {PLAIN},
	.moves = {{.move = MOVE_POLICY_STALL_HEADERS}},
	.exit = 52,
	.hush = true,
	.facts = OPENED "met:stall-headers closed:world:fin "},
    {.name = "stall-headers, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_STALL_HEADERS, .neutral = true}},
	.body = POLICY,
	.facts = OPENED "met:stall-headers~ " SERVED},
    {.name = "stall-body",
	.response = {PLAIN},
	.moves = {{.move = MOVE_POLICY_STALL_BODY}},
	.exit = 18,
	.hush = true,
	.facts = OPENED "met:stall-body served:200:broken:genuine closed:world:fin "},
    {.name = "stall-body, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_STALL_BODY, .neutral = true}},
	.body = POLICY,
	.facts = OPENED "met:stall-body~ " SERVED},
    {.name = "1.2",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_MAX_TLS, .version = TLS_1_2}},
	.body = POLICY,
	.facts = "accepted hello shown:valid:genuine met:max-tls up:1.2:genuine "
		 "GET:/.well-known/mta-sts.txt " SERVED},
    {.name = "1.0",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_MAX_TLS, .version = TLS_1_0}},
	.options = "--tlsv1.2",
	.exit = 35,
	.facts = "accepted hello met:max-tls failed:-1 closed:world:fin "},
    {.name = "1.0, spoken",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_MAX_TLS, .version = TLS_1_0}},
	.options = "--tlsv1.0 --ciphers ALL:@SECLEVEL=0",
	.body = POLICY,
	.facts = "accepted hello shown:valid:genuine met:max-tls up:1.0:genuine "
		 "GET:/.well-known/mta-sts.txt " SERVED},
    {.name = "max-tls, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_MAX_TLS, .neutral = true, .version = TLS_1_0}},
	.body = POLICY,
	.facts = "accepted hello shown:valid:genuine met:max-tls~ up:1.3:genuine "
		 "GET:/.well-known/mta-sts.txt " SERVED},
    {.name = "plaintext",
	.response = {PLAIN},
	.moves = {{.move = MOVE_POLICY_PLAINTEXT}},
	.exit = 35,
	.facts = "accepted met:plaintext served:200:broken:forged closed:world:fin "},
    {.name = "plaintext, neutral",
	.response = {PLAIN},
	.moves = {{MOVE_POLICY_PLAINTEXT, .neutral = true}},
	.body = POLICY,
	.facts = "accepted hello met:plaintext~ shown:valid:genuine up:1.3:genuine "
		 "GET:/.well-known/mta-sts.txt " SERVED},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
#define HOST "mta-sts.a.example"

/* --- what the facts are made into ------------------------------------------------------------ */

static struct event_base *base;
static struct policy_host *policy_host;
static char facts[1024];
static unsigned secrets;
static bool accepted_right;

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	size_t at = strlen(facts);
	va_list args;

	va_start(args, format);
	vsnprintf(facts + at, sizeof(facts) - at, format, args);
	va_end(args);
}

static void
hush_now(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	policy_host_hush(policy_host, (uint32_t)(uintptr_t)arg);
}

static void
take(struct fact_sink *sink, const struct fact *f)
{
#define TEXT(field) (int)f->field.len, f->field.data
	(void)sink;
	switch (f->kind) {
	case FACT_ACCEPTED:
		note("accepted ");
		accepted_right = bytes_equal(f->accepted.role, BYTES("policy")) && f->accepted.port == 443 &&
				 bytes_begin_nocase(f->accepted.address, "198.18.1.") &&
				 f->accepted.peer_port > 0;
		break;
	case FACT_TLS_HELLO:
		note("hello ");
		assert_true(bytes_equal(f->tls_hello.sni, BYTES(HOST)));
		assert_true(bytes_find_nocase(f->tls_hello.alpn, BYTES("http/1.1")) != SIZE_MAX);
		break;
	case FACT_CERTIFICATE_SHOWN:
		note("shown:%.*s:%.*s ", TEXT(certificate_shown.fault), TEXT(certificate_shown.channel));
		break;
	case FACT_TLS_UP:
		note("up:%.*s:%.*s ", TEXT(tls_up.version), TEXT(tls_up.channel));
		break;
	case FACT_TLS_FAILED:
		note("failed:%d ", (int)f->tls_failed.alert);
		break;
	case FACT_TLS_SECRET:
		secrets++;
		break;
	case FACT_HTTP_REQUEST:
		note("%.*s:%.*s ", TEXT(http_request.method), TEXT(http_request.target));
		assert_true(bytes_equal(f->http_request.host_header, BYTES(HOST)));
		break;
	case FACT_POLICY_SERVED:
		note("served:%d:%s:%s ", (int)f->policy_served.status,
		    f->policy_served.whole ? "whole" : "broken",
		    f->policy_served.genuine ? "genuine" : "forged");
		break;
	case FACT_MET:
		note("met:%.*s%s ", TEXT(met.move), f->met.neutral ? "~" : "");
		if (rows[f->leg].hush)
			event_base_once(base, -1, EV_TIMEOUT, hush_now, (void *)(uintptr_t)f->leg, NULL);
		break;
	case FACT_CLOSED:
		note("closed:%.*s:%.*s ", TEXT(closed.by), TEXT(closed.how));
		break;
	default:
		break;
	}
}

static struct fact_sink sink = {take};

/* --- the plan: a leg and a host per row ------------------------------------------------------ */

static struct plan_host hosts[N_ROWS];
static struct plan_world worlds[N_ROWS];
static struct plan_step steps[N_ROWS];
static struct plan_leg legs[N_ROWS];
static struct plan_response responses[N_ROWS];
static struct plan_move moves[N_ROWS][2];
static uint32_t leg_of_host[PLAN_FIRST_HOST + N_ROWS];
static struct plan plan = {.legs = legs,
    .n_legs = N_ROWS,
    .n_hosts = PLAN_FIRST_HOST + N_ROWS,
    .leg_of_host = leg_of_host,
    .return_domain = "return.example"};

static void
make_plan(void)
{
	for (uint32_t i = 0; i < N_ROWS; i++) {
		responses[i] = rows[i].response;
		hosts[i] = (struct plan_host){.label = "mta-sts",
		    .name = HOST,
		    .number = PLAN_FIRST_HOST + i,
		    .role = rows[i].mx ? ROLE_MX : ROLE_POLICY,
		    .certificate = rows[i].certificate,
		    .response =
			rows[i].response.status > 0 || rows[i].response.raw.len > 0 ? &responses[i] : NULL};
		worlds[i] = (struct plan_world){.hosts = &hosts[i], .n_hosts = 1};
		memcpy(moves[i], rows[i].moves, sizeof(moves[i]));
		steps[i] = (struct plan_step){.world = &worlds[i], .moves = moves[i]};
		while (steps[i].n_moves < 2 && moves[i][steps[i].n_moves].move != 0)
			steps[i].n_moves++;
		legs[i] = (struct plan_leg){.domain = "a.example", .steps = &steps[i], .n_steps = 1};
		leg_of_host[PLAN_FIRST_HOST + i] = i;
	}
}

/* --- curl ------------------------------------------------------------------------------------- */

struct output {
	char text[4096];
	size_t len;
	bool over;
};

static void
on_output(evutil_socket_t fd, short what, void *arg)
{
	struct output *o = arg;
	ssize_t n = read(fd, o->text + o->len, sizeof(o->text) - 1 - o->len);

	(void)what;
	o->over = n <= 0;
	if (n > 0)
		o->len += (size_t)n;
}

static bool
is_closed(void)
{
	return strstr(facts, "closed:") != NULL;
}

/* Returns the exit status; goes on until the host's side is over too. */
static int
run_curl(const char *ca, size_t i, struct output *out)
{
	const char *options = rows[i].options != NULL ? rows[i].options : "";
	const char *path = rows[i].path != NULL ? rows[i].path : "/.well-known/mta-sts.txt";
	char command[1024];
	struct event *readable;
	FILE *pipe;

	snprintf(command, sizeof(command),
	    "curl -sS -q --noproxy '*' --cacert %s --resolve " HOST ":443:198.18.1.%zu %s https://" HOST
	    "%s 2>/dev/null",
	    ca, i, options, path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	readable = event_new(base, fileno(pipe), EV_READ | EV_PERSIST, on_output, out);
	event_add(readable, NULL);
	while (!out->over || !is_closed())
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	event_free(readable);
	return WEXITSTATUS(pclose(pipe));
}

static unsigned n_bad;

#define bad_row(...) (n_bad++, print_error(__VA_ARGS__), print_error("\n"))

static void
check_row(const char *ca, size_t i)
{
	const struct row *row = &rows[i];
	struct output out = {.len = 0};
	int status;

	facts[0] = '\0';
	secrets = 0;
	status = run_curl(ca, i, &out);
	if ((row->exit == FAILS ? status == 0 : status != row->exit) ||
	    (row->body != NULL && strcmp(out.text, row->body) != 0) || strcmp(facts, row->facts) != 0 ||
	    !accepted_right)
		bad_row("%s: curl exits with %d, got \"%s\"\n%s\nwant %d, \"%s\"\n%s", row->name, status,
		    out.text, facts, row->exit, row->body != NULL ? row->body : "(whatever)", row->facts);
	if (strstr(facts, "up:") != NULL && secrets == 0)
		bad_row("%s: no secrets were told", row->name);
}

/* --- the frame --------------------------------------------------------------------------------- */

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	(void)listener, (void)arg;
	policy_host_accept(policy_host, fd, from, (socklen_t)len);
}

static void
write_root(const struct pki *pki, const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(pki_root_pem(pki), file);
	fclose(file);
}

static void
curl_meets_each_shape_and_move(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(443)};
	char ca[] = "/tmp/test_curl.XXXXXX";
	struct evconnlistener *listener;
	struct scene *scene;
	struct pki *pki;
	int fd;

	(void)state;
	need(system("command -v curl >/dev/null") == 0, "curl is not here");
	need(net_namespace_enter(), NET_NAMESPACE_MISSING);
	base = event_base_new();
	make_plan();
	scene = scene_new(&plan, &sink);
	pki = pki_new();
	fd = mkstemp(ca);
	assert_true(fd >= 0);
	close(fd);
	write_root(pki, ca);
	policy_host = policy_host_new(base, scene, pki);
	listener = evconnlistener_new_bind(base, on_accept, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 5, (struct sockaddr *)&at, sizeof(at));
	assert_non_null(listener);
	for (uint32_t i = 0; i < N_ROWS; i++)
		scene_set_step(scene, i, 0);
	for (size_t i = 0; i < N_ROWS; i++)
		check_row(ca, i);
	assert_int_equal(n_bad, 0);
	unlink(ca);
	evconnlistener_free(listener);
	policy_host_free(policy_host);
	stream_drop_closing(base);
	scene_free(scene);
	pki_free(pki);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(curl_meets_each_shape_and_move)};

	return cmocka_run_group_tests_name("curl", tests, NULL, NULL);
}
