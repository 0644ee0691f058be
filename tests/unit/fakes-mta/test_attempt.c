/* SPDX-License-Identifier: Apache-2.0 */
/* test_attempt.c - one SMTP session with a host that follows a script: what is said, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <event2/listener.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fakes/mta/smtp_attempt.h"
#include "fakes/tls/stream.h"
#include "fakes/tls/tls_context.h"
#include "harness/base/must.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define ENOUGH_MS 20000 /* patience of rows that are not about patience */

#define EHLO "250-mx\r\n250 StartTLS\r\n"
#define NO_TLS "250 mx\r\n"
#define OK "250 ok\r\n"

/* --- a host that answers line by line from a script ---------------------------------------- */

#define GO_TLS "220 go\r\n" /* begins TLS behind it */
#define HANG_UP NULL        /* closes instead of an answer */

struct host {
	struct event_base *base;
	struct evconnlistener *listener;
	struct address address;
	SSL_CTX *tls;
	const char *const *script;
	size_t at;
	bool content, silent;
	struct stream *stream;
	char heard[1024]; /* what the client said, lines joined by '|', those inside TLS with a '*' */
};

static void
say(struct host *host)
{
	const char *words = host->script[host->at++];

	if (words == HANG_UP) {
		stream_close(host->stream);
		host->stream = NULL;
		return;
	}
	stream_write(host->stream, words, strlen(words));
	if (strncmp(words, "220 go", 6) == 0)
		stream_start_tls(host->stream, SSL_new(host->tls), true);
}

static void
hear(struct host *host, const char *line)
{
	size_t at = strlen(host->heard);

	snprintf(host->heard + at, sizeof(host->heard) - at, "%s%s%s", at ? "|" : "",
	    stream_tls_is_up(host->stream) ? "*" : "", line);
	if (strcmp(line, ".") == 0)
		host->content = false;
	if (host->content)
		return;
	if (strcmp(line, "DATA") == 0)
		host->content =
		    host->script[host->at] != HANG_UP && strncmp(host->script[host->at], "354", 3) == 0;
	say(host);
}

static void
on_data(void *owner, struct evbuffer *in)
{
	struct host *host = owner;
	char *line;

	while (host->stream != NULL && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		hear(host, line);
		free(line);
	}
}

static void
on_ended(void *owner, enum stream_end how)
{
	struct host *host = owner;

	(void)how;
	stream_free(host->stream);
	host->stream = NULL;
}

static const struct stream_calls host_calls = {.data = on_data, .ended = on_ended};

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	struct host *host = arg;

	(void)listener, (void)from, (void)len;
	host->stream = stream_accept(host->base, fd, &host_calls, host);
	if (!host->silent)
		say(host);
}

/* A key of its own and a certificate that nobody trusts, but the client where the row says so. */
static X509 *
make_certificate(const char *name, EVP_PKEY **ret_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	char san[300];
	X509_EXTENSION *ext;

	snprintf(san, sizeof(san), "DNS:%s", name);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_set_version(x, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(
	    X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	must(X509_sign(x, key, EVP_sha256()) > 0);
	*ret_key = key;
	return x;
}

/* --- one session --------------------------------------------------------------------------- */

struct session {
	struct host host;
	struct settings settings;
	struct letter *letter;
	struct smtp_attempt *attempt;
	struct smtp_attempt_result result;
};

static void
on_done(void *ctx, const struct smtp_attempt_result *result)
{
	struct session *s = ctx;

	s->result = *result;
	event_base_loopbreak(s->settings.base);
}

static void
set_up(struct session *s, const char *certificate_name, bool trusted)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(any);
	EVP_PKEY *key;
	X509 *x = make_certificate(certificate_name, &key);

	s->settings.base = s->host.base = event_base_new();
	tls_context_init();
	s->host.tls = tls_context_server();
	must(SSL_CTX_use_certificate(s->host.tls, x) == 1 && SSL_CTX_use_PrivateKey(s->host.tls, key) == 1);
	s->settings.tls = tls_context_client(NULL, NULL);
	if (trusted)
		X509_STORE_add_cert(SSL_CTX_get_cert_store(s->settings.tls), x);
	X509_free(x);
	EVP_PKEY_free(key);
	s->host.listener = evconnlistener_new_bind(s->host.base, on_accept, &s->host, LEV_OPT_CLOSE_ON_FREE,
	    8, (struct sockaddr *)&any, sizeof(any));
	must(s->host.listener != NULL);
	getsockname(evconnlistener_get_fd(s->host.listener), (struct sockaddr *)&any, &len);
	memcpy(&s->host.address.to, &any, sizeof(any));
	s->host.address.len = sizeof(any);
}

static void
tear_down(struct session *s)
{
	smtp_attempt_free(s->attempt);
	if (s->host.stream != NULL)
		stream_free(s->host.stream);
	evconnlistener_free(s->host.listener);
	letter_free(s->letter);
	SSL_CTX_free(s->host.tls);
	SSL_CTX_free(s->settings.tls);
	event_base_loop(s->settings.base, EVLOOP_NONBLOCK);
	event_base_free(s->settings.base);
}

static const struct row {
	const char *name;
	enum tls_demand demand;
	unsigned flaw; /* and one more; 0: none */
	const char *certificate; /* NULL: "mx.d.example" and trusted; else this name, "-" the right one but
				    untrusted */
	const char *script[16];
	const char *heard;
	const char *want; /* END[ policy] FATE FATE */
} rows[] = {
#define F(flaw) (FLAW_##flaw + 1)
#define TALK "EHLO c.example|"
#define MAIL "MAIL FROM:<me@c.example>|RCPT TO:<a@d.example>|RCPT TO:<b@d.example>|DATA|..dot|hi|.|QUIT"
#define MAIL_IN_TLS                                                               \
	"*EHLO c.example|*MAIL FROM:<me@c.example>|*RCPT TO:<a@d.example>|*RCPT " \
	"TO:<b@d.example>|*DATA|*..dot|*hi|*.|*QUIT"
#define TAKES OK, OK, OK, "354 go\r\n", "250 2.0.0 taken\r\n", "221 bye\r\n"
    {"in clear", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", NO_TLS, TAKES}, TALK MAIL,
	"spoken delivered delivered"},
    {"over TLS, new EHLO inside", TLS_DEMAND_ANY, 0, "-", {"220 mx\r\n", EHLO, GO_TLS, EHLO, TAKES},
	TALK "STARTTLS|" MAIL_IN_TLS, "spoken delivered delivered"},
    {"with proof", TLS_DEMAND_PROVED, 0, NULL, {"220 mx\r\n", EHLO, GO_TLS, EHLO, TAKES},
	TALK "STARTTLS|" MAIL_IN_TLS, "spoken delivered delivered"},
    {"told not to", TLS_DEMAND_CLEAR, 0, NULL, {"220 mx\r\n", EHLO, TAKES}, TALK MAIL,
	"spoken delivered delivered"},
    {"multi-line greeting", TLS_DEMAND_ANY, 0, NULL, {"220-a\r\n220 b\r\n", NO_TLS, TAKES}, TALK MAIL,
	"spoken delivered delivered"},
    {"no EHLO", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", "502 what\r\n", OK, TAKES},
	TALK "HELO c.example|" MAIL, "spoken delivered delivered"},
    {"STARTTLS as a prefix is none", TLS_DEMAND_PROVED, 0, NULL,
	{"220 mx\r\n", "250-mx\r\n250-XSTARTTLS\r\n250 STARTTLSX\r\n", "221\r\n"}, TALK "QUIT",
	"failed policy - -"},
    {"STARTTLS in the first line is none", TLS_DEMAND_PROVED, 0, NULL,
	{"220 mx\r\n", "250 STARTTLS\r\n", "221\r\n"}, TALK "QUIT", "failed policy - -"},
    {"SIZE is said where offered", TLS_DEMAND_ANY, 0, NULL,
	{"220 mx\r\n", "250-mx\r\n250 SIZE\r\n", "451 x\r\n", "221\r\n"},
	TALK "MAIL FROM:<me@c.example> SIZE=10|QUIT", "spoken deferred deferred"},

    {"stripped", TLS_DEMAND_PROVED, 0, NULL, {"220 mx\r\n", NO_TLS, "221\r\n"}, TALK "QUIT",
	"failed policy - -"},
    {"stripped, flaw", TLS_DEMAND_PROVED, F(CLEAR_ON_STRIP), NULL, {"220 mx\r\n", NO_TLS, TAKES}, TALK MAIL,
	"spoken delivered delivered"},
    {"no EHLO but TLS demanded", TLS_DEMAND_PROVED, 0, NULL, {"220 mx\r\n", "502 x\r\n", "221\r\n"},
	TALK "QUIT", "failed policy - -"},
    {"454", TLS_DEMAND_PROVED, 0, NULL, {"220 mx\r\n", EHLO, "454 x\r\n", "221\r\n"}, TALK "STARTTLS|QUIT",
	"failed policy - -"},
    {"454, flaw", TLS_DEMAND_PROVED, F(CLEAR_ON_454), NULL, {"220 mx\r\n", EHLO, "454 x\r\n", TAKES},
	TALK "STARTTLS|" MAIL, "spoken delivered delivered"},
    {"454, dropped", TLS_DEMAND_PROVED, F(DROPS_ON_454), NULL, {"220 mx\r\n", EHLO, "454 x\r\n", "221\r\n"},
	TALK "STARTTLS|QUIT", "spoken delivered delivered"},
    {"454 that nobody minds", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", EHLO, "454 x\r\n", TAKES},
	TALK "STARTTLS|" MAIL, "spoken delivered delivered"},
    {"odd code to STARTTLS", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", EHLO, OK}, TALK "STARTTLS", "tls - -"},
    {"hung up at STARTTLS", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", EHLO, HANG_UP}, TALK "STARTTLS",
	"tls - -"},
    {"hung up at STARTTLS, demanded", TLS_DEMAND_PROVED, 0, NULL, {"220 mx\r\n", EHLO, HANG_UP},
	TALK "STARTTLS", "failed policy - -"},
    {"injected", TLS_DEMAND_PROVED, 0, NULL, {"220 mx\r\n", EHLO, GO_TLS "250 evil\r\n"}, TALK "STARTTLS",
	"failed policy - -"},
    {"injected, half a line", TLS_DEMAND_PROVED, 0, NULL, {"220 mx\r\n", EHLO, GO_TLS "25"}, TALK "STARTTLS",
	"failed policy - -"},
    {"injected, nothing demanded", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", EHLO, GO_TLS "250 evil\r\n"},
	TALK "STARTTLS", "failed - -"},
    {"injected, flaw: the EHLO's answer counts for MAIL", TLS_DEMAND_PROVED, F(USES_INJECTED), NULL,
	{"220 mx\r\n", EHLO, GO_TLS "250 evil\r\n", OK, OK, OK, OK, "221\r\n"},
	TALK "STARTTLS|*EHLO c.example|*MAIL FROM:<me@c.example>|*RCPT TO:<a@d.example>|*RCPT "
	     "TO:<b@d.example>|*DATA|*QUIT",
	"failed - -"},

    {"untrusted", TLS_DEMAND_PROVED, 0, "-", {"220 mx\r\n", EHLO, GO_TLS}, TALK "STARTTLS",
	"failed policy - -"},
    {"untrusted, flaw", TLS_DEMAND_PROVED, F(IGNORES_CERTIFICATE), "-",
	{"220 mx\r\n", EHLO, GO_TLS, EHLO, TAKES}, TALK "STARTTLS|" MAIL_IN_TLS,
	"spoken delivered delivered"},
    {"untrusted, clear flaw", TLS_DEMAND_PROVED, F(CLEAR_ON_TLS_FAILURE), "-", {"220 mx\r\n", EHLO, GO_TLS},
	TALK "STARTTLS", "tls - -"},
    {"another name", TLS_DEMAND_PROVED, 0, "mx.d.example.evil.example", {"220 mx\r\n", EHLO, GO_TLS},
	TALK "STARTTLS", "failed policy - -"},
    {"another name, flaw", TLS_DEMAND_PROVED, F(IGNORES_CERTIFICATE_NAME), "evil.example",
	{"220 mx\r\n", EHLO, GO_TLS, EHLO, TAKES}, TALK "STARTTLS|" MAIL_IN_TLS,
	"spoken delivered delivered"},
    {"wildcard", TLS_DEMAND_PROVED, 0, "*.d.example", {"220 mx\r\n", EHLO, GO_TLS, EHLO, TAKES},
	TALK "STARTTLS|" MAIL_IN_TLS, "spoken delivered delivered"},
    {"partial wildcard", TLS_DEMAND_PROVED, 0, "m*.d.example", {"220 mx\r\n", EHLO, GO_TLS}, TALK "STARTTLS",
	"failed policy - -"},
    {"wildcard of a whole domain", TLS_DEMAND_PROVED, 0, "*.example", {"220 mx\r\n", EHLO, GO_TLS},
	TALK "STARTTLS", "failed policy - -"},
    {"hung up behind the handshake", TLS_DEMAND_ANY, 0, "-", {"220 mx\r\n", EHLO, GO_TLS, HANG_UP},
	TALK "STARTTLS|*EHLO c.example", "tls - -"},

    {"greeted with 554", TLS_DEMAND_ANY, 0, NULL, {"554 no\r\n", "221\r\n"}, "QUIT", "failed - -"},
    {"greeted with 421", TLS_DEMAND_ANY, 0, NULL, {"421 no\r\n", HANG_UP}, "QUIT", "failed - -"},
    {"greeted with garbage", TLS_DEMAND_ANY, 0, NULL, {"\1\2\r\n"}, "", "failed - -"},
    {"hung up at once", TLS_DEMAND_ANY, 0, NULL, {HANG_UP}, "", "failed - -"},
    {"MAIL 550", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", NO_TLS, "550 no\r\n", "221\r\n"},
	TALK "MAIL FROM:<me@c.example>|QUIT", "spoken bounced bounced"},
    {"MAIL 530 in clear", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", NO_TLS, "530 first TLS\r\n", "221\r\n"},
	TALK "MAIL FROM:<me@c.example>|QUIT", "spoken deferred deferred"},
    {"MAIL 421", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", NO_TLS, "421 no\r\n", HANG_UP},
	TALK "MAIL FROM:<me@c.example>|QUIT", "failed - -"},
    {"one refused", TLS_DEMAND_ANY, 0, NULL,
	{"220 mx\r\n", NO_TLS, OK, "550 no\r\n", OK, "354\r\n", OK, "221\r\n"}, TALK MAIL,
	"spoken bounced delivered"},
    {"one deferred", TLS_DEMAND_ANY, 0, NULL,
	{"220 mx\r\n", NO_TLS, OK, OK, "450 no\r\n", "354\r\n", OK, "221\r\n"}, TALK MAIL,
	"spoken delivered deferred"},
    {"both refused: no DATA", TLS_DEMAND_ANY, 0, NULL,
	{"220 mx\r\n", NO_TLS, OK, "550 no\r\n", "450 no\r\n", "221\r\n"},
	TALK "MAIL FROM:<me@c.example>|RCPT TO:<a@d.example>|RCPT TO:<b@d.example>|QUIT",
	"spoken bounced deferred"},
    {"421 at the second RCPT", TLS_DEMAND_ANY, 0, NULL,
	{"220 mx\r\n", NO_TLS, OK, "550 no\r\n", "421 no\r\n", HANG_UP},
	TALK "MAIL FROM:<me@c.example>|RCPT TO:<a@d.example>|RCPT TO:<b@d.example>|QUIT", "failed bounced -"},
    {"content refused", TLS_DEMAND_ANY, 0, NULL,
	{"220 mx\r\n", NO_TLS, OK, OK, OK, "354\r\n", "554 no\r\n", "221\r\n"}, TALK MAIL,
	"spoken bounced bounced"},
    {"hung up after the content", TLS_DEMAND_ANY, 0, NULL,
	{"220 mx\r\n", NO_TLS, OK, OK, OK, "354\r\n", HANG_UP},
	TALK "MAIL FROM:<me@c.example>|RCPT TO:<a@d.example>|RCPT TO:<b@d.example>|DATA|..dot|hi|.",
	"spoken deferred deferred"},
    {"hung up at DATA", TLS_DEMAND_ANY, 0, NULL, {"220 mx\r\n", NO_TLS, OK, OK, OK, HANG_UP},
	TALK "MAIL FROM:<me@c.example>|RCPT TO:<a@d.example>|RCPT TO:<b@d.example>|DATA", "failed - -"},
};

static void
tell(char *out, size_t size, const struct session *s)
{
	static const char *const ends[] = {"spoken", "failed", "tls"};
	size_t at =
	    (size_t)snprintf(out, size, "%s%s", ends[s->result.end], s->result.policy ? " policy" : "");

	for (size_t i = 0; i < s->letter->n; i++) {
		enum letter_fate fate = s->letter->recipients[i].fate;

		at += (size_t)snprintf(
		    out + at, size - at, " %s", fate == LETTER_UNDECIDED ? "-" : letter_fate_name(fate));
	}
}

static void
run(struct session *s, const struct row *row, bool silent, unsigned timeout_ms)
{
	static const size_t both[] = {0, 1};
	bool other_name = row->certificate != NULL && row->certificate[0] != '-';

	*s = (struct session){0};
	set_up(s, other_name ? row->certificate : "mx.d.example", row->certificate == NULL || other_name);
	s->host.script = row->script;
	s->host.silent = silent;
	s->settings.helo = "c.example";
	s->settings.timeout_ms = timeout_ms;
	if (row->flaw > 0)
		flaw_add(&s->settings.flaws, (enum flaw)(row->flaw - 1));
	s->letter = letter_new("ID", "me@c.example");
	letter_add_recipient(s->letter, "a@d.example");
	letter_add_recipient(s->letter, "b@d.example");
	s->letter->content = must_strdup(".dot\r\nhi\r\n");
	s->letter->content_len = strlen(s->letter->content);
	s->attempt = smtp_attempt_new(&s->settings,
	    &(struct smtp_order){.to = s->host.address,
		.host = "mx.d.example",
		.demand = row->demand,
		.policy_domain = "d.example",
		.letter = s->letter,
		.recipients = both,
		.n = 2},
	    on_done, s);
	event_base_dispatch(s->settings.base);
	/* The host hears the rest of what was said. */
	event_base_loop(s->settings.base, EVLOOP_NONBLOCK);
}

static void
sessions_go_as_the_demand_for_tls_has_it(void **state)
{
	struct session s;
	char got[128];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		run(&s, &rows[i], false, ENOUGH_MS);
		tell(got, sizeof(got), &s);
		if (strcmp(got, rows[i].want) != 0 || strcmp(s.host.heard, rows[i].heard) != 0)
			fail_msg("%s: got '%s' (%s), want '%s'\n heard '%s'\n want  '%s'", rows[i].name, got,
			    s.result.reason, rows[i].want, s.host.heard, rows[i].heard);
		if (s.result.end != SMTP_ATTEMPT_SPOKEN && strstr(s.result.reason, "mx.d.example") == NULL)
			fail_msg("%s: '%s' does not name the host", rows[i].name, s.result.reason);
		tear_down(&s);
	}
}

static void
a_silent_host_is_given_up(void **state)
{
	static const struct row row = {.name = "silent", .demand = TLS_DEMAND_ANY};
	struct session s;
	char got[128];

	(void)state;
	run(&s, &row, true, 20);
	tell(got, sizeof(got), &s);
	assert_string_equal(got, "failed - -");
	assert_string_equal(s.result.reason, "mx.d.example did not answer in time during its greeting");
	tear_down(&s);
}

static void
with_the_flaw_garbage_kills(void **state)
{
	static const struct row row = {
	    .name = "garbage", .demand = TLS_DEMAND_ANY, .flaw = F(CRASHES), .script = {"what?\r\n"}};
	struct session s;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		run(&s, &row, false, ENOUGH_MS);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sessions_go_as_the_demand_for_tls_has_it),
	    cmocka_unit_test(a_silent_host_is_given_up),
	    cmocka_unit_test(with_the_flaw_garbage_kills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
